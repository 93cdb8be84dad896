//! What a peer signs at the nonce that is open: what others have signed and its own plan says, else
//! what is next of its own plan, else nothing in the place of what is stuck.

use std::cmp::Reverse;

use super::{Cosign, Facts, PATIENCE, Votes, is_nothing};
use crate::safe::signed::{Contents, Proposal};
use crate::sending::call::{Call, Effect};

impl Cosign {
    /// What this peer signs next, if anything.
    pub(super) fn choose(
        &self,
        facts: &Facts<'_>,
        votes: &[Votes],
        waits: &mut Vec<String>,
    ) -> Option<(u64, Contents)> {
        if !facts.owners.contains_key(&self.seat.me) {
            waits.push("this peer's account does not own the Safe yet".to_owned());
            return None;
        }
        let nonce = facts.nonce;
        let there = self.signed.at(nonce).cloned().unwrap_or_default();
        let has = |is_nothing: bool| self.own.contains_key(&(nonce, is_nothing));
        // Signed before this start: the same again, as long as it is what the plan says. It may
        // never have left.
        if let Some((proposal, _)) = there.call.as_ref().filter(|_| !has(false))
            && facts.due.iter().any(|call| Proposal::of(call) == *proposal)
        {
            return Some((nonce, Contents::Call(proposal.clone())));
        }
        if there.is_emptied {
            return (!has(true)).then_some((nonce, Contents::Nothing));
        }
        if self.gives_way(facts, (there.call.as_ref(), votes)) {
            return Some((nonce, Contents::Nothing));
        }
        match there.call {
            Some(_) => None,
            None => self.agree(facts, votes, waits),
        }
    }

    /// Whether nothing is to be signed in the place of what is open.
    fn gives_way(
        &self,
        facts: &Facts<'_>,
        (call, votes): (Option<&(Proposal, u64)>, &[Votes]),
    ) -> bool {
        let whole = |it: &&Votes| it.signatures.len() >= self.threshold;
        let emptied = votes.iter().find(|it| is_nothing(&it.contents));
        let others = emptied.map_or(0, |it| it.signatures.len());
        let Some((proposal, at)) = call else {
            return others > self.faulty;
        };
        let wanted = Contents::Call(proposal.clone());
        let is_due = facts.due.iter().any(|it| Proposal::of(it) == *proposal);
        let is_whole = votes.iter().filter(whole).any(|it| it.contents == wanted);
        if is_due && is_whole {
            return false;
        }
        let patience = self.seat.delay.saturating_mul(PATIENCE);
        others > self.faulty || facts.now >= at.saturating_add(patience)
    }

    /// The call that is signed at a nonce at which this peer has signed none.
    fn agree(
        &self,
        facts: &Facts<'_>,
        votes: &[Votes],
        waits: &mut Vec<String>,
    ) -> Option<(u64, Contents)> {
        let may = |call: &Call| call.effect == Effect::Idempotent || facts.settled >= facts.nonce;
        let mut found: Option<&Votes> = None;
        for it in votes {
            let Contents::Call(proposal) = &it.contents else {
                continue;
            };
            match facts.due.iter().find(|call| call.step == proposal.step) {
                Some(call) if Proposal::of(call) == *proposal && may(call) => {
                    // Else one peer could have others sign another step each.
                    let first = facts.due.first().map(Proposal::of).map(Contents::Call);
                    let key = |it: &Votes| {
                        let is_first = first.as_ref() == Some(&it.contents);
                        (is_first, it.signatures.len(), Reverse(it.hash))
                    };
                    if found.is_none_or(|best| key(it) > key(best)) {
                        found = Some(it);
                    }
                }
                Some(call) => {
                    let why = refused(proposal, &Proposal::of(call));
                    waits.push(format!("{} {why}", it.who(facts.names)));
                }
                None => waits.push(format!(
                    "{} {} at nonce {} of the Safe, which this peer's own plan does not say now",
                    it.who(facts.names),
                    proposal.step,
                    facts.nonce
                )),
            }
        }
        if let Some(found) = found {
            return Some((facts.nonce, found.contents.clone()));
        }
        let call = facts.due.first()?;
        if !may(call) {
            waits.push(format!(
                "{}: it must not happen twice, so all that the Safe has done has to be final first",
                call.words
            ));
            return None;
        }
        match self.turns.waits(&call.step, None, facts.now) {
            0 => Some((facts.nonce, Contents::Call(Proposal::of(call)))),
            more => {
                let words = &call.words;
                waits.push(format!(
                    "{words}: others propose it first, for {more} seconds"
                ));
                None
            }
        }
    }
}

/// Why a proposal is not signed: the first that differs.
fn refused(proposal: &Proposal, own: &Proposal) -> String {
    match proposal.difference(own) {
        Some(what) => format!(
            "{} with another call than this peer's own plan says: {what}",
            proposal.step
        ),
        None => format!(
            "{}, which must not happen twice: all that the Safe has done has to be final first",
            proposal.step
        ),
    }
}
