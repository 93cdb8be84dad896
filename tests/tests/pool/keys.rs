//! Keys of validators, as a group has them, and the deposits that they sign.

use alloy_primitives::{Bytes, FixedBytes};
use dkg::bls::{Message, PublicPoint, SecretShare, SignaturePoint};
use proto::eth::{DepositData, DepositMessage};
use proto::{PublicKey, Root, SignatureBytes};

/// `GENESIS_FORK_VERSION` of the pretend chain.
pub const GENESIS_VERSION: [u8; 4] = [0, 0, 0, 0];

/// The key of a validator by its number.
fn secret(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

pub fn pubkey(number: u8) -> PublicKey {
    secret(number).public().to_bytes()
}

/// The deposit of one ether for these credentials, signed.
pub fn deposit(number: u8, credentials: Root) -> DepositData {
    let message = DepositMessage {
        pubkey: pubkey(number),
        withdrawal_credentials: credentials,
        amount: 1_000_000_000,
    };
    let root = message.signing_root(GENESIS_VERSION.into());
    let signature = secret(number).sign(&Message::hash(root));
    message.signed(signature.to_bytes())
}

/// The same with the signature of another key.
pub fn junk_deposit(number: u8, credentials: Root) -> DepositData {
    let other = deposit(number + 100, credentials);
    DepositData {
        pubkey: pubkey(number),
        ..other
    }
}

/// Whether the signature beside this amount, gwei, is the key's.
pub fn signed(pubkey: &PublicKey, credentials: &Root, (amount, by): (u64, &Bytes)) -> bool {
    let message = DepositMessage {
        pubkey: *pubkey,
        withdrawal_credentials: *credentials,
        amount,
    };
    let root = message.signing_root(GENESIS_VERSION.into());
    let key = PublicPoint::from_bytes(pubkey);
    let by = SignatureBytes::try_from(by.as_ref()).ok();
    let point = by.and_then(|by| SignaturePoint::from_bytes(&by).ok());
    let (Ok(key), Some(point)) = (key, point) else {
        return false;
    };
    dkg::bls::verify(&key, &Message::hash(root), &point)
}

pub fn bytes<const N: usize>(value: &proto::root::Bytes<N>) -> Bytes {
    value.as_bytes().to_vec().into()
}

pub fn fixed(root: &Root) -> FixedBytes<32> {
    (*root.as_bytes()).into()
}
