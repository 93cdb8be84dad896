//! Shares at rest: EIP-2335 keystores, and the one secret of the operator that opens them all.
//!
//! | step | how |
//! |---|---|
//! | the operator's secret | a passphrase, or 32 random bytes in a file of mode 0600 |
//! | [`MasterSecret`] | scrypt(passphrase), or HKDF(random bytes); the salt stands in the lock |
//! | a keystore's [password](MasterSecret::password) | HKDF(master secret, share's public key) |
//! | the keystore | EIP-2335 with PBKDF2, c = 1,024 |
//!
//! The operator's account of the execution chain ([`seal`]) lies beside them: a wallet's keystore,
//! with a password of its own from the same master secret.
//!
//! So a peer with a thousand shares pays one expensive derivation. A password has 256 bits that
//! nobody can guess, so the keystore's own derivation may be light; `gantry keystore password`
//! prints it, and then any standard tool opens the file.
//!
//! Never here: signing. An opened share goes to the vault and nowhere else.

mod account;
mod eip2335;
mod master;
mod secret_file;
mod store;
mod terminal;

pub use account::seal;
pub use eip2335::{Draw, Keystore, KeystoreError};
pub use master::{MasterSecret, SecretSource};
pub use secret_file::{SecretFileError, SecretKind, create, read_identity};
pub use store::{StoreError, StoredShare, exported, keystore_path, open_all, store_all};
pub use terminal::{SecretUse, confirmed, passphrase};
