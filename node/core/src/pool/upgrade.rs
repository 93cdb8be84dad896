//! Upgrades of the protocol's own contracts that were voted for and wait: a week's notice of code
//! that this program may not know.
//!
//! Source: `RocketDAONodeTrustedUpgrade` of 1.4. Before that a vote took effect at once, and there
//! is nothing to be read.

use alloy_primitives::U256;
use proto::Address;
use serde::Serialize;

use super::abi::TrustedUpgrade;
use super::amount::ForeignText;
use super::book::{Book, maybe_shown, ours};
use super::contracts::{Contract, Contracts};

/// The most upgrades that are looked at, the newest: each waits for a week, as a rule.
const MOST_UPGRADES: u64 = 16;

/// An upgrade that waits, or that may be carried out at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// Its number, from 1.
    pub id: u64,
    /// Which contract: its name in `RocketStorage`.
    pub contract: ForeignText,
    /// The new one; none where only the description of its functions changes.
    #[serde(serialize_with = "maybe_shown")]
    pub to: Option<Address>,
    /// From when on it may be carried out, Unix seconds.
    pub from: u64,
}

impl Upgrade {
    /// Those that wait, the oldest first; none where the protocol does not say it.
    pub(super) fn read(book: &mut Book<'_>, contracts: &Contracts) -> Vec<Self> {
        let it = contracts.at(Contract::TrustedUpgrade);
        let total = book.try_number(it, TrustedUpgrade::getTotalCall {});
        let total = total.unwrap_or_default();
        let first = total.saturating_sub(MOST_UPGRADES);
        let mut all = Vec::new();
        for id in (first..total).map(|before| before + 1) {
            let number = U256::from(id);
            let name = book.try_ask(it, TrustedUpgrade::getNameCall(number));
            let to = book.try_ask(it, TrustedUpgrade::getUpgradeAddressCall(number));
            let from = book.try_number(it, TrustedUpgrade::getEndCall(number));
            let is_done = book.try_ask(it, TrustedUpgrade::getExecutedCall(number));
            let is_vetoed = book.try_ask(it, TrustedUpgrade::getVetoedCall(number));
            if is_done == Some(false) && is_vetoed == Some(false) {
                all.push(Self {
                    id,
                    contract: ForeignText::of(&name.unwrap_or_default()),
                    to: to.and_then(ours),
                    from: from.unwrap_or_default(),
                });
            }
        }
        all
    }
}
