//! Peers that break the protocol on purpose. Each runs a real node, so that it knows everything a
//! correct peer knows, and spoils what the node sends.

use consensus::Value as _;
use dkg::bls::Message as Hashed;
use node::duties::value::Value;
use node::vault::Signable;
use proto::frame::{Frame, Greeting};
use proto::vote::{
    Change, Commit, Committal, Message, Prepare, Proposal, Propose, RoundChange, Signatures,
};
use proto::{PeerIndex, Root};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tests::cluster::Cluster;

use crate::blocks::Oddity;
use crate::chain::Chain;

/// The number of a record that a false witness claims to have seen.
pub const NEVER_SHOWN: u64 = u64::MAX;

/// How a villain breaks the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Villain {
    /// Its partial signatures sign something else.
    BadShares,
    /// It keeps its votes from every second peer.
    Withholder,
    /// It tells every second peer that it voted for something else, or for nothing.
    Equivocator,
    /// It sends old frames again, to anybody, at any time.
    Replayer,
    /// Its greetings claim to have seen far more of everybody's record than there is.
    FalseWitness,
    /// It proposes other blocks than its beacon node has built.
    Builder(Oddity),
}

/// What a villain has at hand.
pub struct Means<'a> {
    /// Its cluster with all keys, of which it uses its own.
    pub cluster: &'a Cluster,
    /// The values that beacon nodes gave.
    pub chain: &'a Chain,
    /// Everything it has sent so far.
    pub past: &'a mut Vec<Vec<u8>>,
    /// Its dice.
    pub dice: &'a mut StdRng,
}

impl Villain {
    /// What `me` sends to `to` instead of `frame`.
    pub fn spoil(
        self,
        (me, to): (PeerIndex, PeerIndex),
        frame: Vec<u8>,
        means: &mut Means<'_>,
    ) -> Vec<Vec<u8>> {
        let size = means.cluster.lock.definition.terms().size();
        let message = match Frame::decode(&frame) {
            Ok(Frame::Vote(vote)) => {
                Message::decode(means.cluster.lock.hash(), size, me, &vote).unwrap()
            }
            Ok(Frame::Greeting(greeting)) if self == Self::FalseWitness => {
                let lie = Greeting {
                    sequence_seen: NEVER_SHOWN,
                    ..greeting
                };
                return vec![Frame::Greeting(lie).encode()];
            }
            Ok(Frame::Greeting(_) | Frame::Randao(_) | Frame::Sight { .. }) | Err(_) => {
                return vec![frame];
            }
        };
        let is_victim = (to.position() + me.position()) % 2 == 1;
        match (self, message) {
            (Self::BadShares, Message::Commit(committal)) => {
                vec![encode(&Message::Commit(bad_shares(me, committal, means)))]
            }
            (Self::Withholder, _) if is_victim => Vec::new(),
            (Self::Equivocator, Message::Prepare(vote)) if is_victim => {
                vec![encode(&other_vote(me, vote.statement, means))]
            }
            (Self::Equivocator, Message::RoundChange { change, .. }) if is_victim => {
                vec![encode(&denial(me, change.signed.statement, means))]
            }
            (Self::Replayer, _) => {
                means.past.push(frame.clone());
                let old = means.dice.random_range(0..means.past.len());
                vec![frame, means.past[old].clone()]
            }
            (Self::Builder(oddity), Message::Propose(proposal)) => {
                let odd = odd(oddity, (me, proposal), means);
                vec![odd.map_or(frame, |odd| encode(&odd))]
            }
            (
                Self::BadShares
                | Self::Withholder
                | Self::Equivocator
                | Self::FalseWitness
                | Self::Builder(_),
                _,
            ) => vec![frame],
        }
    }
}

/// A vote of the same round for something else.
fn other_vote(me: PeerIndex, vote: Prepare, means: &Means<'_>) -> Message {
    let other = means.chain.other_value(vote.scope.duty, &vote.value);
    let value = other.unwrap_or(Root::from([0xee; 32]));
    let identity = &means.cluster.identities[me.position()];
    let lie = identity.sign(me, Prepare { value, ..vote });
    Message::Prepare(lie.into_signed())
}

/// A ROUND-CHANGE of the same round that denies every vote.
fn denial(me: PeerIndex, change: RoundChange, means: &Means<'_>) -> Message {
    let denial = RoundChange {
        votes: Default::default(),
        prepared: None,
        ..change
    };
    let identity = &means.cluster.identities[me.position()];
    let change = Change {
        signed: identity.sign(me, denial).into_signed(),
        certificate: Signatures::default(),
    };
    Message::RoundChange {
        change,
        bodies: Vec::new(),
    }
}

/// The proposal of the same block but for this oddity.
fn odd(
    oddity: Oddity,
    (me, proposal): (PeerIndex, Proposal),
    means: &Means<'_>,
) -> Option<Message> {
    let Value::Block(block) = Value::decode(&proposal.body)? else {
        return None;
    };
    let root = Signable::randao(&means.chain.spec, block.slot()).signing_root();
    let share = &means.cluster.outcomes[me.position()].validators[0].share;
    let reveal = share.sign(&Hashed::hash(root)).to_bytes();
    let value = Value::decode(&oddity.of(&proposal.body, reveal))?;
    let statement = Propose {
        value: value.hash(),
        ..proposal.signed.statement
    };
    let identity = &means.cluster.identities[me.position()];
    Some(Message::Propose(Proposal {
        signed: identity.sign(me, statement).into_signed(),
        body: value.encode().into(),
        ..proposal
    }))
}

/// The same commitment with signatures of something else.
fn bad_shares(me: PeerIndex, committal: Committal, means: &Means<'_>) -> Committal {
    let mut statement: Commit = committal.signed.statement;
    let shares = &means.cluster.outcomes[me.position()].validators;
    for partial in &mut statement.partials {
        let share = &shares[partial.validator as usize].share;
        partial.signature = share.sign(&Hashed::hash([0xbb; 32].into())).to_bytes();
    }
    let identity = &means.cluster.identities[me.position()];
    Committal {
        signed: identity.sign(me, statement).into_signed(),
        certificate: committal.certificate,
    }
}

fn encode(message: &Message) -> Vec<u8> {
    Frame::Vote(message.encode()).encode()
}
