//! What has t signatures is done, by turns: a call only as long as the own plan says it, to the
//! last byte, and nothing always. What the plan says no more gives way to nothing, and until then
//! whoever has the signatures may have it done, but no honest peer pays for that.

use alloy_primitives::U256;

use super::{Cosign, EACH, Facts, OVERHEAD, Votes, is_nothing};
use crate::safe::signature::bundle;
use crate::safe::signed::{Contents, Proposal};
use crate::sending::call::{Call, Effect, Gas, StepId};

impl Cosign {
    /// The call of the Safe by which a transaction with t signatures is done, if it is this peer's
    /// turn.
    pub(super) fn execution(
        &mut self,
        facts: &Facts<'_>,
        votes: &[Votes],
        waits: &mut Vec<String>,
    ) -> Option<Call> {
        let whole = |it: &&Votes| it.signatures.len() >= self.threshold;
        let is_due = |it: &&Votes| match &it.contents {
            Contents::Call(proposal) => facts.due.iter().any(|due| Proposal::of(due) == *proposal),
            Contents::Nothing => false,
        };
        let ready: Vec<&Votes> = votes.iter().filter(whole).collect();
        let first = ready.iter().copied().find(|it| is_due(it));
        let chosen = first.or(ready.iter().copied().find(|it| is_nothing(&it.contents)));
        let Some(chosen) = chosen else {
            self.bundles.clear();
            self.doing.see([], facts.now);
            waits.extend(votes.iter().map(|it| self.lacking(facts.nonce, it)));
            return None;
        };
        let step = self.step_of(facts.nonce, &chosen.contents);
        self.doing.see([&step], facts.now);
        let signatures = bundle(&chosen.signatures, self.threshold)?;
        // Always the same ones: other bytes would take the place of what is under way.
        self.bundles.retain(|hash, _| *hash == chosen.hash);
        let signatures = self
            .bundles
            .entry(chosen.hash)
            .or_insert(signatures)
            .clone();
        let more = self.doing.waits(&step, None, facts.now);
        if more > 0 {
            waits.push(format!(
                "{step} has all signatures of the Safe: others send it first, for {more} seconds"
            ));
            return None;
        }
        let inner = facts.due.iter().find(|due| due.step == step);
        let gas = inner.map_or(Gas::EMPTY, |call| call.gas).units();
        let (parts, owners) = (gas.div_ceil(63), EACH.saturating_mul(self.threshold as u64));
        let account = *self.account();
        let transaction = chosen.contents.transaction(&account, facts.nonce);
        Some(Call {
            words: inner.map_or_else(
                || format!("nonce {} of the Safe is used up", facts.nonce),
                |call| call.words.clone(),
            ),
            step,
            to: account.address,
            value: U256::ZERO,
            data: transaction.execution(signatures),
            akin: Vec::new(),
            gas: Gas::of((gas + parts + owners + OVERHEAD).min(Gas::MOST)).ok()?,
            // The Safe takes it once, at its nonce.
            effect: Effect::Idempotent,
        })
    }

    fn step_of(&self, nonce: u64, contents: &Contents) -> StepId {
        match contents {
            Contents::Call(proposal) => proposal.step.clone(),
            Contents::Nothing => {
                let name = format!("free-nonce:{}:{nonce}", self.account().address);
                name.parse()
                    .expect("words, an address and a number are a name")
            }
        }
    }

    fn lacking(&self, nonce: u64, votes: &Votes) -> String {
        let (there, all) = (votes.signatures.len(), self.threshold);
        let step = self.step_of(nonce, &votes.contents);
        match there < all {
            true => format!("{step} has {there} of the {all} signatures of the Safe that it needs"),
            false => format!(
                "{step} has all signatures of the Safe, but this peer's own plan does not say it \
                 now, so it is not sent from here"
            ),
        }
    }
}
