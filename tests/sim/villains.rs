//! Peers that break the protocol on purpose. Each runs a real node, so that it knows everything a
//! correct peer knows, and spoils what the node sends.

use consensus::Value as _;
use dkg::bls::Message as Hashed;
use node_core::duties::agreed::value::Value;
use node_core::vault::Signable;
use proto::frame::{Frame, Greeting, SelectionShares};
use proto::vote::{
    Change, Commit, Committal, Message, Prepare, Proposal, Propose, RoundChange, Signatures, Vote,
};
use proto::{DutyKind, IdentitySignature, PeerIndex, Root, Round, Statement};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tests::cluster::Cluster;

use crate::blocks::{Lie, Oddity};
use crate::chain::Chain;
use crate::joining::bad_deposits;
use crate::leaving::{bad_opening, bad_sealed, bad_share, undecided};
use crate::registering::bad_registrations;

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
    /// It proposes in rounds that others lead.
    Usurper,
    /// As leader it proposes another value to every second peer.
    TwoFaced,
    /// Its certificates hold signatures that nobody has made.
    Forger,
    /// It serves blobs that it does not have.
    Server(Lie),
    /// It tells every second peer that it approves of an exit for another epoch.
    Undecided,
}

/// Those that a seed may bring.
pub const VILLAINS: [Villain; 8] = [
    Villain::BadShares,
    Villain::Withholder,
    Villain::Equivocator,
    Villain::Replayer,
    Villain::Usurper,
    Villain::TwoFaced,
    Villain::Forger,
    Villain::FalseWitness,
];

/// What a villain has at hand.
pub struct Means<'a> {
    /// Its cluster with all keys, of which it uses its own.
    pub cluster: &'a Cluster,
    /// The values that beacon nodes gave.
    pub chain: &'a Chain,
    /// Everything it has sent so far.
    pub past: &'a mut Vec<Vec<u8>>,
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
        let is_victim = (to.position() + me.position()) % 2 == 1;
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
            Ok(Frame::BlobsPart(part)) if let Self::Server(lie) = self => {
                return lie.of(part, means.chain);
            }
            Ok(Frame::ExitWords(words)) if self == Self::Undecided && is_victim => {
                return vec![undecided(me, &words, means).encode()];
            }
            Ok(Frame::SealedExits(sealed)) if self == Self::Undecided && is_victim => {
                return vec![bad_sealed(me, &sealed, means).encode()];
            }
            Ok(Frame::ExitShare(share)) if self == Self::BadShares => {
                return vec![bad_share(me, &share, means).encode()];
            }
            Ok(Frame::SealedExits(sealed)) if self == Self::BadShares => {
                return vec![bad_sealed(me, &sealed, means).encode()];
            }
            Ok(Frame::ExitOpening(opening)) if self == Self::BadShares => {
                return vec![bad_opening(opening).encode()];
            }
            Ok(Frame::SelectionShares(shares)) if self == Self::BadShares => {
                return vec![bad_selection(me, shares, means).encode()];
            }
            Ok(Frame::DepositShares(shares)) if self == Self::BadShares => {
                return vec![bad_deposits(me, shares, means).encode()];
            }
            Ok(Frame::RegistrationShares(shares)) if self == Self::BadShares => {
                return vec![bad_registrations(me, shares, means).encode()];
            }
            Ok(
                Frame::Greeting(_)
                | Frame::Randao(_)
                | Frame::Sight { .. }
                | Frame::Refused(_)
                | Frame::Taken(_)
                | Frame::BlobsWanted(_)
                | Frame::BlobsPart(_)
                | Frame::ExitWords(_)
                | Frame::ExitShare(_)
                | Frame::Agreement(_)
                | Frame::DepositDemand(_)
                | Frame::DepositShares(_)
                | Frame::DepositRefusal(_)
                | Frame::SafeStep(_)
                | Frame::Intents(_)
                | Frame::StandsOn(_)
                | Frame::RegistrationShares(_)
                | Frame::SealedExits(_)
                | Frame::SealedExitsWanted(_)
                | Frame::ExitOpening(_)
                | Frame::SelectionShares(_),
            )
            | Err(_) => return vec![frame],
        };
        self.say((me, is_victim), (frame, message), means)
    }

    /// What `me` says instead of `message`, which came in `frame`, to a victim or another peer.
    fn say(
        self,
        (me, is_victim): (PeerIndex, bool),
        (frame, message): (Vec<u8>, Message),
        means: &mut Means<'_>,
    ) -> Vec<Vec<u8>> {
        match (self, message) {
            (Self::BadShares, Message::Commit(committal)) => {
                vec![encode(&Message::Commit(bad_shares(me, committal, means)))]
            }
            (Self::Withholder, _) if is_victim => Vec::new(),
            (Self::Equivocator, Message::Prepare(vote)) if is_victim => {
                vec![encode(&other_vote(me, vote.signed.statement, means))]
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
            (Self::Usurper, Message::Prepare(vote)) => {
                let usurped = usurped(me, &vote.signed.statement, means);
                std::iter::once(frame).chain(usurped).collect()
            }
            (Self::TwoFaced, Message::Propose(proposal)) if is_victim => {
                let other = other_proposal(me, &proposal, means);
                vec![other.unwrap_or(frame)]
            }
            (Self::Forger, Message::Commit(committal)) => {
                vec![encode(&Message::Commit(Committal {
                    certificate: forged(&committal.certificate),
                    ..committal
                }))]
            }
            (Self::Forger, Message::RoundChange { change, bodies }) => {
                let certificate = forged(&change.certificate);
                let change = Change {
                    certificate,
                    ..change
                };
                vec![encode(&Message::RoundChange { change, bodies })]
            }
            (
                Self::BadShares
                | Self::Withholder
                | Self::Equivocator
                | Self::Usurper
                | Self::TwoFaced
                | Self::Forger
                | Self::FalseWitness
                | Self::Server(_)
                | Self::Undecided
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
    Message::Prepare(Vote {
        signed: means.sign(me, Prepare { value, ..vote }),
        proposal: None,
    })
}

/// A ROUND-CHANGE of the same round that denies every vote.
fn denial(me: PeerIndex, change: RoundChange, means: &Means<'_>) -> Message {
    let denial = RoundChange {
        votes: Default::default(),
        prepared: None,
        ..change
    };
    let change = Change {
        signed: means.sign(me, denial),
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
    Some(Message::Propose(Proposal {
        signed: means.sign(me, statement),
        body: value.encode().into(),
        ..proposal
    }))
}

impl Means<'_> {
    fn sign<T: Statement>(&self, me: PeerIndex, statement: T) -> proto::Signed<T> {
        let identity = &self.cluster.identities[me.position()];
        identity.sign(me, statement).into_signed()
    }
}

/// A proposal in the first round that somebody else leads, of a value that can be read.
fn usurped(me: PeerIndex, vote: &Prepare, means: &Means<'_>) -> Option<Vec<u8>> {
    let size = means.cluster.lock.definition.terms().size();
    let leaders = consensus::leaders(size, &vote.scope.lock, vote.scope.duty);
    let round = if leaders[0] == me { 2 } else { 1 };
    let other = means.chain.other_value(vote.scope.duty, &vote.value);
    let value = means.chain.value(&other.unwrap_or(vote.value))?;
    let statement = Propose {
        scope: vote.scope,
        round: Round::new(round).expect("rounds 1 and 2 exist"),
        value: value.hash(),
    };
    Some(encode(&Message::Propose(Proposal {
        signed: means.sign(me, statement),
        body: value.encode().into(),
        justification: Vec::new(),
    })))
}

/// The same proposal with another value: another head, or the block in another layout.
fn other_proposal(me: PeerIndex, proposal: &Proposal, means: &Means<'_>) -> Option<Vec<u8>> {
    let said = &proposal.signed.statement;
    let other = match said.scope.duty.kind {
        DutyKind::Head
        | DutyKind::Aggregate
        | DutyKind::SyncMessage
        | DutyKind::Contribution(_) => {
            let other = means.chain.other_value(said.scope.duty, &said.value)?;
            means.chain.value(&other)?.clone()
        }
        DutyKind::Block => {
            let mut bytes = proposal.body.to_vec();
            *bytes.get_mut(1)? ^= 1;
            Value::decode(&bytes)?
        }
    };
    let statement = Propose {
        value: other.hash(),
        ..said.clone()
    };
    Some(encode(&Message::Propose(Proposal {
        signed: means.sign(me, statement),
        body: other.encode().into(),
        justification: proposal.justification.clone(),
    })))
}

/// As many signatures by the same peers, none of which they have made.
fn forged(certificate: &Signatures) -> Signatures {
    let signers = certificate.0.keys();
    Signatures(
        signers
            .map(|peer| (*peer, IdentitySignature([7; 64])))
            .collect(),
    )
}

/// The same selection proofs, of something else.
fn bad_selection(me: PeerIndex, mut shares: SelectionShares, means: &Means<'_>) -> Frame {
    let keys = &means.cluster.outcomes[me.position()].validators;
    for partial in &mut shares.partials {
        let share = &keys[partial.validator.index()].share;
        partial.signature = share.sign(&Hashed::hash([0xbb; 32].into())).to_bytes();
    }
    Frame::SelectionShares(shares)
}

/// The same commitment with signatures of something else.
fn bad_shares(me: PeerIndex, committal: Committal, means: &Means<'_>) -> Committal {
    let mut statement: Commit = committal.signed.statement.clone();
    let shares = &means.cluster.outcomes[me.position()].validators;
    for partial in &mut statement.partials {
        let share = &shares[partial.validator.index()].share;
        partial.signature = share.sign(&Hashed::hash([0xbb; 32].into())).to_bytes();
    }
    Committal {
        signed: means.sign(me, statement),
        ..committal
    }
}

fn encode(message: &Message) -> Vec<u8> {
    Frame::Vote(message.encode()).encode()
}
