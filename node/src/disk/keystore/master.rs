//! The operator's one secret, and what is derived from it.

use std::path::PathBuf;

use hkdf::Hkdf;
use proto::{PublicKey, Root};
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
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_by_secret_by_salt_and_by_share() {
        let share = |b: u8| PublicKey::from([b; 48]);
        let salt = |b: u8| Root::from([b; 32]);
        let one = MasterSecret::from_seed(&[1; 32], &salt(1));
        let passwords = [
            one.password(&share(1)),
            one.password(&share(2)),
            MasterSecret::from_seed(&[2; 32], &salt(1)).password(&share(1)),
            MasterSecret::from_seed(&[1; 32], &salt(2)).password(&share(1)),
        ];
        for (i, password) in passwords.iter().enumerate() {
            assert_eq!(password.len(), 64);
            assert!(!passwords[..i].contains(password));
        }
        let again = MasterSecret::from_seed(&[1; 32], &salt(1));
        assert_eq!(again.password(&share(1)), passwords[0]);
    }

    #[test]
    fn a_passphrase_is_the_same_however_it_is_composed() {
        let salt = Root::from([1; 32]);
        let share = PublicKey::from([1; 48]);
        let composed = MasterSecret::from_passphrase("Žižkov tower", &salt);
        let decomposed = MasterSecret::from_passphrase("Z\u{30c}iz\u{30c}kov tower", &salt);
        assert_eq!(composed.password(&share), decomposed.password(&share));
    }

    #[test]
    fn a_byte_order_mark_is_never_chosen_as_part_of_a_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passphrase");
        let text = "\u{feff}some random words";
        files::write_new(&path, text.as_bytes(), files::Mode::Secret).unwrap();
        let source = SecretSource::PassphraseFile(path);
        let salt = Root::from([1; 32]);
        let chosen = MasterSecret::obtain(&source, &salt, SecretUse::Choose);
        let mark = matches!(chosen, Err(SecretFileError::File(FileError::Mark(_))));
        assert!(mark);
        // What an older gantry let somebody choose still opens.
        let opened = MasterSecret::obtain(&source, &salt, SecretUse::Open).unwrap();
        let share = PublicKey::from([1; 48]);
        let typed = MasterSecret::from_passphrase(text, &salt);
        assert_eq!(opened.password(&share), typed.password(&share));
    }

    #[test]
    fn a_short_passphrase_is_not_chosen_but_an_old_one_still_opens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passphrase");
        files::write_new(&path, b"short\n", files::Mode::Secret).unwrap();
        let source = SecretSource::PassphraseFile(path);
        let salt = Root::from([1; 32]);
        let chosen = MasterSecret::obtain(&source, &salt, SecretUse::Choose);
        assert!(matches!(chosen, Err(SecretFileError::Short(12))));
        let opened = MasterSecret::obtain(&source, &salt, SecretUse::Open).unwrap();
        let typed = MasterSecret::from_passphrase("short", &salt);
        let share = PublicKey::from([1; 48]);
        assert_eq!(opened.password(&share), typed.password(&share));
    }
}
