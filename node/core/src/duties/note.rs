//! What the core tells the operator: one word for everything worth a log line or a counter.
//!
//! The core has no clock of its own, so a [`Note::Reached`] carries no time; the shell stamps it
//! when it arrives, which includes the computing that led to it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use consensus::Evidence;
use proto::control::Stage;
use proto::eth::{Unserved, ValidatorIndex};
use proto::exit::Says;
use proto::intent::{Aims, IntentId};
use proto::{DutyId, Epoch, PeerIndex, PeerSet, PublicKey, Round, Slot, ValidatorPosition};

use super::agreed::objection::Objection;
use super::fault::Breach;
use super::pool::Looked;
use crate::outcome::{Followed, Foreign, Owed, Signed, Work};
use crate::pool::consent;
use crate::vault::Refusal;

/// How far a duty has come. In this order on every peer that takes part from the beginning, but
/// that its record may become durable later than others have signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The duty's moment has come: head event, deadline, or start of the slot.
    Trigger,
    /// This peer has its own beacon node's value, or a proposed one that it accepts.
    ValueReady,
    /// t PREPAREs for one value.
    PrepareQuorum,
    /// The vault's record of it is durable.
    RecordDurable,
    /// t partial signatures over one value.
    CommitQuorum,
    /// Group signatures verified.
    SignatureVerified,
    /// The beacon node has accepted them.
    Accepted,
}

/// Why a duty was missed, as far as this peer can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// The beacon node gave no value.
    NoValue,
    /// The cluster has signed no vote, or no sync committee message, in this slot, which this
    /// follows from.
    NoVote,
    /// No beacon node whose peer proposed had an aggregate of the committee's votes.
    NoAggregate,
    /// Too few parts of the proposer's RANDAO reveal came together to ask for a block.
    NoReveal,
    /// Nobody has agreed yet whom blocks of this validator pay, so it proposes none.
    NoFeeRecipient,
    /// The vault signs nothing at all any more.
    Stopped(Refusal),
    /// Nothing is signed here for the validator any more.
    Halted,
    /// The vault would not sign for the validator.
    Refused(Refusal),
    /// This peer would not sign the value.
    Objected(Objection),
    /// A head event contradicted what the beacon node had said of whose duty it is, and the node
    /// has not said it anew.
    DutyInDoubt,
    /// This peer does not vote in the slot: it has just restarted, or its disk hangs.
    Abstained,
    /// It is signed, and the own beacon node refused it.
    NotTaken {
        /// What the node said.
        why: String,
        /// The peers that say that theirs took it.
        by: PeerSet,
    },
    /// It is a block that is signed around a builder's payload, and no beacon node got that, as far
    /// as this peer heard; what the own one said.
    Withheld(String),
    /// It is signed, and the own beacon node has not said whether it has it.
    NoAnswer,
    /// It is a block that is signed and that the own beacon node did not know, and nobody gave this
    /// peer its blobs to bring it.
    NoBlobs,
    /// Fewer than t peers were connected.
    TooFewPeers(PeerSet),
    /// t PREPAREs for one value never came together.
    NoPrepareQuorum,
    /// This peer was ready, but t partial signatures never came together.
    NoCommitQuorum,
}

/// How a duty ended on this peer, whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whose it was, by what became of it: each validator's work once.
    pub fates: Vec<Fate>,
    /// What t shares have signed, where the chain shows such a thing, and for whom.
    pub signed: Option<(Signed, BTreeSet<ValidatorPosition>)>,
    /// How far it came.
    pub reached: Option<Phase>,
    /// The others that did not help: they gave no share of what was signed, or of anything, or
    /// voted for nothing, or were not there, by how far it came.
    pub missing: PeerSet,
    /// Whose share of what was signed came in time, the own peer's among them.
    pub shares: PeerSet,
    /// Who was the first to propose what was signed, if it took a leader.
    pub led: Option<PeerIndex>,
    /// Whose own beacon node bore out a value: it voted, or gave its share and was not blind.
    pub saw: PeerSet,
}

impl Ended {
    /// Whether it was to be signed here: not if nothing is, any more, for all whose it was.
    pub fn was_due(&self) -> bool {
        self.fates.iter().any(|fate| fate.why != Some(Miss::Halted))
    }

    /// The duties of which the chain is to show what became of them.
    pub fn followed(&self, slot: Slot) -> impl Iterator<Item = Followed> {
        let each = move |fate: &Fate| {
            let work = fate.work;
            let of = fate.of.iter();
            let followed = of.map(|(validator, index)| {
                let owed = Owed {
                    slot,
                    work,
                    index: *index,
                };
                let of_it = |(_, of): &&(_, BTreeSet<_>)| of.contains(validator);
                let signed = self.signed.as_ref().filter(of_it);
                Followed {
                    owed,
                    signed: signed.map(|(signed, _)| *signed),
                }
            });
            followed.collect::<Vec<_>>()
        };
        self.fates.iter().flat_map(each)
    }
}

/// What became of the same work of some validators, on this peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// What they owed.
    pub work: Work,
    /// Why it was missed; none if it is signed, and the own beacon node has it.
    pub why: Option<Miss>,
    /// Which of our validators, and their indices.
    pub of: Vec<(ValidatorPosition, ValidatorIndex)>,
}

/// What happened to an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitNote {
    /// This operator has said something about it.
    Said(PeerIndex, Says),
    /// A word of this operator is from a time to come, by the own clock: it is not counted.
    Ahead(PeerIndex),
    /// It has come further.
    Stage(Stage),
    /// The vault refused to sign it.
    Refused(Refusal),
    /// The vault refused to sign it in advance.
    NotSealed(Refusal),
    /// The vault refused to open what was signed in advance.
    NotOpened(Refusal),
}

/// What happened to deposits at Rocket Pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepositNote {
    /// This peer, which may be the own one, demands shares of so many.
    Demanded(PeerIndex, usize),
    /// The own peer gives none for what this one demands.
    Refused(PeerIndex, Box<consent::Refusal>),
    /// A peer gives none for what the own one demands.
    RefusedBy {
        /// Who.
        peer: PeerIndex,
        /// The rule's name.
        rule: String,
        /// Its words, of letters that can be shown.
        words: String,
    },
    /// The vault refused to sign the deposit of this validator.
    NotSigned(ValidatorPosition, Refusal),
    /// The deposit of this validator has its whole signature, of shares of these peers.
    Signed(ValidatorPosition, PeerSet),
}

/// What happened to intents at Rocket Pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentNote {
    /// These operators have signed one that is not in force.
    Open(IntentId, Vec<PeerIndex>),
    /// This one holds from now on.
    InForce(IntentId, Aims),
}

/// What happened to registrations with builders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationNote {
    /// The beacon node took those of so many validators.
    Given(usize),
    /// The vault refused to sign that of this validator.
    Refused(ValidatorPosition, Refusal),
}

/// Why no duty of a validator is signed any more, by what the own beacon node shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// The chain has slashed it.
    Slashed,
    /// The chain has something that somebody else has signed for it.
    Foreign(Foreign),
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A duty came one phase further.
    Reached {
        /// Which duty.
        duty: DutyId,
        /// How far.
        phase: Phase,
    },
    /// All group signatures of a duty are there.
    Signed {
        /// Which duty.
        duty: DutyId,
        /// How many validators it served.
        validators: usize,
        /// The round in which its value was prepared.
        round: Round,
        /// Peers that were not there to help.
        missing: PeerSet,
    },
    /// The own beacon node has what was signed for these.
    Accepted {
        /// Which duty.
        duty: DutyId,
        /// For how many validators, each told once.
        validators: usize,
    },
    /// The own beacon node refused what was signed.
    NotTaken {
        /// Which duty.
        duty: DutyId,
        /// For which validator.
        validator: ValidatorPosition,
        /// Its index.
        index: ValidatorIndex,
        /// What the node said.
        why: String,
    },
    /// The own beacon node did not know a signed block, and a peer has sent its blobs: it is
    /// submitted here.
    Pulled {
        /// Which duty.
        duty: DutyId,
        /// Who has sent them.
        from: PeerIndex,
    },
    /// The chain has turned, and these validators have the duty no more.
    Moved {
        /// Which duty.
        duty: DutyId,
        /// Whose it was.
        validators: Vec<ValidatorPosition>,
    },
    /// A duty's time is over, and these peers have not helped to sign it.
    Absent {
        /// Which duty.
        duty: DutyId,
        /// Who.
        peers: PeerSet,
    },
    /// A duty's time is over without all its signatures.
    Missed {
        /// Which duty.
        duty: DutyId,
        /// For how many validators.
        validators: usize,
        /// Why.
        why: Miss,
    },
    /// A duty's time is over.
    Ended {
        /// Which duty.
        duty: DutyId,
        /// How it ended.
        ended: Ended,
    },
    /// This peer would not sign a value.
    Objected {
        /// Which duty.
        duty: DutyId,
        /// Why not.
        objection: Objection,
        /// Who has proposed it, if another peer has.
        by: Option<PeerIndex>,
    },
    /// Nobody could tell this peer how the node account stood to the smoothing pool when this block
    /// was proposed: it has asked for a block that pays the smoothing pool, or gone along with
    /// others.
    PayeeUnread(DutyId),
    /// The vault refused to sign for a validator.
    Refused {
        /// Which duty.
        duty: DutyId,
        /// For which validator.
        validator: ValidatorPosition,
        /// Why.
        refusal: Refusal,
    },
    /// The vault refused a RANDAO reveal.
    RandaoRefused {
        /// For which slot.
        slot: Slot,
        /// For which validator.
        validator: ValidatorPosition,
        /// Why.
        refusal: Refusal,
    },
    /// Something about the exit of this validator.
    Exit(ValidatorPosition, ExitNote),
    /// Something about deposits at Rocket Pool.
    Deposit(DepositNote),
    /// Something about intents at Rocket Pool.
    Intent(IntentNote),
    /// Something about registrations with builders.
    Registration(RegistrationNote),
    /// A peer has seen a sequence number of this peer's record that no run on it has shown.
    RolledBack {
        /// The peer that has seen it.
        witness: PeerIndex,
        /// The number it has seen.
        seen: u64,
        /// The last number of the record when this run began.
        held: u64,
    },
    /// The disk takes nothing of the signing record: until it does this peer neither votes nor
    /// signs.
    DiskHangs {
        /// For how long already.
        waited: Duration,
    },
    /// The beacon node says another chain spec than at the start. Nothing is signed from this epoch
    /// on, until a restart.
    OtherChain {
        /// The first epoch in which they differ.
        from: Epoch,
    },
    /// The beacon node's chain has scheduled a fork that this version cannot sign for. Nothing is
    /// signed from its epoch on.
    UnservedFork(Unserved),
    /// Who of the validators sits in the sync committee in this epoch.
    Seats {
        /// Who.
        seats: Vec<ValidatorIndex>,
        /// Whether no peers that are connected keep its duties from being performed, since they are
        /// not upgraded yet.
        are_performed: bool,
    },
    /// No duty of this validator is signed any more.
    Halted {
        /// Which.
        validator: ValidatorPosition,
        /// Its index.
        index: ValidatorIndex,
        /// Its group key.
        key: PublicKey,
        /// What the own beacon node shows.
        why: Halt,
    },
    /// A peer broke a rule.
    Fault {
        /// Who.
        peer: PeerIndex,
        /// Which.
        breach: Breach,
        /// What exactly.
        detail: String,
    },
    /// Rocket Pool was looked at.
    Looked(Arc<Looked>),
    /// The beacon node of a peer, or of this one, gives it no sight of the chain, or does again.
    Sight {
        /// Who.
        peer: PeerIndex,
        /// Whether it is blind now: it leads no round.
        is_blind: bool,
    },
    /// The chain of a peer's beacon node begins at another time: what it says is not counted.
    OtherGenesis {
        /// Who.
        peer: PeerIndex,
        /// When ours begins, in Unix seconds.
        ours: u64,
        /// When its does.
        theirs: u64,
    },
    /// A peer sent something of a later version. It was passed over, and is no fault.
    Unknown {
        /// Who.
        peer: PeerIndex,
        /// What it was of: "a frame", "a duty kind", …
        what: &'static str,
    },
    /// A peer said two things that contradict each other; both are kept as evidence.
    Evidence(Box<Evidence>),
    /// A peer is there or not.
    Connected {
        /// Who.
        peer: PeerIndex,
        /// Whether it is there now.
        up: bool,
    },
}
