//! An agreed cluster for tests and benches: operators whose secret keys everybody knows, a draft to
//! change, and the signatures of all of them.
//!
//! Behind the feature `example`, which only dev-dependencies enable.

use crate::definition::{
    Chain, Definition, Draft, FeeRecipient, Gwei, Operator, SignedDefinition, Terms, Withdrawal,
};
use crate::lock::{Contents, Lock, UnsignedLock};
use crate::{Address, Identity, Root};

/// The operators, in the order of the definition.
pub const NAMES: [&str; 13] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim",
    "liam", "mona",
];

/// The secret keys of the first `count` operators, at most 13.
pub fn identities(count: usize) -> Vec<Identity> {
    (1..)
        .take(count)
        .map(|seed| Identity::from_seed(&[seed; 32]))
        .collect()
}

/// What these operators, at most 13, might agree on: one validator on Hoodi with a deposit of
/// 32 ETH.
///
/// # Panics
/// If the program does not know Hoodi any more.
pub fn draft(identities: &[Identity]) -> Draft {
    let operators = NAMES.iter().zip(identities);
    let operators = operators.map(|(name, identity)| Operator {
        name: (*name).to_owned(),
        identity_key: identity.public(),
        addresses: Vec::new(),
    });
    Draft {
        name: "Sunday club".to_owned(),
        nonce: Root::from([7; 32]),
        chain: Chain::known("hoodi").expect("a chain of the program"),
        operators: operators.collect(),
        validators: 1,
        deposit_amounts: vec![Gwei::FULL],
        withdrawal: Withdrawal::One(Address::from([0xaa; 20])),
        fee_recipient: FeeRecipient::One(Address::from([0xbb; 20])),
    }
}

/// The definition of `draft`, signed by its operators.
///
/// # Panics
/// If the draft breaks a rule, or these are not its operators.
pub fn agreed(draft: Draft, identities: &[Identity]) -> SignedDefinition {
    let mut definition =
        Definition::unsigned(Terms::new(draft).expect("the draft keeps the rules"));
    for identity in identities {
        definition.sign(identity).expect("they are the operators");
    }
    definition.into_signed().expect("all have signed")
}

/// The lock with these contents, signed by the operators of its definition.
///
/// # Panics
/// If the contents break a rule, or these are not its operators.
pub fn witnessed(contents: Contents, identities: &[Identity]) -> Lock {
    let unsigned = UnsignedLock::new(contents).expect("the contents keep the rules");
    let sign = |identity| unsigned.sign(identity).expect("they are the operators");
    let signatures = identities.iter().map(sign).collect();
    unsigned
        .with_signatures(signatures)
        .expect("all have signed")
}
