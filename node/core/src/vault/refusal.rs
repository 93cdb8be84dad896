//! Why the vault does not sign, with what is recorded beside what was asked.
//!
//! Never here: the decision; `guard` and the vault make it.

use proto::definition::checksummed;
use proto::{Address, DutyId, Epoch, PeerIndex, Root, Slot, ValidatorPosition};
use thiserror::Error;

use crate::record::{SignedProposal, SignedVote};

/// The vault does not sign. The message is for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The record could not be written.
    #[error("the signing record failed: mend the disk, then restart gantry")]
    Poisoned,
    /// Another process runs with this peer's identity.
    #[error(
        "another gantry runs with this peer's identity: stop both, make sure that only one is \
         ever started, then start it"
    )]
    SecondSession,
    /// Peers have seen more of this peer's record than is on the disk.
    #[error(
        "the signing record ended at {ours} when gantry started, but peers had seen {witnessed} of \
         it: an old copy was put in place. Stop gantry and restore the newest, or run `gantry \
         slashing new-record`"
    )]
    RolledBack {
        /// The last sequence number here when this run began.
        ours: u64,
        /// The highest that enough peers have seen.
        witnessed: u64,
    },
    /// One peer says so, in a cluster of three.
    #[error("{}", claimed_in_words(*.ours, *.claimed, &nameless(*.claimant)))]
    Claimed {
        /// The last sequence number here when this run began.
        ours: u64,
        /// The peer that says it.
        claimant: PeerIndex,
        /// What it says it has seen.
        claimed: u64,
    },
    /// The chain is not the one that this process started on.
    #[error(
        "from epoch {from} on the beacon node's chain has other forks or constants than when \
         gantry started: make sure that the beacon node is right, then restart gantry"
    )]
    OtherChain {
        /// The first epoch in which they differ.
        from: Epoch,
    },
    /// The chain is at a fork that this version cannot sign for.
    #[error("the chain forks in epoch {from} to what this version cannot sign for: upgrade gantry")]
    UnservedFork {
        /// The first epoch of the fork.
        from: Epoch,
    },
    /// No share of this validator is held.
    #[error("no share of validator {0} is held here")]
    UnknownValidator(ValidatorPosition),
    /// Its duties have ended.
    #[error("no duty of validator {0} is signed any more: `gantry status` says why")]
    Halted(ValidatorPosition),
    /// A slot that has not begun.
    #[error("slot {asked} is ahead of the clock at slot {clock}: check the time of this machine")]
    AheadOfClock {
        /// The slot to be signed for.
        asked: Slot,
        /// The current slot.
        clock: Slot,
    },
    /// Not an attestation that any chain accepts.
    #[error("source epoch {source_epoch} is after target epoch {target_epoch}")]
    SourceAfterTarget {
        /// Its source.
        source_epoch: Epoch,
        /// Its target.
        target_epoch: Epoch,
    },
    /// The target is not the epoch of the slot.
    #[error("target epoch {target} is not the epoch of slot {slot}")]
    TargetNotOfSlot {
        /// Its slot.
        slot: Slot,
        /// Its target.
        target: Epoch,
    },
    /// A different attestation with the same target is recorded.
    #[error("double vote: another attestation to target {} is recorded", .recorded.target)]
    DoubleVote {
        /// What is recorded.
        recorded: SignedVote,
        /// What was asked.
        asked: SignedVote,
    },
    /// It surrounds a recorded attestation.
    #[error(
        "surround vote: {} to {} surrounds the recorded {} to {}",
        .asked.source, .asked.target, .recorded.source, .recorded.target
    )]
    Surrounds {
        /// What is recorded.
        recorded: SignedVote,
        /// What was asked.
        asked: SignedVote,
    },
    /// A recorded attestation surrounds it.
    #[error(
        "surround vote: the recorded {} to {} surrounds {} to {}",
        .recorded.source, .recorded.target, .asked.source, .asked.target
    )]
    Surrounded {
        /// What is recorded.
        recorded: SignedVote,
        /// What was asked.
        asked: SignedVote,
    },
    /// The target is not above the highest recorded or imported one.
    #[error("target epoch {} is not above the recorded {watermark}", .asked.target)]
    TargetNotAbove {
        /// The highest target.
        watermark: Epoch,
        /// What was asked.
        asked: SignedVote,
    },
    /// The source is below the highest recorded or imported one.
    #[error("source epoch {} is below the recorded {watermark}", .asked.source)]
    SourceBelow {
        /// The highest source.
        watermark: Epoch,
        /// What was asked.
        asked: SignedVote,
    },
    /// A different block of the same slot is recorded.
    #[error("double proposal: another block of slot {} is recorded", .recorded.slot)]
    DoubleProposal {
        /// What is recorded.
        recorded: SignedProposal,
        /// What was asked.
        asked: SignedProposal,
    },
    /// The slot is not above the highest recorded or imported one.
    #[error("slot {} is not above the recorded {watermark}", .asked.slot)]
    SlotNotAbove {
        /// The highest slot.
        watermark: Slot,
        /// What was asked.
        asked: SignedProposal,
    },
    /// Another value of the same duty is recorded, for other validators.
    #[error("second value: {duty} is recorded with signing root {recorded}, and has one value")]
    SecondValue {
        /// The duty.
        duty: DutyId,
        /// The signing root of its value.
        recorded: Root,
    },
    /// The deposit is for another key.
    #[error("the deposit is not for the key of validator {0}")]
    OtherKey(ValidatorPosition),
    /// The exit is that of another validator.
    #[error("the approved exit is not that of validator {0}")]
    OtherExit(ValidatorPosition),
    /// The cluster has no seal key for exits that are signed in advance.
    #[error("the cluster has no seal key for pre-signed exits")]
    NoExitKey,
    /// The own operator has not said that it may be opened.
    #[error("the own operator has not approved that the exit of validator {0} is opened")]
    NoOwnYes(ValidatorPosition),
    /// Something is not sealed to the cluster's key for what it is said to be.
    #[error("what a peer has sealed is no pre-signed exit of validator {0}")]
    NotSealed(ValidatorPosition),
    /// The registration with builders is that of another validator.
    #[error("the registration is not that of validator {0}")]
    OtherRegistration(ValidatorPosition),
    /// The cluster lock does not provide for this deposit.
    #[error(
        "a deposit of {gwei} gwei to withdrawal credentials {credentials} is not what the cluster \
         lock says"
    )]
    NotInLock {
        /// Its withdrawal credentials.
        credentials: Root,
        /// Its amount.
        gwei: u64,
    },
    /// The lock says whom the stake returns to.
    #[error("the cluster lock says whom the stake of validator {0} returns to: it joins nothing")]
    Settled(ValidatorPosition),
    /// Deposits were signed for another node of Rocket Pool.
    #[error(
        "deposits were signed for the Rocket Pool node {}, and never are for another",
        checksummed(.recorded)
    )]
    OtherNode {
        /// The node of the first of them.
        recorded: Address,
    },
    /// A deposit with other withdrawal credentials was signed before.
    #[error("a deposit to withdrawal credentials {recorded} was signed before, never to {asked}")]
    OtherCredentials {
        /// The credentials of every deposit so far.
        recorded: Root,
        /// What was asked.
        asked: Root,
    },
    /// Another deposit message of the same amount was signed before.
    #[error("another deposit of {gwei} gwei was signed before: {recorded}")]
    SecondDeposit {
        /// The amount.
        gwei: u64,
        /// The signing root of the first.
        recorded: Root,
    },
}

impl Refusal {
    /// A stable name of the rule, for metrics.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Poisoned => "poisoned",
            Self::SecondSession => "second_session",
            Self::RolledBack { .. } | Self::Claimed { .. } => "rolled_back",
            Self::OtherChain { .. } => "other_chain",
            Self::UnservedFork { .. } => "unserved_fork",
            Self::UnknownValidator(_) => "unknown_validator",
            Self::Halted(_) => "halted",
            Self::AheadOfClock { .. } => "ahead_of_clock",
            Self::SourceAfterTarget { .. } => "source_after_target",
            Self::TargetNotOfSlot { .. } => "target_not_of_slot",
            Self::DoubleVote { .. } => "double_vote",
            Self::Surrounds { .. } => "surrounds",
            Self::Surrounded { .. } => "surrounded",
            Self::TargetNotAbove { .. } => "target_not_above",
            Self::SourceBelow { .. } => "source_below",
            Self::DoubleProposal { .. } => "double_proposal",
            Self::SlotNotAbove { .. } => "slot_not_above",
            Self::SecondValue { .. } => "second_value",
            Self::OtherKey(_) => "other_key",
            Self::OtherExit(_) => "other_exit",
            Self::NoExitKey => "no_exit_key",
            Self::NoOwnYes(_) => "no_own_yes",
            Self::NotSealed(_) => "not_sealed",
            Self::OtherRegistration(_) => "other_registration",
            Self::NotInLock { .. } => "not_in_lock",
            Self::Settled(_) => "settled",
            Self::OtherNode { .. } => "other_node",
            Self::OtherCredentials { .. } => "other_credentials",
            Self::SecondDeposit { .. } => "second_deposit",
        }
    }

    /// The message with the operators called by their `names`, in the order of the definition.
    pub fn in_words(&self, names: &[String]) -> String {
        if let Self::Claimed {
            ours,
            claimant,
            claimed,
        } = self
        {
            claimed_in_words(*ours, *claimed, &names[claimant.position()])
        } else {
            self.to_string()
        }
    }
}

/// Who it is where nobody knows the names.
fn nameless(peer: PeerIndex) -> String {
    format!("operator {}", peer.position() + 1)
}

/// What the operators of three peers must find out, since their programs cannot.
fn claimed_in_words(ours: u64, claimed: u64, claimant: &str) -> String {
    format!(
        "the signing record ended at {ours} when gantry started, but {claimant} claims to have \
         seen {claimed} of it, and with three operators one claim is enough. Was an old copy put \
         in place? Then stop gantry and restore the newest, or run `gantry slashing new-record`. \
         Was none? Then call both other operators: their `gantry status` says how much they have \
         seen of this record. If only {claimant} has seen more than there was, stop gantry and \
         run `gantry slashing keep-record --against {claimant} --seen {claimed}`"
    )
}
