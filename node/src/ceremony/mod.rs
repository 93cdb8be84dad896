//! Holding the key ceremony: from a signed definition to keystores, lock, signing record and
//! deposits on every peer's disk. What is done when is decided in
//! [`node_core::ceremony`]; here are its sockets, its disk and its screen.
//!
//! | module | is |
//! |---|---|
//! | `driver` | events in, outputs performed in their order |
//! | `desk` | what an earlier run has left, and everything that is written |
//! | [`earlier`] | what an earlier ceremony has left, found before this one begins |
//! | [`room`] | whether its end can be written, found before it begins |
//! | [`keys`] | record, lock and what lies beside them |
//! | [`saved`] | what is kept until then: seed and position |
//! | `words`, [`screen`] | what the operator sees |
//!
//! The same command continues after a crash at any point. A peer that starts with everything on
//! its disk stays only as long as somebody who lacks something shows up.
//!
//! Never here: the rules of the ceremony (`dkg`), or of signing (`vault`).

#[cfg(test)]
mod crash_tests;
mod desk;
mod driver;
mod earlier;
mod error;
mod keys;
mod room;
mod saved;
mod screen;
#[cfg(test)]
mod tests;
mod words;

use std::future::Future;
use std::net::SocketAddr;

use proto::ceremony_session::max_frame;
use proto::definition::PeerAddress;
use proto::session::Purpose;

use crate::disk::keystore::SecretSource;
use crate::net::{self, Limits, Settings};

pub use error::CeremonyError;
pub use keys::Site;

use desk::Desk;
use driver::Driver;

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
    let (desk, peer) = Desk::begin(site, &plan.secret)?;
    let place = &desk.site.place;
    let terms = place.definition.terms();
    let names: Vec<String> = terms.operators.iter().map(|o| o.name.clone()).collect();
    let ceremony_frame = dkg::ceremony::max_frame(
        terms.size(),
        u16::try_from(terms.validators).unwrap_or(u16::MAX),
    );
    let deposits = terms.validators * terms.deposit_amounts.len();
    let settings = Settings {
        identity: place.identity.clone(),
        me: place.me,
        roster: terms.roster().clone(),
        names,
        addresses: plan.addresses,
        listen: plan.listen,
        purpose: Purpose::Ceremony,
        context: place.definition.hash(),
        limits: Limits {
            max_frame: max_frame(terms.size(), ceremony_frame, deposits),
            ..Limits::default()
        },
    };
    let (outbox, events) = net::start(settings).await?;
    let driver = Driver::new(peer, desk, outbox);
    driver.run(plan.retry, events, stop).await
}
