//! How exits stand, for whoever looks.

use std::collections::BTreeSet;

use proto::control::{Approval, Exit, Opener, Presigned, Stage};
use proto::{PeerIndex, Timestamp, ValidatorPosition};

use super::signing::Sent;
use super::standing::{Hindrance, Leaving, may_leave};
use super::{Exits, SINCE};
use crate::duties::facts::{ClusterFacts, Step};
use crate::duties::peers::Peers;

/// What is looked at beside the exits.
pub struct Seen<'a> {
    /// What never changes.
    pub facts: &'a ClusterFacts,
    /// The other peers.
    pub peers: &'a Peers,
    /// The moment.
    pub now: Timestamp,
}

impl<'a> Seen<'a> {
    pub(super) fn of(step: &'a Step<'_>) -> Self {
        Self {
            facts: step.facts,
            peers: step.peers,
            now: step.now,
        }
    }

    fn epoch(&self) -> proto::Epoch {
        let slot = self.facts.chain.slot_at(self.now);
        self.facts.chain.epoch_of(slot.unwrap_or(proto::Slot(0)))
    }
}

impl Exits {
    /// All exits of which somebody approves, or that are under way.
    pub fn views(&self, seen: &Seen<'_>) -> Vec<Exit> {
        let now = seen.now.unix_seconds();
        let said = self.words.validators().into_iter();
        let is_approved = |at: &ValidatorPosition| {
            self.words.leading(*at, now).is_some() || self.words.openers(*at, now).next().is_some()
        };
        let approved = said.filter(is_approved);
        let begun = self.open.iter().filter(|(_, open)| open.decided.is_some());
        let all: BTreeSet<_> = approved.chain(begun.map(|(at, _)| *at)).collect();
        all.into_iter().map(|at| self.view(at, seen)).collect()
    }

    /// How the exit of `validator` stands, or would.
    pub(super) fn view(&self, validator: ValidatorPosition, seen: &Seen<'_>) -> Exit {
        let now = seen.now.unix_seconds();
        let decided = self.open.get(&validator);
        let decided = decided.and_then(|open| open.decided.as_ref());
        let leads = self.words.leading(validator, now).map(|(epoch, _)| epoch);
        let approvals = self.words.approvals(validator, now);
        let approvals = approvals.map(|(operator, epoch, until)| Approval {
            operator: operator.number(),
            epoch,
            until,
        });
        Exit {
            validator,
            index: self.standing(validator).map(|known| known.index),
            epoch: leads
                .or(decided.map(|decided| decided.epoch))
                .unwrap_or(seen.epoch()),
            approvals: approvals.collect(),
            too_old: seen
                .peers
                .too_old_for(SINCE)
                .iter()
                .map(PeerIndex::number)
                .collect(),
            stage: self.stage(validator, seen),
            presigned: self.presigned_exit(validator, seen),
        }
    }

    /// What was signed in advance of the exits of all validators.
    pub fn presigned_exits(&self, seen: &Seen<'_>) -> Vec<Presigned> {
        let all = (0..).map(ValidatorPosition).take(seen.facts.keys.count());
        all.map(|at| self.presigned_exit(at, seen)).collect()
    }

    fn presigned_exit(&self, validator: ValidatorPosition, seen: &Seen<'_>) -> Presigned {
        let size = seen.facts.roster.size();
        let parts = self.presigned.parts(validator, size);
        let now = seen.now.unix_seconds();
        let openers = self.words.openers(validator, now);
        let openers = openers.map(|(operator, until)| Opener {
            operator: operator.number(),
            until,
        });
        Presigned {
            validator,
            epoch: parts.epoch,
            sealers: parts.held.iter().map(PeerIndex::number).collect(),
            openers: openers.collect(),
        }
    }

    /// How far it has come.
    pub(super) fn stage(&self, validator: ValidatorPosition, seen: &Seen<'_>) -> Stage {
        let standing = self.standing(validator);
        if let Some(leaving) = standing.filter(|known| known.is_leaving()) {
            return Stage::Leaving {
                exit_epoch: leaving.exit_epoch,
                withdrawable_epoch: leaving.withdrawable_epoch,
            };
        }
        if let Some(why) = &self.barred {
            return Stage::Held(why.clone());
        }
        let open = self.open.get(&validator);
        if let Some(decided) = open.and_then(|open| open.decided.as_ref()) {
            return match &decided.sent {
                Sent::Nothing => Stage::Signing(self.count(validator, decided.epoch)),
                Sent::Unanswered(_) => Stage::Signed,
                Sent::Accepted(_) => Stage::Accepted,
                Sent::Refused(_, why) => Stage::Refused(why.clone()),
            };
        }
        let leads = self.words.leading(validator, seen.now.unix_seconds());
        let threshold = seen.facts.roster.size().threshold();
        let is_approved = leads.is_some_and(|(_, count)| count >= threshold);
        let epoch = leads.map_or(seen.epoch(), |(epoch, _)| epoch);
        let openers = self.words.openers(validator, seen.now.unix_seconds());
        let is_opened = openers.count() >= seen.facts.roster.size().halting();
        let is_known = open.is_some_and(|open| open.standing.is_some());
        let judged = is_known.then(|| {
            let epochs = (epoch, seen.epoch());
            may_leave(standing, epochs, &seen.facts.chain)
        });
        match judged {
            Some(Err(why)) => Stage::Held(Hindrance::to_string(&why)),
            Some(Ok(_)) if is_opened => {
                let opened = self.presigned.opened(validator);
                Stage::Opening(u32::try_from(opened).unwrap_or(u32::MAX))
            }
            Some(Ok(_)) | None if is_approved || is_opened => Stage::Asking,
            Some(Ok(_)) | None => Stage::Waiting,
        }
    }

    fn count(&self, validator: ValidatorPosition, epoch: proto::Epoch) -> u32 {
        let all = self.shares.iter();
        let same = all.filter(|((of, _), (at, _))| *of == validator && *at == epoch);
        u32::try_from(same.count()).unwrap_or(u32::MAX)
    }

    /// What the chain knew of it last.
    pub(super) fn standing(&self, validator: ValidatorPosition) -> Option<&Leaving> {
        let (_, known) = self.open.get(&validator)?.standing.as_ref()?;
        known.as_ref()
    }
}
