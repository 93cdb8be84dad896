//! What the ceremony says to its operator, with the names of operators and files.
//!
//! Never here: what is said when.

use std::path::Path;

use dkg::ceremony::{Opened, Step};
use node_core::ceremony::{Doing, Halt, Note, Place, Waiting};
use proto::ceremony::MAX_ATTEMPT;
use proto::{PeerIndex, PeerSet};

use super::error::CeremonyError;
use super::keys::Site;
use super::screen::Screen;

/// What is waited for before this peer's first word.
const JOINING: &str = "waiting for peers to join";

/// The number of an attempt as people count: the first is 1.
pub(super) fn counted(attempt: u32) -> u32 {
    attempt.saturating_add(1)
}

/// Says on the screen what the notes mean.
pub(super) struct Words {
    names: Vec<String>,
    me: PeerIndex,
    /// Whether everything was here before this start.
    is_later: bool,
    pub screen: Screen,
}

impl Words {
    /// Nothing is said yet.
    pub fn new(place: &Place) -> Self {
        let operators = &place.definition.terms().operators;
        Self {
            names: operators.iter().map(|o| o.name.clone()).collect(),
            me: place.me,
            is_later: false,
            screen: Screen::new(),
        }
    }

    /// The name of `peer`.
    pub fn name(&self, peer: PeerIndex) -> &str {
        &self.names[peer.position()]
    }

    /// Says one thing; `site` is where the files are.
    pub fn tell(&mut self, note: &Note, site: &Site) {
        match note {
            Note::Doing(doing, waiting) => self.show(*doing, waiting),
            Note::FinishedBefore => {
                self.is_later = true;
                self.screen.say("the ceremony is finished here already");
            }
            Note::Recalled { latest, attempt } => {
                let words = recalled(*latest, *attempt, &site.unfinished());
                self.screen.say(&words);
            }
            Note::Opened(opened) => self.screen.say(&self.opened(opened)),
            Note::Refused(refused) => self.screen.say(&refused.to_string()),
            Note::KeysMade => {
                let words = format!("the keys are made: {}", site.lock_file.display());
                self.screen.say(&words);
            }
            Note::Unsettled => self.screen.say(
                "the definition leaves the withdrawal address open, so no deposits are signed",
            ),
            Note::DepositsSigned(name) => {
                let file = site.data.directory().join(name);
                self.screen
                    .say(&format!("deposits signed: {}", file.display()));
            }
            Note::Fault(peer, fault) => self.fault(*peer, &fault.to_string()),
            Note::Alarm(peer, alarm) => {
                let words = format!("{}: {alarm}", self.name(*peer));
                self.screen.say_once(words);
            }
            Note::Unknown(peer) => {
                tracing::debug!(peer = self.name(*peer), "a frame of a later version");
            }
            Note::PassedOver(counts) => self.screen.say(&self.passed_over(counts)),
            Note::Done(missing) => self.screen.say(&self.done(*missing)),
        }
    }

    /// Says what `peer` did wrong, once, and no more than so much of it.
    pub fn fault(&mut self, peer: PeerIndex, what: &str) {
        let name = self.name(peer).to_owned();
        self.screen
            .say_of(Some(peer), format!("{name}: {what}"), &name);
    }

    /// Says why there is no session with `peer`, or with somebody who is no operator.
    pub fn refused(&mut self, peer: Option<PeerIndex>, reason: &str) {
        let name = peer.map_or("strangers", |peer| self.name(peer)).to_owned();
        self.screen.say_of(peer, reason.to_owned(), &name);
    }

    /// What was passed over.
    pub(super) fn passed_over(&self, counts: &[(PeerIndex, u64)]) -> String {
        let counts = counts.iter();
        let counts = counts.map(|(peer, count)| format!("{count} of {}", self.name(*peer)));
        let counts: Vec<String> = counts.collect();
        format!(
            "passed over messages that only a later version of gantry knows: {}",
            counts.join(", ")
        )
    }

    fn done(&self, missing: PeerSet) -> String {
        let names: Vec<&str> = missing.iter().map(|peer| self.name(peer)).collect();
        match (names.is_empty(), self.is_later) {
            (true, _) => "done: every peer has everything".to_owned(),
            (false, false) => format!(
                "done here; {} may lack something and did not come: start this command again if \
                 they do",
                names.join(", ")
            ),
            // They have ended, as this peer had: that is no sign of a lack.
            (false, true) => format!(
                "nobody came who lacks something. If {} has no cluster-lock.json yet, start this \
                 command again while it runs there",
                names.join(" or ")
            ),
        }
    }

    /// Who opened an attempt that this peer begins.
    fn opened(&self, opened: &Opened) -> String {
        let attempt = counted(opened.attempt);
        let mut words = match opened.opener == self.me {
            true => format!("this peer opens attempt {attempt}"),
            false => format!("{} opened attempt {attempt}", self.name(opened.opener)),
        };
        if opened.skips {
            words += ", past attempts that this peer has not seen";
        }
        if opened.attempt == MAX_ATTEMPT {
            words += ". It is the last: if it fails, make and sign a new definition, without \
                      whoever opened so many";
        }
        words
    }

    /// Shows what is waited for.
    fn show(&mut self, doing: Doing, waiting: &Waiting) {
        let words = match doing {
            Doing::Step {
                attempt,
                opener,
                step,
            } => self.step(attempt, opener, step),
            Doing::Recalling => JOINING.to_owned(),
            Doing::Storing => Step::Storing.to_string(),
            Doing::Holding => "waiting for every peer to hold the lock".to_owned(),
            Doing::Signing => "waiting for signatures of the deposits".to_owned(),
            Doing::Staying => "everything is here; staying for those who lack something".to_owned(),
        };
        let others = waiting.peers.iter().filter(|peer| *peer != self.me);
        let others: Vec<String> = others
            .map(|peer| match waiting.up.contains(peer) {
                true => self.name(peer).to_owned(),
                false => format!("{} (not connected)", self.name(peer)),
            })
            .collect();
        self.screen.now(with_names(words, &others));
    }

    /// A step of the ceremony; what must not be missed is said apart.
    fn step(&mut self, attempt: u32, opener: Option<PeerIndex>, step: Step) -> String {
        let next = match attempt {
            MAX_ATTEMPT => "It was the last: make and sign a new definition",
            _ => {
                "Then one of you ends this command with Ctrl-C and starts it again with --retry; \
                 the others leave it running, and follow. To go on without somebody, make and sign \
                 a new definition"
            }
        };
        let attempt = counted(attempt);
        let mut words = match (attempt, opener) {
            (1, _) => step.to_string(),
            (_, Some(opener)) => {
                format!("attempt {attempt}, opened by {}: {step}", self.name(opener))
            }
            (_, None) => format!("attempt {attempt}: {step}"),
        };
        match step {
            Step::Failed => {
                words += ": waiting for a new attempt";
                // Said apart: the moving line shows no more than fits on the terminal.
                self.screen.say_once(format!(
                    "Attempt {attempt} has failed, and nobody can use keys of it. Settle among the \
                     operators who was at fault. {next}"
                ));
            }
            Step::Unusable => {
                words += ": waiting for a new attempt";
                self.screen.say_once(format!(
                    "What was dealt in attempt {attempt} makes no keys. Somebody dealt so on \
                     purpose; if nobody is named here, nothing proves who. {next}"
                ));
            }
            Step::Contradicted => {
                self.screen.say_once(format!(
                    "In attempt {attempt} keys were acknowledged, and what is dealt now makes \
                     others: somebody has dealt anew in between, whose folder `ceremony` was lost \
                     or emptied. All end this command; its operator puts the newest copy of the \
                     folder back, and then all start again. If it is gone for good, an operator \
                     whose peer has not stored keys of this attempt starts again with --retry; if \
                     all have, make and sign a new definition, with new data directories, and pay \
                     nothing to keys of this one. Delete no keystore and no signing record"
                ));
            }
            Step::Opening | Step::Dealing | Step::Proving => {}
            Step::Storing | Step::Acknowledging | Step::Finished => {}
        }
        words
    }
}

/// What is done, and who is waited for. Who has joined here need not have begun: it begins when all
/// have joined there.
fn with_names(words: String, others: &[String]) -> String {
    match others {
        [] if words == JOINING => "all have joined, and this peer begins".to_owned(),
        [] if words.ends_with(&Step::Opening.to_string()) => {
            words.replace(&Step::Opening.to_string(), "all have begun")
        }
        [] => words,
        others => format!("{words}: {}", others.join(", ")),
    }
}

/// Why the ceremony of `site` cannot go on, with the names of operators and files.
pub(super) fn halted(halt: Halt, site: &Site) -> CeremonyError {
    let name = |peer| site.place.definition.name_of(peer).to_owned();
    let dir = site.unfinished();
    match halt {
        Halt::Participant(bad) => CeremonyError::Participant(bad),
        Halt::Lock(bad) => CeremonyError::Lock(site.lock_file.clone(), bad),
        Halt::Forgotten(peer) => CeremonyError::Forgotten {
            peer: name(peer),
            dir,
        },
        Halt::OtherSeed(peer) => CeremonyError::OtherSeed {
            peer: name(peer),
            dir,
        },
        Halt::NoAttemptLeft => CeremonyError::NoAttemptLeft(dir),
        Halt::TwoLocks { peer, here, there } => CeremonyError::TwoLocks {
            peer: name(peer),
            here,
            there,
        },
        Halt::Deposits(error) => CeremonyError::Deposits(site.lock_file.clone(), error),
        Halt::OtherDeposits(file) => CeremonyError::OtherDeposits(site.data.directory().join(file)),
        Halt::Vault(error) => CeremonyError::Vault(error),
        Halt::Refused(refusal) => CeremonyError::Refused(refusal),
        Halt::SecondSession => CeremonyError::SecondSession,
        Halt::Stopped => CeremonyError::Stopped,
        Halt::Failed => CeremonyError::Failed,
    }
}

fn recalled(latest: u32, attempt: u32, dir: &Path) -> String {
    format!(
        "this peer has taken part in attempt {} before, and {} no longer says how: it is gone, or \
         was emptied. It says nothing more in that attempt and opens attempt {}, and the others \
         follow. What is kept there is needed until the end: leave it",
        counted(latest),
        dir.display(),
        counted(attempt),
    )
}

#[cfg(test)]
mod tests;
