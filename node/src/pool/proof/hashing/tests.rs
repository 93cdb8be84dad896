//! Who stands back, and who does not.

use std::thread;

use node_core::proof::example::Generated;
use node_core::proof::{Rule, StateTerms, Wanted};
use proto::{Slot, example};
use rustix::process::getpriority_process;

use super::*;

const LEAST: i32 = 19;

fn state() -> (StateReader, Vec<u8>) {
    let spec = example::chain([7; 32].into(), &[]);
    let terms = StateTerms::at(&spec, Slot(9)).unwrap();
    let mut ssz = Vec::new();
    Generated::new(terms.clone(), 100).each_piece(|piece| ssz.extend_from_slice(piece));
    (StateReader::new(terms, Wanted::default()).unwrap(), ssz)
}

#[test]
fn the_thread_that_hashes_stands_back_and_no_other_does() {
    let usual = getpriority_process(None).unwrap();
    let hashing = thread::spawn(|| {
        stand_back();
        getpriority_process(None).unwrap()
    });
    assert_eq!(hashing.join().unwrap(), (usual + NICE).min(LEAST));
    assert_eq!(getpriority_process(None).unwrap(), usual);
}

#[tokio::test]
async fn a_state_comes_to_its_proofs_and_one_that_cannot_be_it_is_wanted_no_further() {
    let (reader, ssz) = state();
    let hashing = Hashing::begin(reader).unwrap();
    for piece in ssz.chunks(1000) {
        assert!(hashing.take(Bytes::copy_from_slice(piece)).await);
    }
    assert!(hashing.end().await.is_ok());

    let (reader, ssz) = state();
    let hashing = Hashing::begin(reader).unwrap();
    let mut given = 0;
    // Of another chain: its genesis time is not that.
    while hashing.take(vec![1; 8].into()).await {
        given += 8;
        assert!(given < ssz.len(), "it is refused long before its end");
    }
    let bad = hashing.end().await.unwrap_err();
    assert_eq!(bad.rule, Rule::OtherChain);
}
