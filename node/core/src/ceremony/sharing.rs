//! When the lock is durable: signs the deposits, completes whoever lacks something, and leaves when
//! everybody has everything.
//!
//! Nobody's deposit signatures leave it before every peer has shown that it holds this very lock.
//! One operator that breaks its word can bring about that two attempts are finished, each by some
//! (see `dkg`): then no honest peer signs for either, and whoever is shown a certificate of a lock
//! that it has left stops and says what to do.
//!
//! A peer says DEPOSITS when lock and deposits are durable, and LEAVING when it has heard that of
//! all, or LEAVING of more than f others (a session between two may be broken; f may lie). It goes
//! when everybody else is leaving or gone: so nobody goes whom somebody still needs.
//!
//! Never here: a way to sign around the vault and its record.

use dkg::bls::SecretShare;
use proto::ceremony_session::Frame;
use proto::lock::{Lock, LockHash};
use proto::{
    IdentitySignature, PeerIndex, PeerSet, PublicKey, Root, SignatureBytes, Slot, ValidatorPosition,
};

use super::contract::{Finished, Halt, Task};
use super::line::Line;
use super::note::{Alarm, Doing, Fault, Note};
use crate::deposit::session::Deposits;
use crate::deposit::{self, DepositError};
use crate::record::{History, Recorded};
use crate::vault::{Held, Sealed, Signable, Vault};

/// After the ceremony.
pub(super) struct Sharing {
    lock: Lock,
    me: PeerIndex,
    deposits: Deposits,
    signing: Signing,
    /// Who has shown that it holds the lock, this peer included.
    holders: PeerSet,
    /// Other locks of this ceremony that this peer has acknowledged and then left.
    abandoned: Vec<Root>,
    /// Who has everything, this peer included.
    complete: PeerSet,
    /// Who knows that everybody has everything.
    leaving: PeerSet,
}

/// How far this peer's own signatures of the deposits have come.
enum Signing {
    /// They are not asked for yet, or not needed.
    Idle,
    /// The record is being opened for these shares.
    Opening(Vec<SecretShare>),
    /// They are made, and what they are recorded by is not durable.
    Recording(Vec<Sealed>),
    /// They wait until all have shown that they hold the lock.
    Signed(Vec<SignatureBytes>),
}

impl Sharing {
    /// Everything that is there of a finished ceremony; `weights` are 32 secret random bytes.
    ///
    /// # Errors
    /// If the lock provides for deposits that cannot be, or those that are there are not its own.
    pub fn open(finished: Finished, me: PeerIndex, weights: [u8; 32]) -> Result<Self, Halt> {
        let lock = finished.lock;
        let messages = match deposit::messages(&lock) {
            Err(DepositError::Unsettled) => Vec::new(),
            messages => messages.map_err(Halt::Deposits)?,
        };
        let mut deposits = Deposits::new(&lock, messages, weights);
        if let Some(signatures) = finished.deposits {
            // Nothing is signed and nobody waited for, if in the end it could not be written.
            let taken = deposits.take(signatures);
            taken.map_err(|_| Halt::OtherDeposits(deposit::file_name(&lock)))?;
        }
        let is_complete = deposits.signatures().is_some();
        Ok(Self {
            deposits,
            signing: Signing::Idle,
            holders: PeerSet::from_iter([me]),
            abandoned: finished.abandoned,
            lock,
            me,
            complete: is_complete.then_some(me).into_iter().collect(),
            leaving: PeerSet::EMPTY,
        })
    }

    fn all(&self) -> PeerSet {
        PeerSet::full(self.lock.definition.terms().size())
    }

    /// Whether this peer has everything.
    pub fn is_complete(&self) -> bool {
        self.complete.contains(self.me)
    }

    /// Whether nobody needs this peer any more.
    pub fn is_over(&self, up: PeerSet) -> bool {
        let gone = |peer: PeerIndex| peer == self.me || !up.contains(peer);
        self.leaving.contains(self.me) && self.all().without(self.leaving).iter().all(gone)
    }

    /// Who lacks something, as far as is known here.
    pub fn incomplete(&self) -> PeerSet {
        self.all().without(self.complete)
    }

    /// Asks for what signs the deposits: the record, once the shares are at hand.
    pub fn sign(&mut self, shares: Option<Vec<SecretShare>>, line: &mut Line) {
        match shares {
            Some(shares) => {
                self.signing = Signing::Opening(shares);
                line.task(Task::OpenRecord(self.lock.hash()));
            }
            None => {
                let keys: Vec<PublicKey> = self.lock.shares_of(self.me).copied().collect();
                line.task(Task::OpenShares(keys));
            }
        }
    }

    /// Signs every deposit message with this peer's shares, and asks for that to be recorded.
    ///
    /// # Errors
    /// If the vault does not sign.
    pub fn opened(&mut self, history: History, line: &mut Line) -> Result<(), Halt> {
        let Signing::Opening(shares) = std::mem::replace(&mut self.signing, Signing::Idle) else {
            return Ok(());
        };
        let terms = self.lock.definition.terms();
        let messages = deposit::messages(&self.lock).map_err(Halt::Deposits)?;
        let each = terms.deposit_amounts.len();
        let held = Held::of_lock(&self.lock, shares);
        let mut vault = Vault::open(terms.size(), held, history).map_err(Halt::Vault)?;
        let (mut records, mut sealed) = (Vec::new(), Vec::new());
        for (position, message) in messages.iter().enumerate() {
            let validator = u32::try_from(position / each).expect("a lock has few validators");
            let validator = ValidatorPosition(validator);
            let signable = Signable::deposit(terms.chain.genesis_fork_version, message);
            // A deposit belongs to no slot.
            let signing = vault.sign(Slot(0), &signable, &[validator]);
            if let Some((_, refusal)) = signing.refused.first() {
                return Err(Halt::Refused(*refusal));
            }
            records.extend(signing.records);
            sealed.extend(signing.sealed);
        }
        self.signing = Signing::Recording(sealed);
        line.task(Task::Append(records));
        Ok(())
    }

    /// The record is durable: the signatures may leave once all hold the lock.
    pub fn recorded(&mut self, recorded: &Recorded, line: &mut Line) {
        let Signing::Recording(sealed) = std::mem::replace(&mut self.signing, Signing::Idle) else {
            return;
        };
        let opened = sealed.into_iter().flat_map(|sealed| {
            sealed
                .open(recorded)
                .expect("the journal has just recorded all of them")
        });
        self.signing = Signing::Signed(opened.map(|p| p.signature().to_bytes()).collect());
        self.tell_all(line);
        self.advance(line);
    }

    /// Whether every peer has shown that it holds this lock.
    fn is_held_by_all(&self) -> bool {
        self.holders == self.all()
    }

    /// Tells `peer` everything it may lack.
    pub fn greet(&self, peer: PeerIndex, line: &mut Line) {
        for frame in self.words() {
            line.send(peer, &frame);
        }
    }

    /// Tells everybody who is there.
    pub fn tell_all(&self, line: &mut Line) {
        for frame in self.words() {
            line.broadcast(&frame);
        }
    }

    fn words(&self) -> Vec<Frame> {
        let hash = self.lock.hash();
        let signatures: Vec<IdentitySignature> = self.lock.signatures().values().copied().collect();
        let partials = self.deposits.partials_of(self.me);
        let whole = self.deposits.signatures().filter(|_| self.is_complete());
        let mut words = vec![Frame::Lock(hash, signatures)];
        match (whole, partials) {
            (Some(whole), _) => words.push(Frame::Deposits(hash, whole.to_vec())),
            (None, Some(partials)) => words.push(Frame::Partials(hash, partials.to_vec())),
            (None, None) => {}
        }
        words.extend(self.leaving.contains(self.me).then_some(Frame::Leaving));
        words
    }

    /// Takes a frame of `peer`.
    ///
    /// # Errors
    /// If it shows that two locks are finished.
    pub fn hear(&mut self, peer: PeerIndex, frame: Frame, line: &mut Line) -> Result<(), Halt> {
        match frame {
            Frame::Lock(lock, _) if lock == self.lock.hash() => {
                self.holders.insert(peer);
            }
            Frame::Lock(lock, signatures) => self.hear_other(peer, (lock, &signatures), line)?,
            Frame::Partials(lock, partials) if self.is_ours(lock, peer, line) => {
                if let Err(bad) = self.deposits.hear(peer, partials) {
                    line.fault(peer, bad);
                }
            }
            Frame::Deposits(lock, signatures) if self.is_ours(lock, peer, line) => {
                match self.deposits.take(signatures) {
                    Ok(()) => {
                        self.complete.insert(peer);
                    }
                    Err(bad) => line.fault(peer, bad),
                }
            }
            Frame::Leaving => {
                self.complete.insert(peer);
                self.leaving.insert(peer);
            }
            // Words of before it had the lock, which it has been sent; or of another lock.
            Frame::Ceremony(_)
            | Frame::Remembered(_)
            | Frame::Partials(..)
            | Frame::Deposits(..) => {}
        }
        self.advance(line);
        Ok(())
    }

    /// Everybody's signatures of another lock, this peer's too, mean that two attempts are
    /// finished. If all honest peers hold this one, that only shows who broke its word.
    fn hear_other(
        &self,
        peer: PeerIndex,
        (other, signatures): (Root, &[IdentitySignature]),
        line: &mut Line,
    ) -> Result<(), Halt> {
        let terms = self.lock.definition.terms();
        let signed = |(signer, signature)| {
            let key = terms.roster().key(signer);
            key.has_signed(&LockHash(other), signature)
        };
        let is_certificate = self.abandoned.contains(&other)
            && signatures.len() == terms.size().peers()
            && terms.size().all().zip(signatures).all(signed);
        if !is_certificate {
            line.fault(peer, Fault::ForeignLock);
            return Ok(());
        }
        let settled = self.is_held_by_all() || self.is_complete() && !self.is_unsettled();
        if settled {
            line.alarm(peer, Alarm::SecondLock);
            return Ok(());
        }
        Err(Halt::TwoLocks {
            peer,
            here: self.lock.hash(),
            there: other,
        })
    }

    /// More than f peers say that every peer has everything: one of them at least is honest.
    fn believe_leaving(&mut self) {
        let faulty = self.lock.definition.terms().size().faulty();
        if self.leaving.len() > faulty && self.is_complete() {
            self.complete = self.all();
        }
    }

    fn is_ours(&self, lock: Root, peer: PeerIndex, line: &mut Line) -> bool {
        let ours = lock == self.lock.hash();
        if !ours {
            line.fault(peer, Fault::OtherLock);
        }
        ours
    }

    /// Does what has become possible, and shows what is waited for.
    pub fn advance(&mut self, line: &mut Line) {
        if !self.is_complete() && self.is_held_by_all() {
            self.release(line);
            for peer in self.deposits.combine() {
                line.fault(peer, Fault::Partials);
            }
        }
        if !self.is_complete()
            && let Some(signed) = self.deposits.signed()
        {
            let name = deposit::file_name(&self.lock);
            let text = deposit::to_json(&signed, &self.lock.definition.terms().chain);
            line.task(Task::WriteDeposits {
                name: name.clone(),
                text,
            });
            self.complete.insert(self.me);
            line.note(Note::DepositsSigned(name));
            self.tell_all(line);
        }
        self.believe_leaving();
        if self.incomplete().is_empty() && self.leaving.insert(self.me) {
            line.broadcast(&Frame::Leaving);
        }
        self.show(line);
    }

    /// Sends this peer's signatures of the deposits, which every holder of the lock may have now.
    fn release(&mut self, line: &mut Line) {
        match std::mem::replace(&mut self.signing, Signing::Idle) {
            Signing::Signed(partials) => {
                line.broadcast(&Frame::Partials(self.lock.hash(), partials.clone()));
                self.deposits
                    .hear(self.me, partials)
                    .expect("there is one for each message");
                self.show(line);
            }
            signing @ (Signing::Idle | Signing::Opening(_) | Signing::Recording(_)) => {
                self.signing = signing;
            }
        }
    }

    /// Shows what is waited for.
    pub fn show(&self, line: &mut Line) {
        if !self.is_complete() && !self.is_held_by_all() {
            line.show(Doing::Holding, self.all().without(self.holders));
        } else if !self.is_complete() {
            line.show(Doing::Signing, self.deposits.waiting());
        } else if !self.incomplete().is_empty() {
            line.show(Doing::Staying, self.incomplete());
        }
    }

    /// Whether the deposits cannot be signed yet: the definition names no withdrawal address.
    pub fn is_unsettled(&self) -> bool {
        self.deposits
            .signatures()
            .is_some_and(<[SignatureBytes]>::is_empty)
    }
}
