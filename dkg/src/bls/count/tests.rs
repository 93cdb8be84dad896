//! What is counted, here and elsewhere.

use proto::Root;

use super::*;
use crate::bls::{Message, SecretShare, verify};

#[test]
fn what_is_done_is_counted() {
    let share = SecretShare::from_bytes(&[7; 32]).unwrap();
    let (_, tally) = counted(|| {
        let message = Message::hash(Root::from([3; 32]));
        assert!(verify(&share.public(), &message, &share.sign(&message)));
    });
    for operation in [
        Operation::Hash,
        Operation::Key,
        Operation::Multiple,
        Operation::Verification,
    ] {
        assert_eq!(tally.of(operation), 1, "{operation:?}");
    }
    assert_eq!(counted(|| ()).1, Tally::default());
}

#[test]
fn what_was_done_elsewhere_counts_where_it_is_credited() {
    let (_, theirs) = counted(|| Message::hash(Root::from([3; 32])));
    let ((), tally) = counted(|| theirs.credit());
    assert_eq!(tally, theirs);
    assert_eq!(tally.of(Operation::Hash), 1);
}
