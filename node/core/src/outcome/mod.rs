//! What became of duties, read back from the canonical blocks of the own beacon node.
//!
//! | module | is |
//! |---|---|
//! | `work` | what a validator owes, and what the chain shows of it |
//! | `links` | the chain of headers behind the head, as it was last followed |
//! | `seats` | whose bit is whose in the committees of a slot |
//! | [`reading`] | what is to be read next, and what follows from it |
//! | [`effect`] | how much of what an epoch could earn was earned |
//! | [`witness`] | whether one node's word is enough |
//!
//! A vote is in the chain if a block after its slot, up to the end of the next epoch (EIP-7045),
//! carries its bit. Its target is right if it names the last block up to the first slot of the
//! epoch, its head if it names the last block up to its own slot. Its source is right in every
//! block: the state transition refuses others (`process_attestation`).
//!
//! A sync committee message is in the chain if the block of the next slot carries a bit of one of
//! the validator's seats; if that slot has no block, nobody's is. Of aggregates and contributions
//! the chain shows nothing: who packs a block takes the votes out of them.
//!
//! Only what is finalised, or lies [`DEPTH`](reading::DEPTH) slots behind the head, is said. If the
//! chain turns after that, what was said is taken back by what is said next.
//!
//! What bears the signature of one of our validators and is not what this peer knows to be signed
//! here is told too. Whether somebody else has signed it, the duties say (`duties/watch.rs`).
//!
//! Only blocks that may carry what is still looked for are wanted: a cluster of few validators
//! reads few.
//!
//! Never here: a beacon node that is talked to, and whether a duty was signed.

pub mod effect;
mod links;
pub mod reading;
mod seats;
#[cfg(test)]
mod tests;
pub mod witness;
mod work;

pub use work::{Bears, Followed, Foreign, Owed, Shown, Signed, Stray, Vote, Work};
