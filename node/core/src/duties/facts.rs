//! What a duty stands on: the cluster's unchanging facts, and what one step may use.

use std::sync::Arc;

use dkg::bls::Message;
use proto::eth::{BlobLimits, ChainSpec, ValidatorIndex};
use proto::{
    Address, Identity, PeerIndex, Root, Roster, Slot, Timestamp, ValidatorPosition, Versions,
    WireVersion,
};

use super::fault::Breach;
use super::note::Note;
use super::payees::Payees;
use super::peers::Peers;
use super::schedule::{Aggregator, Attester, Contributor};
use super::{Output, Request};
use crate::partials::collector::Combining;
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::BuilderPolicy;
use crate::record::Recorded;
use crate::vault::Vault;

/// What never changes while the node runs.
#[derive(Debug, Clone)]
pub struct ClusterFacts {
    /// The chain.
    pub chain: Arc<ChainSpec>,
    /// The lock's hash, which names the cluster.
    pub lock: Root,
    /// The identity keys.
    pub roster: Arc<Roster>,
    /// This peer.
    pub me: PeerIndex,
    /// This peer's identity key.
    pub identity: Identity,
    /// The validators' public keys.
    pub keys: ClusterKeys,
    /// Whom the definition has the blocks of each validator pay, in the order of the lock; none
    /// while none is agreed on.
    pub fee_recipients: Vec<Option<Address>>,
    /// Secret of this process that makes the weights of batch checks unpredictable.
    pub seed: [u8; 32],
}

impl ClusterFacts {
    /// Whom blocks of this validator pay by the definition. While there is none, and no agreement
    /// on Rocket Pool either, it proposes nothing: no reveal is signed, no block is built, and none
    /// of others is taken.
    pub fn fee_recipient(&self, validator: ValidatorPosition) -> Option<Address> {
        self.fee_recipients
            .get(validator.index())
            .copied()
            .flatten()
    }
}

/// What a run may use while it takes one step.
pub struct Step<'a> {
    /// What never changes.
    pub facts: &'a ClusterFacts,
    /// The keeper of the shares.
    pub vault: &'a mut Vault,
    /// The other peers.
    pub peers: &'a mut Peers,
    /// Whom blocks pay.
    pub payees: &'a mut Payees,
    /// Whether the own beacon node does not answer.
    pub is_mute: bool,
    /// On which terms others may build blocks, if they may.
    pub builders: Option<&'a BuilderPolicy>,
    /// How many blobs a block may have, as the own beacon node says it now.
    pub blobs: &'a BlobLimits,
    /// How far the record is durable.
    pub recorded: Recorded,
    /// The moment of the step.
    pub now: Timestamp,
    /// What is to be done, in order.
    pub out: &'a mut Vec<Output>,
}

impl Step<'_> {
    /// The slot at this moment; before genesis the first.
    pub fn slot(&self) -> Slot {
        self.facts.chain.slot_at(self.now).unwrap_or(Slot(0))
    }

    /// Tells the operator something.
    pub fn note(&mut self, note: Note) {
        self.out.push(Output::Note(note));
    }

    /// Sends `frame`, which came with version `since`, to every connected peer that knows it.
    pub fn broadcast(&mut self, since: WireVersion, frame: Vec<u8>) {
        if since <= Versions::OURS.lowest() {
            return self.out.push(Output::Broadcast(frame));
        }
        for peer in self.peers.knowing(since).iter() {
            self.out.push(Output::Send(peer, frame.clone()));
        }
    }

    /// Sends `frame`, which came with version `since`, to `peer` if it knows it.
    pub fn send(&mut self, peer: PeerIndex, since: WireVersion, frame: Vec<u8>) {
        if self.peers.knows(peer, since) {
            self.out.push(Output::Send(peer, frame));
        }
    }

    /// The same, but behind everything else that waits for that peer.
    pub fn send_last(&mut self, peer: PeerIndex, since: WireVersion, frame: Vec<u8>) {
        if self.peers.knows(peer, since) {
            self.out.push(Output::SendLast(peer, frame));
        }
    }

    /// What the collector of a duty needs to combine partial signatures of `message`.
    pub fn combining<'b>(&'b mut self, message: &'b Message) -> Combining<'b> {
        Combining {
            message,
            keys: &self.facts.keys,
            suspects: &mut self.peers.suspects,
            seed: &self.facts.seed,
        }
    }

    /// Names the peers whose partial signatures were none of what was signed.
    pub fn blame(
        &mut self,
        bad_shares: &[(PeerIndex, ValidatorPosition)],
        signed: impl Fn(ValidatorPosition) -> String,
    ) {
        for (peer, validator) in bad_shares {
            self.note(Note::Fault {
                peer: *peer,
                breach: Breach::BadShare,
                detail: signed(*validator),
            });
        }
    }

    /// Asks the beacon node something, or hands it something.
    pub fn ask(&mut self, request: Request) {
        self.out.push(Output::Ask(request));
    }
}

/// Whose duty it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owners {
    /// The attesters of the slot.
    Attesters(Vec<Attester>),
    /// The proposer of the slot.
    Proposer {
        /// Which of our validators.
        validator: ValidatorPosition,
        /// Its index.
        index: ValidatorIndex,
    },
    /// The attesters of the slot that were chosen to aggregate, and all attesters of the slot.
    Aggregators {
        /// Who aggregates; at least one.
        chosen: Vec<Aggregator>,
        /// Whose votes are to be in the aggregates.
        attesters: Vec<Attester>,
    },
    /// Our members of the sync committee.
    Members {
        /// Each with its index; at least one.
        members: Vec<(ValidatorPosition, ValidatorIndex)>,
        /// Whether a validator of ours attests in the slot.
        attests: bool,
    },
    /// The members of a subcommittee that were chosen to aggregate its messages.
    Contributors {
        /// Who; at least one.
        chosen: Vec<Contributor>,
        /// All our seats in the subcommittee, by their places in it.
        seats: Vec<(ValidatorPosition, u64)>,
    },
    /// None of ours any more: the chain has turned, and the duty went to others.
    Nobody,
}

impl Owners {
    /// The committee, if an attester's, and the index of `validator`.
    pub fn attester(&self, validator: ValidatorPosition) -> Option<&Attester> {
        match self {
            Self::Attesters(list) => list.iter().find(|attester| attester.validator == validator),
            Self::Proposer { .. }
            | Self::Aggregators { .. }
            | Self::Members { .. }
            | Self::Contributors { .. }
            | Self::Nobody => None,
        }
    }

    /// The aggregator that is this validator, if it was chosen.
    pub fn aggregator(&self, validator: ValidatorPosition) -> Option<&Aggregator> {
        match self {
            Self::Aggregators { chosen, .. } => {
                chosen.iter().find(|of| of.attester.validator == validator)
            }
            Self::Attesters(_)
            | Self::Proposer { .. }
            | Self::Members { .. }
            | Self::Contributors { .. }
            | Self::Nobody => None,
        }
    }

    /// The index of `validator`, if it is its duty.
    pub fn index_of(&self, validator: ValidatorPosition) -> Option<ValidatorIndex> {
        match self {
            Self::Attesters(_) => Some(self.attester(validator)?.duty.validator_index),
            Self::Aggregators { .. } => {
                Some(self.aggregator(validator)?.attester.duty.validator_index)
            }
            Self::Members { members, .. } => {
                let found = members.iter().find(|(of, _)| *of == validator);
                found.map(|(_, index)| *index)
            }
            Self::Contributors { chosen, .. } => {
                let found = chosen.iter().find(|of| of.validator == validator);
                found.map(|of| of.index)
            }
            Self::Proposer { index, .. } => Some(*index),
            Self::Nobody => None,
        }
    }

    /// The validators in the order of the lock.
    pub fn positions(&self) -> Vec<ValidatorPosition> {
        match self {
            Self::Attesters(list) => list.iter().map(|attester| attester.validator).collect(),
            Self::Aggregators { chosen, .. } => {
                chosen.iter().map(|of| of.attester.validator).collect()
            }
            Self::Members { members, .. } => members.iter().map(|(of, _)| *of).collect(),
            Self::Contributors { chosen, .. } => chosen.iter().map(|of| of.validator).collect(),
            Self::Proposer { validator, .. } => vec![*validator],
            Self::Nobody => Vec::new(),
        }
    }
}
