//! The README's "Rocket Pool: the agreement", typed as it stands by four operators whose lock
//! leaves open where the stake returns to; and what happens if one of them signs something else.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod agreeing;
mod club;
mod ports;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use agreeing::{
    AGREEMENT, EVIL, NODE, SIGNED, after_the_ceremony, at_home, filled_in, gantry, hash_in, lock,
    refusal, send_from, signs, succeeds,
};
use club::{ADDRESS, Club, NAMES, Who, blocks};
use node::disk::DataLock;
use node_core::record::{Entry, History};
use proto::definition::Withdrawal;
use proto::{PublicKey, Root};

/// Every command of the README's list, typed by whoever has to; what was done, in order.
fn agree_as_it_is_written(club: &Club) -> Vec<&'static str> {
    let mut done: Vec<&str> = Vec::new();
    for (who, block) in blocks("Rocket Pool: the agreement") {
        let said = club.all_type(who, &filled_in(&block));
        if block.contains("agree new") {
            assert!(said[0].contains("nothing is in force"), "{said:?}");
            send_from(club, 0);
            done.push("new");
        } else if block.contains("--node-keystore") {
            assert_eq!(who, Who::OneOfYou);
            let asked = "You have signed as alice, and would sign as the node account too";
            assert!(said[0].contains(asked), "{said:?}");
            club.all_have_signed(who, &filled_in(&block));
            done.push("node");
        } else if block.contains("agree sign") {
            for (text, name) in said.iter().zip(NAMES) {
                let asked = format!("You would sign as {name}");
                assert!(text.contains(&asked), "{text}");
                assert!(text.contains("45 digits the same for all of them"));
            }
            club.all_have_signed(who, &block);
            club.send_back(AGREEMENT);
            done.push("signed");
        } else if block.contains("from-dave.json") {
            assert!(said[0].contains("Version 1 is signed by all"), "{said:?}");
            send_from(club, 0);
            done.push("gathered");
        } else if block.contains("--complete") {
            assert!(said.iter().all(|it| it.contains("is signed by all")));
            done.push("complete");
        } else {
            assert_eq!(who, Who::TheOthers);
            assert!(said.iter().all(|it| it.contains("not yet signed by alice")));
            done.push("taken in");
        }
    }
    done
}

#[test]
fn the_agreement_works_as_it_is_written() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    let done = agree_as_it_is_written(&club);
    let expected = ["new", "taken in", "signed", "node", "gathered", "complete"];
    assert_eq!(done, expected);
    the_next_version_is_agreed_in_the_same_way(&club);
    who_writes_without_the_newest_version_takes_it_from_nobody(&club);
    one_who_signs_two_versions_is_named(&club);
}

/// What the README has the others type when a file came from the first.
const TAKE_IN: &str = "merge ~/gantry/from-alice.json";

fn the_next_version_is_agreed_in_the_same_way(club: &Club) {
    // Bob has saved what he had so far.
    fs::copy(club.file(1, AGREEMENT), club.file(1, "saved.json")).unwrap();
    let (said, _) = succeeds(club, 0, "new --smoothing-pool in");
    let ends = "Version 2 ends every intent that stands on version 1";
    assert!(said.contains(ends), "{said}");
    let words = refusal(club, 0, "new --smoothing-pool out");
    assert!(words.contains("version 2 is still to be signed by alice"));
    // It is signed without asking by whoever knows its hash.
    send_from(club, 0);
    for i in 1..NAMES.len() {
        succeeds(club, i, TAKE_IN);
    }
    let words = refusal(club, 1, &format!("sign --hash {}", Root::ZERO));
    assert!(words.contains("and you gave 0x0000"), "{words}");
    for i in 0..NAMES.len() {
        assert!(signs(club, i, "").status.success());
    }
    club.send_back(AGREEMENT);
    let gather = "merge ~/gantry/from-bob.json ~/gantry/from-carol.json ~/gantry/from-dave.json";
    let (said, _) = succeeds(club, 0, gather);
    assert!(said.contains("Version 2 is signed by all"), "{said}");
    send_from(club, 0);
    for i in 2..NAMES.len() {
        succeeds(club, i, TAKE_IN);
    }
    // What is fixed stands.
    let words = refusal(club, 0, &format!("new --node {EVIL}"));
    assert!(
        words.contains("version 3 changes the node account"),
        "{words}"
    );
}

/// Bob has put an old copy back, of version 1, and changes what he sees there.
fn who_writes_without_the_newest_version_takes_it_from_nobody(club: &Club) {
    let own = club.file(1, AGREEMENT);
    fs::copy(club.file(1, "saved.json"), &own).unwrap();
    // His own program knows that he has signed a newer one.
    let words = refusal(club, 1, "new --tickets save");
    assert!(
        words.contains("it lacks version 2 with the hash"),
        "{words}"
    );
    // With one that does not know, he writes another version 2 and sends it.
    fs::remove_dir_all(club.file(1, SIGNED)).unwrap();
    succeeds(club, 1, "new --tickets save");
    send_from(club, 1);
    let before = fs::read(club.file(0, AGREEMENT)).unwrap();
    for command in ["merge", "show", "sign"] {
        let words = at_home(club, 0, &format!("{command} ~/gantry/from-bob.json"));
        let words = refusal(club, 0, &words);
        assert!(words.contains("it is older than your copy"), "{words}");
        assert!(words.contains("another version 2"), "{words}");
    }
    assert_eq!(fs::read(club.file(0, AGREEMENT)).unwrap(), before);
    // A file that is older and nothing else is told of, too.
    fs::copy(club.file(1, "saved.json"), club.file(0, "from-bob.json")).unwrap();
    let (_, notice) = succeeds(club, 0, "merge ~/gantry/from-bob.json");
    assert!(notice.contains("it lacks version 2, 0x"), "{notice}");
    for command in ["show", "sign --hash 0x00"] {
        let words = at_home(club, 0, &format!("{command} ~/gantry/from-bob.json"));
        let words = refusal(club, 0, &words.replace("0x00", &Root::ZERO.to_string()));
        assert!(words.contains("it lacks version 2. Send yours"), "{words}");
    }
    assert_eq!(fs::read(club.file(0, AGREEMENT)).unwrap(), before);
    // Bob takes what Alice sends back: his own draft is given up.
    let (said, notice) = succeeds(club, 1, TAKE_IN);
    assert!(said.contains("Version 2 is signed by all"), "{said}");
    assert!(notice.contains("in place of 2 of your copy"), "{notice}");
    assert_eq!(fs::read(&own).unwrap(), before);
}

/// Bob writes a third version; Carol signs it, and one of her own. Then all sign both.
fn one_who_signs_two_versions_is_named(club: &Club) {
    for (i, withdrawal) in [(0, NODE), (1, EVIL), (2, ADDRESS)] {
        let written = gantry(
            club,
            i,
            &format!("new --withdrawal {withdrawal} --tickets save"),
        );
        assert_eq!(
            written.status.success(),
            i != 0,
            "the node account gets nothing"
        );
    }
    assert!(signs(club, 2, "").status.success());
    // What Bob sends her has another version 3, which nobody has signed, and she has signed hers.
    send_from(club, 1);
    let words = gantry(club, 2, &at_home(club, 2, "sign ~/gantry/from-bob.json")).stderr;
    let words = String::from_utf8(words).unwrap();
    assert!(words.contains("has another version 3"), "{words}");
    assert!(words.contains("(signed by carol)"), "{words}");
    // In the place of her own she cannot sign it either: what she has signed is remembered.
    let carols = club.file(2, AGREEMENT);
    fs::copy(&carols, club.file(2, "hers.json")).unwrap();
    fs::copy(club.file(2, "from-bob.json"), &carols).unwrap();
    let hash = hash_in(club, 1, "");
    let words = refusal(club, 2, &format!("sign --hash {hash}"));
    assert!(words.contains("you have signed version 3"), "{words}");
    let words = refusal(club, 2, "show");
    assert!(
        words.contains("it lacks version 3 with the hash"),
        "{words}"
    );
    // Only who removes that on purpose signs both. Alice, who gets both, sees who it was.
    fs::remove_dir_all(club.file(2, SIGNED)).unwrap();
    assert!(signs(club, 2, "").status.success());
    fs::copy(&carols, club.file(0, "from-carol.json")).unwrap();
    succeeds(club, 0, "merge ~/gantry/from-carol.json");
    fs::copy(club.file(2, "hers.json"), club.file(0, "from-bob.json")).unwrap();
    let words = refusal(club, 0, &at_home(club, 0, "merge ~/gantry/from-bob.json"));
    assert!(words.contains("Signed both: carol."), "{words}");
    what_is_given_up_is_settled_by_the_next(club);
}

/// Alice writes the next one in place of both, and everybody can sign it.
fn what_is_given_up_is_settled_by_the_next(club: &Club) {
    let (said, _) = succeeds(club, 0, "new --instead --tickets save");
    assert!(said.contains("Gives up          version 3"), "{said}");
    send_from(club, 0);
    for i in 0..NAMES.len() {
        if i > 0 {
            succeeds(club, i, TAKE_IN);
        }
        assert!(signs(club, i, "").status.success());
    }
    club.send_back(AGREEMENT);
    let gather = "merge ~/gantry/from-bob.json ~/gantry/from-carol.json ~/gantry/from-dave.json";
    let (said, _) = succeeds(club, 0, gather);
    assert!(said.contains("Version 4 is signed by all"), "{said}");
}

/// Why operator `i` is shown no plan.
fn refused_plan(club: &Club, i: usize) -> String {
    let node = ["--execution-node", "http://127.0.0.1:9"];
    let mut plan = club.command(i, "gantry");
    plan.args(["pool", "plan", "--config"]);
    let plan = plan.arg(club.file(i, "gantry.toml")).args(node);
    let output = plan.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn who_has_no_agreement_yet_is_told_how_to_come_to_one() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    let shown = refusal(&club, 0, "show");
    let signed = refusal(&club, 0, &format!("sign --hash {}", Root::ZERO));
    for words in [shown, signed, refused_plan(&club, 0)] {
        assert!(words.contains("no agreement yet"), "{words}");
        assert!(words.contains("`gantry pool agree new` begins"), "{words}");
    }
    fs::remove_file(club.file(0, "cluster-lock.json")).unwrap();
    for words in [refusal(&club, 0, "show"), refused_plan(&club, 0)] {
        assert!(words.contains("`lock_file` in the config"), "{words}");
        // They have no such flag.
        assert!(!words.contains("--lock"), "{words}");
    }
}

#[test]
fn a_key_that_is_not_the_node_accounts_is_refused_before_anything_is_signed() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    let shares = NAMES.map(|name| format!("--share {name}=2500")).join(" ");
    let new = format!("new --node {NODE} --withdrawal {ADDRESS} {shares}");
    assert!(gantry(&club, 0, &new).status.success());
    let words = refused_plan(&club, 0);
    assert!(words.contains("`gantry pool agree sign`"), "{words}");
    let sign = at_home(&club, 0, "sign --node-keystore ~/other.key");
    let other = club.home(0).join("other.key");
    for (key, expected) in [("11".repeat(32), NODE), ("no key".to_owned(), "other.key")] {
        fs::write(&other, key).unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
        let words = refusal(&club, 0, &sign);
        assert!(words.contains(expected), "{words}");
        assert!(!words.contains("45 digits"), "nothing is asked: {words}");
        assert!(!club.file(0, SIGNED).exists());
    }
    let hash = hash_in(&club, 0, "");
    let sign = format!("sign --hash {hash} --node-keystore ~/node.key");
    let (_, notice) = succeeds(&club, 0, &sign);
    let words = format!("as alice, and as the node account {NODE}");
    assert!(notice.contains(&words), "{notice}");
    // A file that has nothing new is told of.
    send_from(&club, 0);
    succeeds(&club, 1, TAKE_IN);
    let (_, notice) = succeeds(&club, 1, TAKE_IN);
    assert!(notice.contains("has brought nothing"), "{notice}");
}

#[test]
fn nobody_plans_by_a_copy_that_lacks_what_its_operator_signed() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    agree_as_it_is_written(&club);
    let own = club.file(0, AGREEMENT);
    let first = fs::read(&own).unwrap();
    succeeds(&club, 0, "new --tickets save");
    assert!(signs(&club, 0, "").status.success());
    // By what is there it plans as far as the node, which is not there.
    let words = refused_plan(&club, 0);
    assert!(words.contains("execution node"), "{words}");
    fs::write(&own, first).unwrap();
    let words = refused_plan(&club, 0);
    assert!(
        words.contains("it lacks version 2 with the hash"),
        "{words}"
    );
}

#[test]
fn if_all_sign_two_versions_of_one_number_every_command_says_so_from_then_on() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    agree_as_it_is_written(&club);
    // All of them remove what they remember, and sign two versions 2.
    let mut wholes = ["in", "out"].map(|pool| {
        fs::copy(club.file(0, AGREEMENT), club.file(0, "first.json")).unwrap();
        succeeds(
            &club,
            0,
            &format!("new --tickets save --smoothing-pool {pool}"),
        );
        let whole = fs::read(club.file(0, AGREEMENT)).unwrap();
        fs::copy(club.file(0, "first.json"), club.file(0, AGREEMENT)).unwrap();
        whole
    });
    for whole in &mut wholes {
        for i in 0..NAMES.len() {
            fs::remove_dir_all(club.file(i, SIGNED)).unwrap();
            fs::write(club.file(i, AGREEMENT), &*whole).unwrap();
            assert!(signs(&club, i, "").status.success());
            *whole = fs::read(club.file(i, AGREEMENT)).unwrap();
        }
    }
    // Alice has the second of them, and is shown the first.
    fs::write(club.file(0, AGREEMENT), &wholes[1]).unwrap();
    assert!(gantry(&club, 0, "show --complete").status.success());
    fs::write(club.file(0, "from-bob.json"), &wholes[0]).unwrap();
    let told = |command: &str| {
        let words = refusal(&club, 0, &at_home(&club, 0, command));
        assert!(words.contains("all have signed both"), "{command}: {words}");
        let names = NAMES.join(", ");
        assert!(words.contains(&format!("Signed both: {names}.")), "{words}");
    };
    told("show ~/gantry/from-bob.json");
    fs::remove_file(club.file(0, "from-bob.json")).unwrap();
    fs::write(club.file(0, "from-carol.json"), &wholes[1]).unwrap();
    for command in [
        "show",
        "sign",
        "new --tickets use",
        "merge ~/gantry/from-carol.json",
    ] {
        told(command);
    }
    let words = refused_plan(&club, 0);
    assert!(words.contains("all have signed both"), "{words}");
}

#[test]
fn a_cluster_whose_stake_returns_elsewhere_cannot_join() {
    let withdrawal = Withdrawal::One([0x77; 20].into());
    let club = after_the_ceremony(&lock(withdrawal), &[]);
    let shares = NAMES.map(|name| format!("--share {name}=2500")).join(" ");
    let new = format!("new --node {NODE} --withdrawal {ADDRESS} {shares}");
    let words = refusal(&club, 0, &new);
    assert!(words.contains("returns to 0x7777"), "{words}");
    assert!(words.contains("--withdrawal later"), "{words}");
}

#[test]
fn a_cluster_for_whose_keys_a_deposit_was_signed_cannot_join() {
    let lock = lock(Withdrawal::Later);
    let mut history = History::default();
    let keys: Vec<PublicKey> = lock.validators.iter().map(|it| it.public_key).collect();
    history.add(Entry::Enrolled(keys)).unwrap();
    let validator = history.number(&lock.validators[1].public_key).unwrap();
    let deposit = Entry::Deposit {
        validator,
        credentials: [1; 32].into(),
        gwei: 32_000_000_000,
        signing_root: Root::ZERO,
    };
    let club = after_the_ceremony(&lock, &[deposit]);
    let shares = NAMES.map(|name| format!("--share {name}=2500")).join(" ");
    let new = format!("new --node {NODE} --withdrawal {ADDRESS} {shares}");
    assert!(gantry(&club, 0, &new).status.success());
    let hash = hash_in(&club, 0, "");
    let words = refusal(&club, 0, &format!("sign --hash {hash}"));
    let key = lock.validators[1].public_key.to_string();
    assert!(words.contains(&key), "{words}");
    assert!(words.contains("this cluster cannot join"), "{words}");
    // While the record is in use it cannot be looked through.
    let held = DataLock::take(&club.home(0).join("gantry")).unwrap();
    let words = refusal(&club, 0, &format!("sign --hash {hash}"));
    assert!(words.contains("stop it for this one command"), "{words}");
    drop(held);
}
