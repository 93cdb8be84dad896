//! How each deposit of a file stands: on the chain, under way, or still to be sent.
//!
//! A deposit that is paid twice is 32 ETH locked up for nothing. Before a transaction leaves, a
//! line that names its account and nonce is on the disk: it pins the deposit. A chain takes one
//! transaction for a nonce, so a pinned deposit is never sent with another account or nonce until
//! one [`DepositView`], all of it of the same block, shows that the nonce is used up for something
//! else:
//!
//! | the nonce | the log shows the deposit | so it is |
//! |---|---|---|
//! | unused | no | [under way](Fate::Open): the same again, or a higher fee at the same nonce |
//! | unused | yes, by somebody else | [overtaken](Fate::Overtaken): ours must not arrive as well |
//! | used | yes | there: by [us](Fate::Done), or by [another](Fate::Spent) |
//! | used two epochs ago | no, and the log is whole | [failed](Fate::Failed): to be sent anew |
//! | used since then | no, and the log is whole | [unsettled](Fate::Unsettled): nothing is sent |
//! | used | no, and the log is not whole | [unseen](Fate::Unseen): nothing is sent |
//!
//! What this cannot prevent: two operators, each with a file and an account of their own, who send
//! at the same moment. Neither chain nor file shows one of them what the other is about to do; it
//! is seen afterwards ([`Standing::doubled`]).
//!
//! Never here: asking a node, writing a file.

use std::collections::BTreeMap;

use proto::eth::{DepositData, DepositView, ForkVersion, LoggedDeposit};
use proto::{Address, PublicKey, Root};
use serde::{Deserialize, Serialize};

use super::{DepositError, missing};

/// One signed transaction, as it stands in the file of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The account that pays.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u64,
    /// The hash of the transaction.
    pub transaction: Root,
    /// What it deposits; none if it only uses up the nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Purpose>,
    /// The highest price of a unit of gas, wei.
    pub max_fee: u64,
    /// Of which goes to the proposer, wei.
    pub priority_fee: u64,
}

/// Which deposit a transaction makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// The validator.
    pub pubkey: PublicKey,
    /// Gwei.
    pub amount: u64,
}

impl Purpose {
    /// Whether this is the deposit that is meant: a file has no key and amount twice.
    pub fn is(&self, deposit: &DepositData) -> bool {
        self.pubkey == deposit.pubkey && self.amount == deposit.amount
    }
}

/// A deposit that belongs to one nonce of one account, with all that was signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The deposit.
    pub deposit: DepositData,
    /// The account that pays.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u64,
    /// The transactions for this nonce in the order in which they were signed; never empty.
    pub attempts: Vec<Sent>,
}

/// What has become of a pinned deposit. The page of this module has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Open,
    /// It is on the chain by this transaction of somebody else, and ours may still come.
    Overtaken(Root),
    /// One of our transactions made it, in the block of this number.
    Done(u64),
    /// The nonce is used up, and nothing more comes of it or is wanted of it.
    Spent,
    /// The nonce is used up, and the deposit is not there.
    Failed,
    /// The same, but so lately that another chain may still bring the deposit.
    Unsettled,
    /// The nonce is used up, and the node has lost a part of the log.
    Unseen,
}

impl Pinned {
    /// The deposits that have been pinned, by account and nonce.
    pub fn all(ours: &[DepositData], sent: &[Sent]) -> Vec<Self> {
        let mut by_nonce: BTreeMap<(Address, u64), Vec<Sent>> = BTreeMap::new();
        for sent in sent {
            let attempts = by_nonce.entry((sent.sender, sent.nonce)).or_default();
            attempts.push(*sent);
        }
        let pinned = by_nonce.into_iter().filter_map(|(place, attempts)| {
            let purpose = attempts.iter().find_map(|sent| sent.deposit)?;
            Some(Self {
                deposit: *ours.iter().find(|deposit| purpose.is(deposit))?,
                sender: place.0,
                nonce: place.1,
                attempts,
            })
        });
        pinned.collect()
    }

    /// The last transaction that was signed for it.
    pub fn newest(&self) -> &Sent {
        self.attempts.last().expect("it has an attempt")
    }

    /// Whether its last transaction only uses up the nonce.
    pub fn is_being_cancelled(&self) -> bool {
        self.newest().deposit.is_none()
    }

    /// What has become of it.
    pub fn fate(&self, view: &DepositView) -> Fate {
        let is_own = |seen: &&LoggedDeposit| {
            let mut attempts = self.attempts.iter();
            attempts.any(|sent| sent.transaction == seen.transaction)
        };
        if let Some(own) = view.seen.iter().find(is_own) {
            return Fate::Done(own.block);
        }
        // A BLS signature of one message is the only one: what is equal is valid.
        let other = view.seen.iter().find(|seen| seen.deposit == self.deposit);
        let next = view.nonces.get(&self.sender).copied().unwrap_or(0);
        let settled = view.settled_nonces.get(&self.sender).copied().unwrap_or(0);
        let cancelled = self.attempts.iter().any(|sent| sent.deposit.is_none());
        match (self.nonce < next, other) {
            (false, Some(other)) => Fate::Overtaken(other.transaction),
            (false, None) => Fate::Open,
            (true, _) if view.lacking > 0 => Fate::Unseen,
            (true, Some(_)) => Fate::Spent,
            (true, None) if self.nonce >= settled => Fate::Unsettled,
            (true, None) if cancelled => Fate::Spent,
            (true, None) => Fate::Failed,
        }
    }
}

/// How the deposits of a file stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Neither on the chain nor under way, in the order of the file.
    pub missing: Vec<DepositData>,
    /// Sent by an earlier start, and not on the chain.
    pub open: Vec<Pinned>,
    /// Not on the chain, and their nonces are used up, but another chain may still bring them.
    pub unsettled: Vec<Pinned>,
    /// On the chain, while a transaction of ours that would make them again may still come.
    pub overtaken: Vec<Pinned>,
    /// On the chain more than once.
    pub doubled: Vec<DepositData>,
}

impl Standing {
    /// How `ours` stand, of which `sent` has been sent, in a view whose log is whole.
    ///
    /// # Errors
    /// If one of our keys was deposited for somebody else: then no more money may go there.
    pub fn of(
        version: ForkVersion,
        ours: &[DepositData],
        sent: &[Sent],
        view: &DepositView,
    ) -> Result<Self, DepositError> {
        let seen: Vec<DepositData> = view.seen.iter().map(|seen| seen.deposit).collect();
        let mut standing = Self {
            missing: missing(version, ours, &seen)?,
            open: Vec::new(),
            unsettled: Vec::new(),
            overtaken: Vec::new(),
            doubled: Vec::new(),
        };
        for pinned in Pinned::all(ours, sent) {
            match pinned.fate(view) {
                Fate::Open | Fate::Unseen => standing.open.push(pinned),
                Fate::Unsettled => standing.unsettled.push(pinned),
                Fate::Overtaken(_) => standing.overtaken.push(pinned),
                Fate::Done(_) | Fate::Spent | Fate::Failed => {}
            }
        }
        let is_open = |deposit: &DepositData| {
            let mut open = standing.open.iter().chain(&standing.unsettled);
            open.any(|pinned| pinned.deposit == *deposit)
        };
        standing.missing.retain(|deposit| !is_open(deposit));
        let times = |ours: &DepositData| seen.iter().filter(|seen| *seen == ours).count();
        standing.doubled = ours.iter().copied().filter(|d| times(d) > 1).collect();
        Ok(standing)
    }
}

#[cfg(test)]
mod tests;
