//! Proofs of the beacon chain for contracts of the execution chain: what a validator is at a slot,
//! and what was paid out to its owner.
//!
//! | module | holds |
//! |---|---|
//! | [`wanted`] | what is to be proven of one state, and what is known of it beforehand |
//! | [`reader`] | the state as it comes, hashed and forgotten |
//! | [`proofs`] | proofs that are anchored in a block, each followed once as the contracts do |
//! | [`withdrawal`] | that a block paid something out, as a later one remembers it |
//! | [`anchor`] | for which block a proof is made, and when |
//! | [`surface`], [`calls`] | the calls that carry proofs, as either version takes them |
//! | [`meaning`] | what a call with a proof is about, read back from its bytes |
//! | [`refusal`] | why none is made |
//! | [`layout`], [`outline`] | the fields of a state, and where they start |
//! | [`shape`], [`payload`], [`series`] | how values, payload headers and lists make their roots |
//! | [`tree`], [`branch`] | Merkle trees whose leaves come one by one, and the ways through them |
//!
//! A state of mainnet has hundreds of megabytes. It is never held: of every list one node a level
//! is kept, and what is to be proven, so a state of any size takes some tens of kilobytes.
//!
//! What a beacon node sends is believed only when it leads to the root of a block; each length in
//! it is checked before what it speaks of comes.
//!
//! Source: consensus-specs `ssz/simple-serialize.md`, `ssz/merkle-proofs.md`, `electra`, `fulu`;
//! EIP-4788; `BeaconStateVerifier` and `RocketMegapoolManager` of Rocket Pool 1.4 and 1.4.1.
//!
//! Never here: asking a node, and whether something ought to be proven.

pub mod anchor;
pub mod branch;
pub mod calls;
pub mod layout;
pub mod meaning;
pub mod outline;
pub mod payload;
pub mod proofs;
pub mod reader;
pub mod refusal;
pub mod series;
pub mod shape;
pub mod surface;
pub mod tree;
pub mod wanted;
pub mod withdrawal;

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;

pub use proofs::{BlockProofs, SlotProof, StateProofs, Unanchored, ValidatorProof};
pub use reader::StateReader;
pub use refusal::{BadState, Rule, Unprovable};
pub use surface::{Carried, Claim, ProofCall, Surface};
pub use wanted::{MOST_WANTED, StateTerms, Wanted, layout_at};
pub use withdrawal::{Era, Form, NoWithdrawal, WithdrawalProof, payout_of, withdrawals_of};
