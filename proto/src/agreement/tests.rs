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
            pool: Some(pool()),
            builder: None,
        },
    }
}

fn pool() -> PoolTerms {
    PoolTerms {
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
        node_safe: None,
    }
}

/// The same with a Safe as node account.
fn pool_with_safe() -> PoolTerms {
    PoolTerms {
        node_safe: Some(NodeSafe {
            singleton: address(0x60),
            factory: address(0x61),
            handler: address(0x62),
            proxy_hash: [0x67; 32].into(),
            founders: vec![address(0x63), address(0x64)],
            owners: vec![address(0x63), address(0x65)],
        }),
        ..pool()
    }
}

fn builder() -> BuilderTerms {
    BuilderTerms {
        relays: vec![
            Relay {
                url: "https://relay.example".to_owned(),
                public_key: [0xaa; 48].into(),
            },
            Relay {
                url: "http://127.0.0.1:18550".to_owned(),
                public_key: [0xbb; 48].into(),
            },
        ],
        gas_limit: 60_000_000,
        boost_factor: 100,
        timestamp: 1_795_263_776,
    }
}

/// The same with these parts.
fn with(pool: Option<PoolTerms>, builder: Option<BuilderTerms>) -> Content {
    Content {
        terms: Terms { pool, builder },
        ..content()
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
            owner_signatures: BTreeMap::new(),
        }],
    }
}

#[test]
fn an_agreement_comes_back_from_its_file() {
    assert_eq!(AgreementFile::from_json(&file().to_json()).unwrap(), file());
}

/// A file of these versions.
fn file_of(contents: &[Content]) -> AgreementFile {
    let version = |content: &Content| Version {
        hash: content.hash(),
        content: content.clone(),
        signatures: BTreeMap::new(),
        node_signature: None,
        owner_signatures: BTreeMap::new(),
    };
    AgreementFile {
        lock: content().lock,
        versions: contents.iter().map(version).collect(),
    }
}

#[test]
fn an_agreement_on_builders_comes_back_with_or_without_rocket_pool() {
    let alone = with(None, Some(builder()));
    let both = with(Some(pool()), Some(builder()));
    for contents in [
        vec![alone.clone()],
        vec![both.clone()],
        vec![content(), both],
    ] {
        let file = file_of(&contents);
        let text = file.to_json();
        assert!(text.starts_with("{\n  \"version\": 2,"), "{text}");
        assert_eq!(AgreementFile::from_json(&text).unwrap(), file);
    }
    // Where there is nothing new in it, every program of before reads it.
    assert!(
        file_of(&[content()])
            .to_json()
            .starts_with("{\n  \"version\": 1,")
    );
    let text = file_of(&[alone]).to_json();
    let node = address(0x20);
    let half = text.replace(
        "\"builder\":",
        &format!("\"withdrawal\": \"{node}\", \"builder\":"),
    );
    assert!(refusal(&half).contains("lacks the rest"));
}

#[test]
fn an_agreement_with_a_safe_comes_back_and_no_older_program_reads_it() {
    for builder in [None, Some(builder())] {
        let mut file = file_of(&[content(), with(Some(pool_with_safe()), builder)]);
        let signature = ("bob".to_owned(), AccountSignature([9; 65]));
        file.versions[1].owner_signatures = [signature].into();
        let text = file.to_json();
        assert!(text.starts_with("{\n  \"version\": 3,"), "{text}");
        assert_eq!(AgreementFile::from_json(&text).unwrap(), file);
    }
    let alone = file_of(&[with(Some(pool_with_safe()), Some(builder()))]).to_json();
    let mut value: serde_json::Value = serde_json::from_str(&alone).unwrap();
    let version = value["versions"][0].as_object_mut().unwrap();
    for key in ["fixed", "withdrawal", "rpl_withdrawal", "members", "wishes"] {
        version.remove(key);
    }
    assert!(refusal(&value.to_string()).contains("lacks the rest"));
}

#[test]
fn a_relay_is_read_as_it_is_written() {
    let key = "0x8ce3b57b791798433fd323753489cac9bca43b98deaafaed91f4cb010730ae1e\
               38b186ccd37a09b8aed62ce23b699c48";
    for (scheme, place) in [
        ("https", "relay.example"),
        ("http", "127.0.0.1:18550/of/us"),
    ] {
        let text = format!("{scheme}://{key}@{place}");
        let relay = Relay::parse(&text).unwrap();
        assert_eq!(relay.url, format!("{scheme}://{place}"));
        assert_eq!(relay.public_key.to_string(), key);
        assert_eq!(relay.named(), text);
        assert_eq!(Relay::parse(&format!("{text}/")).unwrap(), relay);
    }
    let long = "a".repeat(Relay::LONGEST_URL);
    let refused = [
        "https://relay.example".to_owned(),
        format!("https://{key}@"),
        format!("https://{key}@/"),
        format!("https://{}@relay.example", &key[..96]),
        format!("ftp://{key}@relay.example"),
        format!("https://{key}@user:secret@relay.example"),
        format!("https://{key}@relay.example?id=a"),
        format!("https://{key}@relay.example/a b"),
        format!("https://{key}@relay.example#a"),
        format!("https://{key}@{long}"),
    ];
    for text in refused {
        assert!(Relay::parse(&text).is_err(), "{text}");
    }
}

/// One change of each part.
const POOLS: [fn(&mut PoolTerms); 14] = [
    |it| it.fixed.rocket_storage = address(0x11),
    |it| it.fixed.node_account = address(0x21),
    |it| it.withdrawal = address(0x32),
    |it| it.rpl_withdrawal = address(0x33),
    |it| it.members[0].name = "alicia".to_owned(),
    |it| it.members[0].share = 5_999,
    |it| it.members[1].funding.clear(),
    |it| it.members[1].owner = Some(address(0x50)),
    |it| it.members.swap(0, 1),
    |it| {
        // The same address in another role.
        let owner = it.members[0].funding.pop();
        it.members[0].owner = owner;
    },
    |it| it.wishes.smoothing_pool = false,
    |it| it.wishes.validators = 1,
    |it| it.wishes.tickets = Tickets::Save,
    |it| it.wishes.timezone.push('x'),
];
const SAFES: [fn(&mut NodeSafe); 9] = [
    |it| it.singleton = address(0x66),
    |it| it.factory = address(0x66),
    |it| it.handler = address(0x66),
    |it| it.proxy_hash = [0x66; 32].into(),
    |it| it.founders[1] = address(0x66),
    |it| it.owners[1] = address(0x66),
    |it| it.founders.swap(0, 1),
    |it| it.owners.clear(),
    |it| {
        // The same address in the other list.
        let last = it.founders.pop();
        it.owners.splice(0..0, last);
    },
];
const BUILDERS: [fn(&mut BuilderTerms); 7] = [
    |it| it.relays[0].url.push('x'),
    |it| it.relays[1].public_key = [0xaa; 48].into(),
    |it| it.relays.swap(0, 1),
    |it| it.relays.clear(),
    |it| it.gas_limit += 1,
    |it| it.boost_factor += 1,
    |it| it.timestamp += 1,
];
const PLACES: [fn(&mut Content); 3] = [
    |it| it.lock = [8; 32].into(),
    |it| it.number = 2,
    |it| it.previous = Some([1; 32].into()),
];

#[test]
fn every_part_of_a_version_is_in_its_hash() {
    let kinds = [
        with(Some(pool()), None),
        with(None, Some(builder())),
        with(Some(pool()), Some(builder())),
        with(Some(pool_with_safe()), None),
        with(Some(pool_with_safe()), Some(builder())),
    ];
    let mut all = kinds.to_vec();
    for kind in &kinds {
        for change in PLACES {
            let mut changed = kind.clone();
            change(&mut changed);
            all.push(changed);
        }
        for change in POOLS {
            let mut changed = kind.clone();
            changed.terms.pool.iter_mut().for_each(change);
            all.push(changed);
        }
        for change in SAFES {
            let mut changed = kind.clone();
            let pool = changed.terms.pool.iter_mut();
            let safe = pool.flat_map(|it| it.node_safe.iter_mut());
            safe.for_each(change);
            all.push(changed);
        }
        for change in BUILDERS {
            let mut changed = kind.clone();
            changed.terms.builder.iter_mut().for_each(change);
            all.push(changed);
        }
    }
    // A change of a part that is not there is none.
    let mut different: Vec<&Content> = Vec::new();
    for content in &all {
        if !different.contains(&content) {
            different.push(content);
        }
    }
    assert_eq!(different.len(), 5 * (1 + 3) + 4 * 14 + 2 * 9 + 3 * 7);
    let hashes: std::collections::BTreeSet<Root> = all.iter().map(Content::hash).collect();
    assert_eq!(hashes.len(), different.len());
}

/// An agreement is read by every later gantry, so its hash stays. These were computed by a script
/// of its own from the table of the module's page.
#[test]
fn the_hash_of_a_version_stays_what_it_was() {
    let expected = "0x98eaefb932678f518982f5c8ccdd4f1d1e029a01aee4a4939597061339ecb562";
    assert_eq!(content().hash().to_string(), expected);
    let expected = "0x35ba1dd2a966ac7f1caffbea38d36e2536b02cd9acb81713fb855068f62599ef";
    let both = with(Some(pool()), Some(builder()));
    assert_eq!(both.hash().to_string(), expected);
    let expected = "0x35c466cff7aa8a4749a30d1cbbb584d6423ca986224cc8063485ebbd52d2320d";
    assert_eq!(with(None, Some(builder())).hash().to_string(), expected);
    let expected = "0x5610f542aafd613b0ce79b98eb3426e256674ce41e7c5d0dabe887166dbcf258";
    assert_eq!(
        with(Some(pool_with_safe()), None).hash().to_string(),
        expected
    );
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
    let words = refusal(&text.replace("\"version\": 1", "\"version\": 4"));
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
