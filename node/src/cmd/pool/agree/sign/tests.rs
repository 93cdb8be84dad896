//! Nothing is lost that comes while the operator is on the telephone, and nothing else is signed
//! than what was read.

use std::fs;

use node_core::pool::agreement::Deposits;
use node_core::pool::agreement::example::{identities, lock, terms};
use node_core::record::{Entry, History, Journal, Owner};
use proto::PublicKey;
use proto::agreement::PoolTerms;
use tempfile::TempDir;

use super::super::Merge;
use super::*;
use crate::disk::files::{self, Mode};
use crate::disk::{DataLock, Files};

/// Alice, who has this copy.
struct Alice(TempDir);

impl Alice {
    fn with(own: &Agreement) -> Self {
        let alice = Self(tempfile::tempdir().unwrap());
        let identity = &identities()[0];
        let config = format!("data_dir = {:?}", alice.0.path());
        fs::write(alice.at("gantry.toml"), config).unwrap();
        fs::write(alice.at("cluster-lock.json"), lock().to_json()).unwrap();
        let seed = format!("gantry-identity-secret {}\n", hex::encode(identity.seed()));
        files::write_new(&alice.at("identity.key"), seed.as_bytes(), Mode::Secret).unwrap();
        write(&alice.at("pool-agreement.json"), own).unwrap();
        let owner = Owner {
            cluster: lock().hash(),
            identity: identity.public(),
        };
        let keys: Vec<PublicKey> = lock().validators.iter().map(|it| it.public_key).collect();
        let mut history = History::default();
        history.add(Entry::Enrolled(keys)).unwrap();
        let held = DataLock::take(alice.0.path()).unwrap();
        Journal::create(Files::within(&held), owner, history).unwrap();
        alice
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn place(&self) -> Place {
        Place {
            config: Some(self.at("gantry.toml")),
        }
    }

    /// What she types.
    fn sign(&self) -> Sign {
        Sign {
            file: None,
            place: self.place(),
            hash: None,
            node_keystore: None,
            node_passphrase_file: None,
            secret: SecretFlags::default(),
        }
    }

    /// Takes a copy in, at another terminal.
    fn takes_in(&self, copy: &Agreement) {
        write(&self.at("from-bob.json"), copy).unwrap();
        let merge = Merge {
            files: vec![self.at("from-bob.json")],
            place: self.place(),
        };
        merge.run().unwrap();
    }

    fn own(&self) -> Agreement {
        let own = agreement::read_copy(&self.at("pool-agreement.json"), &lock());
        own.unwrap().0
    }
}

#[test]
fn signatures_that_come_while_the_operator_is_asked_stay() {
    let first = Agreement::first(lock(), terms()).unwrap();
    let alice = Alice::with(&first);
    let sign = alice.sign();
    let read = sign.show().unwrap();
    let mut copy = first.clone();
    copy.sign(&identities()[1]).unwrap();
    alice.takes_in(&copy);
    sign.sign(&read).unwrap();
    let own = alice.own();
    let names: Vec<&String> = own.last().signatures.keys().collect();
    assert_eq!(names, ["alice", "bob"]);
}

#[test]
fn a_version_that_comes_while_the_operator_is_asked_is_not_signed_unread_and_stays() {
    let first = Agreement::first(lock(), terms()).unwrap();
    let alice = Alice::with(&first);
    let sign = alice.sign();
    let read = sign.show().unwrap();
    let other = PoolTerms {
        withdrawal: [0x61; 20].into(),
        ..terms()
    };
    let copy = first.instead(other, Deposits::UNKNOWN).unwrap();
    alice.takes_in(&copy);
    let words = sign.sign(&read).unwrap_err().to_string();
    assert!(
        words.contains("while you were asked, version 2 came"),
        "{words}"
    );
    assert_eq!(alice.own(), copy);
    assert!(!alice.at("pool-agreement-signed").exists());
}

#[test]
fn more_than_the_others_take_is_not_signed() {
    let with = |byte: u8| PoolTerms {
        withdrawal: [byte; 20].into(),
        ..terms()
    };
    let mut own = Agreement::first(lock(), terms()).unwrap();
    for byte in 0..8 {
        own.sign(&identities()[0]).unwrap();
        own = own.instead(with(0x60 + byte), Deposits::UNKNOWN).unwrap();
    }
    let alice = Alice::with(&own);
    let sign = alice.sign();
    let words = sign.sign(&sign.show().unwrap()).unwrap_err().to_string();
    assert!(words.contains("signed by alice alone"), "{words}");
    assert_eq!(alice.own(), own);
}
