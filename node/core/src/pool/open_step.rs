//! Steps that the contracts let anybody take for a node, sent by hand from an operator's own
//! account.
//!
//! A step is asked for as long as the contracts show that it has something to do. Its name holds
//! what changes when it is done, so that the same deed later is another step. A second time does
//! nothing but cost fees: the contracts refuse it, or have nothing left to move.
//!
//! Source: the contracts of Rocket Pool at v1.4, `RocketMegapoolDelegate.distribute` and
//! `RocketDepositPool.assignDeposits`.

use alloy_primitives::U256;
use alloy_sol_types::SolCall as _;
use thiserror::Error;

use super::contracts::Contract;
use super::megapool::{Deployed, Stage};
use super::plan::calls;
use super::view::View;
use crate::sending::call::{Call, Effect, Gas, StepId};

/// Gas of either in the worst case: 208,000 and 530,000 were measured on the contracts of 1.4.
const GAS: u64 = 1_000_000;

/// A step that anybody may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenStep {
    /// The megapool's rewards are split, and the node's part is kept for it.
    Distribute,
    /// The node's validator at the top of the queue gets its ether, and its first deposit is made.
    Assign,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Idle {
    /// There is no megapool.
    #[error("the node has no megapool")]
    NoMegapool,
    /// Nothing has come in.
    #[error("the megapool has no rewards to distribute")]
    NoRewards,
    /// Nobody was paid yet, and nobody may be.
    #[error("rewards are distributed only after the megapool's first validator was staked")]
    NoneStaked,
    /// The contracts hold rewards back.
    #[error(
        "a validator of the megapool leaves or is locked by a challenge: until that is over, \
         nothing is distributed"
    )]
    Held,
    /// It is switched off.
    #[error("assigning is switched off at Rocket Pool")]
    NoAssigning,
    /// The pool has too little.
    #[error("the deposit pool does not hold the 32 ETH of one more validator")]
    PoolTooLow,
    /// Another one is before it.
    #[error("no validator of this node is at the top of the queue")]
    NotOnTop,
}

impl OpenStep {
    /// With what its name begins.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Distribute => "distribute",
            Self::Assign => "assign",
        }
    }

    /// The call that takes it, by what the contracts show.
    ///
    /// # Errors
    /// If it has nothing to do.
    pub fn call(self, view: &View) -> Result<Call, Idle> {
        let node = view.node.as_ref().ok_or(Idle::NoMegapool)?;
        let megapool = node.megapool.as_ref().and_then(|it| it.deployed.as_ref());
        let megapool = megapool.ok_or(Idle::NoMegapool)?;
        match self {
            Self::Distribute => distribute(megapool),
            Self::Assign => assign(view, megapool),
        }
    }
}

fn distribute(megapool: &Deployed) -> Result<Call, Idle> {
    let last = megapool.distributed.ok_or(Idle::NoneStaked)?;
    if megapool.exiting > 0 || megapool.locked > 0 {
        return Err(Idle::Held);
    }
    if megapool.pending_rewards.is_zero() {
        return Err(Idle::NoRewards);
    }
    let at = megapool.place.address;
    Ok(Call {
        step: name(format!("distribute:{at}:{last}")),
        words: format!("split the rewards of megapool {at}"),
        to: at,
        value: U256::ZERO,
        data: calls::Megapool::distributeCall {}.abi_encode(),
        gas: gas(),
        effect: Effect::Idempotent,
    })
}

fn assign(view: &View, megapool: &Deployed) -> Result<Call, Idle> {
    let pool = view.contracts.at(Contract::DepositPool);
    let queues = view.network.queues.as_ref();
    let (pool, queues) = pool.zip(queues).ok_or(Idle::NoMegapool)?;
    if !view.network.may_assign {
        return Err(Idle::NoAssigning);
    }
    let is_on_top = |stage: &Stage| match stage {
        Stage::Queued { before, .. } => *before == Some(0),
        Stage::Prestaked { .. }
        | Stage::Staked
        | Stage::Exiting
        | Stage::Exited { .. }
        | Stage::Dissolved
        | Stage::Dequeued => false,
    };
    let on_top = megapool.validators.iter().find(|it| is_on_top(&it.stage));
    let validator = on_top.ok_or(Idle::NotOnTop)?;
    if !queues.can_assign {
        return Err(Idle::PoolTooLow);
    }
    let (at, id, index) = (megapool.place.address, validator.id, queues.index);
    let most = U256::from(1);
    Ok(Call {
        step: name(format!("assign:{at}:{id}:{index}")),
        words: format!("give validator {id} of megapool {at} its ether from the deposit pool"),
        to: pool.address,
        value: U256::ZERO,
        data: calls::DepositPool::assignDepositsCall { most }.abi_encode(),
        gas: gas(),
        effect: Effect::Idempotent,
    })
}

fn name(text: String) -> StepId {
    text.parse()
        .expect("digits and lower-case words are a name")
}

fn gas() -> Gas {
    Gas::of(GAS).expect("it is below what a transaction may use")
}
