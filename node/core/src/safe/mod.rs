//! A Safe that the operators own together: where it is, what it is asked to do, and how t of its
//! owners sign for that.
//!
//! | module | holds |
//! |---|---|
//! | `abi` | the functions of the contracts, and the typed data that owners sign |
//! | [`founding`] | what it is created with, and the address that follows |
//! | [`known`] | Safe's own contracts, by the hashes of their code |
//! | [`transaction`] | what it is to do at one nonce: its hash, and the call that has it done |
//! | [`signature`] | an owner's signature, and those of t owners as the contract takes them |
//! | [`signed`] | what this peer has signed at which nonce: one call |
//! | [`cosign`] | from steps that are due to a transaction with t signatures |
//! | [`wallet`] | what owners sign with wallets of their own, and the files that wallets take |
//! | [`rank`] | whose turn a step is, and since when |
//!
//! The owners are accounts whose keys their peers hold and that sign by themselves, each what its
//! own plan says and nothing else. So nobody alone has the account, and fewer than t together have
//! nothing of it either. Everything but target, value, data and nonce of a transaction is fixed:
//! plain calls, no refund to who sends it, no gas of its own. With these an inner call that fails
//! has all of it fail, and the nonce stays.
//!
//! Source: the contracts of Safe 1.4.1 and EIP-712.
//!
//! Never here: a secret key, what is to be done, and sending it.

mod abi;
pub mod cosign;
pub mod founding;
pub mod known;
pub mod rank;
pub mod signature;
pub mod signed;
pub mod transaction;
pub mod wallet;

pub use abi::{Safe, theirs};

#[cfg(test)]
mod tests;
