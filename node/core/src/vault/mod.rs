//! The vault: the only code of the node that touches a share.
//!
//! | module | holds |
//! |---|---|
//! | [`signable`] | the closed list of what may be signed |
//! | [`approved`] | the exits that t operators have approved |
//! | [`presigned`] | exits that are signed in advance, and leave only sealed |
//! | [`held`] | the shares, and what the lock says of their validators |
//! | `judging` | who may sign: every rule that a signature must pass |
//! | `guard` | the rules of EIP-3076 |
//! | [`refusal`] | why not, with the evidence |
//! | [`sealed`] | signatures that wait for their record |
//! | `trust` | whether the record can be relied on |
//! | `voting` | the slots this run may vote in |
//! | [`interchange`] | EIP-3076 files |
//!
//! Its interface is the order of things, record before release: [`Vault::sign`] gives records and a
//! [`Sealed`]; the journal makes the records durable and gives a [`Recorded`]; only with that
//! [`Sealed::open`] gives partial signatures. Marks are kept by group key, so they survive reshare
//! and refresh. The same root may always be signed again.
//!
//! It refuses everything when the record failed ([`Vault::poison`]) and when peers prove that an
//! old copy of the record was put in place ([`Vault::witnessed`]), and whatever is ahead of the
//! clock, so that a lying beacon node or a jump of the clock cannot burn epochs.
//!
//! Votes: a restarted peer has forgotten what it voted, so it votes in no slot up to the mark that
//! was on the disk when it started ([`Vault::may_vote`]); it still signs what a certificate proves.
//!
//! Never here: a file, a socket, a clock, randomness.

pub mod approved;
mod guard;
pub mod held;
pub mod interchange;
mod judging;
pub mod presigned;
pub mod refusal;
pub mod sealed;
pub mod signable;
mod trust;
mod voting;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use dkg::bls::{Message, SignaturePoint};
use proto::eth::DepositMessage;
use proto::{ClusterSize, PeerIndex, PublicKey, Root, Slot, ValidatorPosition};
use thiserror::Error;

pub use approved::ApprovedExit;
pub use held::{DepositTerms, Held};
pub use presigned::{ApprovedOpening, ExitKey, HeldExitKey, Presigned};
pub use refusal::Refusal;
pub use sealed::{PartialSignature, Sealed};
pub use signable::{Signable, ToSign};

use crate::record::{Entry, History, Record, RecordNumber, Recorded};
use sealed::Ahead;
use signable::Subject;
use trust::RecordTrust;
use voting::Voting;

/// What [`Vault::sign`] decided.
#[derive(Debug, Default)]
pub struct Signing {
    /// What must be made durable, in this order; empty if all of it was signed before.
    pub records: Vec<Record>,
    /// The partial signatures of those not refused, if any.
    pub sealed: Option<Sealed>,
    /// The validators that do not sign, and why.
    pub refused: Vec<(ValidatorPosition, Refusal)>,
}

/// The vault cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VaultError {
    /// There are shares of validators that the record does not know.
    #[error(
        "the signing record knows nothing of {count} validators whose shares are here (the first \
         is {first}). If the record is an older one, put the newest in place; if it is lost, run \
         `gantry slashing new-record`"
    )]
    NotEnrolled {
        /// How many.
        count: usize,
        /// One of them.
        first: PublicKey,
    },
}

/// This peer's shares, and everything it has signed with them.
pub struct Vault {
    held: Vec<Held>,
    // The number in the record of each position of `held`.
    numbers: Vec<RecordNumber>,
    history: History,
    ahead: Ahead,
    trust: RecordTrust,
    voting: Voting,
    /// Validators for which no duty is signed any more.
    halted: BTreeSet<ValidatorPosition>,
    /// The seal key for pre-signed exits.
    exit_key: Option<HeldExitKey>,
}

impl Vault {
    /// The vault of `held`, in the order of the lock, over what the journal has recorded.
    ///
    /// # Errors
    /// If a share's group key was never enrolled in the record.
    pub fn open(size: ClusterSize, held: Vec<Held>, history: History) -> Result<Self, VaultError> {
        let numbers: Vec<Option<RecordNumber>> = held
            .iter()
            .map(|held| history.number(&held.group_key))
            .collect();
        let mut missing = held.iter().zip(&numbers).filter(|(_, n)| n.is_none());
        if let Some((first, _)) = missing.next() {
            return Err(VaultError::NotEnrolled {
                count: 1 + missing.count(),
                first: first.group_key,
            });
        }
        Ok(Self {
            numbers: numbers.into_iter().flatten().collect(),
            held,
            ahead: Ahead::default(),
            trust: RecordTrust::new(size, history.sequence()),
            voting: Voting::after(history.mark()),
            history,
            halted: BTreeSet::new(),
            exit_key: None,
        })
    }

    /// From now on no duty is signed for `validator`; whether that is news. What ends its time, an
    /// exit, still is.
    pub fn halt(&mut self, validator: ValidatorPosition) -> bool {
        self.halted.insert(validator)
    }

    /// Whether no duty is signed for `validator` any more.
    pub fn is_halted(&self, validator: ValidatorPosition) -> bool {
        self.halted.contains(&validator)
    }

    /// Signs `signable` with the shares of `validators` where the rules allow it, and nothing of a
    /// slot after `now`, the current one.
    pub fn sign(
        &mut self,
        now: Slot,
        signable: &Signable,
        validators: &[ValidatorPosition],
    ) -> Signing {
        let root = signable.signing_root();
        let judged = self.judge(now, signable, root, validators);
        let mut records = Vec::new();
        for entry in self.entries(signable, root, &judged.fresh) {
            let record = self.history.add(entry);
            records.push(record.expect("the guard has judged it by this very history"));
        }
        let partials = match signable.subject {
            // A thousand of them would drive out what was signed ahead for this slot.
            Subject::Registration { .. } | Subject::Selection { .. } => {
                self.partials(root, &judged.allowed)
            }
            Subject::Vote { .. }
            | Subject::Block(_)
            | Subject::Randao(_)
            | Subject::Deposit(_)
            | Subject::Joining(..)
            | Subject::Agreed { .. }
            | Subject::Exit { .. } => self.partials_kept(root, &judged.allowed),
        };
        let sequence = match signable.subject {
            Subject::Randao(_)
            | Subject::Exit { .. }
            | Subject::Registration { .. }
            | Subject::Selection { .. } => 0,
            Subject::Vote { .. }
            | Subject::Block(_)
            | Subject::Agreed { .. }
            | Subject::Deposit(_)
            | Subject::Joining(..) => self.history.sequence(),
        };
        self.trust.show(sequence);
        // The mark of the next slot rides along: one sync instead of two.
        if let Subject::Vote { data, .. } = &signable.subject
            && data.slot == now
            && !records.is_empty()
        {
            records.extend(self.mark(now));
        }
        Signing {
            records,
            sealed: (!partials.is_empty()).then(|| Sealed::new(sequence, partials)),
            refused: judged.refused,
        }
    }

    /// Signs all parts of a duty, none of which has a validator of another, behind one record.
    pub fn sign_all(&mut self, now: Slot, parts: &[ToSign]) -> Signing {
        let mut whole = Signing::default();
        for part in parts {
            let signing = self.sign(now, &part.signable, &part.validators);
            whole.records.extend(signing.records);
            whole.refused.extend(signing.refused);
            whole.sealed = match (whole.sealed, signing.sealed) {
                (Some(before), Some(sealed)) => Some(before.and(sealed)),
                (before, sealed) => before.or(sealed),
            };
        }
        whole
    }

    /// Whom [`Vault::sign`] would refuse, and why: for judging a value before voting for it.
    pub fn would_refuse(
        &self,
        now: Slot,
        signable: &Signable,
        validators: &[ValidatorPosition],
    ) -> Vec<(ValidatorPosition, Refusal)> {
        self.judge(now, signable, signable.signing_root(), validators)
            .refused
    }

    /// Makes the partial signatures that [`Vault::sign`] would give ahead, and keeps them inside.
    pub fn presign(&mut self, now: Slot, signable: &Signable, validators: &[ValidatorPosition]) {
        let root = signable.signing_root();
        let judged = self.judge(now, signable, root, validators);
        self.partials_kept(root, &judged.allowed);
    }

    /// The point that `root` hashes to; hashed already if something was signed ahead for it.
    pub fn message(&self, root: Root) -> Message {
        let ahead = self.ahead.find(root);
        ahead.map_or_else(|| Message::hash(root), |(message, _)| *message)
    }

    /// The record that this peer may vote in the slot after `now`, if not recorded. To be made
    /// durable in every slot; [`Vault::sign`] gives it with the votes of the slot.
    pub fn mark(&mut self, now: Slot) -> Option<Record> {
        let next = now.next();
        if self.stopped().is_some() || self.history.mark() >= Some(next) {
            return None;
        }
        let record = self.history.add(Entry::Mark(next));
        let record = record.expect("a mark names no validator");
        self.voting.underway(record.sequence(), next);
        Some(record)
    }

    /// Takes note of what the journal has made durable.
    pub fn recorded(&mut self, recorded: &Recorded) {
        self.voting.recorded(recorded.sequence());
    }

    /// Whether this peer may vote in `slot`: it is above every slot of an earlier run, and durably
    /// marked for the next run.
    pub fn may_vote(&self, slot: Slot) -> bool {
        self.stopped().is_none() && self.voting.allows(slot)
    }

    /// The slot up to which this run abstains from voting, if any: the mark found at the start.
    pub fn restart_mark(&self) -> Option<Slot> {
        self.voting.restart_mark()
    }

    /// The last sequence number of the record when this run began.
    pub fn begun_at(&self) -> u64 {
        self.trust.begun_at()
    }

    /// What was signed so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// `peer` says that it has seen `sequence` of this record. Whether only a newer one can have
    /// shown that. Once more than f peers, so an honest one, have seen such, nothing is signed.
    pub fn witnessed(&mut self, peer: PeerIndex, sequence: u64) -> bool {
        self.trust.witnessed(peer, sequence)
    }

    /// The operators have found that `peer` has not seen `sequence`: that claim stops nothing.
    pub fn deny(&mut self, peer: PeerIndex, sequence: u64) {
        self.trust.deny(peer, sequence);
    }

    /// The journal failed: nothing is signed or voted any more until the next start.
    pub fn poison(&mut self) {
        self.trust.poison();
    }

    /// Another process runs with this identity: nothing is signed any more until the next start.
    pub fn meet_second(&mut self) {
        self.trust.meet_second();
    }

    /// The chain goes on as one that this process cannot sign for.
    pub fn leave_chain(&mut self, why: Refusal) {
        self.trust.leave_chain(why);
    }

    /// Why nothing at all is signed, if so.
    pub fn stopped(&self) -> Option<Refusal> {
        self.trust.stopped()
    }

    /// What must be recorded before `fresh` sign: one entry for a slot's votes together.
    fn entries(
        &self,
        signable: &Signable,
        signing_root: Root,
        fresh: &[ValidatorPosition],
    ) -> Vec<Entry> {
        let numbers = fresh.iter().map(|fresh| self.numbers[fresh.index()]);
        let mut numbers: Vec<RecordNumber> = numbers.collect();
        numbers.sort_unstable();
        match signable.subject {
            Subject::Randao(_)
            | Subject::Exit { .. }
            | Subject::Registration { .. }
            | Subject::Selection { .. } => Vec::new(),
            Subject::Vote { .. } | Subject::Agreed { .. } if numbers.is_empty() => Vec::new(),
            Subject::Agreed { duty, value } => vec![Entry::Agreed { duty, value }],
            Subject::Vote { data, .. } => vec![Entry::Vote {
                data,
                signing_root,
                validators: numbers,
            }],
            Subject::Block(slot) => numbers
                .into_iter()
                .map(|validator| Entry::Block {
                    slot,
                    signing_root,
                    validator,
                })
                .collect(),
            Subject::Deposit(message) => deposited(&message, signing_root, numbers).collect(),
            // What stands from here on first, in the same frame.
            Subject::Joining(message, joined) => {
                let is_first = !numbers.is_empty() && self.history.joined().is_none();
                let first = is_first.then_some(Entry::Joined(joined));
                let deposits = deposited(&message, signing_root, numbers);
                first.into_iter().chain(deposits).collect()
            }
        }
    }

    /// The partial signatures of `root`, which are not kept.
    fn partials(
        &self,
        root: Root,
        validators: &[ValidatorPosition],
    ) -> Vec<(ValidatorPosition, SignaturePoint)> {
        let message = Message::hash(root);
        let sign = |at: &ValidatorPosition| (*at, self.held[at.index()].share.sign(&message));
        validators.iter().map(sign).collect()
    }

    /// The partial signatures of `root`, each made once as long as the root is kept.
    fn partials_kept(
        &mut self,
        root: Root,
        validators: &[ValidatorPosition],
    ) -> Vec<(ValidatorPosition, SignaturePoint)> {
        if validators.is_empty() {
            return Vec::new();
        }
        let (message, made) = self.ahead.expect(root);
        validators
            .iter()
            .map(|validator| {
                let sign = || self.held[validator.index()].share.sign(message);
                (*validator, *made.entry(*validator).or_insert_with(sign))
            })
            .collect()
    }
}

/// What is recorded of a deposit message before it is signed.
fn deposited(
    message: &DepositMessage,
    signing_root: Root,
    numbers: Vec<RecordNumber>,
) -> impl Iterator<Item = Entry> + use<> {
    let (credentials, gwei) = (message.withdrawal_credentials, message.amount);
    numbers.into_iter().map(move |validator| Entry::Deposit {
        validator,
        credentials,
        gwei,
        signing_root,
    })
}
