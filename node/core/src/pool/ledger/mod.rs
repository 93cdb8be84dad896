//! The ledger of a group at Rocket Pool: where each wei came from, and where it is.
//!
//! | module | holds |
//! |---|---|
//! | [`account`] | accounts, moves between two of them, entries |
//! | [`fact`] | what the chain shows of a time: logs, withdrawals, whom blocks pay |
//! | [`holdings`] | what the chain says that there is, at one block |
//! | [`period`] | a time between two final blocks, with its facts and what there is at its end |
//! | [`entries`] | the entries that follow from it, and what nothing explains |
//! | [`kept`] | periods as lines of a file, each of which names the one before |
//! | [`books`] | all periods, one after the other |
//! | `principal` | whose principal came back |
//! | [`report`] | totals, what is unexplained, and each operator's part |
//! | [`shares`] | an amount divided so that no wei is lost |
//!
//! **Double entry.** A move takes an amount from one account and gives it to another, so each entry
//! sums to zero in every asset, and all accounts together are zero at any time. Accounts are held
//! (the chain says how much is there) or outside (where it came from, where it went).
//!
//! **Logs give names, states give amounts.** The contracts log who paid in, what was distributed
//! and claimed, and that a bond was made, came back or became credit, but not always how much.
//! What each held account has at the end of a period is read from the chain, so the missing amount
//! follows, but only where something was logged that can have been it. What the beacon chain pays
//! out and what a block's own tips are, no contract logs: the blocks are read for it.
//!
//! **What remains is one line**, "unexplained": by how much the chain has more or less than all
//! moves come to. A node that lies, or a movement that this program does not know, ends there.
//!
//! What is kept are the facts, not the entries: those follow from them again whenever they are
//! read. A period ends at a final block. Two peers that have read the same blocks have the same
//! totals, whatever the periods; a peer that has missed blocks says since when it knows.
//!
//! Tokens other than RPL and rETH are not looked at. Plain ether that comes to the withdrawal Safe
//! is a gift by the account that the Safe has logged; to an address that is no Safe it comes
//! without a name and is unexplained. What gas was paid for steps is not in it.
//!
//! Source: the events of Rocket Pool 1.4 and of Safe 1.3.0 to 1.5.0, EIP-4895 for withdrawals,
//! ERC-20 for tokens.
//!
//! Never here: asking a node, a file, the time.

pub mod account;
pub mod books;
pub mod entries;
pub mod fact;
pub mod holdings;
pub mod kept;
pub mod period;
mod principal;
pub mod report;
pub mod shares;

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;
