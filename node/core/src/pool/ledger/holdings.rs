//! What the chain says that there is in each held account, at one block.

use std::collections::BTreeMap;

use proto::Address;
use proto::agreement::PoolTerms;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::{Amount, Asset, Held, Sum};
use crate::pool::abi::Token;
use crate::pool::account::Staking;
use crate::pool::amount::Wei;
use crate::pool::book::{Answers, Book, Fault, Round, theirs};
use crate::pool::contracts::Contract;
use crate::pool::view::View;

/// The addresses at which ether and RPL arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrivals {
    /// Ether, and rETH.
    pub withdrawal: Address,
    /// RPL; it may be the same.
    pub rpl_withdrawal: Address,
}

impl Arrivals {
    /// As agreed.
    pub fn agreed(terms: &PoolTerms) -> Self {
        Self {
            withdrawal: terms.withdrawal,
            rpl_withdrawal: terms.rpl_withdrawal,
        }
    }

    /// The account of what is at this address, if it is one of them.
    pub fn held(&self, at: &Address) -> Option<Held> {
        if *at == self.withdrawal {
            Some(Held::Withdrawal)
        } else if *at == self.rpl_withdrawal {
            Some(Held::RplWithdrawal)
        } else {
            None
        }
    }

    /// Both, or the one.
    pub fn all(&self) -> Vec<Address> {
        let mut all = vec![self.withdrawal, self.rpl_withdrawal];
        all.dedup();
        all
    }
}

/// What there is. What is not in it is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings(BTreeMap<(Held, Asset), Sum>);

impl Serialize for Holdings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let all = self.0.iter().map(|((held, asset), sum)| (held, asset, sum));
        to.collect_seq(all)
    }
}

impl<'de> Deserialize<'de> for Holdings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let all: Vec<(Held, Asset, Sum)> = Vec::deserialize(from)?;
        let all = all
            .into_iter()
            .map(|(held, asset, sum)| ((held, asset), sum));
        Ok(Self(all.collect()))
    }
}

impl Holdings {
    /// What is in this account.
    pub fn of(&self, held: Held, asset: Asset) -> Sum {
        self.0.get(&(held, asset)).copied().unwrap_or_default()
    }

    /// All that is something.
    pub fn all(&self) -> impl Iterator<Item = (Held, Asset, Sum)> {
        let all = self.0.iter().filter(|(_, sum)| **sum != Sum::ZERO);
        all.map(|((held, asset), sum)| (*held, *asset, *sum))
    }

    /// Puts so much into the place of what is in an account.
    pub fn put(&mut self, held: Held, asset: Asset, sum: Sum) {
        match sum == Sum::ZERO {
            true => self.0.remove(&(held, asset)),
            false => self.0.insert((held, asset), sum),
        };
    }

    /// One round of reading them at the block of this view. Of an account that is no node of Rocket
    /// Pool yet there is what is at the addresses alone.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn read(view: &View, arrivals: &Arrivals, answers: &Answers) -> Result<Round<Self>, Fault> {
        let mut book = Book::new(answers);
        let mut read = Read {
            all: Self::default(),
            too_much: None,
        };
        let tokens = [
            (Contract::TokenRpl, Asset::Rpl),
            (Contract::TokenReth, Asset::Reth),
        ];
        for at in arrivals.all() {
            let held = arrivals.held(&at).unwrap_or(Held::Withdrawal);
            read.take((held, Asset::Ether), book.balance(&at));
            for (token, asset) in tokens {
                if let Some(token) = view.contracts.at(token) {
                    let of = Token::balanceOfCall(theirs(&at));
                    read.take((held, asset), book.wei(token, of));
                }
            }
        }
        read.node(view);
        if let Some(held) = read.too_much {
            let problem = format!("has more than there is of anything as {held:?}");
            book.refuse(view.contracts.storage, "the balances of the node", problem);
        }
        book.close(read.all)
    }
}

struct Read {
    all: Holdings,
    /// What cannot be.
    too_much: Option<Held>,
}

impl Read {
    fn take(&mut self, (held, asset): (Held, Asset), wei: Wei) {
        match Amount::of_wei(wei) {
            Some(amount) => {
                let sum = self.all.of(held, asset).plus(amount.into());
                self.all.put(held, asset, sum);
            }
            None => self.too_much = Some(held),
        }
    }

    fn owe(&mut self, held: Held, wei: Wei) {
        match Amount::of_wei(wei) {
            Some(amount) => {
                let sum = self.all.of(held, Asset::Ether).less(amount.into());
                self.all.put(held, Asset::Ether, sum);
            }
            None => self.too_much = Some(held),
        }
    }

    fn node(&mut self, view: &View) {
        let Some(node) = &view.node else { return };
        let account = &node.account;
        let ether = |held| (held, Asset::Ether);
        self.take(ether(Held::NodeEther), account.credit.ether);
        self.take(ether(Held::Credit), account.credit.credit);
        self.take(
            ether(Held::Unclaimed),
            account.unclaimed.unwrap_or_default(),
        );
        self.take(ether(Held::Outstanding), account.outstanding);
        let rpl_outstanding = account.rpl_outstanding.unwrap_or_default();
        self.take(ether(Held::Outstanding), rpl_outstanding);
        let staked = match &account.staking {
            Staking::Saturn {
                staked, unstaking, ..
            } => [*staked, *unstaking],
            Staking::Houston { staked, .. } => [*staked, Wei::ZERO],
        };
        for part in staked {
            self.take((Held::Staked, Asset::Rpl), part);
        }
        if let Some(megapool) = node.deployed() {
            self.take(ether(Held::Bond), megapool.bond);
            self.take(ether(Held::Bond), megapool.queued_bond);
            self.take(ether(Held::Refund), megapool.refund);
            self.owe(Held::Debt, megapool.debt);
            self.take(ether(Held::Megapool), megapool.balance);
            self.owe(Held::Megapool, megapool.refund);
            self.owe(Held::Megapool, megapool.assigned);
        }
    }
}
