//! The money of Rocket Pool on the devnet, from the execution chain alone: what came in, where it
//! is, and what has reached the group's withdrawal address. Nothing of `gantry` is asked.
//!
//! Ether comes in from who lends it, as bonds of the node account, as withdrawals of the beacon
//! chain and as tips of blocks that pay the megapool. It is in the deposit contract, in Rocket
//! Pool's contracts, or at the withdrawal address. Both are counted block by block, and must be
//! equal.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{NodeAccount, RocketPool, Who};
use crate::Error;
use crate::execution::{DEPOSIT_CONTRACT, Rpc};

const GWEI: u128 = 1_000_000_000;
/// One ether, wei.
pub const ETHER: u128 = 1_000_000_000_000_000_000;
/// What a validator is given.
const STAKE: u128 = 32 * ETHER;
/// What each of the people has at first, as `execution/genesis.mjs` says.
const AT_FIRST: u128 = 1000 * ETHER;
/// `RewardsDistributed(uint256,uint256,uint256,uint256,uint256)`: the node's share comes first.
const REWARDS_DISTRIBUTED: &str =
    "0xdfc66b0192dcfa0b3073892ad434e2714583b8afbf55182f82177b18d735a746";

/// All money up to a block, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Books {
    /// What was lent.
    pub lent: u128,
    /// What the node account has brought.
    pub bonds: u128,
    /// What the beacon chain has paid to the megapool.
    pub withdrawn: u128,
    /// What the megapool got of blocks.
    pub tips: u128,
    /// What is in the deposit contract.
    pub deposited: u128,
    /// What is in the megapool.
    pub megapool: u128,
    /// What is in the other contracts of Rocket Pool.
    pub elsewhere: u128,
    /// What the withdrawal address has received.
    pub received: u128,
    /// What of it are rewards, as the megapool has split them.
    pub rewards: u128,
    /// What validators came back short of the 32 ETH that they were given: who missed duties after
    /// the last withdrawal of rewards has lost a little. The bonds bear it.
    pub lost: u128,
}

impl Books {
    /// Checks that all that came in is somewhere, and that the group has its bonds, less what was
    /// lost, and its rewards.
    ///
    /// # Errors
    /// With the books.
    pub fn check(&self) -> Result<(), Error> {
        let came = self.lent + self.bonds + self.withdrawn + self.tips;
        let is = self.deposited + self.megapool + self.elsewhere + self.received;
        let wrong = |what: &str| Err(Error::Unexpected(format!("{what}: {self:?}, in wei")));
        let due = self.bonds + self.rewards;
        match (came == is, self.received + self.lost == due) {
            (false, _) => wrong("some ether is lost or comes from nowhere"),
            (true, false) => wrong("the group has not got its bonds and its rewards"),
            (true, true) if self.megapool > 0 => wrong("ether is left in the megapool"),
            (true, true) => Ok(()),
        }
    }
}

/// Wei as ether, with all decimals that there are.
pub fn in_ether(wei: u128) -> String {
    let text = format!("{}.{:018}", wei / ETHER, wei % ETHER);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number as JSON-RPC writes it.
fn number(value: &Value) -> u128 {
    let text = value.as_str().unwrap_or_default();
    u128::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or_default()
}

fn is(value: &Value, address: &str) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.eq_ignore_ascii_case(address))
}

/// What the beacon chain has paid to the megapool in a block: validators and wei.
fn withdrawals(block: &Value, megapool: &str) -> Vec<(u128, u128)> {
    let paid = block["withdrawals"].as_array().into_iter().flatten();
    let of_megapool = paid.filter(|paid| is(&paid["address"], megapool));
    let read = |paid: &Value| {
        let wei = number(&paid["amount"]) * GWEI;
        (number(&paid["validatorIndex"]), wei)
    };
    of_megapool.map(read).collect()
}

impl RocketPool {
    /// What an account has now beyond what it had at first, wei.
    pub async fn gained(&self, who: Who) -> Result<u128, Error> {
        let balance = self.balance(who.account().address).await?;
        Ok(balance.saturating_sub(AT_FIRST))
    }

    /// What an address has now, wei.
    pub async fn balance(&self, of: &str) -> Result<u128, Error> {
        let asked = json!([of, "latest"]);
        Ok(number(&self.rpc().ask("eth_getBalance", asked).await?))
    }

    /// The books up to the finalised block, in which the group has this megapool. Read from that
    /// block back, each by the hash that the one after it names.
    pub async fn books(&self, megapool: &str) -> Result<Books, Error> {
        let rpc = self.rpc();
        let last = rpc.finalised().await?;
        let at = format!("{last:#x}");
        let mut block = rpc.ask("eth_getBlockByNumber", json!([at, true])).await?;
        let mut books = Books::default();
        let mut largest = BTreeMap::new();
        while number(&block["number"]) > 0 {
            self.add(&mut books, &rpc, &block, megapool).await?;
            for (validator, wei) in withdrawals(&block, megapool) {
                let so_far: &mut u128 = largest.entry(validator).or_default();
                *so_far = wei.max(*so_far);
                books.withdrawn += wei;
            }
            let parent = json!([block["parentHash"], true]);
            block = rpc.ask("eth_getBlockByHash", parent).await?;
        }
        // The largest withdrawal of a validator is the one that paid it out.
        books.lost = largest.values().map(|it| STAKE.saturating_sub(*it)).sum();
        let balance = async |of: &str| {
            let asked = rpc.ask("eth_getBalance", json!([of, at])).await;
            asked.map(|balance| number(&balance))
        };
        books.deposited = balance(DEPOSIT_CONTRACT).await?;
        books.megapool = balance(megapool).await?;
        for name in ["rocketDepositPool", "rocketTokenRETH", "rocketRewardsPool"] {
            books.elsewhere += balance(self.contracts.at(name)).await?;
        }
        if let NodeAccount::Safe { address, .. } = &self.node {
            books.bonds = books.bonds.saturating_sub(balance(address).await?);
        }
        // What it paid for gas has been added before.
        books.received += balance(Who::Withdrawal.account().address).await?;
        books.received -= AT_FIRST;
        let filter = json!([{
            "address": megapool, "fromBlock": "0x1", "toBlock": at,
            "topics": [REWARDS_DISTRIBUTED],
        }]);
        for log in rpc
            .ask("eth_getLogs", filter)
            .await?
            .as_array()
            .into_iter()
            .flatten()
        {
            let data = log["data"].as_str().unwrap_or_default();
            books.rewards += number(&json!(data.get(..66).unwrap_or_default()));
        }
        Ok(books)
    }

    /// Adds what a block has moved.
    async fn add(
        &self,
        books: &mut Books,
        rpc: &Rpc,
        block: &Value,
        megapool: &str,
    ) -> Result<(), Error> {
        let base_fee = number(&block["baseFeePerGas"]);
        let pays_megapool = is(&block["miner"], megapool);
        for sent in block["transactions"].as_array().into_iter().flatten() {
            let value = number(&sent["value"]);
            if is(&sent["to"], self.contracts.at("rocketDepositPool")) {
                books.lent += value;
            }
            // What a Safe was paid and has not given.
            let bonds = match &self.node {
                NodeAccount::Key => self.contracts.at("rocketNodeDeposit"),
                NodeAccount::Safe { address, .. } => address,
            };
            if is(&sent["to"], bonds) {
                books.bonds += value;
            }
            let from_group = is(&sent["from"], Who::Withdrawal.account().address);
            if pays_megapool || from_group {
                let asked = rpc
                    .ask("eth_getTransactionReceipt", json!([sent["hash"]]))
                    .await?;
                let gas = number(&asked["gasUsed"]);
                let most = number(&sent["maxFeePerGas"]) - base_fee;
                let tip = most.min(number(&sent["maxPriorityFeePerGas"]));
                if pays_megapool {
                    books.tips += gas * tip;
                }
                if from_group {
                    books.received += gas * (base_fee + tip);
                }
            }
        }
        Ok(())
    }
}
