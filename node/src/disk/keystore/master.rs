//! The operator's one secret, and what is derived from it.

use std::path::PathBuf;

use hkdf::Hkdf;
use proto::{Address, PublicKey, Root};
use sha2::Sha256;
use tracing::warn;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::secret_file::{self, SecretFileError, SecretKind};
use super::terminal::{self, SecretUse};
use crate::disk::files::{self, FileError};

/// Cost of the one derivation from a passphrase: 2^17 blocks of 1 KiB, that is 128 MiB and about
/// 0.4 s.
const LOG_N: u8 = 17;
/// scrypt's block size.
const BLOCK: u32 = 8;
/// The shortest passphrase that may be chosen, in characters.
const SHORTEST: usize = 12;

/// Where the secret that opens the keystores comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file with a random secret, made by `gantry keystore secret`: starts unattended.
    SecretFile(PathBuf),
    /// A file with the operator's passphrase: starts unattended.
    PassphraseFile(PathBuf),
    /// The operator types the passphrase.
    Terminal,
}

/// 32 bytes from which every keystore's password is derived. Wiped from memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterSecret([u8; 32]);

impl MasterSecret {
    /// Reads the operator's secret where the config says, or asks for it on the terminal.
    ///
    /// # Errors
    /// If the file cannot be read, is not secret or malformed, or nobody is at the terminal.
    pub fn obtain(
        source: &SecretSource,
        salt: &Root,
        purpose: SecretUse,
    ) -> Result<Self, SecretFileError> {
        let passphrase = match source {
            SecretSource::SecretFile(path) => {
                let seed = secret_file::read(path, SecretKind::Keystores)?;
                return Ok(Self::from_seed(&seed, salt));
            }
            SecretSource::PassphraseFile(path) => {
                let text = files::read_secret(path, 1024)?;
                if text.starts_with(files::BYTE_ORDER_MARK) {
                    // An older gantry took the mark as a letter of the passphrase, so it must go
                    // on opening what was chosen with it.
                    match purpose {
                        SecretUse::Choose => return Err(FileError::Mark(path.clone()).into()),
                        SecretUse::Open => warn!(
                            file = %path.display(),
                            "the passphrase file begins with a byte order mark, which counts as a \
                             letter of the passphrase"
                        ),
                    }
                }
                Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            SecretSource::Terminal => terminal::ask(purpose)?,
        };
        if purpose == SecretUse::Choose && passphrase.chars().count() < SHORTEST {
            return Err(SecretFileError::Short(SHORTEST));
        }
        Ok(Self::from_passphrase(&passphrase, salt))
    }

    /// The master secret of a passphrase: scrypt of its NFKD form.
    pub fn from_passphrase(passphrase: &str, salt: &Root) -> Self {
        let cost = scrypt::Params::new(LOG_N, BLOCK, 1).expect("the cost is within scrypt's rules");
        let normal: Zeroizing<String> = Zeroizing::new(passphrase.nfkd().collect());
        let mut secret = [0; 32];
        scrypt::scrypt(normal.as_bytes(), salt.as_bytes(), &cost, &mut secret)
            .expect("32 bytes is an output length scrypt has");
        Self(secret)
    }

    /// The master secret of 32 random bytes.
    pub fn from_seed(seed: &[u8; 32], salt: &Root) -> Self {
        let mut secret = [0; 32];
        Hkdf::<Sha256>::new(Some(salt.as_bytes()), seed)
            .expand(b"gantry/keystore-master/1", &mut secret)
            .expect("32 bytes is an output length HKDF has");
        Self(secret)
    }

    /// What opens the keystore of the share with this public key: 64 hex digits.
    pub fn password(&self, share: &PublicKey) -> Zeroizing<String> {
        let mut password = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(
                &[b"gantry/keystore-password/1", share.as_bytes()],
                &mut *password,
            )
            .expect("32 bytes is an output length HKDF has");
        Zeroizing::new(hex::encode(*password))
    }

    /// What opens the keystore of this account of the execution chain: 64 hex digits.
    pub fn account_password(&self, account: &Address) -> Zeroizing<String> {
        let mut password = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(
                &[b"gantry/account-password/1", account.as_bytes()],
                &mut *password,
            )
            .expect("32 bytes is an output length HKDF has");
        Zeroizing::new(hex::encode(*password))
    }

    /// What the seed of an unfinished ceremony is encrypted with.
    pub fn seed_key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(b"gantry/ceremony-seed/1", &mut *key)
            .expect("32 bytes is an output length HKDF has");
        key
    }
}

#[cfg(test)]
mod tests;
