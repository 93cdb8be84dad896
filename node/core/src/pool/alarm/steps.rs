//! Which alarms the steps of a plan raise, and the purse of the account that pays for them.

use proto::eth::ChainSpec;
use proto::{Address, Epoch};

use super::{Alarm, Term};
use crate::pool::amount::Wei;
use crate::pool::plan::{Body, Due, Kind, Need, Step};

/// With less gas than this paid for, an account has little: a deposit or two, or the proofs of four
/// final balances.
const LITTLE_GAS: u64 = 2_000_000;

/// The account that pays for steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purse {
    /// Which.
    pub account: Address,
    /// What is in it.
    pub balance: Wei,
    /// What a unit of gas costs now, wei.
    pub price: u64,
}

impl Alarm {
    /// What of these steps has to be done in time and no contract says so: notices of exits. The
    /// time is that of the newest block.
    pub fn of_steps(steps: &[Step], spec: &ChainSpec, now: u64) -> Vec<Self> {
        let due = |step: &Step| {
            let (Kind::NotifyExit(id), Body::Needs(Need::Validator(proven))) =
                (&step.kind, &step.body)
            else {
                return None;
            };
            let until = match proven.due? {
                Due::Time(until) => until,
                // The epoch is the last one.
                Due::Epoch(last) => {
                    let next = Epoch(last.saturating_add(1));
                    spec.start_of(spec.first_slot(next)).unix_seconds()
                }
            };
            Some(Self::NotifyDue(*id, proven.pubkey, Term::new(until, now)))
        };
        steps.iter().filter_map(due).collect()
    }

    /// Whether the account has little left.
    pub fn of_purse(purse: &Purse) -> Option<Self> {
        let gas = purse.balance.0 / alloy_primitives::U256::from(purse.price.max(1));
        let gas = u64::try_from(gas).unwrap_or(u64::MAX);
        (gas < LITTLE_GAS).then_some(Self::LowGas(purse.account, purse.balance, gas))
    }
}
