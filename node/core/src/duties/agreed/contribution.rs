//! Contributions: what members of a subcommittee of the sync committee that were chosen sign, the
//! messages of their subcommittee put together, each beside its selection proof.
//!
//! As with aggregates, only a beacon node can supply them, so the rounds have leaders; what is
//! contributed are the messages for the root that the cluster itself has signed, and messages of
//! ours that the leader's node has left out are added. Each subcommittee is a duty of its own,
//! since one validator may have seats in several, and another signature in each.
//!
//! Source: consensus-specs `altair/validator.md` (sync committee contributions).

use std::sync::Arc;
use std::time::Duration;

use consensus::Opening;
use proto::eth::{ChainSpec, Contribution, HeadVote, SignedContribution};
use proto::{DutyId, Root, SignatureBytes, Slot, Subcommittee, Timestamp, ValidatorPosition};
use sha2::{Digest as _, Sha256};

use super::kind::Fresh;
use super::objection::{Doubt, Flaw};
use super::sums::{self, JudgedSums, Voted};
use super::value::Value;
use crate::duties::facts::{Owners, Step};
use crate::duties::note::Miss;
use crate::duties::schedule::{Contributor, Schedule};
use crate::duties::{Request, Submission};
use crate::vault::{Signable, ToSign};

pub(super) const OPENING: Opening = Opening::Led;

/// In front of a contribution in a value: nothing else begins like this.
const MARK: [u8; 2] = [3, 0];

/// The first round begins when contributions are due, and waits for nobody.
pub(super) fn begin(slot: Slot, chain: &ChainSpec) -> (Timestamp, Duration) {
    (due_at(slot, chain), Duration::ZERO)
}

/// When they are due: not before most messages of the slot have arrived.
pub(super) fn due_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.contribution_deadline(slot)
}

/// Whose duty it is in `slot`, if one of ours has it.
pub(super) fn owners(slot: Slot, of: Subcommittee, schedule: &Schedule) -> Option<Owners> {
    let chosen = schedule.contributors(slot, of);
    (!chosen.is_empty()).then(|| Owners::Contributors {
        chosen,
        seats: schedule.seats(slot, of),
    })
}

/// What votes name.
pub(super) fn hash(contribution: &Contribution) -> Root {
    let hash = Sha256::new_with_prefix(b"gantry/contribution-value/1");
    let hash = hash.chain_update(contribution.to_ssz()).finalize();
    Root::from(<[u8; 32]>::from(hash))
}

/// Its SSZ behind a mark.
pub(super) fn encode(contribution: &Contribution) -> Vec<u8> {
    [&MARK[..], &contribution.to_ssz()].concat()
}

pub(super) fn decode(bytes: &[u8]) -> Option<Contribution> {
    Contribution::from_ssz(bytes.strip_prefix(&MARK)?).ok()
}

/// What each aggregator is to sign.
pub(super) fn to_sign(
    contribution: &Contribution,
    owners: &Owners,
    chain: &ChainSpec,
) -> Vec<ToSign> {
    let Owners::Contributors { chosen, .. } = owners else {
        return Vec::new();
    };
    let value = hash(contribution);
    let to_sign = |of: &Contributor| {
        let root = contribution.root(chain.preset(), of.index, of.selection_proof)?;
        let subcommittee = Subcommittee::new(contribution.subcommittee_index)?;
        let whose = (contribution.slot, subcommittee);
        Some(ToSign {
            signable: Signable::contribution(chain, whose, root, value),
            validators: vec![of.validator],
        })
    };
    chosen.iter().filter_map(to_sign).collect()
}

/// What the run of contributions knows beside what every run does.
#[derive(Debug)]
pub(crate) struct ContributionDuty {
    duty: DutyId,
    subcommittee: Subcommittee,
    /// Our seats in the subcommittee, with their places.
    seats: Vec<(ValidatorPosition, u64)>,
    voted: Option<Voted>,
    is_wanted: bool,
    judged: JudgedSums,
}

impl ContributionDuty {
    pub(super) fn new(duty: DutyId, subcommittee: Subcommittee, owners: &Owners) -> Self {
        Self {
            duty,
            subcommittee,
            seats: seats(owners),
            voted: None,
            is_wanted: false,
            judged: JudgedSums::default(),
        }
    }

    /// Whose duty it is now.
    pub(super) fn own(&mut self, owners: &Owners) {
        self.seats = seats(owners);
    }

    /// How many messages of the cluster it knows.
    pub(super) fn votes(&self) -> usize {
        let voted = self.voted.as_ref();
        voted.map_or(0, |voted| voted.signatures.len())
    }

    /// What the cluster's message is of.
    pub(super) fn view(&self) -> Option<&HeadVote> {
        self.voted.as_ref().map(|voted| &voted.vote)
    }

    /// A round of this peer wants a contribution, or its beacon node had none.
    pub(super) fn want(&mut self, step: &mut Step<'_>) {
        self.is_wanted = true;
        self.ask(step);
    }

    /// The cluster has signed its messages, or one more.
    pub(super) fn voted(&mut self, voted: Voted, step: &mut Step<'_>) {
        self.voted = Some(voted);
        self.ask(step);
    }

    fn ask(&mut self, step: &mut Step<'_>) {
        if let (true, Some(voted)) = (self.is_wanted, &self.voted) {
            self.is_wanted = false;
            step.ask(Request::Contribution {
                duty: self.duty,
                subcommittee: self.subcommittee,
                root: voted.vote.beacon_block_root,
            });
        }
    }

    /// The own beacon node has this: with all messages of ours, if it can be used.
    pub(super) fn keep(&mut self, contribution: Contribution) -> Option<Value> {
        let voted = self.voted.as_ref()?;
        let fits = self.is_of_duty(&contribution)
            && contribution.beacon_block_root == voted.vote.beacon_block_root;
        let whole = fits.then(|| self.complete(contribution, voted)).flatten()?;
        Some(Value::Contribution(Arc::new(whole)))
    }

    fn is_of_duty(&self, contribution: &Contribution) -> bool {
        contribution.slot == self.duty.slot
            && contribution.subcommittee_index == self.subcommittee.index()
    }

    /// The hard checks of the value alone.
    pub(super) fn check(
        &mut self,
        value: &Value,
        owners: &Owners,
        chain: &ChainSpec,
    ) -> Result<(), Flaw> {
        let (Value::Contribution(contribution), Owners::Contributors { .. }) = (value, owners)
        else {
            return Err(Flaw::OtherDuty);
        };
        if !self.is_of_duty(contribution) {
            return Err(Flaw::OtherDuty);
        }
        let voted = self.voted.as_ref();
        let root = contribution.beacon_block_root;
        if voted.is_some_and(|voted| voted.vote.beacon_block_root != root) {
            return Err(Flaw::OtherVote);
        }
        let size = chain.preset().subcommittee_size();
        if contribution.aggregation_bits.len() as u64 != size {
            return Err(Flaw::OtherCommittee);
        }
        let sums = std::iter::once(&contribution.signature);
        let is_point = self.judged.are_points(hash(contribution), sums);
        is_point.then_some(()).ok_or(Flaw::NoSignature)
    }

    /// The soft check: every message of ours is counted.
    pub(super) fn doubt(&self, value: &Value) -> Option<Doubt> {
        let (Value::Contribution(contribution), Some(voted)) = (value, &self.voted) else {
            return None;
        };
        let mut lacking = sums::lacking(&self.seats, &contribution.aggregation_bits, voted);
        lacking.next().map(|_| Doubt::OwnVoteMissing)
    }

    /// The contribution with our messages that it lacks.
    fn complete(&self, contribution: Contribution, voted: &Voted) -> Option<Contribution> {
        let sum = (contribution.aggregation_bits, contribution.signature);
        let (aggregation_bits, signature) = sums::completed(&self.seats, sum, voted)?;
        Some(Contribution {
            aggregation_bits,
            signature,
            ..contribution
        })
    }

    /// The contributions of all whose group signatures are there.
    pub(super) fn submission(
        &self,
        contribution: &Contribution,
        fresh: &Fresh<'_>,
    ) -> Option<Submission> {
        let Owners::Contributors { chosen, .. } = fresh.owners else {
            return None;
        };
        let signed = |(validator, signature): &(ValidatorPosition, SignatureBytes)| {
            let of = chosen.iter().find(|of| of.validator == *validator)?;
            Some(SignedContribution {
                aggregator_index: of.index,
                contribution: contribution.clone(),
                selection_proof: of.selection_proof,
                signature: *signature,
            })
        };
        let all: Vec<_> = fresh.signatures.iter().filter_map(signed).collect();
        (!all.is_empty()).then_some(Submission::Contributions(all))
    }

    /// Why there is no value.
    pub(super) fn no_value(&self) -> Miss {
        match self.voted {
            None => Miss::NoVote,
            Some(_) => Miss::NoAggregate,
        }
    }
}

fn seats(owners: &Owners) -> Vec<(ValidatorPosition, u64)> {
    match owners {
        Owners::Contributors { seats, .. } => seats.clone(),
        Owners::Attesters(_)
        | Owners::Proposer { .. }
        | Owners::Aggregators { .. }
        | Owners::Members { .. }
        | Owners::Nobody => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
