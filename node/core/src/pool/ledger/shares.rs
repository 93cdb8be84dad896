//! An amount divided by weights, so that no wei is lost and every peer divides it in the same way.
//!
//! Each gets the whole part of its share; what remains goes, one unit each, to those with the
//! largest remainders, and among equals to the first (the method of the largest remainder).

use alloy_primitives::U256;

use super::account::Amount;

/// What each gets, in the order of the weights. Nothing to anybody where all weights are nothing.
pub fn divided(amount: Amount, weights: &[u128]) -> Vec<Amount> {
    let add = |sum: U256, weight: &u128| sum.saturating_add(U256::from(*weight));
    let whole = weights.iter().fold(U256::ZERO, add);
    if whole.is_zero() {
        return vec![Amount::ZERO; weights.len()];
    }
    let part = |weight: &u128| {
        let product = U256::from(amount.get()) * U256::from(*weight);
        (product / whole, product % whole)
    };
    let parts: Vec<(U256, U256)> = weights.iter().map(part).collect();
    // Below the amount, each of them, and all of them together.
    let small = |it: &U256| u128::try_from(*it).unwrap_or(0);
    let mut shares: Vec<u128> = parts.iter().map(|(share, _)| small(share)).collect();
    let given: u128 = shares.iter().sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|one, other| parts[*other].1.cmp(&parts[*one].1).then(one.cmp(other)));
    let rest = usize::try_from(amount.get() - given).unwrap_or(0);
    for place in order.into_iter().take(rest) {
        shares[place] += 1;
    }
    let amounts = shares.into_iter().map(Amount::of);
    amounts.map(Option::unwrap_or_default).collect()
}
