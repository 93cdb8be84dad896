//! Deposits of an example cluster, for tests of this and other crates.

#![expect(
    clippy::unwrap_used,
    reason = "an example that does not hold must stop the test"
)]

use dkg::bls::{Message, SecretShare};
use proto::definition::{Chain, Draft, Gwei, Withdrawal};
use proto::eth::{DepositData, DepositMessage, ForkVersion};
use proto::lock::{Contents, Lock, Validator};
use proto::{Address, Root, example};

use super::messages;

/// The group secrets of the two validators; no ceremony is needed to test deposits.
pub fn secrets() -> [SecretShare; 2] {
    [3, 4].map(|i| SecretShare::from_bytes(&[i; 32]).unwrap())
}

/// The lock of three operators and two validators whose deposits return as `withdrawal` says.
pub fn lock(withdrawal: Withdrawal) -> Lock {
    let identities = example::identities(3);
    let draft = Draft {
        validators: 2,
        deposit_amounts: vec![Gwei(1_000_000_000), Gwei(31_000_000_000)],
        withdrawal,
        ..example::draft(&identities)
    };
    let validator = |(v, secret): (u8, &SecretShare)| Validator {
        public_key: secret.public().to_bytes(),
        share_public_keys: (1..=3).map(|share| [16 * v + share; 48].into()).collect(),
    };
    let contents = Contents {
        definition: example::agreed(draft, &identities),
        validators: (1..).zip(&secrets()).map(validator).collect(),
        seal_commitment: vec![[1; 48].into(), [2; 48].into()],
        exit_seal_commitment: None,
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities)
}

/// The same with one withdrawal address for both.
pub fn settled() -> Lock {
    lock(Withdrawal::One(Address::from([0xaa; 20])))
}

/// A deposit message signed by a group.
pub fn sign(secret: &SecretShare, message: DepositMessage) -> DepositData {
    let signature = secret.sign(&Message::hash(message.signing_root(version())));
    message.signed(signature.to_bytes())
}

/// The fork version under which deposits of the example's chain are signed.
pub fn version() -> ForkVersion {
    Chain::known("hoodi").unwrap().genesis_fork_version
}

/// Every deposit of [`settled`], signed.
pub fn deposits() -> Vec<DepositData> {
    let messages = messages(&settled()).unwrap();
    let secrets = secrets();
    let by = |i: usize| &secrets[i / 2];
    messages
        .into_iter()
        .enumerate()
        .map(|(i, message)| sign(by(i), message))
        .collect()
}
