//! Agree on one value per duty: QBFT with a leaderless first round.
//!
//! Knows peers, rounds and hashes. Never here: a clock, a socket, randomness, Ethereum.
//!
//! One [`Instance`] serves one duty of one cluster, for all its validators. It is driven from
//! outside: one [`Input`] in, ordered [`Output`]s out, one deadline.
//! n peers, t = ceil(2n/3), f = floor((n-1)/3), as in [`proto::ClusterSize`].
//!
//! # The protocol
//!
//! ```text
//! round 0 (leaderless)   all:    own value is ready: PREPARE(0, hash)
//! round r >= 1           leader: PROPOSE(r, value, justification)
//!                        all:    justified, and I would sign it: PREPARE(r, hash)
//! every round            all:    t PREPAREs: record, then COMMIT(hash, certificate, partials)
//!                        all:    t COMMITs: t partial signatures are the decision
//! end of a round         all:    ROUND-CHANGE(r + 1, own votes, the certificate that binds)
//! ```
//!
//! The quorum equals the signature threshold, so the group signature is the commit certificate:
//! deciding and signing are one step. An instance that opens [led](Opening::Led) has no round 0;
//! its round 1 needs no justification.
//!
//! * **PREPARE.** At most one in a round, ever. Round 0: the own value. Later: a justified PROPOSE
//!   that the driver finds acceptable ([`Output::Judge`]); the vote shows the leader's signature
//!   under it. A peer votes in no round below one that it has entered.
//! * **Lock.** The first PREPARE quorum that a peer sees, of whatever round and from whatever
//!   message, binds it, whatever else its signers have told this peer: it asks for a signature once
//!   ([`Output::Sign`]), and PREPAREs, proposes and commits to nothing else. (After a restart the
//!   record binds it: the driver declines to sign another value.) A bound peer stays in the round
//!   change; a conflicting PROPOSE it answers with its COMMIT.
//! * **COMMIT.** Once, when the record is durable. It carries the signatures of its quorum, so
//!   what one peer has seen all can prove one hop later.
//! * **ROUND-CHANGE.** Says what its sender PREPAREd in every earlier round, or that it did not,
//!   and which quorum binds it, if one does: the first that it has seen, of however low a round. A
//!   PREPARE(0) says the same about round 1 (there is nothing else before it), so it counts as the
//!   sender's answer there, and who has voted in round 0 sends no ROUND-CHANGE to round 1 unless it
//!   holds a quorum.
//! * **Votes rule.** Let R be t or more answers for round r. Its leader may propose (1) the value
//!   of the highest certificate in R; without one (2) from round r - 1 down, the first value that
//!   may have been prepared there: votes for it in R, plus n - |R|, are at least t; without one
//!   (3) any value. (1) and (2) are *forced*: at least 2t - n >= f + 1 peers voted for such a
//!   value, so a correct one vouches for it, and the driver is told to waive the soft checks.
//!   Under (3) the leader asks its own source of values again ([`Output::WantCandidate`]).
//! * **Moving on.** A round ends by the slot clock ([`Timing`]); round 0 also when no value can
//!   gather t votes any more; a round with a leader also when that leader is known to be down
//!   (unless more than n - t are: then nothing is gained) or to be blind (unless nobody sees): a
//!   peer whose source of values does not answer cannot choose one, but still votes. A peer joins a
//!   later round at once on a justified PROPOSE or a PREPARE quorum of it, or when f + 1 (at least
//!   two) others have announced it. It need not have sent a ROUND-CHANGE itself. After round 16 it
//!   only commits on certificates.
//! * **Restart.** Below its mark H a peer starts with [`Standing::Abstaining`]: no PREPARE,
//!   PROPOSE or ROUND-CHANGE, since it has forgotten its votes; it still locks and commits.
//! * **Values.** Votes name hashes. A PROPOSE carries the value, a ROUND-CHANGE those it names if
//!   the instance opened leaderless; what is still missing is pulled from a peer that voted for it.
//! * **Contradictions.** The first statement of each peer, kind and round is kept. A second,
//!   different one, or a ROUND-CHANGE that denies a vote, becomes [`Evidence`], also where the
//!   certificate beside it does not hold. What votes and COMMITs show convicts a leader that
//!   proposed two values to two peers. Of a third statement not even the signature is verified, so
//!   the work that a liar can cause is bounded.
//! * **Concealed votes.** Whoever knows of a vote that its signer does not tell of in R counts it
//!   too. If another value may then have been prepared, a leader waits a quarter of the round for
//!   one more answer, and proposes that value if (3) leaves the choice; others hold a proposal
//!   against it until the middle of the round, for whoever is bound to be heard.
//!
//! # Differences from the paper (arXiv 2002.03613)
//!
//! 1. Round 0 without a leader, and PREPARE(0) as an answer for round 1.
//! 2. The votes rule: the paper's ROUND-CHANGE carries only prepared certificates. There the
//!    second quorum of COMMITs decides; here a peer signs irrevocably at the first, so "nobody in
//!    R holds a certificate" is not enough: the one peer that does may be outside R.
//! 3. A certificate of any round locks, and COMMIT carries it. (The paper counts COMMITs only.)
//! 4. Deadlines follow the slot clock instead of local timers; leaders known to be down are
//!    skipped; a jump needs two others even where f = 0, so that one wrong clock cannot drag a
//!    cluster of 3.
//! 5. The quorum is t = ceil(2n/3), the signature threshold. For n = 3 to 13 it equals the paper's
//!    floor((n + f) / 2) + 1.
//!
//! # Why no two correct peers lock different values
//!
//! Slashing is excluded without any of this, by the record rule that the vault keeps. This is about
//! not losing the duty. Suppose that no peer signs contradictory statements and that n is not a
//! multiple of 3. Let q be the first round in which a value v is prepared: t peers PREPAREd v in q.
//!
//! * In round q nothing else is prepared: a peer votes once, and 2t > n.
//! * Claim: in every later round, votes are for v only; so every quorum of any round is for v. By
//!   induction, take a proposal for a round r with q < r, justified by the answers R.
//!   * Who has answered for r votes in no lower round any more, so the answers are final.
//!   * If R holds a certificate, its round is q or higher, since q is the first prepared round; so
//!     it is for v, and v is forced by (1).
//!   * Else (2) looks at the rounds between q and r first. All votes there are for v: it finds v or
//!     goes on down.
//!   * In round q at most n - |R| of the t voters for v are missing from R, so v has at least
//!     t - (n - |R|) votes in R and passes. If another value passed too, both together would need
//!     2 (t - n + |R|) <= |R|, hence t <= |R| <= 2 (n - t), hence 3t <= 2n. With t = ceil(2n/3)
//!     that means that n is a multiple of 3. So v alone is forced.
//! * A peer that restarted has answered truthfully before it crashed, or is missing from R. If it
//!   answered "none" after the restart instead, v could miss its votes: hence it abstains.
//!
//! A Byzantine peer can break this only by lying about a vote, which takes two signed statements
//! that contradict each other: [`Evidence`].
//!
//! **n = 3, 6, 9, 12.** Two values can pass (2), if exactly t answer and their votes are split
//! evenly. The leader then waits for one more answer, up to a quarter of the round; then it
//! proposes the smaller hash, the same for all leaders. Receivers hold such a proposal until the
//! middle of the round, and check it against every answer and certificate they have by then. So a
//! duty can be lost (never slashed) if a peer that was silent until then returns with a lock, or
//! if one withholds.
//!
//! # What a liar can still do
//!
//! Make two correct peers lock different values, by lying about a vote; so lose a duty, and never
//! get anybody slashed. n = 4: P and Q vote for a, R for b. The liar votes for a before P alone,
//! and for c before the others. P holds the quorum for a, signs, and is heard late. Q, R and the
//! liar are t answers, by which no value can have been prepared: b is proposed, Q votes for it too,
//! and if the liar then sends nothing, neither value gets t signatures.
//!
//! No rule for choosing prevents that where one quorum is enough to sign: to Q and R it looks as if
//! P were dead and the liar honest, and one dead peer must cost nothing. It takes correct votes
//! that are split just so, and a quorum that one peer alone has seen and proves to none of the
//! others before t of them vote again (half a round later, if one of these has found the liar out).
//! And it convicts the liar: one signature stands in the certificate that binds P, the other in the
//! justification of the proposal, and whoever sees both has [`Evidence`]. The tests run such liars
//! through random schedules (`tests::schedules::twins`).
//!
//! All else costs no more than the liar's own rounds as leader, and its own signature.
//!
//! # Why no duty is lost for long
//!
//! Suppose at most n - t peers are silent or abstain, correct peers have good clocks, and from
//! some moment messages arrive in time. Everybody is in the same round by the clock, at the latest
//! from the next deadline on; t correct peers announce it or have voted in round 0; its leader, if
//! correct, has t answers after one hop, the forced value's bytes after two more (each forced
//! value has a correct voter that knows them), and t peers vote and commit within the round, since
//! forced values are accepted without soft checks and no correct peer is bound to another value.
//! After at most n - t rounds with bad leaders comes a correct one; rounds grow up to four times
//! their length. If anybody is locked, one COMMIT that arrives locks the receiver, so t COMMITs
//! follow without any round. Where locks agree, every peer that returns can only complete what the
//! others began.

#![warn(missing_docs)]

mod ballots;
mod evidence;
mod follow;
mod instance;
mod justify;
mod lead;
mod leaders;
mod lock;
mod pending;
mod quota;
mod receive;
mod round;
mod rule;
#[cfg(test)]
mod tests;
mod timing;
mod values;
mod verify;

use std::fmt::Debug;
use std::sync::Arc;

use proto::vote::{Message, Partial, Scope, Signatures};
use proto::{Identity, PeerIndex, Root, Roster, Round};

pub use evidence::{Contradiction, Conviction, Evidence, Unfounded, exhibit};
pub use instance::Instance;
pub use leaders::leaders;
pub use rule::Rule;
pub use timing::Timing;

/// What peers agree on. Cloning must be cheap: wrap a large value in an [`Arc`].
pub trait Value: Clone + Eq + Debug {
    /// The hash that votes name. Two values of one hash are the same value.
    fn hash(&self) -> Root;

    /// The value's bytes, at most [`proto::vote::MAX_BODY`], and few where an instance opens
    /// [leaderless](Opening::Leaderless).
    fn encode(&self) -> Vec<u8>;

    /// Reads a value that a peer sent; none if the bytes are not one. Never panics. The caller
    /// compares the hash.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Everything an instance has to know before it starts.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The cluster and the duty. Nothing here depends on what kind of duty it is.
    pub scope: Scope,
    /// How the instance opens.
    pub opening: Opening,
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
}

/// How an instance opens: by what its values are, the same for all peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Every peer computes the value itself, most often the same one: round 0 comes first, without
    /// a leader. The values are small, and a ROUND-CHANGE carries those that it names.
    Leaderless,
    /// Only one peer can supply the value, which may be large: round 1 comes first, whose leader
    /// may choose. Who lacks a value pulls it.
    Led,
}

impl Opening {
    /// The first round.
    pub(crate) const fn first_round(self) -> Round {
        match self {
            Self::Leaderless => Round::ZERO,
            Self::Led => Round::FIRST,
        }
    }
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
#[allow(
    clippy::large_enum_variant,
    reason = "an input is handed over once, and nearly all are messages"
)]
pub enum Input<V> {
    /// Time has passed. Also the first input of every instance.
    Tick,
    /// This peer's own value, which its source of values and its vault would accept: its vote in
    /// round 0, or the answer to [`Output::WantCandidate`]. Any later one replaces the one before
    /// where nothing has been sent yet.
    Candidate(V),
    /// The answer to [`Output::Judge`]. "No" may be followed by "yes" while the round lasts (the
    /// source of values has caught up meanwhile).
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
    /// From now on as [`Standing::Abstaining`]: the record failed, or cannot be relied on, while
    /// the instance was under way.
    Abstain,
    /// This peer is disconnected, or silent as a leader (its mark H is not below the slot): its
    /// rounds are skipped at once.
    Down(PeerIndex),
    /// This peer is connected again. (Send it [`Instance::sent`] too.)
    Up(PeerIndex),
    /// This peer, or this one itself, has no source of values to choose from, or has one again:
    /// the rounds that a blind peer leads are skipped at once, its votes count as ever.
    Blind {
        /// The peer.
        peer: PeerIndex,
        /// Whether it is blind now.
        is_blind: bool,
    },
}

/// What an instance asks of its driver, to be performed in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<V> {
    /// Send to every other connected peer.
    Broadcast(Message),
    /// Send to this peer.
    Send(PeerIndex, Message),
    /// This peer leads `round` and may choose: ask the own source for its newest value and answer
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
        /// on: then it need not agree with what the own source of values sees. What would be
        /// slashable or plainly wrong is refused as ever.
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
