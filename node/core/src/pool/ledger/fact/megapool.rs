//! What a megapool logs.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent as _;

use super::names as n;
use super::{Scene, What};
use crate::pool::ledger::account::{Amount, Held, Move, Outside, Reason};
use crate::pool::megapool::{Deployed, Stage, Validator};
use crate::pool::withdrawal::birth::{Logged, address};

/// More than this lies at the deposit contract for a validator that was staked: one that was given
/// up before has one ether there, and what comes back of it counts as earned.
const FIRST_DEPOSIT: u128 = 1_000_000_000_000_000_000;

/// What came back of each validator that has left, if it was divided.
pub(super) fn exited(megapool: &Deployed) -> Vec<(u32, Amount)> {
    let back = |it: &Validator| {
        if let Stage::Exited { balance } = &it.stage {
            let deposited = Amount::of_wei(it.deposited)?;
            let is_divided = deposited.get() > FIRST_DEPOSIT;
            return Some((it.id, Amount::of_wei(*balance).filter(|_| is_divided)?));
        }
        None
    };
    megapool.validators.iter().filter_map(back).collect()
}

impl Scene {
    pub(super) fn of_megapool(&self, entry: &Logged, words: &[[u8; 32]]) -> Option<What> {
        let amount = |place: usize| Amount::of_word(words.get(place)?);
        let is = |name: [u8; 32]| entry.is(name);
        if is(n::EtherReceived::SIGNATURE_HASH.0) {
            let from = Outside::Giver(address(words.first()?)?);
            let moved = Move::ether(amount(1)?, from, Held::Megapool);
            return Some(What::Moved(Reason::Sent, moved));
        }
        if is(n::RewardsDistributed::SIGNATURE_HASH.0) {
            let (voters, reth, protocol) = (amount(1)?, amount(2)?, amount(3)?);
            return Some(What::Distributed {
                node: amount(0)?,
                others: voters.plus(reth).plus(protocol),
            });
        }
        if is(n::RewardsClaimed::SIGNATURE_HASH.0) {
            return Some(What::Claimed { amount: amount(0)? });
        }
        if is(n::MegapoolDebtIncreased::SIGNATURE_HASH.0) {
            let moved = Move::ether(amount(0)?, Held::Debt, Outside::Lost);
            return Some(What::Moved(Reason::DebtMade, moved));
        }
        if is(n::MegapoolDebtReduced::SIGNATURE_HASH.0) {
            return Some(What::DebtPaid { amount: amount(0)? });
        }
        if is(n::MegapoolValidatorExited::SIGNATURE_HASH.0) {
            let id = u32::try_from(U256::from_be_bytes(*words.first()?)).ok()?;
            let found = self.exited.iter().find(|(it, _)| *it == id);
            let balance = found.map_or(Amount::ZERO, |(_, balance)| *balance);
            return Some(What::Exited { balance });
        }
        if is(n::MegapoolValidatorDissolved::SIGNATURE_HASH.0) {
            return Some(What::Dissolved);
        }
        let credited = [
            n::MegapoolValidatorDequeued::SIGNATURE_HASH.0,
            n::MegapoolBondReduced::SIGNATURE_HASH.0,
        ];
        credited.into_iter().any(is).then_some(What::Credited)
    }
}
