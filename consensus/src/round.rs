//! When to move on: deadlines of the slot clock, leaders that are down, round 0 without a possible
//! quorum, and peers that are ahead. Rounds only grow, and no earlier one is voted in again.

use std::collections::BTreeMap;

use proto::vote::{Body, Message, RoundChange, Signatures};
use proto::{PeerSet, Root, Round, Timestamp};

use crate::ballots::Changed;
use crate::instance::{Course, Instance, Lead};
use crate::{Opening, Output, Standing, Value};

impl<V: Value> Instance<V> {
    /// Enters a later round if there is a reason to, or gives up after the last.
    pub(crate) fn change_round(&mut self) -> bool {
        if self.course != Course::Running {
            return false;
        }
        if let Some(round) = self.round_others_are_in() {
            self.enter(round);
            return true;
        }
        if self.now >= self.end_of_round() {
            self.enter_by_clock();
            return true;
        }
        let hopeless = self.round_zero_is_hopeless() || self.leader_is_down();
        match self.round.next().filter(|_| hopeless) {
            Some(next) => {
                self.enter(next);
                true
            }
            None => false,
        }
    }

    /// When something happens in this round by itself.
    pub(crate) fn round_deadline(&self) -> Option<Timestamp> {
        let timing = &self.setup.timing;
        let may_wait = self.leads() && self.lead != Lead::Proposed;
        let waits = may_wait.then(|| timing.leader_waits_until(self.round));
        let held = self.pending.as_ref().filter(|pending| pending.is_held());
        let held = held.map(|_| timing.held_until(self.round));
        let times = [Some(self.end_of_round()), waits, held];
        times
            .into_iter()
            .flatten()
            .filter(|time| *time > self.now)
            .min()
    }

    fn end_of_round(&self) -> Timestamp {
        let timing = &self.setup.timing;
        if self.round == Round::ZERO {
            timing.end_of_round_zero(self.voted_at)
        } else {
            timing.end(self.round)
        }
    }

    /// The highest later round that f + 1 others have announced, so that a correct peer is among
    /// them. Two at least: for n = 3 one peer with a wrong clock must not drag the others along.
    fn round_others_are_in(&self) -> Option<Round> {
        let mut announced = self.ballots.announced();
        announced.remove(&self.setup.me);
        let mut rounds: Vec<Round> = announced.into_values().collect();
        rounds.sort_by(|a, b| b.cmp(a));
        let enough = (self.size().faulty() + 1).max(2);
        rounds
            .get(enough - 1)
            .copied()
            .filter(|round| *round > self.round)
    }

    /// Enters the first later round that the slot clock has not ended yet.
    fn enter_by_clock(&mut self) {
        let later = std::iter::successors(self.round.next(), |round| round.next());
        let mut open = later.skip_while(|round| self.now >= self.setup.timing.end(*round));
        match open.next() {
            Some(round) => self.enter(round),
            None => {
                self.course = Course::Exhausted;
                self.outputs.push(Output::Exhausted);
            }
        }
    }

    /// Whether no value can gather t votes of round 0 any more: peers that have voted, have left
    /// the round or are down add nothing.
    fn round_zero_is_hopeless(&self) -> bool {
        if self.round != Round::ZERO {
            return false;
        }
        let done = self.ballots.done_with_round_zero();
        let mut done: PeerSet = done.iter().chain(self.missing().iter()).collect();
        if self.setup.standing == Standing::Abstaining {
            done.insert(self.setup.me);
        }
        let count = self.ballots.count(Round::ZERO);
        let most = count.into_values().max().unwrap_or(0);
        most + self.size().peers() - done.len() < self.size().threshold()
    }

    /// Whether this round has a leader that will not propose.
    fn leader_is_down(&self) -> bool {
        let leader = self.leader(self.round);
        self.round >= Round::FIRST
            && self.pending.is_none()
            && (self.missing().contains(leader) || self.skipped_as_blind().contains(leader))
    }

    /// The peers, this one included, that cannot choose a value, if anybody is left who can.
    fn skipped_as_blind(&self) -> PeerSet {
        let cannot: PeerSet = self.blind.iter().chain(self.missing().iter()).collect();
        if cannot.len() < self.size().peers() {
            self.blind
        } else {
            PeerSet::EMPTY
        }
    }

    /// The other peers that are down, if there are enough without them to go on. Otherwise hurrying
    /// leads nowhere: peers wait for each other by the clock.
    fn missing(&self) -> PeerSet {
        let mut missing = self.down;
        missing.remove(self.setup.me);
        if missing.len() <= self.size().silent() {
            missing
        } else {
            PeerSet::EMPTY
        }
    }

    /// Enters a round to which the others brought proof of their own: no announcement is needed.
    pub(crate) fn enter_silently(&mut self, round: Round) {
        assert!(round > self.round, "rounds only grow");
        self.round = round;
        self.pending = None;
        self.lead = Lead::Idle;
    }

    /// Enters a round and says so, unless the vote of round 0 says the same.
    fn enter(&mut self, round: Round) {
        self.enter_silently(round);
        let voted_zero = self.sent.prepares.contains_key(&Round::ZERO);
        let is_said = round == Round::FIRST && voted_zero && self.certificate.is_none();
        if self.setup.standing == Standing::Voting && !is_said {
            self.announce(round);
        }
    }

    fn announce(&mut self, round: Round) {
        let votes: BTreeMap<Round, Root> = self
            .sent
            .prepares
            .range(..round)
            .map(|(round, vote)| (*round, vote.signed.statement.value))
            .collect();
        let certificate = self.certificate.as_ref();
        let bodies = self.bodies(votes.values().copied());
        let change = self.sign(RoundChange {
            scope: self.setup.scope,
            round,
            votes,
            prepared: certificate.map(|certificate| certificate.prepared),
        });
        let signatures = certificate.map_or_else(Signatures::default, |c| c.signatures.clone());
        let changed = Changed::new(change, signatures);
        let change = changed.to_change();
        self.ballots.add_change(changed);
        let message = Message::RoundChange { change, bodies };
        self.sent.change = Some(message.clone());
        self.outputs.push(Output::Broadcast(message));
    }

    /// The bytes of small values that go with a ROUND-CHANGE; large ones are pulled.
    fn bodies(&self, votes: impl Iterator<Item = Root>) -> Vec<Body> {
        match self.setup.opening {
            Opening::Led => Vec::new(),
            Opening::Leaderless => votes
                .chain(self.certificate.iter().map(|c| c.prepared.value))
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .filter_map(|value| self.values.known(&value))
                .map(|value| value.encode().into())
                .collect(),
        }
    }
}
