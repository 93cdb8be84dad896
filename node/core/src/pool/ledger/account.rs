//! Accounts, moves between two of them, and entries.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;
use proto::{Address, Root};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::pool::amount::Wei;

/// What is counted, each in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asset {
    /// Ether.
    Ether,
    /// The protocol's token.
    Rpl,
    /// The token of those who lend.
    Reth,
}

impl Asset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ether, Self::Rpl, Self::Reth];

    /// As it is written behind an amount.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Ether => "ETH",
            Self::Rpl => "RPL",
            Self::Reth => "rETH",
        }
    }
}

/// An amount in the smallest unit, below 2^100: a million times all ether that there is, so that
/// sums of a hundred million of them have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The first number that is none.
    const END: u128 = 1 << 100;

    /// This many, if there can be so many.
    pub fn of(amount: u128) -> Option<Self> {
        (amount < Self::END).then_some(Self(amount))
    }

    /// An amount as contracts have it.
    pub fn of_word(word: &[u8; 32]) -> Option<Self> {
        Self::of(u128::try_from(U256::from_be_bytes(*word)).ok()?)
    }

    /// An amount that was read.
    pub fn of_wei(wei: Wei) -> Option<Self> {
        Self::of(u128::try_from(wei.0).ok()?)
    }

    /// An amount in gwei.
    pub fn of_gwei(gwei: u64) -> Self {
        Self(u128::from(gwei) * 1_000_000_000)
    }

    /// In the smallest unit.
    pub fn get(self) -> u128 {
        self.0
    }

    /// Both together; the highest that there can be, if that is more.
    pub fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::END - 1))
    }

    /// As it is shown.
    pub fn wei(self) -> Wei {
        Wei(U256::from(self.0))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let amount = read(from)?;
        Self::of(amount).ok_or_else(|| D::Error::custom("more than there is of anything"))
    }
}

fn read<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error> {
    let text = <std::borrow::Cow<'_, str>>::deserialize(from)?;
    let number = text.parse();
    number.map_err(|_| D::Error::custom("expected a whole number as a text"))
}

/// What an account has after many moves, which may be less than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Sum(pub i128);

impl Sum {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This less that.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// How much, if it is more than nothing.
    pub fn above(self) -> Option<Amount> {
        let amount = u128::try_from(self.0).ok().and_then(Amount::of);
        amount.filter(|it| *it != Amount::ZERO)
    }

    /// How much less than nothing, if it is.
    pub fn below(self) -> Option<Amount> {
        Self(self.0.saturating_neg()).above()
    }
}

impl From<Amount> for Sum {
    fn from(amount: Amount) -> Self {
        // 100 of 127 bits.
        Self(i128::try_from(amount.0).unwrap_or(i128::MAX))
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ones = Wei(U256::from(self.0.unsigned_abs()));
        f.pad(&format!("{sign}{ones}"))
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let sum = read(from)?;
        let most = i128::try_from(Amount::END).unwrap_or(i128::MAX);
        match (-most..=most).contains(&sum) {
            true => Ok(Self(sum)),
            false => Err(D::Error::custom("more than there is of anything")),
        }
    }
}

/// Of what the chain says how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// At the withdrawal address.
    Withdrawal,
    /// At the RPL withdrawal address, if that is another one.
    RplWithdrawal,
    /// Paid in for the node and not bonded.
    NodeEther,
    /// Credit from bonds that came back.
    Credit,
    /// The node's ether in validators and in the queue.
    Bond,
    /// In the megapool and not distributed: the others' part is in it.
    Megapool,
    /// The node's own in the megapool, which the next claim pays out.
    Refund,
    /// What the node owes: less than nothing.
    Debt,
    /// What a stranger's distribution has left for the node.
    Unclaimed,
    /// What a receiver did not take, and has to call for.
    Outstanding,
    /// RPL that is staked, or waits to be withdrawn.
    Staked,
}

/// Where it came from, or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// Who has paid in for the node.
    Payer(Address),
    /// The node account's own ether.
    NodeAccount,
    /// The beacon chain.
    BeaconChain,
    /// Tips of blocks that this program's group has proposed.
    Tips,
    /// Whose share of what is earned that is: those who lend, voters, the protocol.
    Others,
    /// Rewards of Rocket Pool's intervals.
    Intervals,
    /// What was lost.
    Lost,
    /// Where credit becomes rETH.
    Exchange,
    /// Who has sent something unasked, as far as that was logged.
    Giver(Address),
    /// Whoever has paid a debt of the node.
    Helper,
    /// To whom the Safe has paid.
    Receiver(Address),
    /// What there was before the ledger began.
    Before,
    /// Nothing explains it.
    Unexplained,
}

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Which the chain says how much is in.
    Held(Held),
    /// The rest of the world.
    Outside(Outside),
}

impl From<Held> for Account {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

impl From<Outside> for Account {
    fn from(outside: Outside) -> Self {
        Self::Outside(outside)
    }
}

/// An amount goes from one account to another: what the one loses, the other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Of what.
    pub asset: Asset,
    /// How much.
    pub amount: Amount,
    /// From where.
    pub from: Account,
    /// To where.
    pub to: Account,
}

impl Move {
    /// Of ether.
    pub fn ether(amount: Amount, from: impl Into<Account>, to: impl Into<Account>) -> Self {
        Self::of(Asset::Ether, amount, (from.into(), to.into()))
    }

    /// Of anything.
    pub fn of(asset: Asset, amount: Amount, (from, to): (Account, Account)) -> Self {
        Self {
            asset,
            amount,
            from,
            to,
        }
    }

    /// What it does to the two accounts: together nothing.
    pub fn postings(&self) -> [(Account, Asset, Sum); 2] {
        let amount = Sum::from(self.amount);
        let less = Sum::ZERO.less(amount);
        [(self.from, self.asset, less), (self.to, self.asset, amount)]
    }
}

/// Why something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What there was when the ledger began.
    Opening,
    /// Somebody paid in for the node.
    PaidIn,
    /// The withdrawal address took back what was not bonded.
    TakenBack,
    /// A bond was made.
    Bonded,
    /// A bond became credit.
    Credited,
    /// A bond came back, or what was left of it.
    BondBack,
    /// Credit was paid out as rETH.
    CreditPaid,
    /// The beacon chain paid out.
    Withdrawn,
    /// Tips of blocks.
    Tips,
    /// The megapool got ether from an account: from who builds blocks, as a rule.
    Sent,
    /// What was earned was divided.
    Distributed,
    /// The megapool paid its refund out.
    Claimed,
    /// Rewards of an interval.
    Interval,
    /// What an interval could not pay waits, or came.
    Outstanding,
    /// What waited for the node came.
    Unclaimed,
    /// Debt was made.
    DebtMade,
    /// Debt was paid.
    DebtPaid,
    /// RPL was staked.
    Staked,
    /// RPL came back.
    Unstaked,
    /// Somebody sent something unasked.
    Gift,
    /// The Safe paid somebody.
    PaidOut,
    /// Nothing explains it.
    Unexplained,
}

/// What happened at one place of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// In which block, or at the end of which period.
    pub block: u64,
    /// The time at the end of its period, Unix seconds.
    pub time: u64,
    /// Why.
    pub reason: Reason,
    /// In which transaction, if it is of one.
    pub transaction: Option<Root>,
    /// What moved.
    pub moves: Vec<Move>,
}

/// What each account has.
pub type Balances = std::collections::BTreeMap<(Account, Asset), Sum>;

/// Adds what an entry does.
pub fn post(balances: &mut Balances, entry: &Entry) {
    for (account, asset, sum) in entry.moves.iter().flat_map(Move::postings) {
        let so_far = balances.entry((account, asset)).or_default();
        *so_far = so_far.plus(sum);
    }
}
