//! One duty's state machine: its state, and what it does with one input. The rules themselves stand
//! in `receive` (what counts), `round` (when to move on), `lead` (what to propose), `follow` (what
//! to vote for) and `lock` (when to sign).
//!
//! An input first changes what is known; then every rule is tried, again and again, until none has
//! anything more to do. So no rule depends on the order in which things were learnt.

use std::collections::{BTreeMap, BTreeSet};

use proto::vote::{Commit, Message, Partial, Prepare, Vote};
use proto::{ClusterSize, PeerIndex, PeerSet, Root, Round, Statement, Timestamp, Verified};

use crate::ballots::{Ballots, Certificate};
use crate::justify::{self, ChoiceRule};
use crate::pending::PendingProposal;
use crate::quota::StatementQuota;
use crate::values::{Values, Vouchers};
use crate::verify::Verifier;
use crate::{Input, Output, Setup, Standing, Value, leaders};

/// Agreement on the value of one duty, as seen by one peer.
///
/// Drive it like a [`proto::Machine`]: [`Input::Tick`] at once and at every [`Instance::deadline`],
/// outputs performed in their order. Make an instance that opens led when its time starts: its
/// first leader asks for a value at the first tick. Make one that opens leaderless as early as a
/// message about it arrives.
#[derive(Debug)]
pub struct Instance<V> {
    pub(crate) setup: Setup,
    pub(crate) leaders: Vec<PeerIndex>,
    pub(crate) choose: ChoiceRule,
    pub(crate) ballots: Ballots,
    /// How much more of each peer's words is checked.
    pub(crate) quota: StatementQuota,
    /// Signatures of others that were verified.
    verified: u64,
    pub(crate) values: Values<V>,
    /// Peers that are disconnected or silent as leaders.
    pub(crate) down: PeerSet,
    /// Peers whose sources give no value. This one may be among them.
    pub(crate) blind: PeerSet,
    pub(crate) course: Course,
    pub(crate) round: Round,
    /// The proposal of the current round.
    pub(crate) pending: Option<PendingProposal>,
    /// How far this peer is in leading the current round.
    pub(crate) lead: Lead,
    pub(crate) lock: Lock,
    /// The first quorum this peer has seen: it votes for nothing else from then on.
    pub(crate) certificate: Option<Certificate>,
    pub(crate) voted_at: Option<Timestamp>,
    pub(crate) sent: Sent,
    /// Peers whose commitments have been passed on.
    pub(crate) delivered: PeerSet,
    /// Peers against whom evidence has been put out.
    pub(crate) accused: PeerSet,
    /// The moment of the current input.
    pub(crate) now: Timestamp,
    pub(crate) outputs: Vec<Output<V>>,
}

/// Whether there are more rounds to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Running,
    Decided,
    Exhausted,
}

/// How far a peer is in leading a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    Idle,
    /// The choice is free and the own source of values has been asked.
    Asked,
    /// The source's answer.
    Chosen(Root),
    Proposed,
}

/// What the vault has been asked and has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    Open,
    Signing,
    Recorded,
    Declined,
}

/// What this peer has sent to all, to be repeated to a peer that comes back.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub prepares: BTreeMap<Round, Vote>,
    pub change: Option<Message>,
    pub proposal: Option<Message>,
    pub commit: Option<Message>,
}

impl<V: Value> Instance<V> {
    /// An instance in its first round. Hand it [`Input::Tick`] at once.
    pub fn new(setup: Setup) -> Self {
        Self::with_rule(setup, justify::choose)
    }

    /// An instance under another rule of choice: the negative controls of the tests need one.
    pub(crate) fn with_rule(setup: Setup, choose: ChoiceRule) -> Self {
        Self {
            leaders: leaders(setup.roster.size(), &setup.scope.lock, setup.scope.duty),
            choose,
            ballots: Ballots::default(),
            quota: StatementQuota::default(),
            verified: 0,
            values: Values::new(),
            down: PeerSet::EMPTY,
            blind: PeerSet::EMPTY,
            course: Course::Running,
            round: setup.opening.first_round(),
            pending: None,
            lead: Lead::Idle,
            lock: Lock::Open,
            certificate: None,
            voted_at: None,
            sent: Sent::default(),
            delivered: PeerSet::EMPTY,
            accused: PeerSet::EMPTY,
            now: Timestamp::from_micros(0),
            outputs: Vec::new(),
            setup,
        }
    }

    /// Takes one input at the moment `now` and answers with what is to be done, in order.
    ///
    /// # Panics
    /// If [`Input::Recorded`] or [`Input::Declined`] answers nothing: the driver is wrong about
    /// what has been signed.
    pub fn handle(&mut self, now: Timestamp, input: Input<V>) -> Vec<Output<V>> {
        self.now = now;
        match input {
            Input::Tick => {}
            Input::Candidate(value) => self.candidate(value),
            Input::Judged {
                round,
                value,
                acceptable,
            } => self.judged(round, value, acceptable),
            Input::Message { from, message } => {
                if let Err(rule) = self.receive(from, message) {
                    self.outputs.push(Output::Fault { peer: from, rule });
                }
            }
            Input::Recorded { sequence, partials } => self.recorded(sequence, partials),
            Input::Declined => self.declined(),
            Input::Abstain => self.setup.standing = Standing::Abstaining,
            Input::Down(peer) => {
                self.down.insert(peer);
            }
            Input::Up(peer) => {
                self.down.remove(peer);
            }
            Input::Blind { peer, is_blind } => {
                if is_blind {
                    self.blind.insert(peer);
                } else {
                    self.blind.remove(peer);
                }
            }
        }
        while self.step() {}
        std::mem::take(&mut self.outputs)
    }

    /// Tries every rule in turn; true if one had something to do.
    fn step(&mut self) -> bool {
        self.see_quorum()
            || self.ask_vault()
            || self.pass_on_commits()
            || self.decide()
            || self.report_evidence()
            || self.change_round()
            || self.lead()
            || self.follow()
    }

    /// When the instance wants [`Input::Tick`] at the latest, if ever.
    pub fn deadline(&self) -> Option<Timestamp> {
        let round = match self.course {
            Course::Running => self.round_deadline(),
            Course::Decided | Course::Exhausted => None,
        };
        let pull = self.values.retry_at(self.now);
        round.into_iter().chain(pull).min()
    }

    /// What this peer has sent to all and a peer that comes back may have missed: its commitment,
    /// which proves all that came before it, or its votes.
    pub fn sent(&self) -> Vec<Message> {
        let Sent {
            prepares,
            change,
            proposal,
            commit,
        } = &self.sent;
        if let Some(commit) = commit {
            return vec![commit.clone()];
        }
        let prepares = prepares.values().cloned().map(Message::Prepare);
        let rest = [change, proposal].into_iter().flatten().cloned();
        prepares.chain(rest).collect()
    }

    /// The round this peer is in.
    pub fn round(&self) -> Round {
        self.round
    }

    /// The value with this hash, if this peer knows it.
    pub fn value(&self, hash: &Root) -> Option<&V> {
        self.values.known(hash)
    }

    /// Who was the first to propose the value with this hash, by what has come here. Whoever leads
    /// an earlier round and signs a proposal of it later is not taken for its maker.
    pub fn proposer(&self, hash: &Root) -> Option<PeerIndex> {
        self.ballots.proposer(hash)
    }

    /// Whether f + 1 others have proposed this value or voted for it, in any round, or a quorum
    /// has: the first correct one among them has judged it by its own source of values, as with a
    /// forced value.
    pub fn is_vouched_for(&self, value: &Root) -> bool {
        let certified = self.certificate.as_ref().map(|c| c.prepared.value);
        let mut others = self.ballots.vouchers(value);
        others.remove(self.setup.me);
        certified == Some(*value) || others.len() > self.size().faulty()
    }

    /// The values that peers have committed to, and proven: theirs and this one's.
    pub fn committed(&self) -> BTreeSet<Root> {
        let commits = self.ballots.commits();
        commits.map(|commit| commit.statement.value).collect()
    }

    /// Who has voted here, in any round.
    pub fn voters(&self) -> PeerSet {
        let has_voted = |peer: &PeerIndex| self.ballots.prepares_of(*peer).next().is_some();
        self.size().all().filter(has_voted).collect()
    }

    /// How many signatures this peer has verified for this duty: the work that others caused.
    pub fn verified(&self) -> u64 {
        self.verified
    }

    /// The leader of `round`, which is at least 1.
    pub fn leader(&self, round: Round) -> PeerIndex {
        let turn = usize::from(round.number()).saturating_sub(1);
        self.leaders[turn % self.leaders.len()]
    }

    pub(crate) fn size(&self) -> ClusterSize {
        self.setup.roster.size()
    }

    /// Whether this peer may PREPARE and PROPOSE now: not while its vault is being asked, since a
    /// vote that no signature follows would bind others in vain.
    pub(crate) fn votes(&self) -> bool {
        let can_sign = match self.lock {
            Lock::Open | Lock::Recorded => true,
            Lock::Signing | Lock::Declined => false,
        };
        self.setup.standing == Standing::Voting && can_sign && self.course == Course::Running
    }

    /// Whether a quorum binds this peer to another value than this.
    pub(crate) fn is_bound_against(&self, value: &Root) -> bool {
        let certified = self.certificate.as_ref().map(|c| c.prepared.value);
        certified.is_some_and(|bound| bound != *value)
    }

    pub(crate) fn sign<T: Statement>(&self, statement: T) -> Verified<T> {
        self.setup.identity.sign(self.setup.me, statement)
    }

    pub(crate) fn verifier(&mut self) -> Verifier<'_> {
        Verifier {
            scope: self.setup.scope,
            opening: self.setup.opening,
            roster: &self.setup.roster,
            ballots: &mut self.ballots,
            verified: &mut self.verified,
        }
    }

    /// Asks a peer for the value with this hash, unless one has just been asked.
    pub(crate) fn pull(&mut self, value: Root) {
        let mut knowing = self.ballots.vouchers(&value);
        knowing.remove(self.setup.me);
        let vouchers = Vouchers {
            knowing,
            down: self.down,
            patience: self.setup.timing.pull,
        };
        if let Some(peer) = self.values.want(self.now, value, vouchers) {
            let scope = self.setup.scope;
            self.outputs
                .push(Output::Send(peer, Message::Pull { scope, value }));
        }
    }

    /// Votes for `value`, the first and only time in this round.
    pub(crate) fn vote(&mut self, value: Root) {
        let round = self.round;
        let vote = self.sign(Prepare {
            scope: self.setup.scope,
            round,
            value,
        });
        self.ballots.add_prepare(vote.clone());
        let vote = Vote {
            signed: vote.into_signed(),
            proposal: self.ballots.proposal_of(round, &value),
        };
        let before = self.sent.prepares.insert(round, vote.clone());
        assert!(before.is_none(), "one PREPARE in one round, ever");
        self.outputs.push(Output::Broadcast(Message::Prepare(vote)));
    }

    fn candidate(&mut self, value: V) {
        let hash = self.values.keep(value);
        let undecided = self.certificate.is_none() && self.sent.prepares.is_empty();
        if self.round == Round::ZERO && undecided && self.votes() && !self.is_bound_against(&hash) {
            self.voted_at = Some(self.now);
            self.vote(hash);
        }
        if self.lead == Lead::Asked {
            self.lead = Lead::Chosen(hash);
        }
    }

    fn recorded(&mut self, sequence: u64, partials: Vec<Partial>) {
        assert_eq!(self.lock, Lock::Signing, "Recorded answers Sign");
        self.lock = Lock::Recorded;
        let certificate = self.certificate.clone().expect("Sign had a certificate");
        let commit = self.sign(Commit {
            scope: self.setup.scope,
            round: certificate.prepared.round,
            value: certificate.prepared.value,
            sequence,
            partials,
        });
        self.commit(commit, certificate.signatures);
    }

    fn declined(&mut self) {
        assert_eq!(self.lock, Lock::Signing, "Declined answers Sign");
        self.lock = Lock::Declined;
    }
}
