//! Holding the key ceremony: from a signed definition to keystores, lock, signing record and
//! deposits on every peer's disk, whatever crashes in between.
//!
//! | module | is |
//! |---|---|
//! | `driver` | one peer at the ceremony: events in, phase after phase |
//! | [`earlier`] | what an earlier ceremony has left, found before this one begins |
//! | [`room`] | whether its end can be written, found before it begins |
//! | `recalling` | before the first word: hears what this peer may have said before |
//! | `silence` | before the first word after a restart: the same, and keeps what comes meanwhile |
//! | `making` | while there is no lock: drives `dkg`'s machine |
//! | `sharing` | after it: deposits, completing those who lag, leaving |
//! | [`keys`] | keystores, record and lock on the disk, in the order that promises rest on |
//! | [`saved`] | what is kept until then: seed and position |
//! | `line`, [`screen`] | sessions, and what the operator sees |
//!
//! ```text
//!  Recalling ── every peer has told ──► Making
//!  Making ── every peer has acknowledged ──► Sharing ── every peer has everything ──► over
//!     └── a peer shows everybody's signatures of a lock whose keys are stored here ──┘
//! ```
//!
//! The same command continues after a crash at any point. A peer that starts with everything on
//! its disk stays only as long as somebody who lacks something shows up.
//!
//! An older copy of the folder `ceremony` is no such point: the others remember what this peer has
//! said since, and it stops with words before it contradicts that. What at most f peers have heard
//! who are all away, or what was heard by peers that never tell (wire version 1), it cannot know:
//! then it may be convicted, though its owner is honest.
//!
//! Never here: the rules of the ceremony (`dkg`), or of signing (`vault`).

#[cfg(test)]
mod crash_tests;
mod driver;
pub mod earlier;
mod error;
pub mod keys;
mod line;
mod making;
mod recalling;
pub mod room;
pub mod saved;
pub mod screen;
mod sharing;
mod silence;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use proto::ceremony_session::max_frame;
use proto::definition::PeerAddress;
use proto::session::Purpose;

use crate::disk::keystore::SecretSource;
use crate::disk::keystore::{self, MasterSecret, SecretUse};
use crate::net::{self, Limits, Settings};

pub use error::CeremonyError;
pub use keys::Site;

use driver::Driver;
use keys::keystore_salt;
use line::Line;
use making::Making;
use recalling::Recalling;
use saved::{Memory, SavedCeremony};
use sharing::Sharing;

/// How long a peer that begins with everything on its disk waits for somebody who lacks something.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the operator of one peer decides about the ceremony.
pub struct Plan {
    /// What opens, or will open, the keystores.
    pub secret: SecretSource,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Where each peer can be reached, in the order of the definition.
    pub addresses: Vec<Vec<PeerAddress>>,
    /// Whether to begin a new attempt if the current one has failed.
    pub retry: bool,
}

/// Holds the ceremony of `site` until every peer has everything, or `stop` is ready.
///
/// # Errors
/// What stands in the way, in words for the operator. The same call continues later.
pub async fn hold(
    site: Site,
    plan: Plan,
    stop: impl Future<Output = ()>,
) -> Result<(), CeremonyError> {
    let phase = Phase::begin(&site, &plan.secret)?;
    let terms = site.definition.terms();
    let names: Vec<String> = terms.operators.iter().map(|o| o.name.clone()).collect();
    let ceremony_frame = dkg::ceremony::max_frame(
        terms.size(),
        u16::try_from(terms.validators).unwrap_or(u16::MAX),
    );
    let deposits = terms.validators * terms.deposit_amounts.len();
    let settings = Settings {
        identity: site.identity.clone(),
        me: site.me,
        roster: terms.roster().clone(),
        names,
        addresses: plan.addresses,
        listen: plan.listen,
        purpose: Purpose::Ceremony,
        context: site.definition.hash(),
        limits: Limits {
            max_frame: max_frame(terms.size(), ceremony_frame, deposits),
            ..Limits::default()
        },
    };
    let (outbox, events) = net::start(settings).await?;
    let line = Line::new(Box::new(outbox), site.me, site.definition.terms());
    let mut gathering = Driver::new(site, phase, line);
    gathering.begin(plan.retry)?;
    gathering.run(events, stop).await
}

/// Where this peer is.
enum Phase {
    Recalling(Box<Recalling>),
    Making(Box<Making>),
    Sharing(Box<Sharing>),
}

impl Phase {
    /// Reads from the disk how far an earlier run came.
    fn begin(site: &Site, secret: &SecretSource) -> Result<Self, CeremonyError> {
        site.sweep()?;
        let definition = site.definition.hash();
        let salt = keystore_salt(definition);
        let saved = SavedCeremony::open(site.data.directory(), definition)?;
        let Some(lock) = site.lock()? else {
            let memory = saved.memory()?;
            earlier::refuse(site, &saved, &memory)?;
            room::refuse(site)?;
            return match memory {
                Memory::Begun => {
                    let master = MasterSecret::obtain(secret, &salt, SecretUse::Open)?;
                    let making = Making::start(site, saved, master)?;
                    Ok(Self::Making(Box::new(making)))
                }
                Memory::Blank(known) => {
                    let master = MasterSecret::obtain(secret, &salt, SecretUse::Choose)?;
                    let recalling = Recalling::start(site, saved, master, known);
                    Ok(Self::Recalling(Box::new(recalling)))
                }
            };
        };
        saved.close()?;
        let mut sharing = Sharing::open(site, lock)?;
        if !sharing.is_complete() {
            let master = MasterSecret::obtain(secret, &salt, SecretUse::Open)?;
            sign(site, &mut sharing, None, &master)?;
        }
        Ok(Self::Sharing(Box::new(sharing)))
    }
}

/// Signs the deposits, with the shares at hand or else those of the keystores.
fn sign(
    site: &Site,
    sharing: &mut Sharing,
    shares: Option<Vec<dkg::bls::SecretShare>>,
    master: &MasterSecret,
) -> Result<(), CeremonyError> {
    let shares = match shares {
        Some(shares) => shares,
        None => {
            let keys: Vec<_> = sharing.lock().shares_of(site.me).copied().collect();
            keystore::open_all(&site.keystore_dir, master, &keys)?
        }
    };
    sharing.sign(site, shares)
}
