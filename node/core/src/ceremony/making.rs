//! While there is no lock: drives [`Ceremony`], and passes on what it asks for in its order.
//!
//! Never here: what a message means.

use std::collections::BTreeMap;

use dkg::bls::SecretShare;
use dkg::ceremony::max_frame;
use dkg::ceremony::{Ceremony, Input, Outcome, Output as Asked, Participant, Position, Step};
use proto::ceremony::Spoken;
use proto::ceremony_session::Frame;
use proto::lock::{BadLock, Lock, LockHash};
use proto::{IdentitySignature, Machine as _, PeerIndex, PeerSet, Root, Timestamp};

use super::contract::{Begun, Halt, NewShare, Output, Task};
use super::line::Line;
use super::note::{Alarm, Doing, Fault, Note};
use super::place::{Made, Place, terms};
use super::silence::Silence;

/// A ceremony that is under way.
pub(super) struct Making {
    ceremony: Ceremony,
    silence: Silence,
    /// What goes into the locks whose keys are stored here.
    made: BTreeMap<Root, Made>,
    /// The shares that this run has stored, by lock.
    shares: BTreeMap<Root, Vec<SecretShare>>,
    /// The transcript whose keys are being stored, and the lock made of it.
    storing: Option<(Root, Root)>,
    /// Attempts in which this peer has acknowledged keys, and who has shown that.
    shown: BTreeMap<u32, PeerIndex>,
    /// The transcripts that it has acknowledged, as far as they are shown, and by whom.
    transcripts: BTreeMap<u32, (Root, PeerIndex)>,
    step: Step,
    waiting: PeerSet,
}

impl Making {
    /// Continues the ceremony, once enough others have told what they remember of this peer.
    pub fn start(place: &Place, begun: Begun) -> Result<Self, Halt> {
        let who = Participant {
            terms: terms(&place.definition),
            me: place.me,
            identity: place.identity.clone(),
            seed: begun.seed,
        };
        let max_frame = max_frame(place.size(), who.terms.validators);
        let ceremony = Ceremony::new(who, begun.position).map_err(Halt::Participant)?;
        let ceremony = ceremony.having_heard(begun.heard);
        Ok(Self {
            ceremony,
            silence: Silence::new(max_frame),
            made: begun.made,
            shares: BTreeMap::new(),
            storing: None,
            shown: BTreeMap::new(),
            transcripts: BTreeMap::new(),
            step: Step::Opening,
            waiting: PeerSet::EMPTY,
        })
    }

    /// What has waited for others to tell, if nothing waits any more.
    pub fn release(&mut self, line: &Line) -> Vec<Input> {
        self.silence.release(!line.told.is_enough())
    }

    /// When there is work to do that waits for nobody.
    pub fn deadline(&self, line: &Line) -> Option<Timestamp> {
        let busy = self.ceremony.deadline();
        busy.filter(|_| line.told.is_enough())
    }

    /// How far this peer has come.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Shows the step and whom it waits for.
    pub fn show(&self, line: &mut Line) {
        if !line.told.is_enough() {
            return line.show(Doing::Recalling, line.told.waiting());
        }
        let position = self.ceremony.position();
        let opener = position.opener;
        let doing = Doing::Step {
            attempt: position.attempt,
            opener: opener.and_then(|at| line.place.size().peer(at)),
            step: self.step,
        };
        line.show(doing, self.waiting);
    }

    /// What this peer holds of what `peer` has said.
    pub fn said_by(&self, peer: PeerIndex) -> Vec<Vec<u8>> {
        let said = self.ceremony.said_by(peer);
        said.iter().map(Spoken::encode).collect()
    }

    /// Takes what `peer` holds of this peer's own words.
    ///
    /// # Errors
    /// If they show that the saved ceremony is an older copy.
    pub fn remember(
        &mut self,
        peer: PeerIndex,
        statements: &[Vec<u8>],
        line: &mut Line,
    ) -> Result<(), Halt> {
        for bytes in statements {
            let own = Spoken::decode(line.place.size(), bytes)
                .map_err(Into::into)
                .and_then(|spoken| self.ceremony.own_words(spoken));
            match own {
                Ok(own) if !own.of_this_seed => return Err(Halt::OtherSeed(peer)),
                Ok(own) => {
                    let transcript = own.transcript.into_iter();
                    let shown = transcript.map(|(at, transcript)| (at, (transcript, peer)));
                    self.transcripts.extend(shown);
                    self.shown
                        .extend(own.acked.into_iter().map(|at| (at, peer)));
                }
                Err(breach) => line.fault(peer, breach),
            }
        }
        self.refuse_older_copy()
    }

    /// This peer has signed a lock of which the saved ceremony does not know.
    ///
    /// # Errors
    /// If its signature is among those that `peer` shows.
    pub fn refuse_own_signature(
        &self,
        peer: PeerIndex,
        certificate: &Certificate,
        place: &Place,
    ) -> Result<(), Halt> {
        let own = certificate.signatures.get(place.me.position());
        let key = place.identity.public();
        match own.is_some_and(|own| key.has_signed(&LockHash(certificate.lock), own)) {
            true => Err(Halt::Forgotten(peer)),
            false => Ok(()),
        }
    }

    /// In a later attempt this peer would deny what it has acknowledged, if it does not know of it.
    fn refuse_older_copy(&self) -> Result<(), Halt> {
        let Position { attempt, acked, .. } = self.ceremony.position();
        let is_known = |at: &u32| at == attempt || acked.iter().any(|acked| acked.attempt == *at);
        match self.shown.iter().find(|(at, _)| !is_known(at)) {
            Some((_, peer)) => Err(Halt::Forgotten(*peer)),
            None => Ok(()),
        }
    }

    /// Hands `input` in and passes on what follows; gives the certificate if it is finished.
    pub fn handle(&mut self, input: Input, line: &mut Line) -> Result<Option<Certificate>, Halt> {
        let lasts = !line.told.is_enough();
        let input = match self.silence.pass(input, lasts) {
            Ok(Some(input)) => input,
            Ok(None) => return Ok(None),
            Err(peer) => {
                line.fault(peer, Fault::TooMuch);
                return Ok(None);
            }
        };
        let asked = self.ceremony.handle(line.now, input);
        self.refuse_older_copy()?;
        for output in asked {
            match output {
                Asked::Persist(position) => line.task(Task::Persist(position)),
                Asked::Remember(statements) => line.task(Task::Remember(statements)),
                Asked::Send(peer, bytes) => line.send(peer, &Frame::Ceremony(bytes)),
                Asked::Broadcast(bytes) => line.broadcast(&Frame::Ceremony(bytes)),
                Asked::Store(outcome) => self.store(*outcome, line)?,
                Asked::Progress(progress) => {
                    (self.step, self.waiting) = (progress.step, progress.waiting);
                    self.show(line);
                }
                Asked::Fault(peer, breach) => line.fault(peer, breach),
                Asked::Contradicted(peer, how) => line.alarm(peer, Alarm::Contradiction(how)),
                Asked::Opened(opened) => line.note(Note::Opened(opened)),
                Asked::Refused(refused) => line.note(Note::Refused(refused)),
                Asked::Blame(blame) => line.push(Output::Blame(blame)),
                Asked::Finished(finished) => {
                    return Ok(Some(Certificate {
                        lock: finished.acked.lock,
                        signatures: finished.lock_signatures,
                    }));
                }
                // Whoever has the lock leaves when all have said so: see `sharing`.
                Asked::Closed => {}
            }
        }
        Ok(None)
    }

    /// Asks for the keys to be made durable. First what says whose the keystores are, and then
    /// they: a start finds no stray ones.
    fn store(&mut self, outcome: Outcome, line: &mut Line) -> Result<(), Halt> {
        // A dealer has dealt again since this peer acknowledged: it never does so twice.
        if let Some((shown, peer)) = self.transcripts.get(&outcome.attempt)
            && *shown != outcome.transcript
        {
            return Err(Halt::Forgotten(*peer));
        }
        line.show(Doing::Storing, PeerSet::EMPTY);
        let made = Made::of(&outcome);
        let unsigned = line.place.unsigned(made.clone());
        let lock = unsigned.map_err(Halt::Lock)?.hash();
        line.task(Task::Keep(lock, Box::new(made.clone())));
        self.made.insert(lock, made);
        let seals = [outcome.seal].into_iter().chain(outcome.exit_seal);
        let seals = seals.map(|seal| NewShare {
            group_key: seal.commitment[0],
            share: seal.share,
        });
        let validators = outcome.validators.into_iter().map(|keys| NewShare {
            group_key: keys.public_key,
            share: keys.share,
        });
        let validators: Vec<NewShare> = validators.collect();
        let shares = validators.iter().map(|new| new.share.clone()).collect();
        self.shares.insert(lock, shares);
        line.task(Task::Store(validators.into_iter().chain(seals).collect()));
        self.storing = Some((outcome.transcript, lock));
        Ok(())
    }

    /// The keys are durable: this peer acknowledges.
    pub fn stored(&mut self, line: &mut Line) -> Result<Option<Certificate>, Halt> {
        match self.storing.take() {
            Some((transcript, lock)) => self.handle(Input::Stored { transcript, lock }, line),
            None => Ok(None),
        }
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

    /// Checks a certificate that a peer or the ceremony gave, of a lock that this peer has
    /// acknowledged; the lock of it.
    pub fn check(&self, certificate: &Certificate, place: &Place) -> Result<Lock, BadLock> {
        let made = self.made.get(&certificate.lock);
        let made = made.expect("what goes into a lock is kept before the lock is acknowledged");
        place.signed(made.clone(), &certificate.signatures)
    }

    /// With this lock the ceremony is finished: the other locks that were acknowledged here, and
    /// this peer's shares, if this run has seen them.
    pub fn finish(mut self, lock: Root) -> (Vec<Root>, Option<Vec<SecretShare>>) {
        let acked = self.ceremony.position().acked.iter();
        let acked = acked.map(|acked| acked.lock);
        let others = acked.filter(|other| *other != lock).collect();
        (others, self.shares.remove(&lock))
    }
}

/// Everybody's signature of one lock.
pub(super) struct Certificate {
    /// The hash of the lock.
    pub lock: Root,
    /// The signatures, in the order of the definition.
    pub signatures: Vec<IdentitySignature>,
}
