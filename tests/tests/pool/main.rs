//! The program against stand-ins of Rocket Pool's contracts (`deploy/devnet/contracts`), on a chain
//! of anvil whose blocks belong to a pretend beacon chain.
//!
//! | room | holds |
//! |---|---|
//! | [`abi`] | the functions and events that the tests know |
//! | [`chain`] | anvil with the stand-ins, transactions, the words of refusals, time |
//! | [`beacon`] | the pretend beacon chain: blocks, states, proofs, its Beacon API |
//! | [`between`] | what kills a sender between two of its steps |
//! | [`evil`] | two evil peers of four, who sign and send what they like for the node account |
//! | [`funds`] | paying in, and what the withdrawal Safe does by its owners' own wallets |
//! | [`ledger`] | every wei of a life, as `gantry rewards` tells it |
//! | [`wallets`] | these wallets, and the group whose Safe it is |
//! | [`group`] | a group's lock, agreement and data directory, and its peer that runs |
//! | [`intents`] | four peers that run, whose operators say what the node does next |
//! | [`keys`] | keys of validators and the deposits they sign |
//! | [`node`] | a node account on the way of its validators, call by call |
//! | [`send`] | `gantry pool send`, killed, dropped, outbid, taken back |
//! | [`hand`] | a validator's life by `gantry pool send`, on both call surfaces |
//! | [`coordinator`] | `gantry run` that coordinates: founding, killed, dear, planted upon |
//! | [`status`] | what `gantry pool status` shows of a node |
//! | [`life`] | a megapool validator from registration to the last wei |
//! | [`owners`] | four peers that run, whose node account is their Safe |
//! | [`prover`] | the program's own proofs |
//! | [`queues`] | the queues, what leaves them, and credit |
//! | [`planned`] | what the plan says is done, step by step |
//! | [`refusals`] | what the contracts refuse, and with which words |
//! | [`running`] | a peer that runs, and what it logs |
//! | [`safe`] | Safe's own contracts, and the node account that is a Safe |
//! | [`withdrawal`] | a Safe at a withdrawal address, and what may be hidden in one |

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod abi;
mod beacon;
mod between;
mod chain;
mod coordinator;
mod evil;
mod funds;
mod group;
mod hand;
mod intents;
mod keys;
mod ledger;
mod life;
mod misused;
mod node;
mod owners;
mod planned;
mod prover;
mod queues;
mod refusals;
mod running;
mod safe;
mod send;
mod status;
mod wallets;
mod withdrawal;
