//! The operator's account of the execution chain, at rest: a wallet's keystore of version 3, which
//! every wallet opens with the password that its master secret gives
//! ([`MasterSecret::account_password`](super::MasterSecret::account_password)).
//!
//! Source: ethereum.org, "Web3 Secret Storage Definition". Opened by the room that signs with it.

use alloy::primitives::keccak256;
use proto::Address;
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::eip2335::{Draw, apply_cipher, uuid};

/// PBKDF2 rounds: light, because the password is a 256-bit key.
const ROUNDS: u32 = 1024;

/// The text of a keystore that holds `secret`, the key of this account, closed with `password`,
/// which nobody can guess.
pub fn seal(
    secret: &[u8; 32],
    account: &Address,
    (password, draw): (&str, &Draw),
) -> Zeroizing<String> {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &draw.salt, ROUNDS, &mut *key);
    let mut message = *secret;
    apply_cipher(&key, &draw.iv, &mut message);
    let mac = keccak256([&key[16..], &message].concat());
    let file = json!({
        "address": hex::encode(account.as_bytes()),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": hex::encode(draw.iv)},
            "ciphertext": hex::encode(message),
            "kdf": "pbkdf2",
            "kdfparams": {
                "c": ROUNDS,
                "dklen": 32,
                "prf": "hmac-sha256",
                "salt": hex::encode(draw.salt),
            },
            "mac": hex::encode(mac),
        },
        "id": uuid(draw.uuid),
        "version": 3,
    });
    Zeroizing::new(format!("{file:#}\n"))
}
