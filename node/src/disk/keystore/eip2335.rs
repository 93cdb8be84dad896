//! One keystore file: EIP-2335, version 4.
//!
//! Reads what standard tools write (scrypt or PBKDF2), with caps on the cost a file may ask for;
//! writes PBKDF2, light for own use or as those tools demand it. Source:
//! eips.ethereum.org/EIPS/eip-2335, sections "Decryption key",
//! "Password verification", "Secret decryption". Draws randomness only in [`Draw::new`].

#[cfg(test)]
pub(crate) mod tests;

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use proto::PublicKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// PBKDF2 rounds of the keystores written here: light, because the password is a 256-bit key.
const ROUNDS: u32 = 1024;
/// PBKDF2 rounds of the keystores written for other tools: the least that all of them take.
const STANDARD_ROUNDS: u32 = 262_144;
/// The path of the keystores written for other tools. A share is derived from no seed, and
/// EIP-2335 has the empty path for that, but tools refuse it: this is the first path of EIP-2334.
const STANDARD_PATH: &str = "m/12381/3600/0/0/0";
/// The most PBKDF2 rounds a file may ask for: 16 times what standard tools write, about 2 s.
const MAX_ROUNDS: u32 = 1 << 22;
/// The most memory a file's scrypt may ask for: 256 MiB, what standard tools write.
const MAX_SCRYPT_BYTES: u64 = 128 * 8 * (1 << 18);
/// The most lanes a file's scrypt may ask for.
const MAX_SCRYPT_LANES: u32 = 4;

/// Why a keystore is refused.
#[derive(Debug, Error)]
pub enum KeystoreError {
    #[error(
        "this is no keystore as EIP-2335 has it ({0}): if it should be one, restore it from your \
         backup"
    )]
    Json(#[from] serde_json::Error),
    #[error("this keystore has version {0}; gantry reads version 4 (EIP-2335)")]
    Version(u64),
    #[error("the keystore's {0} is malformed: take the file from a backup")]
    Field(&'static str),
    #[error(
        "the keystore does not say which key it holds (it has no pubkey), so it is none that \
         gantry wrote: take the file from a backup"
    )]
    Nameless,
    /// It asks for more memory or time than any standard tool writes.
    #[error("the keystore asks for a {0} beyond what standard tools write: it may be an attack")]
    Cost(&'static str),
    /// The password is wrong, or the file is damaged: the standard cannot tell which.
    #[error(
        "the keystore does not open: the passphrase or secret file is not the one it was made \
         with, the cluster lock is another cluster's, or the file is damaged: then restore it from \
         your backup"
    )]
    Password,
}

/// An EIP-2335 keystore, still closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keystore {
    crypto: Crypto,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pubkey: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    uuid: String,
    version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Crypto {
    kdf: Kdf,
    checksum: Checksum,
    cipher: Cipher,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "function", rename_all = "lowercase")]
enum Kdf {
    Pbkdf2 {
        params: Pbkdf2,
        #[serde(default)]
        message: String,
    },
    Scrypt {
        params: Scrypt,
        #[serde(default)]
        message: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pbkdf2 {
    dklen: u32,
    c: u32,
    prf: String,
    salt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Scrypt {
    dklen: u32,
    n: u64,
    r: u32,
    p: u32,
    salt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Checksum {
    function: String,
    #[serde(default)]
    params: Nothing,
    message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Nothing {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cipher {
    function: String,
    params: Iv,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Iv {
    iv: String,
}

/// The random bytes a new keystore needs.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Salt of the key derivation.
    pub salt: [u8; 32],
    /// Initial counter of the cipher.
    pub iv: [u8; 16],
    /// The file's uuid, made a version 4 uuid when written.
    pub uuid: [u8; 16],
}

impl Draw {
    /// Draws them.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut draw = Self {
            salt: [0; 32],
            iv: [0; 16],
            uuid: [0; 16],
        };
        getrandom::fill(&mut draw.salt)?;
        getrandom::fill(&mut draw.iv)?;
        getrandom::fill(&mut draw.uuid)?;
        Ok(draw)
    }
}

impl Keystore {
    /// The longest keystore file worth reading, in bytes.
    pub const MAX_BYTES: usize = 1 << 14;

    /// Closes `secret`, whose public key is `public_key`, with `password`, which nobody can guess:
    /// in few rounds, so that a thousand of them open at once.
    pub fn encrypt(secret: &[u8; 32], public_key: &PublicKey, password: &str, draw: &Draw) -> Self {
        Self::closed(secret, (password, ROUNDS), draw).of(public_key)
    }

    /// The same in the form that every standard tool opens.
    pub fn encrypt_for_others(
        secret: &[u8; 32],
        public_key: &PublicKey,
        password: &str,
        draw: &Draw,
    ) -> Self {
        let closed = Self::closed(secret, (password, STANDARD_ROUNDS), draw);
        Self {
            path: STANDARD_PATH.to_owned(),
            ..closed.of(public_key)
        }
    }

    fn closed(secret: &[u8; 32], (password, rounds): (&str, u32), draw: &Draw) -> Self {
        let params = Pbkdf2 {
            dklen: 32,
            c: rounds,
            prf: "hmac-sha256".to_owned(),
            salt: hex::encode(draw.salt),
        };
        let kdf = Kdf::Pbkdf2 {
            params,
            message: String::new(),
        };
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(&prepared(password), &draw.salt, rounds, &mut *key);
        let mut message = *secret;
        apply_cipher(&key, &draw.iv, &mut message);
        Self {
            crypto: Crypto {
                kdf,
                checksum: Checksum {
                    function: "sha256".to_owned(),
                    params: Nothing {},
                    message: hex::encode(checksum(&key, &message)),
                },
                cipher: Cipher {
                    function: "aes-128-ctr".to_owned(),
                    params: Iv {
                        iv: hex::encode(draw.iv),
                    },
                    message: hex::encode(message),
                },
            },
            description: None,
            pubkey: None,
            path: String::new(),
            uuid: uuid(draw.uuid),
            version: 4,
        }
    }

    fn of(self, public_key: &PublicKey) -> Self {
        Self {
            pubkey: Some(hex::encode(public_key.as_bytes())),
            ..self
        }
    }

    /// The keystore with words that say what it is.
    #[must_use]
    pub fn described(self, description: String) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    /// The words that say what it is.
    pub fn description(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    /// Reads a keystore; the caller bounds its length.
    ///
    /// # Errors
    /// If it is not a keystore of version 4.
    pub fn from_json(text: &str) -> Result<Self, KeystoreError> {
        let keystore: Self = serde_json::from_str(text)?;
        if keystore.version != 4 {
            return Err(KeystoreError::Version(keystore.version));
        }
        Ok(keystore)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("strings and numbers can be written as JSON");
        text.push('\n');
        text
    }

    /// The public key the file states. Nothing proves it: compare with that of the secret.
    ///
    /// # Errors
    /// If it states none, which the standard allows, or not 48 bytes of hex.
    pub fn public_key(&self) -> Result<PublicKey, KeystoreError> {
        let stated = self.pubkey.as_ref().ok_or(KeystoreError::Nameless)?;
        let read = stated.parse();
        read.map_err(|_| KeystoreError::Field("pubkey"))
    }

    /// Opens the keystore.
    ///
    /// # Errors
    /// If the password is wrong, or the file malformed or beyond the caps.
    pub fn decrypt(&self, password: &str) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let crypto = &self.crypto;
        if crypto.checksum.function != "sha256" {
            return Err(KeystoreError::Field("checksum function"));
        }
        if crypto.cipher.function != "aes-128-ctr" {
            return Err(KeystoreError::Field("cipher function"));
        }
        let iv: [u8; 16] = fixed(&crypto.cipher.params.iv, "iv")?;
        let expected: [u8; 32] = fixed(&crypto.checksum.message, "checksum")?;
        let mut message = Zeroizing::new(fixed(&crypto.cipher.message, "cipher message")?);
        let key = crypto.kdf.derive(password)?;
        if checksum(&key, &message) != expected {
            return Err(KeystoreError::Password);
        }
        apply_cipher(&key, &iv, &mut message);
        Ok(message)
    }
}

impl Kdf {
    fn derive(&self, password: &str) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let password = prepared(password);
        let mut key = Zeroizing::new([0; 32]);
        match self {
            Self::Pbkdf2 { params, .. } => {
                let salt = salt(&params.salt, params.dklen)?;
                if params.prf != "hmac-sha256" {
                    return Err(KeystoreError::Field("prf"));
                }
                if !(1..=MAX_ROUNDS).contains(&params.c) {
                    return Err(KeystoreError::Cost("PBKDF2 count"));
                }
                pbkdf2::pbkdf2_hmac::<Sha256>(&password, &salt, params.c, &mut *key);
            }
            Self::Scrypt { params, .. } => {
                let salt = salt(&params.salt, params.dklen)?;
                let cost = params.check()?;
                scrypt::scrypt(&password, &salt, &cost, &mut *key)
                    .expect("32 bytes is an output length scrypt has");
            }
        }
        Ok(key)
    }
}

impl Scrypt {
    fn check(&self) -> Result<scrypt::Params, KeystoreError> {
        let bytes = u64::from(self.r).saturating_mul(128).saturating_mul(self.n);
        if bytes > MAX_SCRYPT_BYTES || self.p > MAX_SCRYPT_LANES {
            return Err(KeystoreError::Cost("scrypt memory or time"));
        }
        if !self.n.is_power_of_two() {
            return Err(KeystoreError::Field("scrypt n"));
        }
        let log_n = u8::try_from(self.n.ilog2()).expect("the logarithm of a u64 is below 64");
        scrypt::Params::new(log_n, self.r, self.p).map_err(|_| KeystoreError::Field("scrypt cost"))
    }
}

/// The salt. A file may derive more than the 32 bytes that the standard uses: the first ones are
/// the same however many follow, with PBKDF2 and so with scrypt too.
fn salt(text: &str, dklen: u32) -> Result<Vec<u8>, KeystoreError> {
    if dklen < 32 {
        return Err(KeystoreError::Field("dklen"));
    }
    hex::decode(text).map_err(|_| KeystoreError::Field("salt"))
}

fn fixed<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| KeystoreError::Field(what))?;
    Ok(bytes)
}

/// The password as the standard wants it: NFKD, without C0, C1 and Delete.
fn prepared(password: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 * password.len()));
    let mut utf8 = [0; 4];
    for c in password.nfkd().filter(|c| !c.is_control()) {
        bytes.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
    }
    bytes
}

fn checksum(key: &[u8; 32], message: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(&key[16..]);
    hash.update(message);
    hash.finalize().into()
}

pub(super) fn apply_cipher(key: &[u8; 32], iv: &[u8; 16], message: &mut [u8; 32]) {
    let mut aes_key = Zeroizing::new([0; 16]);
    aes_key.copy_from_slice(&key[..16]);
    Ctr128BE::<Aes128>::new((&*aes_key).into(), iv.into()).apply_keystream(message);
}

/// A version 4 uuid of these bytes (RFC 9562, section 5.4).
pub(super) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}
