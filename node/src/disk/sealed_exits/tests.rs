//! What was sealed is there again.

use super::*;

fn exit(sealer: u32) -> SentSealedExit {
    SentSealedExit {
        sealer,
        validator: ValidatorPosition(3),
        index: ValidatorIndex(u64::MAX),
        epoch: Epoch(u64::MAX),
        text: SealedText([0xcd; SealedText::LENGTH]),
        signature: IdentitySignature([5; 64]),
    }
}

#[test]
fn what_was_sealed_is_read_as_it_was_written_and_only_for_its_cluster() {
    let data = tempfile::tempdir().unwrap();
    let (ours, other) = ([1; 32].into(), [2; 32].into());
    assert_eq!(read(data.path(), ours).unwrap(), []);
    write(data.path(), ours, &[exit(0), exit(12)]).unwrap();
    assert_eq!(read(data.path(), ours).unwrap(), [exit(0), exit(12)]);
    assert_eq!(read(data.path(), other).unwrap(), []);
}

#[test]
fn the_sealed_exits_of_everybody_can_be_read_again() {
    let data = tempfile::tempdir().unwrap();
    let cluster = [1; 32].into();
    let all = vec![exit(12); ClusterSize::MAX * MAX_VALIDATORS];
    write(data.path(), cluster, &all).unwrap();
    assert_eq!(read(data.path(), cluster).unwrap().len(), all.len());
}

#[test]
fn a_file_of_somebody_else_or_of_a_newer_program_is_left_alone_with_words() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join(FILE);
    std::fs::write(&path, "[]").unwrap();
    let error = read(data.path(), [1; 32].into()).unwrap_err().to_string();
    assert!(error.contains("Move it away"), "{error}");
    let hash = Root::from([1; 32]);
    let newer = format!(r#"{{"version":2,"cluster":"{hash}","exits":[{{"more":1}}]}}"#);
    std::fs::write(&path, &newer).unwrap();
    let error = read(data.path(), hash).unwrap_err().to_string();
    assert!(error.contains("a newer gantry"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
}
