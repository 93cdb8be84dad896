//! What is asked of the beacon node, or handed to it, and what it says.
//!
//! Each [`Request`] has the [`Response`] of the same name; nothing in a response means that the
//! node said nothing, or nothing that can be used. Who asks decides when to ask again.

use proto::agreement::Relay;
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{
    Aggregate, AttesterDuty, Block, BlockContents, ChainSpec, CommitteeIndex, Contribution,
    HeadVote, ProposerDuty, SignedAggregate, SignedContribution, SignedValidatorRegistration,
    SingleAttestation, SyncCommitteeMessage, SyncDuty, ValidatorIndex,
};
use proto::{
    Address, DutyId, PublicKey, Root, SignatureBytes, Slot, Subcommittee, ValidatorPosition,
};

use super::agreed::bids::ShownBid;
use super::agreed::blinded::Blinded;
use super::agreed::judge::Sight;
use super::onehop::exit::standing::Leaving;
use super::schedule::{Asked, Drawn, Member, Registered, Subscription};
use super::sight::Condition;

/// One thing to ask of the beacon node, or to tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What chain this is.
    Chain(Asked),
    /// What the chain knows of these keys.
    Validators(Asked, Vec<PublicKey>),
    /// In which slots of the epoch these validators attest.
    Attesters(Asked, Vec<ValidatorIndex>),
    /// Who proposes in the epoch.
    Proposers(Asked),
    /// Which of these validators sit in the sync committee of the epoch.
    Seats(Asked, Vec<ValidatorIndex>),
    /// Take note of these members of the sync committee of the epoch.
    SubscribeSync(Asked, Vec<Member>),
    /// Take note of who gets the fees of these proposers.
    Prepare(Asked, Vec<(ValidatorIndex, Address)>),
    /// Take note of these attesters' committees.
    Subscribe(Asked, Vec<Subscription>),
    /// What to attest to in this slot; nothing while the node is syncing or optimistic.
    HeadVote(Slot),
    /// Build a block.
    Block {
        /// Its slot.
        slot: Slot,
        /// Its RANDAO reveal.
        randao_reveal: SignatureBytes,
        /// Its proposer, and whom the node is to be told before that it pays, if it does not know.
        pays: Option<(ValidatorIndex, Address)>,
        /// How much a relay's bid counts beside the own payload, in percent; 0 of none.
        boost_factor: u64,
    },
    /// Which bids do these relays show?
    Bids {
        /// The duty it matters to.
        duty: DutyId,
        /// The execution block that the payload builds on.
        parent_hash: Root,
        /// The hash of the payload that is looked for: who shows a bid for it need not be followed
        /// by others.
        block_hash: Root,
        /// The proposer.
        proposer: PublicKey,
        /// Who is asked.
        relays: Vec<Relay>,
    },
    /// The aggregates that the node has of these committees' votes.
    Aggregates {
        /// The votes' slot.
        slot: Slot,
        /// The `hash_tree_root` of what they are for.
        data: Root,
        /// Of which committees.
        committees: Vec<CommitteeIndex>,
    },
    /// What the node has of the messages of a subcommittee.
    Contribution {
        /// The duty it is for.
        duty: DutyId,
        /// The subcommittee.
        subcommittee: Subcommittee,
        /// The root that the messages are of.
        root: Root,
    },
    /// How is the node?
    Condition,
    /// What is known of this block?
    Knows {
        /// The duty it matters to.
        duty: DutyId,
        /// The block's root.
        root: Root,
    },
    /// Spread what is signed.
    Submit {
        /// The duty it fulfils.
        duty: DutyId,
        /// What is signed.
        submission: Submission,
    },
    /// How these validators stand, which want to leave.
    Leaving(Vec<(ValidatorPosition, PublicKey)>),
    /// How these validators stand in the last finalised state.
    Final(Vec<(ValidatorPosition, PublicKey)>),
    /// Spread the exit of this validator.
    SubmitExit(ValidatorPosition, SignedVoluntaryExit),
    /// Tell the relays how these validators want their blocks to be built.
    Register(Vec<(ValidatorPosition, SignedValidatorRegistration)>),
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The chain as the node has it.
    Chain(Asked, Option<Box<ChainSpec>>),
    /// Those of the keys that the chain knows.
    Validators(Asked, Option<Vec<(PublicKey, Registered)>>),
    /// The attestations of the epoch.
    Attesters(Asked, Option<Drawn<AttesterDuty>>),
    /// The proposals of the epoch.
    Proposers(Asked, Option<Drawn<ProposerDuty>>),
    /// Where which of the validators sit in the sync committee.
    Seats(Asked, Option<Vec<SyncDuty>>),
    /// The node took note.
    SubscribeSync(Asked, Option<()>),
    /// The node took note.
    Prepare(Asked, Option<()>),
    /// The node took note.
    Subscribe(Asked, Option<()>),
    /// What the node would attest to in this slot.
    HeadVote(Slot, Option<HeadVote>),
    /// What own nodes that do not agree would attest to in this slot, the best first.
    SplitVote(Slot, Vec<HeadVote>),
    /// The block that the node has built for this slot.
    Block(Slot, Option<Produced>),
    /// What relays show, each the bid of the moment.
    Bids(DutyId, Vec<ShownBid>),
    /// What the node has aggregated of the votes of this slot, of each committee at most once.
    Aggregates(Slot, Vec<Aggregate>),
    /// What the node has of a subcommittee's messages.
    Contribution(DutyId, Option<Box<Contribution>>),
    /// How the node is.
    Condition(Condition),
    /// What is known of the block.
    Knows {
        /// The duty it matters to.
        duty: DutyId,
        /// The block's root.
        root: Root,
        /// What is known of it.
        seen: Sight,
    },
    /// What became of a submission.
    Submit {
        /// The duty.
        duty: DutyId,
        /// Whose part of it the beacon node has now.
        accepted: Vec<ValidatorIndex>,
        /// Whose part it refused, and why.
        refused: Vec<(ValidatorIndex, String)>,
    },
    /// How the validators stand; nothing of one that the chain does not know.
    Leaving(Option<Vec<(ValidatorPosition, Option<Leaving>)>>),
    /// How the validators stand in the last finalised state; nothing of one that it does not know.
    Final(Option<Vec<(ValidatorPosition, Option<Leaving>)>>),
    /// Why the node refused the exit of this validator; nothing if it has taken it.
    SubmitExit(ValidatorPosition, Option<String>),
    /// Whether the node took the registrations of these validators.
    Register(Vec<ValidatorPosition>, bool),
}

/// A block that the beacon node has produced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Produced {
    /// Around a payload of its own execution node.
    Full(BlockContents),
    /// Around the header of a payload for which a relay has a bid.
    Blinded(Blinded),
}

impl Produced {
    /// The block.
    pub fn block(&self) -> &Block {
        match self {
            Self::Full(contents) => &contents.block,
            Self::Blinded(blinded) => blinded.block(),
        }
    }
}

/// Something signed, for the beacon node to spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    /// Attestations of one slot.
    Attestations(Vec<SingleAttestation>),
    /// Aggregates of one slot.
    Aggregates(Vec<SignedAggregate>),
    /// Sync committee messages of one slot.
    SyncMessages(Vec<SyncCommitteeMessage>),
    /// Contributions of one slot and subcommittee.
    Contributions(Vec<SignedContribution>),
    /// A block.
    Block {
        /// The block and its blobs.
        contents: Box<BlockContents>,
        /// The proposer's signature.
        signature: SignatureBytes,
        /// Where the blobs are from.
        origin: Origin,
    },
}

/// Where the blobs of a block are from, so how far they are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The own beacon node has built the block, or it has no blobs.
    Own,
    /// Another peer gave them, and nobody has checked them.
    Peer,
}
