//! What operators read before they say yes, and how what they type is understood.

use clap::Parser;
use node_core::pool::agreement::example::{lock, terms};
use proto::PublicKey;
use proto::agreement::Tickets;
use proto::intent::{Intent, StandsOn};

use super::asked::choose;
use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    asked: Asked,
}

fn typed(words: &[&str]) -> Result<Asked, String> {
    let words = ["propose"].iter().chain(words);
    let typed = Typed::try_parse_from(words).map_err(|error| error.to_string())?;
    Ok(typed.asked)
}

fn keys() -> Vec<PublicKey> {
    lock().group_keys()
}

fn intent(number: u64, aims: Aims) -> Intent {
    Intent {
        lock: lock().hash(),
        agreement: [8; 32].into(),
        number,
        previous: [8; 32].into(),
        aims,
    }
}

/// Nothing is in force, and nothing is open.
fn seen() -> Intents {
    Intents {
        version: 2,
        agreement: [8; 32].into(),
        agreed: Aims::of(&terms().wishes),
        in_force: None,
        open: Vec::new(),
        signed: None,
        stands: Vec::new(),
        too_old: Vec::new(),
    }
}

fn shown(number: u64, validators: u64, signers: &[u32]) -> Shown {
    let aims = Aims {
        validators,
        ..seen().agreed
    };
    Shown {
        intent: intent(number, aims),
        signers: signers.to_vec(),
    }
}

fn holds(page: &str, all: &[&str]) {
    for words in all {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    let (lock, before) = (lock(), seen().agreed);
    let aims = |words: &[&str], before: &Aims| typed(words).unwrap().aims(before, &lock);
    let after = aims(&["--validators", "1", "--claims", "no"], &before).unwrap();
    let expected = Aims {
        validators: 1,
        claims: false,
        ..before.clone()
    };
    assert_eq!(after, expected);
    assert_eq!(aims(&["--keep"], &before).unwrap(), before);
    assert!(typed(&["--keep", "--validators", "1"]).is_err());
    let after = aims(&["--tickets", "save", "--smoothing-pool", "out"], &before).unwrap();
    assert_eq!(
        (after.tickets, after.smoothing_pool),
        (Tickets::Save, false)
    );
    assert_eq!(after.validators, before.validators);
    // Validators that leave are named by key or place, and stand in order, each once.
    let all = keys();
    let named = all[1].to_string();
    let words = ["--exit", "lock:1", "--exit", "lock:0", "--exit", &named];
    let leaving = aims(&words, &before).unwrap();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(leaving.exits, sorted);
    let stays = aims(&["--stay", "lock:0"], &leaving).unwrap();
    assert_eq!(stays.exits, [all[1]]);
}

#[test]
fn what_names_nothing_of_this_cluster_is_refused_with_what_to_do() {
    let refused = |words: &[&str]| {
        let asked = typed(words).unwrap();
        asked.aims(&seen().agreed, &lock()).unwrap_err().to_string()
    };
    assert!(refused(&["--exit", "lock:2"]).contains("no validator 2"));
    assert!(refused(&["--exit", "77"]).contains("77 is an index on the chain"));
    let foreign = PublicKey::from([7; 48]).to_string();
    assert!(refused(&["--exit", &foreign]).contains("no validator of this cluster"));
    assert!(typed(&[]).unwrap_err().contains("required"));
    assert!(
        typed(&["--claims", "maybe"])
            .unwrap_err()
            .contains("yes, no")
    );
}

#[test]
fn the_open_intent_is_chosen_by_number_or_hash_and_alone_without() {
    let [one, other, next] = [shown(1, 1, &[0]), shown(1, 0, &[2]), shown(2, 1, &[0])];
    let hash = WhichIntent::Hash(other.intent.hash());
    let open = [one.clone(), other.clone(), next.clone()];
    assert_eq!(choose(Some(hash), &open).unwrap(), &other);
    assert_eq!(choose(Some(WhichIntent::Number(2)), &open).unwrap(), &next);
    let several = choose(Some(WhichIntent::Number(1)), &open);
    assert!(matches!(several, Err(IntentError::SeveralOpen(2))));
    assert!(matches!(
        choose(None, &open),
        Err(IntentError::SeveralOpen(3))
    ));
    assert_eq!(choose(None, &open[..1]).unwrap(), &one);
    assert!(matches!(choose(None, &[]), Err(IntentError::NoneOpen)));
    assert!(matches!(
        choose(Some(hash), &open[..1]),
        Err(IntentError::NotOpen)
    ));
    assert_eq!("2".parse(), Ok(WhichIntent::Number(2)));
    assert_eq!(other.intent.hash().to_string().parse(), Ok(hash));
    assert!("0x12".parse::<WhichIntent>().is_err());
}

#[test]
fn a_page_says_what_holds_what_is_open_and_who_lacks() {
    let lock = lock();
    let words = Words {
        lock: &lock,
        now: 10_000,
    };
    let first = words.page(&seen());
    holds(
        &first,
        &[
            "No intent is in force: what version 2 of the agreement wishes for holds",
            "Validators           2 of the 2 in the lock",
            "Smoothing pool       in",
            "Claims               yes",
            "Exits                none",
            "Nothing else is open",
        ],
    );
    let mut leaving = shown(3, 1, &[0, 1, 2]);
    leaving.intent.aims.exits = vec![keys()[0]];
    let stands_on = |intent| StandsOn {
        agreement: [8; 32].into(),
        intent,
    };
    let all = Intents {
        in_force: Some((leaving.clone(), Some(2_800))),
        open: vec![shown(4, 2, &[3])],
        stands: vec![
            (1, stands_on(Some(leaving.intent.id()))),
            (2, stands_on(None)),
        ],
        too_old: vec![3],
        ..seen()
    };
    let page = words.page(&all);
    holds(
        &page,
        &[
            "Intent 3 is in force on version 2 of the agreement, since 2 h ago",
            "Signed by            alice, bob, carol",
            &format!(
                "To leave: 3 of you approve, each on his own machine, with `gantry exit {}`",
                keys()[0]
            ),
            "Intent 4 is open: 1 of 3 signatures that are needed",
            "Validators           2, now 1",
            "Not signed by        alice, bob, carol",
            "carol acts by no intent, on the agreement 0x0808",
            "Too old to know intents",
        ],
    );
    assert!(!page.contains("bob acts by"), "{page}");
}

#[test]
fn before_somebody_says_yes_it_is_said_what_changes_and_what_lacks() {
    let lock = lock();
    let words = Words {
        lock: &lock,
        now: 10_000,
    };
    let open = shown(1, 1, &[0]);
    let now = Intents {
        signed: Some(open.intent.id()),
        open: vec![open.clone()],
        ..seen()
    };
    let aims = Aims {
        claims: false,
        ..seen().agreed
    };
    let proposal = words.before_proposing(&now, &aims);
    holds(
        &proposal,
        &[
            "This proposes, where what version 2 of the agreement wishes for holds now:",
            "Claims               no, now yes",
            "You have signed intent 1, which is open: it is passed over",
            "once 3 of you have signed it, and your signature cannot be taken back",
        ],
    );
    let approval = words.before_approving(&seen(), &open);
    holds(
        &approval,
        &[
            "This signs intent 1, signed by alice",
            "Validators           1, now 2",
            "It lacks 2 signatures, yours among them, which cannot be taken back",
        ],
    );
    let last = words.before_approving(&seen(), &shown(1, 1, &[0, 3]));
    holds(&last, &["It holds with your signature"]);
    let signed = words.signed(&now);
    holds(
        &signed,
        &[
            "intent 1 lacks 2 more",
            "approve 1`",
            "Not signed by bob, carol, dave",
        ],
    );
    let whole = Intents {
        in_force: Some((open.clone(), None)),
        open: Vec::new(),
        ..now
    };
    holds(&words.signed(&whole), &["Signed, and kept: intent 1 holds"]);
}
