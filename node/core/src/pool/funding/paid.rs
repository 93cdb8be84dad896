//! Who has paid in, by the log of the contract that took it.
//!
//! Each operator has declared accounts in the agreement. What came from another account is nobody's
//! contribution by that alone: it has a line of its own. What was paid while another contract had
//! that place in Rocket Pool stands in that one's log and is not counted here.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use alloy_sol_types::SolEvent as _;
use proto::agreement::PoolTerms;
use proto::{Address, Root};
use serde::{Serialize, Serializer};

use crate::pool::amount::Wei;
use crate::pool::book::shown;
use crate::pool::withdrawal::birth::{Logged, address};

alloy_sol_types::sol! {
    #[derive(Debug)]
    event DepositFor(
        address indexed nodeAddress, address indexed from, uint256 amount, uint256 time
    );
}

/// The name of the event.
pub const DEPOSIT_FOR: [u8; 32] = DepositFor::SIGNATURE_HASH.0;

/// The node as the event has it, to be asked for.
pub fn indexed(node: &Address) -> Root {
    let mut word = [0; 32];
    word[12..].copy_from_slice(node.as_bytes());
    word.into()
}

/// A payment for the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Paid {
    /// From which account.
    #[serde(serialize_with = "shown")]
    pub from: Address,
    /// How much.
    pub amount: Wei,
}

impl Paid {
    /// By an entry of the contract's log; none if it is not one of this node.
    pub fn read(entry: &Logged, node: &Address) -> Option<Self> {
        if !entry.is(DEPOSIT_FOR) {
            return None;
        }
        let [of, from, amount, _] = entry.words()?[..] else {
            return None;
        };
        (address(&of)? == *node).then_some(Self {
            from: address(&from)?,
            amount: Wei(U256::from_be_bytes(amount)),
        })
    }
}

/// What came from each account.
pub type ByAccount = BTreeMap<Address, Wei>;

/// Who has paid how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contributions {
    /// Each operator, in the order of the definition, with the accounts that were declared.
    pub operators: Vec<Contribution>,
    /// What came from accounts that nobody has declared.
    #[serde(serialize_with = "by_account")]
    pub undeclared: ByAccount,
}

/// What one operator has paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contribution {
    /// The operator's name.
    pub name: String,
    /// All of it.
    pub total: Wei,
    /// Of it, by account.
    #[serde(serialize_with = "by_account")]
    pub accounts: ByAccount,
}

fn by_account<S: Serializer>(all: &ByAccount, to: S) -> Result<S::Ok, S::Error> {
    let lines = all.iter().map(|(from, amount)| Paid {
        from: *from,
        amount: *amount,
    });
    to.collect_seq(lines)
}

fn sum(all: &ByAccount) -> Wei {
    let add = |sum: U256, it: &Wei| sum.saturating_add(it.0);
    Wei(all.values().fold(U256::ZERO, add))
}

impl Contributions {
    /// Adds up what was paid, by the accounts that the operators have declared.
    pub fn of(paid: &[Paid], terms: &PoolTerms) -> Self {
        let mut left = ByAccount::new();
        for it in paid {
            let so_far = left.entry(it.from).or_default();
            so_far.0 = so_far.0.saturating_add(it.amount.0);
        }
        let operators = terms.members.iter().map(|member| {
            let own = |from: &Address| left.remove(from).map(|amount| (*from, amount));
            let accounts: ByAccount = member.funding.iter().filter_map(own).collect();
            Contribution {
                name: member.name.clone(),
                total: sum(&accounts),
                accounts,
            }
        });
        Self {
            operators: operators.collect(),
            undeclared: left,
        }
    }

    /// What came from this account, declared or not.
    pub fn from(&self, account: &Address) -> Option<Wei> {
        let declared = self.operators.iter().map(|it| &it.accounts);
        let mut all = declared.chain([&self.undeclared]);
        all.find_map(|accounts| accounts.get(account).copied())
    }

    /// All that was paid in.
    pub fn total(&self) -> Wei {
        let declared = self.operators.iter().map(|it| it.total.0);
        let add = |sum: U256, it: U256| sum.saturating_add(it);
        Wei(declared.fold(self.undeclared_total().0, add))
    }

    /// All of what nobody has declared.
    pub fn undeclared_total(&self) -> Wei {
        sum(&self.undeclared)
    }
}
