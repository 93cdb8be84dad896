//! While there is no lock: drives [`Ceremony`], and performs what it asks for in its order.
//!
//! Never here: what a message means.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use dkg::blame::{Evidence, Verdict};
use dkg::bls::SecretShare;
use dkg::ceremony::{Ceremony, Input, Outcome, Output, Participant, Position, Step, max_frame};
use proto::ceremony::{Purpose, Spoken, Terms};
use proto::ceremony_session::Frame;
use proto::definition::SignedDefinition;
use proto::lock::{Lock, LockHash};
use proto::{IdentitySignature, Machine as _, PeerIndex, PeerSet, Root};

use super::CeremonyError;
use super::keys::Site;
use super::line::{Line, counted};
use super::saved::SavedCeremony;
use super::silence::Silence;
use crate::clock;
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::MasterSecret;

/// The most files of evidence that are kept against one peer in one attempt.
const MAX_BLAMES: u32 = 20;

/// A ceremony that is under way.
pub(super) struct Making {
    ceremony: Ceremony,
    silence: Silence,
    saved: SavedCeremony,
    master: MasterSecret,
    /// The shares that this run has stored, by lock.
    shares: BTreeMap<Root, Vec<SecretShare>>,
    /// Attempts in which this peer has acknowledged keys, and who has shown that.
    shown: BTreeMap<u32, PeerIndex>,
    /// The transcripts that it has acknowledged, as far as they are shown, and by whom.
    transcripts: BTreeMap<u32, (Root, PeerIndex)>,
    step: Step,
    waiting: PeerSet,
}

/// A ceremony that is finished and durable.
pub(super) struct Ready {
    /// The lock.
    pub lock: Lock,
    /// This peer's shares, if this run has seen them.
    pub shares: Option<Vec<SecretShare>>,
    /// What opens the keystores.
    pub master: MasterSecret,
}

impl Making {
    /// Continues the ceremony of `site`, once others have told what they remember of this peer.
    pub fn start(
        site: &Site,
        saved: SavedCeremony,
        master: MasterSecret,
    ) -> Result<Self, CeremonyError> {
        let who = Participant {
            terms: terms(&site.definition),
            me: site.me,
            identity: site.identity.clone(),
            seed: saved.seed(&master)?,
        };
        let size = site.definition.terms().size();
        let max_frame = max_frame(size, who.terms.validators);
        let ceremony = Ceremony::new(who, saved.position()?)?;
        Ok(Self {
            ceremony,
            silence: Silence::new(size, site.me, max_frame),
            saved,
            master,
            shares: BTreeMap::new(),
            shown: BTreeMap::new(),
            transcripts: BTreeMap::new(),
            step: Step::Opening,
            waiting: PeerSet::EMPTY,
        })
    }

    /// The same, when all have told already.
    pub fn remembered_by_all(self) -> Self {
        let silence = self.silence.broken();
        Self { silence, ..self }
    }

    /// Notes that `peer` has told what it remembers of this peer, or shown that it never will.
    pub fn has_told(&mut self, peer: PeerIndex) {
        self.silence.has_told(peer);
    }

    /// What has waited for others to tell, if nothing waits any more.
    pub fn release(&mut self) -> Vec<Input> {
        self.silence.release()
    }

    /// Whether there is work to do that waits for nobody.
    pub fn is_busy(&self) -> bool {
        !self.silence.lasts() && self.ceremony.deadline().is_some()
    }

    /// How far this peer has come.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Shows the step and whom it waits for.
    pub fn show(&self, line: &mut Line) {
        let position = self.ceremony.position();
        match self.silence.lasts() {
            true => line.show_step(position, Step::Opening, self.silence.waiting()),
            false => line.show_step(position, self.step, self.waiting),
        }
    }

    /// What this peer holds of what `peer` has said.
    pub fn said_by(&self, peer: PeerIndex) -> Vec<Vec<u8>> {
        let said = self.ceremony.said_by(peer);
        said.iter().map(Spoken::encode).collect()
    }

    /// Takes what `peer` holds of this peer's own words.
    ///
    /// # Errors
    /// If they show that the notebook is an older copy.
    pub fn remember(
        &mut self,
        peer: PeerIndex,
        statements: &[Vec<u8>],
        line: &mut Line,
    ) -> Result<(), CeremonyError> {
        for bytes in statements {
            let own = Spoken::decode(line.size(), bytes)
                .map_err(|bad| bad.to_string())
                .and_then(|spoken| self.ceremony.own_words(spoken).map_err(|b| b.to_string()));
            match own {
                Ok(own) if !own.of_this_seed => {
                    return Err(CeremonyError::OtherSeed {
                        peer: line.name(peer).to_owned(),
                        dir: self.saved.directory().to_owned(),
                    });
                }
                Ok(own) => {
                    let transcript = own.transcript.into_iter();
                    let shown = transcript.map(|(at, transcript)| (at, (transcript, peer)));
                    self.transcripts.extend(shown);
                    self.shown
                        .extend(own.acked.into_iter().map(|at| (at, peer)));
                }
                Err(breach) => line.fault(peer, &breach),
            }
        }
        self.refuse_older_copy(line)
    }

    /// This peer has signed a lock of which the notebook does not know.
    ///
    /// # Errors
    /// If its signature is among those that `peer` shows.
    pub fn refuse_own_signature(
        &self,
        peer: PeerIndex,
        certificate: &Certificate,
        (site, line): (&Site, &Line),
    ) -> Result<(), CeremonyError> {
        let own = certificate.signatures.get(site.me.position());
        let key = site.identity.public();
        match own.is_some_and(|own| key.has_signed(&LockHash(certificate.lock), own)) {
            true => Err(self.forgotten(peer, line)),
            false => Ok(()),
        }
    }

    fn forgotten(&self, peer: PeerIndex, line: &Line) -> CeremonyError {
        CeremonyError::Forgotten {
            peer: line.name(peer).to_owned(),
            dir: self.saved.directory().to_owned(),
        }
    }

    /// In a later attempt this peer would deny what it has acknowledged, if it does not know of it.
    fn refuse_older_copy(&self, line: &Line) -> Result<(), CeremonyError> {
        let Position { attempt, acked, .. } = self.ceremony.position();
        let is_known = |at: &u32| at == attempt || acked.iter().any(|acked| acked.attempt == *at);
        match self.shown.iter().find(|(at, _)| !is_known(at)) {
            Some((_, peer)) => Err(self.forgotten(*peer, line)),
            None => Ok(()),
        }
    }

    /// Hands `input` in and performs what follows; gives the certificate if it is finished.
    pub fn handle(
        &mut self,
        input: Input,
        site: &Site,
        line: &mut Line,
    ) -> Result<Option<Certificate>, CeremonyError> {
        let input = match self.silence.pass(input) {
            Ok(Some(input)) => input,
            Ok(None) => return Ok(None),
            Err(peer) => {
                let words = "sent more than it can have to say: the rest is not kept";
                line.fault(peer, words);
                return Ok(None);
            }
        };
        let mut outputs = VecDeque::from(self.ceremony.handle(clock::now(), input));
        self.refuse_older_copy(line)?;
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Persist(position) => self.saved.persist(&position)?,
                Output::Send(peer, bytes) => line.send(peer, &Frame::Ceremony(bytes)),
                Output::Broadcast(bytes) => line.broadcast(&Frame::Ceremony(bytes)),
                Output::Store(outcome) => {
                    let stored = self.store(*outcome, site, line)?;
                    outputs.extend(self.ceremony.handle(clock::now(), stored));
                }
                Output::Progress(progress) => {
                    (self.step, self.waiting) = (progress.step, progress.waiting);
                    self.show(line);
                }
                Output::Fault(peer, breach) => line.fault(peer, &breach.to_string()),
                Output::Opened(opened) => line.opened(opened),
                Output::Refused(refused) => line.screen.say(&refused.to_string()),
                Output::Blame(blame) => write_blame(&blame, site, line)?,
                Output::Finished(finished) => {
                    return Ok(Some(Certificate {
                        lock: finished.acked.lock,
                        signatures: finished.lock_signatures,
                    }));
                }
                // Whoever has the lock leaves when all have said so: see `sharing`.
                Output::Closed => {}
            }
        }
        Ok(None)
    }

    fn store(
        &mut self,
        outcome: Outcome,
        site: &Site,
        line: &mut Line,
    ) -> Result<Input, CeremonyError> {
        // A dealer has dealt again since this peer acknowledged: it never does so twice.
        if let Some((shown, peer)) = self.transcripts.get(&outcome.attempt)
            && *shown != outcome.transcript
        {
            return Err(self.forgotten(*peer, line));
        }
        line.screen.now("storing keys".to_owned());
        let lock = site.store(&outcome, &self.master, &self.saved)?;
        let transcript = outcome.transcript;
        let shares = outcome.validators.into_iter().map(|keys| keys.share);
        self.shares.insert(lock, shares.collect());
        Ok(Input::Stored { transcript, lock })
    }

    /// Whether this peer has acknowledged the lock of this hash: then it holds its keys.
    pub fn has_acknowledged(&self, lock: Root) -> bool {
        let Position { acked, .. } = self.ceremony.position();
        acked.iter().any(|acked| acked.lock == lock)
    }

    /// Who has promised in a later attempt never to sign this lock.
    pub fn denied_by(&self, lock: Root) -> PeerSet {
        self.ceremony.denied_by(lock)
    }

    /// Checks a certificate that a peer or the ceremony gave; the lock of it.
    pub fn check(&self, certificate: &Certificate, site: &Site) -> Result<Lock, CeremonyError> {
        let made = self.saved.made(certificate.lock)?;
        site.signed(made, &certificate.signatures)
    }

    /// Makes record and lock durable.
    pub fn finish(mut self, lock: Lock, site: &Site) -> Result<Ready, CeremonyError> {
        let acked = self.ceremony.position().acked.iter();
        let acked = acked.map(|acked| acked.lock);
        let others: Vec<Root> = acked.filter(|other| *other != lock.hash()).collect();
        site.abandon(&others)?;
        site.finish(&lock, &self.saved)?;
        let shares = self.shares.remove(&lock.hash());
        Ok(Ready {
            lock,
            shares,
            master: self.master,
        })
    }
}

/// Everybody's signature of one lock.
pub(super) struct Certificate {
    /// The hash of the lock.
    pub lock: Root,
    /// The signatures, in the order of the definition.
    pub signatures: Vec<IdentitySignature>,
}

/// What the ceremony of `definition` is about.
pub(super) fn terms(definition: &SignedDefinition) -> Terms {
    let terms = definition.terms();
    Terms {
        definition: definition.hash(),
        roster: terms.roster().clone(),
        // A definition with more is refused.
        validators: u16::try_from(terms.validators).unwrap_or(u16::MAX),
        purpose: Purpose::NewCluster,
    }
}

fn write_blame(
    (evidence, verdict): &(Evidence, Verdict),
    site: &Site,
    line: &Line,
) -> Result<(), CeremonyError> {
    let attempt = evidence
        .statements
        .first()
        .map_or(0, |s| s.context().attempt);
    let attempt = counted(attempt);
    let name = line.name(verdict.culprit);
    let text = serde_json::to_vec_pretty(evidence).expect("texts and numbers fit into JSON");
    let dir = site.data.directory();
    let words = match write_beside(dir, &format!("blame-{attempt}-{name}"), &text)? {
        Some(file) => format!(
            "The evidence is in {file}; anybody can check it with `gantry dkg verify-blame {file}`",
            file = file.display(),
        ),
        None => format!("There are {MAX_BLAMES} files of evidence against it, and no more is kept"),
    };
    line.screen
        .say(&format!("{name} {}. {words}", verdict.rule));
    Ok(())
}

/// Writes `text` to the first free of the files STEM.json, STEM-2.json, … and says to which; it may
/// be there already. Nothing is overwritten, and nobody can fill the disk: there are so many.
fn write_beside(dir: &Path, stem: &str, text: &[u8]) -> Result<Option<PathBuf>, FileError> {
    for number in 1..=MAX_BLAMES {
        let name = match number {
            1 => format!("{stem}.json"),
            _ => format!("{stem}-{number}.json"),
        };
        let path = dir.join(name);
        match files::write_new(&path, text, Mode::Public) {
            Ok(()) => return Ok(Some(path)),
            Err(FileError::Exists(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_second_verdict_leaves_the_first_as_it_is_and_there_is_an_end_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let write = |text: &str| write_beside(dir.path(), "blame-1-op4", text.as_bytes()).unwrap();
        let first = write("one").unwrap();
        assert_eq!(first, dir.path().join("blame-1-op4.json"));
        assert_eq!(write("two").unwrap(), dir.path().join("blame-1-op4-2.json"));
        assert_eq!(write("one").unwrap(), first, "the same again is no second");
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        for number in 3..=MAX_BLAMES {
            write(&number.to_string()).unwrap();
        }
        assert_eq!(write("one too many"), None);
    }
}
