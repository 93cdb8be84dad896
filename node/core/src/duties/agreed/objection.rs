//! Why this peer would not sign a value, sorted by what speaks against it: that decides whether the
//! answer can still become a yes. What follows from the value itself or from the record stays as it
//! is; what follows from the own beacon node's view is asked again until the round ends.

use proto::Address;
use proto::definition::checksummed;

/// What speaks against a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// The value itself. No later moment changes that.
    OfValue(Flaw),
    /// The own beacon node, which may know better a moment later: it is asked again.
    OfView(Doubt),
    /// The vault, which would sign it for none of the duty's validators: slashable against the
    /// record, ahead of the clock, or nothing is signed at all. It does not change its mind.
    OfVault,
}

/// What is wrong with a value, whoever looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is of another slot or kind than the duty, or its epochs do not fit its slot.
    OtherDuty,
    /// It is an aggregate of votes for something else than this cluster has voted for.
    OtherVote,
    /// It is an aggregate of a committee in which none of ours was chosen, or of another length
    /// than that has.
    OtherCommittee,
    /// The signature in it is no point of the group.
    NoSignature,
    /// The proposer is not our validator of this slot.
    OtherProposer,
    /// Its RANDAO reveal is not the group signature of the epoch.
    WrongRandao,
    /// It pays the fees to an address that they must not go to.
    WrongFeeRecipient {
        /// Whom it should pay.
        expected: Address,
        /// Whom it pays.
        found: Address,
    },
    /// Nobody has agreed yet whom blocks of this validator pay.
    NoFeeRecipient,
    /// A builder has made its payload, and no relays are agreed on.
    BuilderOff,
}

/// What the own beacon node does not confirm, for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Its source or target is not that of the own beacon node.
    OtherCheckpoints,
    /// The own beacon node does not know the block it builds on.
    UnknownParent,
    /// It builds on a block that the own beacon node knows, but far from the head: an old one, or
    /// one of a later slot.
    FarFromHead,
    /// The own beacon node is syncing, optimistic or silent: this peer gives no vote.
    NoView,
    /// It pays the smoothing pool, to which the node account owes nothing.
    GiftOfFees,
    /// It is an aggregate that lacks a vote of ours.
    OwnVoteMissing,
    /// It pays the megapool, and as far as this peer can read, the node account may be in the
    /// smoothing pool.
    FeeRecipientUnread,
    /// A builder has made its payload, and no relay that is agreed on has shown this peer a bid for
    /// it of what its leader states.
    BidUnseen,
}

impl Objection {
    /// The rule's name in logs and metrics. It is stable.
    pub fn rule(self) -> &'static str {
        match self {
            Self::OfValue(Flaw::OtherDuty) => "value_of_other_duty",
            Self::OfValue(Flaw::OtherVote) => "aggregate_of_other_vote",
            Self::OfValue(Flaw::OtherCommittee) => "aggregate_of_other_committee",
            Self::OfValue(Flaw::NoSignature) => "aggregate_without_signature",
            Self::OfValue(Flaw::OtherProposer) => "other_proposer",
            Self::OfValue(Flaw::WrongRandao) => "wrong_randao_reveal",
            Self::OfValue(Flaw::WrongFeeRecipient { .. }) => "wrong_fee_recipient",
            Self::OfValue(Flaw::NoFeeRecipient) => "no_fee_recipient_agreed",
            Self::OfView(Doubt::OtherCheckpoints) => "checkpoints_differ",
            Self::OfView(Doubt::UnknownParent) => "unknown_head_or_parent",
            Self::OfView(Doubt::FarFromHead) => "far_from_head",
            Self::OfView(Doubt::NoView) => "own_beacon_node_not_ready",
            Self::OfView(Doubt::OwnVoteMissing) => "aggregate_lacks_own_vote",
            Self::OfView(Doubt::GiftOfFees) => "gift_of_fees",
            Self::OfValue(Flaw::BuilderOff) => "builder_off",
            Self::OfView(Doubt::FeeRecipientUnread) => "fee_recipient_unread",
            Self::OfView(Doubt::BidUnseen) => "bid_unseen",
            Self::OfVault => "vault_would_refuse",
        }
    }

    /// What the rule alone does not say, for people.
    pub fn detail(self) -> Option<String> {
        match self {
            Self::OfValue(Flaw::WrongFeeRecipient { expected, found }) => Some(format!(
                "it pays {} instead of {}",
                checksummed(&found),
                checksummed(&expected)
            )),
            Self::OfValue(
                Flaw::OtherDuty
                | Flaw::OtherVote
                | Flaw::OtherCommittee
                | Flaw::NoSignature
                | Flaw::OtherProposer
                | Flaw::WrongRandao
                | Flaw::NoFeeRecipient
                | Flaw::BuilderOff,
            )
            | Self::OfView(_)
            | Self::OfVault => None,
        }
    }
}
