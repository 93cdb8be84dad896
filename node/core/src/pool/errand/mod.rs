//! What only a withdrawal Safe can do, as calls that its owners sign with their own wallets.
//!
//! | file | holds |
//! |---|---|
//! | this one | which errands there are, and the calls of each |
//! | `addresses` | a withdrawal address confirms itself, and takes a planted one's place |
//! | `calls` | the functions, and no others |
//! | `unable` | why there is nothing to sign |
//! | [`purse`] | what a Safe has |
//!
//! They follow from what is agreed and from what the newest block shows, so that every operator's
//! program writes the same. What would be refused there, or do nothing, is not written.
//!
//! Source: `RocketStorage`, `RocketNodeManager`, `RocketNodeDeposit`, `RocketDepositPool`,
//! `RocketNodeStaking` and `RocketMinipoolDelegate` of protocol 1.3.1 and 1.4.
//!
//! Never here: a key, a nonce, and what anybody else may do as well.

mod addresses;
mod calls;
pub mod purse;
mod unable;

use alloy_primitives::U256;
use proto::Address;
use proto::agreement::PoolTerms;

pub use unable::Unable;

use super::account::Account;
use super::amount::Wei;
use super::book::{Place, theirs};
use super::contracts::Contract;
use super::funding::paid::Contributions;
use super::minipool::{Minipool, Stage};
use super::plan::{Call, at};
use super::sight::Sight;
use super::view::Node;
use super::withdrawal::rehearsal::Rehearsal;
use calls::{DepositPool, Minipool as MinipoolCalls, NodeDeposit, NodeStaking, Token};
use purse::Purses;

/// What a minipool needs at least to be ended and not only skimmed, in thousandths of an ether.
const WHOLE_MINIPOOL: u32 = 8_000;

/// What a withdrawal Safe is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// The withdrawal addresses become and stay the agreed ones, as far as these do it themselves.
    Confirm,
    /// So much RPL of the Safe is staked for the node.
    StakeRpl(Wei),
    /// Ether that was paid in and is not bonded comes to the Safe: so much, or all.
    WithdrawEther(Option<Wei>),
    /// Credit comes to the Safe as rETH: so much, or all.
    WithdrawCredit(Option<Wei>),
    /// Ether that was paid in and is not bonded goes back to whom it came from: so much, or all.
    GiveBack(Address, Option<Wei>),
    /// A minipool, by its address, is ended.
    EndMinipool(Address),
    /// What came in to try the Safe goes back.
    Rehearsal,
}

/// The calls of one Safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Which Safe.
    pub safe: Address,
    /// What it does, one after the other: all of it or nothing.
    pub calls: Vec<Call>,
    /// What "all" came to, if all was asked for. Anybody can change by a wei what is there: who
    /// asks for this much writes the same.
    pub all: Option<Wei>,
}

/// A log that only some errands depend on. Anybody can make one long, and a node may have dropped
/// it: an errand that does not need it is not to fail with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Who has paid in for the node.
    Payments,
    /// How far the operators have tried the Safe.
    Rehearsal,
}

/// What the log that was asked for shows, at the finalised block.
#[derive(Debug, Clone, Copy)]
pub enum Logged<'a> {
    /// None was asked for.
    Nothing,
    /// Who has paid in.
    Payments(&'a Contributions),
    /// How far the operators have tried the Safe.
    Rehearsal(Rehearsal),
}

/// By what it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Rocket Pool, as the own execution node shows it.
    pub sight: &'a Sight,
    /// What is agreed.
    pub terms: &'a PoolTerms,
    /// What the Safes have, at the newest block.
    pub purses: &'a Purses,
    /// What the log shows that the errand depends on ([`Errand::log`]).
    pub logged: Logged<'a>,
}

impl Errand {
    /// A word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::StakeRpl(_) => "stake-rpl",
            Self::WithdrawEther(_) => "withdraw-eth",
            Self::WithdrawCredit(_) => "withdraw-credit",
            Self::GiveBack(..) => "give-back",
            Self::EndMinipool(_) => "end-minipool",
            Self::Rehearsal => "rehearsal",
        }
    }

    /// The log that it depends on, if it does on one.
    pub fn log(&self) -> Option<Log> {
        match self {
            Self::GiveBack(..) => Some(Log::Payments),
            Self::Rehearsal => Some(Log::Rehearsal),
            Self::Confirm
            | Self::StakeRpl(_)
            | Self::WithdrawEther(_)
            | Self::WithdrawCredit(_)
            | Self::EndMinipool(_) => None,
        }
    }

    /// The calls, of each Safe that has some.
    ///
    /// # Errors
    /// Why there are none.
    pub fn write(&self, grounds: &Grounds<'_>) -> Result<Vec<Written>, Unable> {
        let terms = grounds.terms;
        let (ether, rpl) = (terms.withdrawal, terms.rpl_withdrawal);
        let written = match self {
            Self::Confirm => return addresses::confirm(grounds),
            Self::Rehearsal => Written::of(ether, grounds.pay_back()?),
            Self::StakeRpl(amount) => Written::of(rpl, grounds.stake_rpl(*amount)?),
            Self::WithdrawEther(asked) => {
                let (call, amount) = grounds.withdraw_ether(*asked)?;
                Written::of(ether, vec![call]).if_all(*asked, amount)
            }
            Self::WithdrawCredit(asked) => {
                let (call, amount) = grounds.withdraw_credit(*asked)?;
                Written::of(ether, vec![call]).if_all(*asked, amount)
            }
            Self::GiveBack(to, asked) => {
                let (calls, amount) = grounds.give_back(to, *asked)?;
                Written::of(ether, calls).if_all(*asked, amount)
            }
            Self::EndMinipool(of) => Written::of(ether, grounds.end_minipool(of)?),
        };
        Ok(vec![written])
    }
}

impl Written {
    fn of(safe: Address, calls: Vec<Call>) -> Self {
        Self {
            safe,
            calls,
            all: None,
        }
    }

    fn if_all(self, asked: Option<Wei>, amount: Wei) -> Self {
        let all = asked.is_none().then_some(amount);
        Self { all, ..self }
    }
}

/// A payment.
fn pays(to: Address, value: Wei) -> Call {
    let place = Place {
        name: "an account",
        address: to,
    };
    Call {
        to: place,
        contract: place.name,
        value,
        data: Vec::new(),
        spelled: format!("{value} ETH to {}", at(&to)),
        akin: Vec::new(),
    }
}

/// So much, or all, of what is there.
fn part(asked: Option<Wei>, (there, what): (Wei, &'static str)) -> Result<Wei, Unable> {
    if there.is_zero() {
        return Err(Unable::Nothing(what));
    }
    match asked {
        Some(asked) if asked > there => Err(Unable::TooMuch { asked, there, what }),
        Some(asked) => Ok(asked),
        None => Ok(there),
    }
}

impl<'a> Grounds<'a> {
    fn node(&self) -> Result<&'a Node, Unable> {
        let node = self.sight.node_at_head();
        node.ok_or(Unable::NoNode(self.sight.node))
    }

    fn account(&self) -> Result<&'a Account, Unable> {
        Ok(&self.node()?.account)
    }

    fn place(&self, contract: Contract) -> Result<Place, Unable> {
        let place = self.sight.head.contracts.at(contract);
        place.ok_or(Unable::NoNode(self.sight.node))
    }

    /// The node's account, once the agreed Safe is its withdrawal address.
    fn withdrawn(&self) -> Result<&'a Account, Unable> {
        let account = self.account()?;
        match account.withdrawal == self.terms.withdrawal {
            true => Ok(account),
            false => Err(Unable::NotYet {
                what: "withdrawal address",
                now: Some(account.withdrawal),
            }),
        }
    }

    fn stake_rpl(&self, amount: Wei) -> Result<Vec<Call>, Unable> {
        let (account, safe) = (self.account()?, self.terms.rpl_withdrawal);
        if account.rpl_withdrawal != Some(safe) {
            return Err(Unable::NotYet {
                what: "RPL withdrawal address",
                now: account.rpl_withdrawal,
            });
        }
        let there = self.purses.of(&safe).rpl;
        let amount = part(Some(amount), (there, "RPL in the RPL withdrawal Safe"))?;
        let (token, staking) = (
            self.place(Contract::TokenRpl)?,
            self.place(Contract::NodeStaking)?,
        );
        let approve = Token::approveCall {
            spender: theirs(&staking.address),
            amount: amount.0,
        };
        let stake = NodeStaking::stakeRPLForCall {
            node: theirs(&account.node),
            amount: amount.0,
        };
        let words = format!("{amount} RPL");
        Ok(vec![
            Call::of(token, &approve, &[&at(&staking.address), &words]),
            Call::of(staking, &stake, &[&at(&account.node), &words]),
        ])
    }

    fn withdraw_ether(&self, amount: Option<Wei>) -> Result<(Call, Wei), Unable> {
        let account = self.withdrawn()?;
        let there = (account.credit.ether, "ether that is paid in and not bonded");
        let amount = part(amount, there)?;
        let to = self.place(Contract::NodeDeposit)?;
        let withdraw = NodeDeposit::withdrawEthCall {
            node: theirs(&account.node),
            amount: amount.0,
        };
        let words = format!("{amount} ETH");
        let call = Call::of(to, &withdraw, &[&at(&account.node), &words]);
        Ok((call, amount))
    }

    /// A credit is paid as rETH, while deposits are open, from a megapool that owes nothing.
    fn withdraw_credit(&self, amount: Option<Wei>) -> Result<(Call, Wei), Unable> {
        let account = self.withdrawn()?;
        let amount = part(amount, (account.credit.credit, "credit"))?;
        let megapool = self.node()?.deployed().ok_or(Unable::NoMegapool)?;
        if !megapool.debt.is_zero() {
            return Err(Unable::Debt(megapool.debt));
        }
        if !self.sight.head.network.may_deposit {
            return Err(Unable::Closed);
        }
        let to = self.place(Contract::DepositPool)?;
        let withdraw = DepositPool::withdrawCreditForCall {
            node: theirs(&account.node),
            amount: amount.0,
        };
        let words = format!("{amount} ETH of credit");
        let call = Call::of(to, &withdraw, &[&at(&account.node), &words]);
        Ok((call, amount))
    }

    fn give_back(&self, to: &Address, amount: Option<Wei>) -> Result<(Vec<Call>, Wei), Unable> {
        let account = self.withdrawn()?;
        let Logged::Payments(all) = self.logged else {
            return Err(Unable::NothingFrom(*to));
        };
        let paid = all.from(to).ok_or(Unable::NothingFrom(*to))?;
        let unbonded = account.credit.ether;
        // What was bonded or has gone back is of somebody, and no log says of whom.
        let all_paid = all.total();
        if amount.is_none() && !unbonded.is_zero() && all_paid != unbonded {
            return Err(Unable::NotClear {
                paid: all_paid,
                unbonded,
            });
        }
        let all = amount.or(Some(paid).filter(|_| !unbonded.is_zero()));
        let (withdraw, amount) = self.withdraw_ether(all)?;
        let amount = part(Some(amount), (paid, "ether that came from that account"))?;
        Ok((vec![withdraw, pays(*to, amount)], amount))
    }

    fn end_minipool(&self, of: &Address) -> Result<Vec<Call>, Unable> {
        self.withdrawn()?;
        let mut all = self.node()?.minipools.iter();
        let minipool = all.find(|it| it.place.address == *of);
        let minipool = minipool.ok_or(Unable::NoMinipool(*of))?;
        ending(minipool).map(|call| vec![call])
    }

    fn pay_back(&self) -> Result<Vec<Call>, Unable> {
        let safe = self.terms.withdrawal;
        let Logged::Rehearsal(so_far) = self.logged else {
            return Err(Unable::NotRehearsed(safe));
        };
        match so_far {
            Rehearsal::Nothing => Err(Unable::NotRehearsed(safe)),
            Rehearsal::Done => Err(Unable::Rehearsed),
            Rehearsal::Received { from, amount } => {
                let there = (self.purses.of(&safe).ether, "ether in the withdrawal Safe");
                let amount = part(Some(amount), there)?;
                Ok(vec![pays(from, amount)])
            }
        }
    }
}

/// How a minipool ends: what came back is split, and of one that was given up all comes to the
/// withdrawal address. With less than was lent to it the node would be slashed for the rest, and
/// the stake that is still to come would be anybody's to end: so much skimmed, or sent by a
/// stranger, is no stake.
fn ending(minipool: &Minipool) -> Result<Call, Unable> {
    let of = minipool.place.address;
    let least = Wei::of_milliether(WHOLE_MINIPOOL).max(minipool.user_capital);
    let there = Wei(minipool.balance.0.saturating_sub(minipool.refund.0));
    let needs = match minipool.stage {
        Stage::Staking | Stage::Withdrawable => least,
        Stage::Dissolved => Wei(U256::from(1)),
        Stage::Queued { .. } | Stage::Prelaunch { .. } => return Err(Unable::NotStaked(of)),
        Stage::Finalised => return Err(Unable::Ended(of)),
    };
    if there < needs {
        return Err(Unable::NotBack { of, there, needs });
    }
    let call = MinipoolCalls::distributeBalanceCall {
        only_rewards: false,
    };
    Ok(Call::of(minipool.place, &call, &["false"]))
}

#[cfg(test)]
mod tests;
