//! A copy is written only if its operator may work by it.

use std::fs;

use node_core::pool::agreement::example::{identities, lock, terms};

use super::*;

#[test]
fn a_merged_copy_without_what_its_operator_has_signed_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let config = format!("data_dir = {:?}", dir.path());
    fs::write(at("gantry.toml"), config).unwrap();
    fs::write(at("cluster-lock.json"), lock().to_json()).unwrap();
    let first = Agreement::first(lock(), terms()).unwrap();
    let [mut own, mut other] = [first.clone(), first];
    own.sign(&identities()[0]).unwrap();
    other.sign(&identities()[1]).unwrap();
    write(&at("pool-agreement.json"), &own).unwrap();
    write(&at("from-bob.json"), &other).unwrap();
    // Alice has signed a second version, and no copy here has it.
    fs::create_dir(at("pool-agreement-signed")).unwrap();
    let signed = format!("{}\n", Root::ZERO);
    fs::write(at("pool-agreement-signed").join("2"), signed).unwrap();
    let before = fs::read(at("pool-agreement.json")).unwrap();
    let merge = || Merge {
        files: vec![at("from-bob.json")],
        place: Place {
            config: Some(at("gantry.toml")),
        },
    };
    let words = merge().run().unwrap_err().to_string();
    assert!(words.contains("it lacks version 2"), "{words}");
    assert_eq!(fs::read(at("pool-agreement.json")).unwrap(), before);
    // With that in order it is.
    fs::remove_dir_all(at("pool-agreement-signed")).unwrap();
    merge().run().unwrap();
    let (merged, _) = agreement::read_copy(&at("pool-agreement.json"), &lock()).unwrap();
    assert_eq!(merged.last().signatures.len(), 2);
}
