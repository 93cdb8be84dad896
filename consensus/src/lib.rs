//! Agree on one value per duty: QBFT with a leaderless first round.

mod ballots;
mod evidence;
mod follow;
mod instance;
mod justify;
mod lead;
mod leaders;
mod lock;
mod receive;
mod round;
#[cfg(test)]
mod schedules;
mod timing;
mod values;
mod verify;

use std::fmt::Debug;
use std::sync::Arc;

use proto::vote::{Message, Partial, Scope, Signatures};
use proto::{Identity, PeerIndex, Root, Roster, Round};

pub use evidence::Evidence;
pub use instance::Instance;
pub use leaders::leaders;
pub use timing::Timing;

/// What peers agree on. Cloning must be cheap: wrap a large value in an [`Arc`].
pub trait Value: Clone + Eq + Debug {
    /// The hash that votes name: `hash_tree_root`. Two values of one hash are the same value.
    fn hash(&self) -> Root;

    /// The value's bytes: at most 256 for a head vote, [`proto::vote::MAX_BODY`] for a block.
    fn encode(&self) -> Vec<u8>;

    /// Reads a value that a peer sent; none if the bytes are not one. Never panics. The caller
    /// compares the hash.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Everything an instance has to know before it starts.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The cluster and the duty. The duty's kind decides the first round: 0 for a head vote, 1 for
    /// a block.
    pub scope: Scope,
    /// The identity keys of all peers, and the quorums of their number.
    pub roster: Arc<Roster>,
    /// This peer.
    pub me: PeerIndex,
    /// This peer's identity key, with which the instance signs its votes.
    pub identity: Identity,
    /// When rounds end.
    pub timing: Timing,
    /// Whether this peer may vote.
    pub standing: Standing,
    /// The hash of the value that the record already holds for this duty, after a restart.
    pub recorded: Option<Root>,
}

/// Whether a peer may vote in an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes part in everything.
    Voting,
    /// It has lost the memory of what it voted (restarted at or below its mark H), or its record
    /// is poisoned: it sends no PREPARE, PROPOSE or ROUND-CHANGE. It still commits on a
    /// certificate, unless its vault declines.
    Abstaining,
}

/// What can happen to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<V> {
    /// Time has passed. Also the first input of every instance.
    Tick,
    /// This peer's own value, which its beacon node and its vault would accept: its vote in round
    /// 0, or the answer to [`Output::WantCandidate`]. Any later one replaces the one before where
    /// nothing has been sent yet.
    Candidate(V),
    /// The answer to [`Output::Judge`]. "No" may be followed by "yes" while the round lasts (the
    /// beacon node has seen the head meanwhile).
    Judged {
        /// The round of the question.
        round: Round,
        /// The hash of the judged value.
        value: Root,
        /// Whether this peer would sign the value.
        acceptable: bool,
    },
    /// A message arrived on the authenticated session with this peer.
    Message {
        /// The peer at the other end.
        from: PeerIndex,
        /// The message, decoded with `from` as sender.
        message: Message,
    },
    /// The answer to [`Output::Sign`]: the record holds the value durably.
    Recorded {
        /// The sequence number of the record.
        sequence: u64,
        /// This peer's partial signatures, opened.
        partials: Vec<Partial>,
    },
    /// The other answer to [`Output::Sign`]: the vault signs for no validator, or the record
    /// failed. This peer votes no more in this instance.
    Declined,
    /// This peer is disconnected, or silent as a leader (its mark H is not below the slot): its
    /// rounds are skipped at once.
    Down(PeerIndex),
    /// This peer is connected again. (Send it [`Instance::sent`] too.)
    Up(PeerIndex),
}

/// What an instance asks of its driver, to be performed in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<V> {
    /// Send to every other connected peer.
    Broadcast(Message),
    /// Send to this peer.
    Send(PeerIndex, Message),
    /// This peer leads `round` and may choose: ask the beacon node for its newest value and answer
    /// with [`Input::Candidate`].
    WantCandidate {
        /// The round.
        round: Round,
    },
    /// Would this peer sign `value`? Answer with [`Input::Judged`], now or until the round ends.
    Judge {
        /// The round of the proposal.
        round: Round,
        /// The proposed value.
        value: V,
        /// Whether at least f + 1 peers have voted for it already and nothing else can be agreed
        /// on: then the head and target root need not be those of the own beacon node. Slot,
        /// source, epochs, slashability and fee recipient are checked as ever.
        forced: bool,
    },
    /// A quorum PREPAREd `value`: make the hard checks (those of a forced value), have the vault
    /// record and sign it, and answer with [`Input::Recorded`] or [`Input::Declined`]. Comes at
    /// most once.
    Sign {
        /// The round of the quorum.
        round: Round,
        /// The value.
        value: V,
        /// The quorum's signatures.
        certificate: Signatures,
    },
    /// Another peer committed to `value` (proven by a quorum) and sent partial signatures, which
    /// are not verified. At most once for each peer and value.
    Committed {
        /// The peer.
        peer: PeerIndex,
        /// The value it signed.
        value: V,
        /// The sequence number of its record.
        sequence: u64,
        /// Its partial signatures.
        partials: Vec<Partial>,
    },
    /// t peers (this one included) have committed to `value`: no more rounds are needed. At most
    /// once.
    Decided {
        /// The value.
        value: V,
    },
    /// The last round is over without a decision. The instance still commits on a certificate and
    /// passes on what others commit. At most once.
    Exhausted,
    /// This peer has sent what no correct peer sends.
    Fault {
        /// The culprit.
        peer: PeerIndex,
        /// The rule it broke.
        rule: Rule,
    },
    /// Two contradictory signed statements. At most once for each culprit.
    Evidence(Box<Evidence>),
}

/// A rule that a peer's message breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Rule {
    /// The message is about another cluster or duty.
    #[error("the message is about another duty")]
    OtherDuty,
    /// The message's statement is signed by another peer than the one that sent it.
    #[error("the sender passes on what another peer signed")]
    OtherSigner,
    /// An identity signature is wrong.
    #[error("an identity signature is wrong")]
    BadSignature,
    /// The round does not exist for this kind of duty.
    #[error("the round does not exist for this kind of duty")]
    NoSuchRound,
    /// A PROPOSE by a peer that does not lead the round.
    #[error("the proposer does not lead this round")]
    NotLeader,
    /// The bytes sent are not a value, or not one with a hash that was signed.
    #[error("the bytes are not the value that was signed")]
    BadBody,
    /// A certificate is not a PREPARE quorum for the round and value it is to prove, or its round
    /// is not below the round it is to justify.
    #[error("the certificate does not prove its claim")]
    BadCertificate,
    /// A PROPOSE that the votes rule does not allow.
    #[error("the proposal is not justified by the votes of a quorum")]
    Unjustified,
    /// More PULLs than a correct peer needs.
    #[error("the value was pulled too often")]
    TooManyPulls,
}
