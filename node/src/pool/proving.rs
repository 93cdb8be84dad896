//! Makes what a step needs of the beacon chain: the proof, in the bytes of the calls that carry it.
//!
//! The bytes are made for both call surfaces; which of them the contracts take, the simulation of
//! the very call says.
//!
//! Never here: which proofs are needed, and sending them.

use std::collections::BTreeSet;
use std::time::Duration;

use node_core::pool::plan::{Due, Kind, Need, Proven};
use node_core::proof::anchor::{self, Anchor, Choice};
use node_core::proof::{BlockProofs, Carried, Claim, Form, ProofCall, Surface, Wanted, payout_of};
use proto::eth::ValidatorIndex;
use proto::{Epoch, Slot, Timestamp};
use thiserror::Error;

use super::calm::Calm;
use super::leaving::{Chain, NEVER, Own};
use super::proof::{NoProof, Prover};
use crate::beacon::{BeaconError, BlockId, StateId};
use crate::checks::chain::UnfitNode;
use crate::checks::own_nodes::NoneServes;

/// The calls that carry one proof, as each of [`Surface::ALL`] takes it.
pub type Calls = [Vec<u8>; 2];

/// No proof was made.
#[derive(Debug, Error)]
pub enum Unproved {
    #[error(transparent)]
    Node(#[from] UnfitNode),
    #[error(transparent)]
    Proof(#[from] NoProof),
    #[error(transparent)]
    Beacon(#[from] BeaconError),
    #[error("no block can be shown yet whose state proves it{}", passed(.0))]
    NotYet(Vec<String>),
    #[error("the block of slot {0} paid this validator nothing; ask another beacon node")]
    NotPaid(Slot),
    #[error("this step needs no proof")]
    None,
}

impl Unproved {
    /// Whether it may be made with another node.
    fn may_differ(&self) -> bool {
        match self {
            Self::Node(unfit) => unfit.may_differ(),
            Self::Proof(none) => none.may_differ(),
            Self::Beacon(_) | Self::NotYet(_) | Self::NotPaid(_) => true,
            Self::None => false,
        }
    }
}

fn passed(why: &[String]) -> String {
    match why.is_empty() {
        true => String::new(),
        false => format!(": {}", why.join("; ")),
    }
}

/// Makes the proof that a step of this kind needs, at `now`, in this calm.
///
/// # Errors
/// If no block shows it yet, or no beacon node gives all that it is made of.
pub(crate) async fn prove(
    own: Own<'_>,
    (kind, need): (&Kind, &Need),
    now: Timestamp,
    calm: &Calm,
) -> Result<Calls, NoneServes<Unproved>> {
    own.whole(Unproved::may_differ, async |chain| {
        prove_by(chain, (kind, need), now, calm).await
    })
    .await
}

/// The same with one node.
async fn prove_by(
    chain: Chain<'_>,
    (kind, need): (&Kind, &Need),
    now: Timestamp,
    calm: &Calm,
) -> Result<Calls, Unproved> {
    let prover = Prover::new(chain.beacon, chain.spec).in_calm(calm.clone());
    match need {
        Need::Validator(proven) => {
            let claim = claim(kind).ok_or(Unproved::None)?;
            let anchored = anchored(chain, (proven, Some(claim)), (Slot(0), now)).await?;
            let (anchor, index) = anchored;
            let proofs = prover.prove(&anchor, wanted(index)).await?;
            let validator = proofs.validator(index).ok_or(Unproved::None)?;
            let carried = Carried::Validator(claim, validator);
            Ok(calls(proven, (&anchor, &proofs), carried))
        }
        Need::Withdrawal { of, slot } => {
            let paid = Slot(*slot);
            let anchored = anchored(chain, (of, None), (paid.next(), now)).await?;
            let (anchor, index) = anchored;
            let form = Form::of(chain.spec, paid, anchor.slot).map_err(NoProof::from)?;
            let mut wanted = wanted(index);
            form.want(&mut wanted);
            let number = number(chain, paid, index).await?;
            let proofs = prover.prove(&anchor, wanted).await?;
            let withdrawal = prover.withdrawal(&proofs, (paid, number)).await?;
            let validator = proofs.validator(index).ok_or(Unproved::None)?;
            let carried = Carried::FinalBalance(&withdrawal, validator);
            Ok(calls(of, (&anchor, &proofs), carried))
        }
        Need::Deposits { .. } => Err(Unproved::None),
    }
}

/// What is claimed of a validator by a step of this kind.
fn claim(kind: &Kind) -> Option<Claim> {
    match kind {
        Kind::Stake(_) => Some(Claim::Stake),
        Kind::NotifyExit(_) => Some(Claim::NotifyExit),
        Kind::NotifyNotExit(_) => Some(Claim::NotifyNotExit),
        Kind::CreateSafe
        | Kind::SwapOwner(_)
        | Kind::Register
        | Kind::ProposeRplWithdrawal
        | Kind::ConfirmRplWithdrawal
        | Kind::ProposeWithdrawal
        | Kind::ConfirmWithdrawal
        | Kind::DeployMegapool
        | Kind::SmoothingPool(_)
        | Kind::Dequeue(_)
        | Kind::RepayDebt
        | Kind::Deposit(_)
        | Kind::Assign
        | Kind::FinalBalance(_)
        | Kind::Distribute
        | Kind::Claim => None,
    }
}

fn wanted(index: ValidatorIndex) -> Wanted {
    Wanted {
        validators: BTreeSet::from([index]),
        ..Wanted::default()
    }
}

fn calls(proven: &Proven, of: (&Anchor, &BlockProofs), carried: Carried<'_>) -> Calls {
    let (anchor, proofs) = of;
    let call = ProofCall {
        megapool: proven.megapool.address,
        validator: proven.id,
        slot_timestamp: anchor.slot_timestamp,
        slot: proofs.slot(),
        carried,
    };
    Surface::ALL.map(|surface| call.calldata(surface))
}

/// The block whose state shows what is claimed of a validator, and the validator's index: the
/// surest one that does, and one that is not final only where the term is near.
async fn anchored(
    chain: Chain<'_>,
    (proven, claim): (&Proven, Option<Claim>),
    (since, now): (Slot, Timestamp),
) -> Result<(Anchor, ValidatorIndex), Unproved> {
    let prover = Prover::new(chain.beacon, chain.spec);
    let at = |seconds: u64| Timestamp::from_unix(Duration::from_secs(seconds));
    let deadline = proven.due.map(|due| match due {
        Due::Time(seconds) => at(seconds),
        Due::Epoch(epoch) => chain.spec.start_of(chain.spec.first_slot(Epoch(epoch))),
    });
    let locked = proven.since.and_then(|since| chain.spec.slot_at(at(since)));
    let mut since = since.max(locked.unwrap_or(Slot(0)));
    loop {
        let need = anchor::Need { since, deadline };
        let anchor = match prover.choose(need, now).await? {
            Choice::Prove(anchor) => anchor,
            Choice::Wait { passed, .. } => {
                let passed = passed.iter().map(|(_, why)| why.to_string());
                return Err(Unproved::NotYet(passed.collect()));
            }
        };
        let state = StateId::Slot(anchor.slot);
        let known = chain
            .beacon
            .known_validators(state, &[proven.pubkey])
            .await?;
        let shown = known.known.iter().find(|state| {
            let leaves = state.validator.withdrawable_epoch != Some(NEVER);
            match claim {
                Some(Claim::NotifyExit) => leaves,
                Some(Claim::NotifyNotExit) => !leaves,
                Some(Claim::Stake | Claim::Dissolve) | None => true,
            }
        });
        match shown {
            Some(shown) => return Ok((anchor, shown.index)),
            None => since = anchor.slot.next(),
        }
    }
}

/// Which withdrawal of a block paid the validator out.
async fn number(chain: Chain<'_>, paid: Slot, index: ValidatorIndex) -> Result<u16, Unproved> {
    let block = chain.beacon.block(chain.spec, BlockId::Slot(paid)).await?;
    let block = block.ok_or(NoProof::NoBlockAt(paid))?.block;
    let payout = payout_of(&block, index);
    payout
        .map(|(number, _)| number)
        .ok_or(Unproved::NotPaid(paid))
}
