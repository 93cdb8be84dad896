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

use std::path::PathBuf;

use dkg::bls::SecretShare;
use proto::ceremony_session::Frame;
use proto::lock::{Lock, LockHash};
use proto::{IdentitySignature, PeerIndex, PeerSet, Root, SignatureBytes, Slot};

use super::CeremonyError;
use super::keys::Site;
use super::line::Line;
use crate::disk::files::{self, Mode};
use node_core::deposit::session::Deposits;
use node_core::deposit::{self, DepositError};
use node_core::vault::{Held, Signable, Vault};

/// The longest deposit file worth reading, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// After the ceremony.
pub(super) struct Sharing {
    lock: Lock,
    me: PeerIndex,
    deposits: Deposits,
    deposit_file: PathBuf,
    /// This peer's signatures of the deposits, until all have shown that they hold the lock.
    own_partials: Option<Vec<SignatureBytes>>,
    /// Who has shown that it holds the lock, this peer included.
    holders: PeerSet,
    /// Other locks of this ceremony that this peer has acknowledged and then left.
    abandoned: Vec<Root>,
    /// Who has everything, this peer included.
    complete: PeerSet,
    /// Who knows that everybody has everything.
    leaving: PeerSet,
}

impl Sharing {
    /// Everything of `lock` that is on the disk.
    pub fn open(site: &Site, lock: Lock) -> Result<Self, CeremonyError> {
        let messages = match deposit::messages(&lock) {
            Err(DepositError::Unsettled) => Vec::new(),
            messages => messages.map_err(|e| CeremonyError::Deposits(site.lock_file.clone(), e))?,
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let name = deposit::file_name(&lock);
        let mut sharing = Self {
            deposits: Deposits::new(&lock, messages, seed),
            deposit_file: site.data.directory().join(name),
            own_partials: None,
            holders: PeerSet::from_iter([site.me]),
            abandoned: site.abandoned()?,
            lock,
            me: site.me,
            complete: PeerSet::EMPTY,
            leaving: PeerSet::EMPTY,
        };
        sharing.read_deposits()?;
        if sharing.deposits.signatures().is_some() {
            sharing.complete.insert(site.me);
        }
        Ok(sharing)
    }

    fn read_deposits(&mut self) -> Result<(), CeremonyError> {
        if !self.deposit_file.exists() {
            return Ok(());
        }
        let refused = |error| CeremonyError::Deposits(self.deposit_file.clone(), error);
        let text = files::read(&self.deposit_file, MAX_BYTES)?;
        let there = deposit::from_json(&text, &self.lock).map_err(refused)?;
        let signatures = there.iter().map(|deposit| deposit.signature).collect();
        // Nothing is signed and nobody waited for, if in the end it could not be written.
        let taken = self.deposits.take(signatures);
        taken.map_err(|_| CeremonyError::OtherDeposits(self.deposit_file.clone()))
    }

    /// The lock.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Whether this peer has everything.
    pub fn is_complete(&self) -> bool {
        self.complete.contains(self.me)
    }

    /// Whether nobody needs this peer any more.
    pub fn is_over(&self, up: PeerSet) -> bool {
        let others = PeerSet::full(self.lock.definition.terms().size());
        let gone = |peer: PeerIndex| peer == self.me || !up.contains(peer);
        self.leaving.contains(self.me) && others.without(self.leaving).iter().all(gone)
    }

    /// Who lacks something, as far as is known here.
    pub fn incomplete(&self) -> PeerSet {
        PeerSet::full(self.lock.definition.terms().size()).without(self.complete)
    }

    /// Signs every deposit message with this peer's shares: recorded first, then released.
    pub fn sign(&mut self, site: &Site, shares: Vec<SecretShare>) -> Result<(), CeremonyError> {
        let terms = self.lock.definition.terms();
        let messages = deposit::messages(&self.lock)
            .map_err(|error| CeremonyError::Deposits(self.deposit_file.clone(), error))?;
        let each = terms.deposit_amounts.len();
        let held = Held::of_lock(&self.lock, shares);
        let mut journal = site.record(&self.lock)?;
        let mut vault = Vault::open(terms.size(), held, journal.history().clone())?;
        let (mut records, mut sealed) = (Vec::new(), Vec::new());
        for (position, message) in messages.iter().enumerate() {
            let validator = u32::try_from(position / each).expect("a lock has few validators");
            let signable = Signable::deposit(terms.chain.genesis_fork_version, message);
            // A deposit belongs to no slot.
            let signing = vault.sign(Slot(0), &signable, &[validator]);
            if let Some((_, refusal)) = signing.refused.first() {
                return Err(CeremonyError::Refused(*refusal));
            }
            records.extend(signing.records);
            sealed.extend(signing.sealed);
        }
        let recorded = journal.append(&records)?;
        let opened = sealed.into_iter().flat_map(|sealed| {
            sealed
                .open(&recorded)
                .expect("the journal has just recorded all of them")
        });
        self.own_partials = Some(opened.map(|p| p.signature().to_bytes()).collect());
        Ok(())
    }

    /// Whether every peer has shown that it holds this lock.
    fn is_held_by_all(&self) -> bool {
        self.holders == PeerSet::full(self.lock.definition.terms().size())
    }

    /// Tells `peer` everything it may lack.
    pub fn greet(&self, peer: PeerIndex, line: &Line) {
        for frame in self.words() {
            line.send(peer, &frame);
        }
    }

    /// Tells everybody who is there.
    pub fn tell_all(&self, line: &Line) {
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
    pub fn hear(
        &mut self,
        peer: PeerIndex,
        frame: Frame,
        line: &mut Line,
    ) -> Result<(), CeremonyError> {
        match frame {
            Frame::Lock(lock, _) if lock == self.lock.hash() => {
                self.holders.insert(peer);
            }
            Frame::Lock(lock, signatures) => self.hear_other(peer, lock, &signatures, line)?,
            Frame::Partials(lock, partials) if self.is_ours(lock, peer, line) => {
                if let Err(bad) = self.deposits.hear(peer, partials) {
                    line.fault(peer, &bad.to_string());
                }
            }
            Frame::Deposits(lock, signatures) if self.is_ours(lock, peer, line) => {
                match self.deposits.take(signatures) {
                    Ok(()) => {
                        self.complete.insert(peer);
                    }
                    Err(bad) => line.fault(peer, &bad.to_string()),
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
        self.advance(line)
    }

    /// Everybody's signatures of another lock, this peer's too, mean that two attempts are
    /// finished. If all honest peers hold this one, that only shows who broke its word.
    fn hear_other(
        &self,
        peer: PeerIndex,
        other: Root,
        signatures: &[IdentitySignature],
        line: &mut Line,
    ) -> Result<(), CeremonyError> {
        let terms = self.lock.definition.terms();
        let signed = |(signer, signature)| {
            let key = terms.roster().key(signer);
            key.has_signed(&LockHash(other), signature)
        };
        let is_certificate = self.abandoned.contains(&other)
            && signatures.len() == terms.size().peers()
            && terms.size().all().zip(signatures).all(signed);
        if !is_certificate {
            line.fault(peer, "shows another lock, which is none of this ceremony's");
            return Ok(());
        }
        let settled = self.is_held_by_all() || self.is_complete() && !self.is_unsettled();
        if settled {
            line.alarm(
                peer,
                "shows a second finished lock, which nobody uses: some operator broke its word in \
                 the ceremony; the keys of the lock here are good",
            );
            return Ok(());
        }
        Err(CeremonyError::TwoLocks {
            peer: line.name(peer).to_owned(),
            here: self.lock.hash(),
            there: other,
        })
    }

    /// More than f peers say that every peer has everything: one of them at least is honest.
    fn believe_leaving(&mut self) {
        let size = self.lock.definition.terms().size();
        if self.leaving.len() > size.faulty() && self.is_complete() {
            self.complete = PeerSet::full(size);
        }
    }

    fn is_ours(&self, lock: Root, peer: PeerIndex, line: &mut Line) -> bool {
        let ours = lock == self.lock.hash();
        if !ours {
            line.fault(peer, "speaks of another lock of the same definition");
        }
        ours
    }

    /// Does what has become possible, and shows what is waited for.
    pub fn advance(&mut self, line: &mut Line) -> Result<(), CeremonyError> {
        if !self.is_complete() && self.is_held_by_all() {
            if let Some(partials) = self.own_partials.take() {
                line.broadcast(&Frame::Partials(self.lock.hash(), partials.clone()));
                self.deposits
                    .hear(self.me, partials)
                    .expect("there is one for each message");
                self.show(line);
            }
            for peer in self.deposits.combine() {
                line.fault(
                    peer,
                    "sent wrong partial signatures of the deposits: not used",
                );
            }
        }
        if !self.is_complete()
            && let Some(signed) = self.deposits.signed()
        {
            let chain = &self.lock.definition.terms().chain;
            let text = deposit::to_json(&signed, chain);
            files::write_new(&self.deposit_file, text.as_bytes(), Mode::Public)?;
            self.complete.insert(self.me);
            line.screen
                .say(&format!("deposits signed: {}", self.deposit_file.display()));
            self.tell_all(line);
        }
        self.believe_leaving();
        if self.incomplete().is_empty() && self.leaving.insert(self.me) {
            line.broadcast(&Frame::Leaving);
        }
        self.show(line);
        Ok(())
    }

    /// Shows what is waited for.
    pub fn show(&self, line: &mut Line) {
        if !self.is_complete() && !self.is_held_by_all() {
            let all = PeerSet::full(self.lock.definition.terms().size());
            line.show(
                "waiting for every peer to hold the lock".to_owned(),
                all.without(self.holders),
            );
        } else if !self.is_complete() {
            line.show(
                "waiting for signatures of the deposits".to_owned(),
                self.deposits.waiting(),
            );
        } else if !self.incomplete().is_empty() {
            let words = "everything is here; staying for those who lack something";
            line.show(words.to_owned(), self.incomplete());
        }
    }

    /// Whether the deposits cannot be signed yet: the definition names no withdrawal address.
    pub fn is_unsettled(&self) -> bool {
        self.deposits
            .signatures()
            .is_some_and(<[SignatureBytes]>::is_empty)
    }
}
