//! What the operator reads before typing yes.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use proto::Root;
use proto::definition::{Chain, Gwei, checksummed};

use crate::deposit::amounts::eth;
use crate::deposit::plan::{Kind, Step};
use crate::execution::{DEPOSIT_GAS, EMPTY_GAS, Fees, WEI_PER_GWEI};
use node_core::deposit;
use node_core::sending::fees::gwei;

/// Gas that a deposit uses as a rule.
const USUAL_GAS: u64 = 60_000;

/// What is said where nobody but the definition's writer names the contract.
pub(super) const UNCHECKED: &str = "\n  NOTE: gantry does not know this chain: only the definition \
    says that this is its deposit contract.\n  Give --beacon-node to have it compared with what \
    your beacon node says.";
/// What is said where the contract's own count cannot be compared with the whole log.
pub(super) const UNCOUNTED: &str = "\n  NOTE: the execution node no longer knows how many deposits \
    there were before --from-block. If it hides\n  the first ones since then, only the beacon node \
    can tell: an archive node knows better.";
/// What no look at the chain can show.
pub(super) const ALONE: &str = "\n  NOTE: gantry sees what is on the chain and what was sent with \
    this file. It cannot see\n  what another operator is sending at this moment: agree on one who \
    sends.";

/// The plan: what is sent, where to, who can ever have it back, and what it costs.
pub(super) fn in_words(steps: &[Step], chain: &Chain, fees: &Fees) -> String {
    let of = |kind: Kind| steps.iter().filter(move |step| step.kind == kind);
    let new = Gwei(of(Kind::New).map(|step| step.deposit.amount).sum());
    let (name, id) = (&chain.name, chain.execution_chain_id);
    let count = of(Kind::New).count();
    let mut lines = vec![
        format!("To be sent        {count} deposits, {new} in all"),
        format!("  on              {name}, chain id {id}"),
        format!("  to the contract {}", checksummed(&chain.deposit_contract)),
    ];
    for (credentials, count) in returns(steps) {
        let owner = match deposit::owner(&credentials) {
            Some(address) => checksummed(&address),
            None => credentials.to_string(),
        };
        lines.push(format!("  returns to      {owner} ({count} of them)"));
    }
    lines.extend(earlier(steps));
    lines.extend(costs(steps, fees));
    lines.join("\n")
}

fn returns(steps: &[Step]) -> BTreeMap<Root, usize> {
    let mut returns = BTreeMap::new();
    for step in steps
        .iter()
        .filter(|step| step.transaction.deposit.is_some())
    {
        *returns
            .entry(step.deposit.withdrawal_credentials)
            .or_default() += 1;
    }
    returns
}

/// What an earlier start has sent.
fn earlier(steps: &[Step]) -> Vec<String> {
    let kinds = [
        (Kind::Again, true, "sent again as they are"),
        (
            Kind::Again,
            false,
            "emptied, so that nothing is paid twice: sent again",
        ),
        (
            Kind::Instead,
            true,
            "replaced at their nonces, with a higher fee",
        ),
        (
            Kind::Instead,
            false,
            "replaced by nothing: these are on the chain already",
        ),
    ];
    let lines = kinds.into_iter().filter_map(|(kind, pays, words)| {
        let is_such =
            |step: &&Step| step.kind == kind && step.transaction.deposit.is_some() == pays;
        let amounts: Vec<u64> = steps
            .iter()
            .filter(is_such)
            .map(|s| s.deposit.amount)
            .collect();
        let total = Gwei(amounts.iter().sum());
        let count = amounts.len();
        (count > 0).then(|| format!("  under way       {count} deposits, {total}: {words}"))
    });
    lines.collect()
}

fn costs(steps: &[Step], fees: &Fees) -> Vec<String> {
    let highest = steps.iter().map(|step| step.transaction.max_fee).max();
    let tip = steps.iter().map(|step| step.transaction.priority_fee).max();
    let (highest, tip) = (highest.unwrap_or(0), tip.unwrap_or(0));
    let suggested = match fees.suggested {
        Some(fee) => format!("the node suggests {}", gwei(fee)),
        None => "the node suggests none".to_owned(),
    };
    let fee: U256 = steps
        .iter()
        .map(|step| step.transaction.highest_fee())
        .sum();
    let usual: U256 = steps.iter().map(|step| usual(step, fees)).sum();
    let paid = steps.iter().filter_map(|step| step.transaction.deposit);
    let paid: u64 = paid.map(|deposit| deposit.amount).sum();
    let all = fee + U256::from(paid) * U256::from(WEI_PER_GWEI);
    vec![
        format!("  gas             at most {DEPOSIT_GAS} for a deposit, as a rule {USUAL_GAS}"),
        format!(
            "  fee per gas     at most {} gwei, now {}",
            gwei(highest),
            gwei(fees.base_fee)
        ),
        format!("  of it the tip   {} gwei ({suggested})", gwei(tip)),
        format!(
            "  fees            at most {} ETH, as a rule {}",
            eth(fee),
            eth(usual)
        ),
        format!("  in all          at most {} ETH", eth(all)),
    ]
}

/// What a step costs as a rule, if the base fee stays as it is.
fn usual(step: &Step, fees: &Fees) -> U256 {
    let gas = match step.transaction.deposit {
        Some(_) => USUAL_GAS,
        None => EMPTY_GAS,
    };
    let price = fees.base_fee.saturating_add(step.transaction.priority_fee);
    U256::from(gas) * U256::from(price.min(step.transaction.max_fee))
}

#[cfg(test)]
mod tests;
