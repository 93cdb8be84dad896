//! Peers that break the protocol on purpose. Each runs a real node, so that it knows everything a
//! correct peer knows, and spoils what the node sends.

use dkg::bls::Message as Hashed;
use proto::frame::Frame;
use proto::vote::{Change, Commit, Committal, Message, Prepare, RoundChange, Signatures};
use proto::{PeerIndex, Root};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tests::cluster::Cluster;

use crate::chain::Chain;

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
            Ok(Frame::Greeting(_) | Frame::Randao(_)) | Err(_) => return vec![frame],
        };
        let is_victim = (to.position() + me.position()) % 2 == 1;
        match (self, message) {
            (Self::BadShares, Message::Commit(committal)) => {
                vec![encode(&Message::Commit(bad_shares(me, committal, means)))]
            }
            (Self::Withholder, _) if is_victim => Vec::new(),
            (Self::Equivocator, Message::Prepare(vote)) if is_victim => {
                let Prepare {
                    scope,
                    round,
                    value,
                } = vote.statement;
                let other = means.chain.other_value(scope.duty, &value);
                let value = other.unwrap_or(Root::from([0xee; 32]));
                let identity = &means.cluster.identities[me.position()];
                let lie = identity.sign(
                    me,
                    Prepare {
                        scope,
                        round,
                        value,
                    },
                );
                vec![encode(&Message::Prepare(lie.into_signed()))]
            }
            (Self::Equivocator, Message::RoundChange { change, .. }) if is_victim => {
                let RoundChange { scope, round, .. } = change.signed.statement;
                let votes = Default::default();
                let denial = RoundChange {
                    scope,
                    round,
                    votes,
                    prepared: None,
                };
                let identity = &means.cluster.identities[me.position()];
                let signed = identity.sign(me, denial).into_signed();
                let change = Change {
                    signed,
                    certificate: Signatures::default(),
                };
                vec![encode(&Message::RoundChange {
                    change,
                    bodies: Vec::new(),
                })]
            }
            (Self::Replayer, _) => {
                means.past.push(frame.clone());
                let old = means.dice.random_range(0..means.past.len());
                vec![frame, means.past[old].clone()]
            }
            (Self::BadShares | Self::Withholder | Self::Equivocator, _) => vec![frame],
        }
    }
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
