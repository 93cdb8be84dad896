//! What is agreed comes back from its file, and every part of it is in the hash.

use super::*;

fn address(byte: u8) -> Address {
    let mut bytes = [byte; 20];
    bytes[19] = 1;
    bytes.into()
}

fn member(name: &str, share: u32) -> Member {
    Member {
        name: name.to_owned(),
        share,
        funding: vec![address(0x50)],
        owner: None,
    }
}

fn content() -> Content {
    Content {
        lock: [9; 32].into(),
        number: 1,
        previous: None,
        terms: Terms {
            fixed: Fixed {
                rocket_storage: address(0x10),
                node_account: address(0x20),
            },
            withdrawal: address(0x30),
            rpl_withdrawal: address(0x31),
            members: vec![member("alice", 6_000), member("bob", 4_000)],
            wishes: Wishes {
                smoothing_pool: true,
                validators: 2,
                tickets: Tickets::Use,
                timezone: "Europe/Berlin".to_owned(),
            },
        },
    }
}

fn file() -> AgreementFile {
    let content = content();
    AgreementFile {
        lock: content.lock,
        versions: vec![Version {
            hash: content.hash(),
            content,
            signatures: [("alice".to_owned(), IdentitySignature([7; 64]))].into(),
            node_signature: Some(AccountSignature([8; 65])),
        }],
    }
}

#[test]
fn an_agreement_comes_back_from_its_file() {
    assert_eq!(AgreementFile::from_json(&file().to_json()).unwrap(), file());
}

#[test]
fn every_part_of_a_version_is_in_its_hash() {
    let changes: [fn(&mut Content); 17] = [
        |it| it.lock = [8; 32].into(),
        |it| it.number = 2,
        |it| it.previous = Some([1; 32].into()),
        |it| it.terms.fixed.rocket_storage = address(0x11),
        |it| it.terms.fixed.node_account = address(0x21),
        |it| it.terms.withdrawal = address(0x32),
        |it| it.terms.rpl_withdrawal = address(0x33),
        |it| it.terms.members[0].name = "alicia".to_owned(),
        |it| it.terms.members[0].share = 5_999,
        |it| it.terms.members[1].funding.clear(),
        |it| it.terms.members[1].owner = Some(address(0x50)),
        |it| it.terms.members.swap(0, 1),
        |it| {
            // The same address in another role.
            let owner = it.terms.members[0].funding.pop();
            it.terms.members[0].owner = owner;
        },
        |it| it.terms.wishes.smoothing_pool = false,
        |it| it.terms.wishes.validators = 1,
        |it| it.terms.wishes.tickets = Tickets::Save,
        |it| it.terms.wishes.timezone.push('x'),
    ];
    let mut hashes = vec![content().hash()];
    for change in changes {
        let mut changed = content();
        change(&mut changed);
        hashes.push(changed.hash());
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

/// An agreement is read by every later gantry, so its hash stays. This one was computed by a script
/// of its own from the table of the module's page.
#[test]
fn the_hash_of_a_version_stays_what_it_was() {
    let expected = "0x98eaefb932678f518982f5c8ccdd4f1d1e029a01aee4a4939597061339ecb562";
    assert_eq!(content().hash().to_string(), expected);
}

fn refusal(text: &str) -> String {
    AgreementFile::from_json(text).unwrap_err().to_string()
}

#[test]
fn what_is_no_agreement_is_refused_with_what_it_is() {
    let text = file().to_json();
    let words = refusal(&text.replace("\"share\": 6000", "\"share\": 6001"));
    assert!(words.contains("somebody has changed it"), "{words}");
    let words = refusal(&text.replace("\"share\": 6000", "\"share\": 6000, \"tip\": 1"));
    assert!(words.contains("no agreement on Rocket Pool"), "{words}");
    let words = refusal(&text[..text.len() / 2]);
    assert!(words.contains("cut off"), "{words}");
    let words = refusal(&text.replace("\"version\": 1", "\"version\": 2"));
    assert!(words.contains("update gantry"), "{words}");
    let words = refusal("{\"version\": 9, \"more\": []}");
    assert!(words.contains("update gantry"), "{words}");
    let words = refusal("{\"operators\": []}");
    assert!(words.contains("this is a cluster definition"), "{words}");
    let words = refusal("{\"version\": 1, \"transcript_hash\": \"\"}");
    assert!(words.contains("this is a cluster lock"), "{words}");
    let mut none = file();
    none.versions.clear();
    assert!(refusal(&none.to_json()).contains("has 0 versions"));
    let mut many = file();
    many.versions = vec![many.versions[0].clone(); MAX_VERSIONS + 1];
    assert!(refusal(&many.to_json()).contains("has 257 versions"));
}

#[test]
fn what_the_node_account_signs_says_what_it_is_and_holds_the_hash() {
    let hash = content().hash();
    let text = Content::node_text(&hash);
    assert!(text.ends_with(&hash.to_string()), "{text}");
    assert!(text.contains("Rocket Pool node of a Gantry cluster"));
}
