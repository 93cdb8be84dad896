//! Nothing is lost that comes while the operator is on the telephone.

use std::fs;

use proto::definition::{Draft, Terms};
use proto::{Identity, example};
use tempfile::TempDir;

use super::*;

fn identities() -> Vec<Identity> {
    example::identities(4)
}

/// Alice's folder, with her identity and this definition.
fn home(definition: &Definition) -> (TempDir, Sign) {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let seed = hex::encode(identities()[0].seed());
    let seed = format!("gantry-identity-secret {seed}\n");
    files::write_new(&at("identity.key"), seed.as_bytes(), Mode::Secret).unwrap();
    fs::write(at("definition.json"), definition.to_json()).unwrap();
    let sign = Sign {
        file: at("definition.json"),
        dir: dir.path().to_owned(),
        hash: None,
    };
    (dir, sign)
}

fn unsigned(validators: usize) -> Definition {
    let draft = example::draft(&identities());
    let draft = Draft {
        validators,
        ..draft
    };
    Definition::unsigned(Terms::new(draft).unwrap())
}

#[test]
fn signatures_that_come_while_the_operator_is_asked_stay() {
    let definition = unsigned(1);
    let (_dir, sign) = home(&definition);
    let read = sign.show().unwrap();
    let mut other = definition.clone();
    other.sign(&identities()[1]).unwrap();
    fs::write(&sign.file, other.to_json()).unwrap();
    sign.sign(&read).unwrap();
    let signed = definition::read(&sign.file).unwrap();
    let words = signatures(&signed);
    assert!(words.contains("Not yet signed by carol, dave:"), "{words}");
}

#[test]
fn another_definition_that_comes_while_the_operator_is_asked_is_not_signed() {
    let (_dir, sign) = home(&unsigned(1));
    let read = sign.show().unwrap();
    let other = unsigned(2).to_json();
    fs::write(&sign.file, &other).unwrap();
    let words = sign.sign(&read).unwrap_err().to_string();
    assert!(words.contains("while you were asked"), "{words}");
    assert_eq!(fs::read_to_string(&sign.file).unwrap(), other);
}
