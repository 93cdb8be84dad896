//! What counts: every message is checked for its duty, its signer, its signatures and its proofs
//! before anything of it is kept.

use std::collections::BTreeSet;

use proto::vote::{Body, Change, Committal, Message, Prepared, Proposal, Propose, Vote};
use proto::{IdentitySignature, PeerIndex, Root, Round, Signed};

use crate::ballots::stands;
use crate::instance::{Course, Instance};
use crate::justify::Choice;
use crate::pending::PendingProposal;
use crate::quota::StatementKind;
use crate::{Opening, Output, Rule, Value};

impl<V: Value> Instance<V> {
    /// Takes in a message, or says which rule its sender broke.
    pub(crate) fn receive(&mut self, from: PeerIndex, message: Message) -> Result<(), Rule> {
        if message.scope() != self.setup.scope {
            return Err(Rule::OtherDuty);
        }
        if message.signer().is_some_and(|signer| signer != from) {
            return Err(Rule::OtherSigner);
        }
        match message {
            Message::Propose(proposal) => self.receive_proposal(from, proposal),
            Message::Prepare(vote) => self.receive_prepare(from, vote),
            Message::Commit(committal) => self.receive_commit(from, committal),
            Message::RoundChange { change, bodies } => self.receive_change(from, &change, &bodies),
            Message::Pull { value, .. } => self.serve(from, &value),
            Message::Value { body, .. } => self.receive_value(from, &body),
        }
    }

    /// Goes on only with what may still be checked of this peer. For statements that are not known.
    fn hear(&mut self, from: PeerIndex, kind: StatementKind, round: Round) -> Result<(), Rule> {
        if self.quota.admits(from, kind, round) {
            Ok(())
        } else {
            Err(Rule::TooManyStatements)
        }
    }

    fn receive_prepare(&mut self, from: PeerIndex, vote: Vote) -> Result<(), Rule> {
        let Vote { signed, proposal } = vote;
        let (round, value) = (signed.statement.round, signed.statement.value);
        if !self.ballots.has_prepare(&signed) {
            self.hear(from, StatementKind::Prepare, round)?;
            self.verifier().prepare(signed)?;
        }
        self.see_shown(from, Prepared { round, value }, proposal)
    }

    /// Learns of the proposal that a vote or commitment is for. Looked at only where it is news: a
    /// leader that shows two peers two values is convicted as soon as one of them votes.
    fn see_shown(
        &mut self,
        from: PeerIndex,
        what: Prepared,
        shown: Option<IdentitySignature>,
    ) -> Result<(), Rule> {
        let Prepared { round, value } = what;
        let Some(signature) = shown.filter(|_| round >= Round::FIRST) else {
            return Ok(());
        };
        let leader = self.leader(round);
        if self.ballots.proposal_of(round, &value).is_some()
            || self.ballots.evidence().contains_key(&leader)
        {
            return Ok(());
        }
        self.hear(from, StatementKind::Shown, round)?;
        let statement = Propose {
            scope: self.setup.scope,
            round,
            value,
        };
        let propose = self.verifier().propose(Signed {
            statement,
            signer: leader,
            signature,
        })?;
        self.ballots.add_propose(propose);
        Ok(())
    }

    fn receive_commit(&mut self, from: PeerIndex, committal: Committal) -> Result<(), Rule> {
        let Committal {
            signed,
            certificate,
            proposal,
        } = committal;
        let known = self.ballots.commit(signed.signer);
        // A restarted peer commits again, to the same value.
        if known.is_some_and(|known| known.statement.value == signed.statement.value) {
            return Ok(());
        }
        self.hear(from, StatementKind::Commit, Round::ZERO)?;
        let mut verifier = self.verifier();
        let commit = verifier.signed(signed)?;
        let prepared = Prepared {
            round: commit.statement.round,
            value: commit.statement.value,
        };
        let proof = verifier.certificate(prepared, &certificate);
        // What was signed was said, whether or not the proof beside it holds.
        match proof {
            Ok(()) => self.ballots.add_commit(commit),
            Err(_) => self.ballots.add_unproven_commit(commit),
        }
        proof?;
        self.see_shown(from, prepared, proposal.map(|signature| *signature))
    }

    fn receive_change(
        &mut self,
        from: PeerIndex,
        change: &Change,
        bodies: &[Body],
    ) -> Result<(), Rule> {
        let statement = &change.signed.statement;
        if !self.ballots.has_change(&change.signed) {
            self.hear(from, StatementKind::RoundChange, statement.round)?;
            self.verifier().change(change)?;
        }
        let named: BTreeSet<Root> = statement
            .votes
            .values()
            .copied()
            .chain(statement.prepared.map(|prepared| prepared.value))
            .collect();
        if self.setup.opening == Opening::Led && !bodies.is_empty() {
            return Err(Rule::BadBody);
        }
        // Only the first counts, so only its values are kept: a liar could sign without end.
        if !self.ballots.has_change(&change.signed)
            || !self
                .quota
                .admits(from, StatementKind::Bodies, statement.round)
        {
            return Ok(());
        }
        for body in bodies {
            let value = V::decode(body).ok_or(Rule::BadBody)?;
            if !named.contains(&value.hash()) {
                return Err(Rule::BadBody);
            }
            self.values.keep(value);
        }
        Ok(())
    }

    fn receive_proposal(&mut self, from: PeerIndex, proposal: Proposal) -> Result<(), Rule> {
        let Proposal {
            signed,
            body,
            justification,
        } = proposal;
        let round = signed.statement.round;
        let hash = signed.statement.value;
        if round < Round::FIRST {
            return Err(Rule::NoSuchRound);
        }
        if self.leader(round) != from {
            return Err(Rule::NotLeader);
        }
        let is_first = match self.ballots.arrived(round) {
            Some(known) if **known == signed => return Ok(()),
            Some(_) => false,
            None => true,
        };
        self.hear(from, StatementKind::Propose, round)?;
        let propose = self.verifier().propose(signed)?;
        self.ballots.add_arrived(propose);
        self.show_commitment(from, &hash);
        if !is_first || round < self.round || self.course != Course::Running {
            return Ok(());
        }
        let value = V::decode(&body).filter(|value| value.hash() == hash);
        let value = value.ok_or(Rule::BadBody)?;
        let choice = self.justified(round, &justification)?;
        if !choice.allows(&hash) {
            return Err(Rule::Unjustified);
        }
        self.values.keep(value);
        if round > self.round {
            self.enter_silently(round);
        }
        let doubts = self.doubts(round, &justification);
        let pending = PendingProposal::new(hash, &choice);
        self.pending = Some(if choice.is_doubted(&doubts) {
            pending.held()
        } else {
            pending
        });
        Ok(())
    }

    /// What verified answers allow to propose in `round`.
    fn justified(
        &mut self,
        round: Round,
        justification: &[proto::vote::Answer],
    ) -> Result<Choice, Rule> {
        if self.starts_free(round) {
            return Ok(Choice::Free);
        }
        self.verifier().justification(round, justification)?;
        Ok((self.choose)(self.size(), &stands(justification)))
    }

    /// A leader that proposes another value than this peer has committed to has not heard of it.
    fn show_commitment(&mut self, leader: PeerIndex, proposed: &Root) {
        if let Some(commit) = self
            .sent
            .commit
            .clone()
            .filter(|_| self.is_bound_against(proposed))
        {
            self.outputs.push(Output::Send(leader, commit));
        }
    }

    fn serve(&mut self, from: PeerIndex, value: &Root) -> Result<(), Rule> {
        if !self.values.may_pull(from) {
            return Err(Rule::TooManyPulls);
        }
        if let Some(value) = self.values.known(value) {
            let body = value.encode().into();
            let scope = self.setup.scope;
            self.outputs
                .push(Output::Send(from, Message::Value { scope, body }));
        }
        Ok(())
    }

    /// Keeps a value that was asked for. Any other is dropped without blame, and unread unless its
    /// sender owes an answer: it may answer a PULL that this peer sent before it restarted.
    fn receive_value(&mut self, from: PeerIndex, body: &Body) -> Result<(), Rule> {
        if !self.values.is_owed_by(from) {
            return Ok(());
        }
        let value = V::decode(body).ok_or(Rule::BadBody)?;
        if self.values.is_wanted(&value.hash()) {
            self.values.keep(value);
        }
        Ok(())
    }
}
