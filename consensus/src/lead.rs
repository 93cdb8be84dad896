//! What a leader proposes: what the votes rule forces, or its own source's newest value where the
//! rule leaves the choice free. It never falls back to its own value when another is forced, or
//! may be: by votes of which it knows, and their signer tells nothing now.

use std::collections::BTreeSet;

use proto::vote::{Answer, Message, Proposal, Propose};
use proto::{Root, Round};

use crate::ballots::stands;
use crate::instance::{Instance, Lead};
use crate::justify::Choice;
use crate::pending::PendingProposal;
use crate::{Opening, Output, Value};

impl<V: Value> Instance<V> {
    /// Does what the leader of this round can do now.
    pub(crate) fn lead(&mut self) -> bool {
        if !self.leads() || self.lead == Lead::Proposed || self.pending.is_some() || !self.votes() {
            return false;
        }
        let answers = self.justification();
        let choice = self.choice(&answers);
        let doubts = self.doubts(self.round, &answers);
        let waited = self.now >= self.setup.timing.leader_waits_until(self.round);
        let value = match &choice {
            Choice::Wait => return false,
            // One more answer may tell what a liar conceals.
            Choice::Free | Choice::Forced(_) if !waited && choice.is_doubted(&doubts) => {
                return false;
            }
            Choice::Free => match (doubts.first(), self.lead) {
                (Some(possible), _) => *possible,
                (None, Lead::Idle) => return self.ask_source(),
                (None, Lead::Asked | Lead::Proposed) => return false,
                (None, Lead::Chosen(value)) => value,
            },
            Choice::Forced(value) => *value,
            Choice::Either(values) => {
                // All leaders break the tie alike, so that later rounds do not change sides.
                match values.first().filter(|_| waited) {
                    Some(value) => *value,
                    None => return false,
                }
            }
        };
        if self.is_bound_against(&value) {
            return false;
        }
        let Some(known) = self.values.known(&value).cloned() else {
            self.pull(value);
            return false;
        };
        self.propose(&known, answers, &choice);
        true
    }

    /// Whether this peer leads the current round.
    pub(crate) fn leads(&self) -> bool {
        self.round >= Round::FIRST && self.leader(self.round) == self.setup.me
    }

    /// The answers for this round; none are needed where an instance opens led.
    fn justification(&self) -> Vec<Answer> {
        if self.starts_free(self.round) {
            Vec::new()
        } else {
            self.ballots.answers(self.round)
        }
    }

    /// What `answers` allow to propose in this round.
    fn choice(&self, answers: &[Answer]) -> Choice {
        if self.starts_free(self.round) {
            Choice::Free
        } else {
            (self.choose)(self.size(), &stands(answers))
        }
    }

    /// Whether `round` is the first of an instance whose values come from its leaders.
    pub(crate) fn starts_free(&self, round: Round) -> bool {
        match self.setup.opening {
            Opening::Leaderless => false,
            Opening::Led => round == Round::FIRST,
        }
    }

    fn ask_source(&mut self) -> bool {
        self.lead = Lead::Asked;
        self.outputs
            .push(Output::WantCandidate { round: self.round });
        true
    }

    fn propose(&mut self, value: &V, justification: Vec<Answer>, choice: &Choice) {
        let propose = self.sign(Propose {
            scope: self.setup.scope,
            round: self.round,
            value: value.hash(),
        });
        let is_own = *choice == Choice::Free && self.lead == Lead::Chosen(value.hash());
        self.ballots.add_arrived(propose.clone());
        let message = Message::Propose(Proposal {
            signed: propose.into_signed(),
            body: value.encode().into(),
            justification,
        });
        self.lead = Lead::Proposed;
        let pending = PendingProposal::new(value.hash(), choice);
        self.pending = Some(if is_own { pending.own() } else { pending });
        self.sent.proposal = Some(message.clone());
        self.outputs.push(Output::Broadcast(message));
    }

    /// The values that may have been prepared before `round` if peers that are known to contradict
    /// themselves have told others the truth. None while nobody lies; each has a correct voter.
    pub(crate) fn doubts(&self, round: Round, answers: &[Answer]) -> BTreeSet<Root> {
        // Who conceals a vote contradicts itself, and has been found out.
        if self.ballots.evidence().is_empty() {
            return BTreeSet::new();
        }
        let stands = stands(answers);
        let concealed = self.ballots.concealed(round, &stands);
        let values: BTreeSet<Root> = concealed
            .iter()
            .map(|(_, prepared)| prepared.value)
            .collect();
        let is_possible = |value: &Root| {
            let mut told = stands.clone();
            for (peer, prepared) in &concealed {
                let stand = told.get_mut(peer).filter(|_| prepared.value == *value);
                stand.map(|stand| stand.votes.insert(prepared.round, *value));
            }
            match (self.choose)(self.size(), &told) {
                Choice::Forced(only) => only == *value,
                Choice::Either(values) => values.contains(value),
                Choice::Free | Choice::Wait => false,
            }
        };
        values.into_iter().filter(is_possible).collect()
    }

    /// Whether `value` is still allowed by everything this peer has learnt about this round.
    pub(crate) fn is_still_allowed(&self, value: &Root) -> bool {
        let choice = self.choice(&self.justification());
        choice == Choice::Wait || choice.allows(value)
    }
}
