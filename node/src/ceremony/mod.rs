//! Holding the key ceremony: from a signed definition to keystores, lock, signing record and
//! deposits on every peer's disk, whatever crashes in between.
//!
//! | module | is |
//! |---|---|
//! | `making` | while there is no lock: drives `dkg`'s machine |
//! | `sharing` | after it: deposits, completing those who lag, leaving |
//! | [`deposits`] | partial signatures in, the group's out |
//! | [`keys`] | keystores, record and lock on the disk, in the order that promises rest on |
//! | [`notebook`] | what is kept until then: seed and position |
//! | `line`, [`screen`] | sessions, and what the operator sees |
//!
//! ```text
//!  Making ── every peer has acknowledged ──► Sharing ── every peer has everything ──► over
//!     └── a peer shows everybody's signatures of a lock whose keys are stored here ──┘
//! ```
//!
//! The same command continues after a crash at any point. A peer that starts with everything on
//! its disk stays only as long as somebody who lacks something shows up.
//!
//! Never here: the rules of the ceremony (`dkg`), or of signing (`vault`).

pub mod deposits;
mod error;
pub mod keys;
mod line;
mod making;
pub mod notebook;
pub mod screen;
mod sharing;
#[cfg(test)]
mod tests;

use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use dkg::ceremony::{Input, Step};
use proto::PeerIndex;
use proto::gathering::{self, Frame};
use proto::session::Purpose;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::config::SecretSource;
use crate::io::net::{self, Event, Limits, PeerAddress, Settings};
use crate::keystore::{self, MasterSecret, SecretUse};

pub use error::CeremonyError;
pub use keys::Site;

use keys::keystore_salt;
use line::Line;
use making::{Certificate, Making};
use notebook::Notebook;
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
    /// Whether to begin a new attempt.
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
        names: names.clone(),
        addresses: plan.addresses,
        listen: plan.listen,
        purpose: Purpose::Ceremony,
        context: site.definition.hash(),
        limits: Limits {
            max_frame: gathering::max_frame(terms.size(), ceremony_frame, deposits),
            ..Limits::default()
        },
    };
    let (outbox, events) = net::start(settings).await?;
    let line = Line::new(outbox, site.me, names);
    let mut gathering = Gathering {
        site,
        phase: Some(phase),
        line,
        stay_until: None,
    };
    gathering.begin(plan.retry)?;
    gathering.run(events, stop).await
}

/// Where this peer is.
enum Phase {
    Making(Box<Making>),
    Sharing(Box<Sharing>),
}

impl Phase {
    /// Reads from the disk how far an earlier run came.
    fn begin(site: &Site, secret: &SecretSource) -> Result<Self, CeremonyError> {
        let definition = site.definition.hash();
        let salt = keystore_salt(definition);
        let notebook = Notebook::open(site.data.directory(), definition)?;
        let Some(lock) = site.lock()? else {
            let purpose = match notebook.has_begun() {
                true => SecretUse::Open,
                false => SecretUse::Choose,
            };
            let master = MasterSecret::obtain(secret, &salt, purpose)?;
            return Ok(Self::Making(Box::new(Making::start(
                site, notebook, master,
            )?)));
        };
        notebook.close()?;
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

/// One peer at the ceremony.
struct Gathering {
    site: Site,
    /// Taken out only while one phase becomes the next.
    phase: Option<Phase>,
    line: Line,
    /// When to leave though somebody may lack something.
    stay_until: Option<Instant>,
}

impl Gathering {
    fn begin(&mut self, retry: bool) -> Result<(), CeremonyError> {
        match self.phase.as_mut() {
            Some(Phase::Making(_)) => {
                let first = if retry { Input::Retry } else { Input::Tick };
                self.make(first)
            }
            Some(Phase::Sharing(sharing)) => {
                self.line
                    .screen
                    .say("the ceremony is finished here already");
                if sharing.is_complete() {
                    self.stay_until = Some(Instant::now() + PATIENCE);
                }
                sharing.advance(&mut self.line)
            }
            None => Ok(()),
        }
    }

    async fn run(
        mut self,
        mut events: Receiver<Event>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), CeremonyError> {
        let mut stop = pin!(stop);
        while !self.is_over() {
            let busy = self.is_busy();
            let stay_until = self.stay_until;
            let patience = async {
                match stay_until {
                    Some(moment) => tokio::time::sleep_until(moment).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return self.stopped(),
                event = events.recv() => match event {
                    Some(event) => self.take(event)?,
                    None => return Err(CeremonyError::NetEnded),
                },
                () = ready(()), if busy => self.make(Input::Tick)?,
                () = patience => break,
            }
        }
        let missing = self.missing();
        self.line.screen.say(&match missing {
            Some(names) => format!("done here; {names} may lack something and did not come"),
            None => "done: every peer has everything".to_owned(),
        });
        Ok(())
    }

    /// Names those who may lack something.
    fn missing(&self) -> Option<String> {
        let Some(Phase::Sharing(sharing)) = &self.phase else {
            return None;
        };
        let names: Vec<&str> = sharing
            .incomplete()
            .iter()
            .map(|p| self.line.name(p))
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn is_over(&self) -> bool {
        match &self.phase {
            Some(Phase::Sharing(sharing)) => sharing.is_over(self.line.up()),
            Some(Phase::Making(_)) | None => false,
        }
    }

    fn is_busy(&self) -> bool {
        match &self.phase {
            Some(Phase::Making(making)) => making.is_busy(),
            Some(Phase::Sharing(_)) | None => false,
        }
    }

    /// What it means that the operator stops now.
    fn stopped(&self) -> Result<(), CeremonyError> {
        match &self.phase {
            Some(Phase::Sharing(sharing)) if sharing.is_complete() => Ok(()),
            Some(Phase::Making(making)) if making.step() == Step::Failed => {
                Err(CeremonyError::Failed)
            }
            Some(Phase::Making(_) | Phase::Sharing(_)) | None => Err(CeremonyError::Stopped),
        }
    }

    fn take(&mut self, event: Event) -> Result<(), CeremonyError> {
        match event {
            Event::Up { peer, software } => {
                tracing::debug!(peer = self.line.name(peer), software, "up");
                self.line.came(peer);
                self.greet(peer)?;
            }
            Event::Down { peer, reason } => {
                tracing::debug!(peer = self.line.name(peer), %reason, "down");
                if reason.is_fault() {
                    self.line.fault(peer, &reason.to_string());
                }
                self.line.went(peer);
                match &mut self.phase {
                    Some(Phase::Making(_)) => self.make(Input::Down(peer))?,
                    Some(Phase::Sharing(_)) | None => {}
                }
            }
            Event::Frame { peer, frame } => match Frame::decode(&frame) {
                Ok(frame) => self.hear(peer, frame)?,
                Err(bad) => self.line.fault(peer, &format!("sent {bad}")),
            },
            Event::Measured { .. } => return Ok(()),
            Event::Refused { reason, .. } => self.line.screen.say_once(reason.to_string()),
            Event::SecondSession { peer } if peer == self.site.me => {
                return Err(CeremonyError::SecondSession);
            }
            Event::SecondSession { peer } => {
                self.line.fault(
                    peer,
                    "two programs run with its identity key: ask its operator",
                );
            }
        }
        self.show();
        Ok(())
    }

    fn greet(&mut self, peer: PeerIndex) -> Result<(), CeremonyError> {
        match &self.phase {
            Some(Phase::Making(_)) => self.make(Input::Up(peer))?,
            Some(Phase::Sharing(sharing)) => sharing.greet(peer, &self.line),
            None => {}
        }
        Ok(())
    }

    fn show(&mut self) {
        match &self.phase {
            Some(Phase::Making(making)) => making.show(&mut self.line),
            Some(Phase::Sharing(sharing)) => {
                if let Some(moment) = &mut self.stay_until
                    && sharing
                        .incomplete()
                        .iter()
                        .any(|peer| self.line.up().contains(peer))
                {
                    *moment = Instant::now() + PATIENCE;
                }
                sharing.show(&mut self.line);
            }
            None => {}
        }
    }

    fn hear(&mut self, peer: PeerIndex, frame: Frame) -> Result<(), CeremonyError> {
        match (&mut self.phase, frame) {
            (Some(Phase::Making(_)), Frame::Ceremony(bytes)) => {
                self.make(Input::Frame(peer, bytes))
            }
            (Some(Phase::Making(making)), Frame::Lock(lock, signatures)) => {
                let certificate = Certificate { lock, signatures };
                if !making.has_acknowledged(lock) {
                    let words = "speaks of a lock whose keys this peer has not acknowledged";
                    self.line.fault(peer, words);
                    return Ok(());
                }
                match making.check(&certificate, &self.site) {
                    Ok(_) => self.finish(&certificate),
                    Err(CeremonyError::Lock(_, bad)) => {
                        self.line.fault(peer, &bad.to_string());
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
            // It comes again once the lock is there: who sends this sends the lock before.
            (
                Some(Phase::Making(_)),
                Frame::Partials(..) | Frame::Deposits(..) | Frame::Leaving,
            )
            | (None, _) => Ok(()),
            (Some(Phase::Sharing(sharing)), frame) => sharing.hear(peer, frame, &mut self.line),
        }
    }

    fn make(&mut self, input: Input) -> Result<(), CeremonyError> {
        let Some(Phase::Making(making)) = &mut self.phase else {
            return Ok(());
        };
        match making.handle(input, &self.site, &mut self.line)? {
            Some(certificate) => self.finish(&certificate),
            None => Ok(()),
        }
    }

    /// From the certificate to the deposits.
    fn finish(&mut self, certificate: &Certificate) -> Result<(), CeremonyError> {
        let Some(Phase::Making(making)) = self.phase.take() else {
            return Ok(());
        };
        let lock = making.check(certificate, &self.site)?;
        let ready = making.finish(lock, &self.site)?;
        let words = format!("the keys are made: {}", self.site.lock_file.display());
        self.line.screen.say(&words);
        let mut sharing = Sharing::open(&self.site, ready.lock)?;
        // Whoever still lacks a signature of the lock need not wait for the deposits.
        sharing.tell_all(&self.line);
        if sharing.is_unsettled() {
            self.line.screen.say(
                "the definition leaves the withdrawal address open, so no deposits are signed",
            );
        }
        if !sharing.is_complete() {
            sign(&self.site, &mut sharing, ready.shares, &ready.master)?;
            sharing.tell_all(&self.line);
        }
        sharing.advance(&mut self.line)?;
        self.phase = Some(Phase::Sharing(Box::new(sharing)));
        Ok(())
    }
}
