//! What lies in the data directory, read and checked in the order in which a mistake would cost:
//! the lock, the signing record, the shares (each enrolled in the record?).

use proto::frame::{SentExitWord, SentSealedExit};
use proto::lock::Lock;
use proto::{Address, Identity, PeerIndex};
use tracing::warn;

use super::error::StartError;
use crate::checks::{intent, lock};
use crate::config::Config;
use crate::disk::denials;
use crate::disk::exit_file;
use crate::disk::keystore::{self, MasterSecret, SecretUse};
use crate::disk::sealed_exits;
use crate::disk::{DataLock, Files};
use crate::pool::sending::own_account::{self, OwnAccount, OwnAccountError};
use node_core::ceremony::share_key;
use node_core::partials::keys::ClusterKeys;
use node_core::pool::intent::Intents;
use node_core::record::{Journal, Owner};
use node_core::vault::{ExitKey, Held, HeldExitKey, Vault};

/// What is known once the files are read: who this peer is and what it holds.
pub(super) struct Loaded {
    pub(super) lock: Lock,
    pub(super) keys: ClusterKeys,
    pub(super) identity: Identity,
    pub(super) me: PeerIndex,
    pub(super) vault: Vault,
    pub(super) journal: Journal<Files>,
    /// What operators had said about exits, or why that cannot be read.
    pub(super) words: Result<Vec<SentExitWord>, String>,
    /// The intents at Rocket Pool, or why they cannot be read.
    pub(super) intents: Result<Intents, String>,
    /// What peers had sealed of exits; none if that cannot be read.
    pub(super) sealed: Option<Vec<SentSealedExit>>,
    /// Whom the blocks of each validator pay, by the definition.
    pub(super) fee_recipients: Vec<Option<Address>>,
    /// The operator's own account, if there is one that opens.
    pub(super) account: Option<OwnAccount>,
}

/// Reads and checks everything that lies in the data directory.
pub(super) fn load(config: &Config, data: &DataLock) -> Result<Loaded, StartError> {
    let lock = lock::read(&config.lock_file)?;
    let keys = lock::keys(&lock, &config.lock_file)?;
    let identity = keystore::read_identity(&config.identity_file)?;
    let me = lock::peer_of(&lock, &config.lock_file, &identity.public())?;
    let owner = Owner {
        cluster: lock.hash(),
        identity: identity.public(),
    };
    let files = Files::within(data);
    let journal = Journal::open(files, owner)?;
    for repair in journal.repairs() {
        warn!("the signing record was damaged and is mended: {repair}");
    }
    let master = MasterSecret::obtain(&config.secret, &lock.keystore_salt, SecretUse::Open)?;
    let shares: Vec<_> = lock.shares_of(me).copied().collect();
    let opened = keystore::open_all(&config.keystore_dir, &master, &shares)?;
    let held = Held::of_lock(&lock, opened);
    let size = lock.definition.terms().size();
    let mut vault = Vault::open(size, held, journal.history().clone())?;
    let ends_at = journal.history().sequence();
    let denied = denials::in_force(&config.data_dir, owner.cluster, ends_at);
    for denial in denied? {
        if let Some(claimant) = lock.definition.peer_named(&denial.operator) {
            vault.deny(claimant, denial.sequence);
        }
    }
    if let Some(key) = exit_key(config, (&lock, me), &master) {
        vault.hold_exit_key(key);
    }
    Ok(Loaded {
        words: exit_words(config, owner),
        intents: intents(config, &lock),
        sealed: sealed_exits(config, owner),
        fee_recipients: fee_recipients(&lock),
        account: own_account(config, &master),
        vault,
        identity,
        me,
        journal,
        keys,
        lock,
    })
}

/// The operator's own account. Duties do not wait until somebody has mended its file.
fn own_account(config: &Config, master: &MasterSecret) -> Option<OwnAccount> {
    match own_account::open(&config.data_dir, master) {
        Ok(account) => Some(account),
        Err(OwnAccountError::Missing(_)) => None,
        Err(error) => {
            warn!("this peer signs nothing for the node account: {error}");
            None
        }
    }
}

/// What operators had said about exits. Duties do not wait until somebody has mended the file.
fn exit_words(config: &Config, owner: Owner) -> Result<Vec<SentExitWord>, String> {
    exit_file::read(&config.data_dir, owner.cluster).map_err(|error| {
        let why = format!(
            "what operators have said about exits cannot be read, so this peer signs none and \
             takes no approval until it is mended and `gantry run` started anew: {error}"
        );
        warn!("{why}");
        why
    })
}

/// The intents at Rocket Pool. All duties but blocks, which pay by them, go on until somebody has
/// mended the file.
fn intents(config: &Config, lock: &Lock) -> Result<Intents, String> {
    intent::read(&config.data_dir, lock).map_err(|error| {
        let why = format!(
            "what is intended at Rocket Pool cannot be read, so this peer signs no intent, no \
             block and nothing at Rocket Pool until it is mended and `gantry run` started anew: \
             {error}"
        );
        warn!("{why}");
        why
    })
}

/// What peers had sealed of exits. Nothing waits until somebody has mended the file.
fn sealed_exits(config: &Config, owner: Owner) -> Option<Vec<SentSealedExit>> {
    let read = sealed_exits::read(&config.data_dir, owner.cluster);
    read.inspect_err(|error| warn!("what peers have sealed of exits cannot be read: {error}"))
        .ok()
}

/// This peer's share of the seal key for pre-signed exits, if the lock has one. Duties do not wait
/// until somebody has mended its keystore.
fn exit_key(
    config: &Config,
    (lock, me): (&Lock, PeerIndex),
    master: &MasterSecret,
) -> Option<HeldExitKey> {
    let warned = |why: &dyn std::fmt::Display| {
        warn!("this peer signs no exit in advance, and can open none: {why}");
    };
    let key = ExitKey::of(lock).inspect_err(|why| warned(why)).ok()??;
    let share = share_key(lock.exit_seal_commitment.as_ref()?, me)?;
    let opened = keystore::open_all(&config.keystore_dir, master, &[share]);
    let opened = opened.inspect_err(|why| warned(why)).ok()?;
    Some(key.held(me, opened.first()?))
}

/// Whom the blocks of each validator pay, as far as the definition says.
fn fee_recipients(lock: &Lock) -> Vec<Option<Address>> {
    let recipient = &lock.definition.terms().fee_recipient;
    let of = |at| recipient.of(at).copied();
    (0..lock.validators.len()).map(of).collect()
}
