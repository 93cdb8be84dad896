//! The account that pays: a secret key in hex, or a keystore of version 3.
//!
//! A keystore is opened by alloy. What it asks for is read before, with bounds, since the library
//! behind it believes every number in the file. Source: ethereum.org, "Web3 Secret Storage
//! Definition".

use std::path::Path;

use alloy::eips::eip2718::Encodable2718 as _;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder as _};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync as _;
use alloy::signers::local::{LocalSignerError, PrivateKeySigner};
use proto::definition::checksummed;
use proto::{Address, Root};
use serde::Deserialize;

use super::error::ExecutionError;
use super::transaction::{Signed, Transaction};

/// The most memory scrypt may ask for: 512 MiB, twice what wallets write.
const MAX_SCRYPT_BYTES: u64 = 512 << 20;
/// The most lanes of scrypt: some wallets write 6 and less memory, others 8.
const MAX_SCRYPT_LANES: u32 = 16;
/// The most rounds of PBKDF2: 16 times what wallets write.
const MAX_ROUNDS: u32 = 1 << 22;

/// The account that pays.
#[derive(Clone)]
pub struct Sender {
    address: alloy::primitives::Address,
    signer: PrivateKeySigner,
    wallet: EthereumWallet,
}

impl Sender {
    /// The longest file worth reading, in bytes.
    pub const MAX_BYTES: usize = 1 << 14;

    /// Whether the text of a key file is a keystore, which needs a passphrase.
    pub fn is_keystore(text: &str) -> bool {
        text.trim_start().starts_with('{')
    }

    /// Whether the text is a keystore of version 3 that can be opened with some passphrase.
    ///
    /// # Errors
    /// If it is none, or asks for too much.
    pub fn check_keystore(text: &str) -> Result<(), ExecutionError> {
        Keystore::read(text).map(drop)
    }

    /// The account of this secret key, 64 hex digits with or without 0x.
    ///
    /// # Errors
    /// If it is no secret key.
    pub fn of_key(key: &str) -> Result<Self, ExecutionError> {
        let signer: PrivateKeySigner = key.trim().parse().map_err(|_| ExecutionError::Key)?;
        Ok(signer.into())
    }

    /// The account of a keystore of version 3, whose text has been read already.
    ///
    /// # Errors
    /// If it is no such keystore, asks for too much, or the passphrase is not its own.
    pub fn of_keystore(path: &Path, text: &str, passphrase: &str) -> Result<Self, ExecutionError> {
        let file = Keystore::read(text)?;
        let signer = PrivateKeySigner::decrypt_keystore(path, passphrase.as_bytes());
        let signer = signer.map_err(|error| match error {
            LocalSignerError::EthKeystoreError(_) => ExecutionError::KeystorePassphrase,
            LocalSignerError::EcdsaError(_)
            | LocalSignerError::HexError(_)
            | LocalSignerError::IoError(_) => ExecutionError::Key,
        })?;
        let sender = Self::from(signer);
        match file.address {
            Some(stated) if !sender.is(&stated) => Err(ExecutionError::Keystore(format!(
                "it says that it is of {stated}, and its key is of {}",
                sender.shown()
            ))),
            Some(_) | None => Ok(sender),
        }
    }

    /// Which account a keystore of version 3 says that it holds. Nothing proves it before it is
    /// opened.
    ///
    /// # Errors
    /// If it is no such keystore, or says nothing.
    pub fn stated(text: &str) -> Result<Address, ExecutionError> {
        let stated = Keystore::read(text)?.address;
        let stated = stated.and_then(|address| address.parse().ok());
        stated.ok_or_else(|| ExecutionError::Keystore("it does not say whose it is".to_owned()))
    }

    /// The account's signature of 32 bytes as they are: of a hash that was computed here.
    ///
    /// # Errors
    /// If the key cannot sign.
    pub fn sign_hash(&self, hash: &Root) -> Result<[u8; 65], ExecutionError> {
        let hash = alloy::primitives::B256::from(*hash.as_bytes());
        let signature = self.signer.sign_hash_sync(&hash);
        let signature = signature.map_err(|_| ExecutionError::Key)?;
        Ok(signature.as_bytes())
    }

    pub fn address(&self) -> Address {
        self.address.into_array().into()
    }

    /// The account's address with checksum, for people.
    pub fn shown(&self) -> String {
        checksummed(&self.address())
    }

    /// The account's signature of a text, as every wallet makes it (EIP-191, version `0x45`).
    ///
    /// # Errors
    /// If the key cannot sign.
    pub fn sign_text(&self, text: &str) -> Result<[u8; 65], ExecutionError> {
        let signature = self.signer.sign_message_sync(text.as_bytes());
        let signature = signature.map_err(|_| ExecutionError::Key)?;
        Ok(signature.as_bytes())
    }

    /// Signs a transaction (EIP-1559). The same one signed again is the same to the last byte
    /// (RFC 6979).
    ///
    /// # Errors
    /// If it cannot be signed.
    pub async fn sign(
        &self,
        chain_id: u64,
        transaction: &Transaction,
    ) -> Result<Signed, ExecutionError> {
        let to = alloy::primitives::Address::from(*transaction.to.as_bytes());
        let mut request = TransactionRequest::default()
            .from(self.address)
            .to(to)
            .value(transaction.value)
            .input(transaction.data.clone().into())
            .max_fee_per_gas(u128::from(transaction.max_fee))
            .max_priority_fee_per_gas(u128::from(transaction.priority_fee))
            .gas_limit(transaction.gas)
            .nonce(transaction.nonce);
        request.chain_id = Some(chain_id);
        let envelope = request.build(&self.wallet).await;
        let envelope = envelope.map_err(|error| ExecutionError::Sign(error.to_string()))?;
        Ok(Signed {
            hash: envelope.tx_hash().0.into(),
            raw: envelope.encoded_2718(),
        })
    }

    fn is(&self, address: &str) -> bool {
        let digits = address.strip_prefix("0x").unwrap_or(address);
        digits.eq_ignore_ascii_case(&hex::encode(self.address))
    }
}

impl From<PrivateKeySigner> for Sender {
    fn from(signer: PrivateKeySigner) -> Self {
        Self {
            address: signer.address(),
            wallet: signer.clone().into(),
            signer,
        }
    }
}

/// What of a keystore is looked at before it is opened.
#[derive(Deserialize)]
struct Keystore {
    version: u64,
    #[serde(default)]
    address: Option<String>,
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: Iv,
    ciphertext: String,
    kdf: String,
    kdfparams: Cost,
    mac: String,
}

#[derive(Deserialize)]
struct Iv {
    iv: String,
}

#[derive(Deserialize)]
struct Cost {
    dklen: u32,
    salt: String,
    #[serde(default)]
    n: u64,
    #[serde(default)]
    r: u32,
    #[serde(default)]
    p: u32,
    #[serde(default)]
    c: u32,
    #[serde(default)]
    prf: String,
}

impl Cost {
    /// Whether these are parameters of scrypt (RFC 7914, section 2: n is below 2^(128 r / 8)).
    fn has_scrypt(&self) -> bool {
        let (n, r) = (self.n, self.r);
        n.is_power_of_two() && n >= 2 && r > 0 && self.p > 0 && n.ilog2() < r.saturating_mul(16)
    }
}

impl Keystore {
    fn read(text: &str) -> Result<Self, ExecutionError> {
        let refused = |why: &str| ExecutionError::Keystore(why.to_owned());
        let versioned: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| ExecutionError::Keystore(error.to_string()))?;
        // A validator's keystore has version 4; it is worth a word of its own.
        if versioned["version"] == 4 {
            return Err(refused(
                "it is a validator's, of version 4: no account pays with it",
            ));
        }
        let file: Self = serde_json::from_value(versioned)
            .map_err(|error| ExecutionError::Keystore(error.to_string()))?;
        let crypto = &file.crypto;
        if file.version != 3 {
            return Err(refused("its version is not 3"));
        }
        if crypto.cipher != "aes-128-ctr" || crypto.cipherparams.iv.len() != 32 {
            return Err(refused(
                "its cipher is not aes-128-ctr with an iv of 16 bytes",
            ));
        }
        if crypto.ciphertext.len() != 64 {
            return Err(refused("its ciphertext is not of 32 bytes"));
        }
        let cost = &crypto.kdfparams;
        if !(32..=64).contains(&cost.dklen) {
            return Err(refused("its dklen is not 32 to 64"));
        }
        let has_hex = hex::decode(&cost.salt).is_ok() && hex::decode(&crypto.mac).is_ok();
        if !has_hex || crypto.mac.len() != 64 {
            return Err(refused("its salt or mac is malformed"));
        }
        let bytes = u64::from(cost.r).saturating_mul(128).saturating_mul(cost.n);
        match crypto.kdf.as_str() {
            "scrypt" if bytes > MAX_SCRYPT_BYTES || cost.p > MAX_SCRYPT_LANES => {
                Err(refused("its scrypt asks for more than any wallet writes"))
            }
            "scrypt" if !cost.has_scrypt() => {
                Err(refused("its scrypt has no n, r and p that scrypt takes"))
            }
            "pbkdf2" if cost.prf != "hmac-sha256" => Err(refused("its prf is not hmac-sha256")),
            "pbkdf2" if !(1..=MAX_ROUNDS).contains(&cost.c) => {
                Err(refused("its PBKDF2 asks for more than any wallet writes"))
            }
            "scrypt" | "pbkdf2" => Ok(file),
            _ => Err(refused("its key derivation is neither scrypt nor pbkdf2")),
        }
    }
}

#[cfg(test)]
mod tests;
