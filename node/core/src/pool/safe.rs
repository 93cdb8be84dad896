//! The Safe that is the node account, as its contract shows it at one block.
//!
//! Its address holds what it was created with, and only t of its owners together can change that.
//! So what is odd here t of them have done, and what follows from it nobody can say: nothing is
//! signed for such a Safe.
//!
//! Source: Safe 1.4.1: `SafeProxy` (the singleton), `OwnerManager`, `ModuleManager`, the storage
//! slots of `GuardManager` and `FallbackManager`.

use std::fmt;

use alloy_primitives::{U256, address, uint};
use proto::Address;
use proto::agreement::NodeSafe;
use proto::definition::checksummed;
use serde::{Serialize, Serializer};

use super::book::{Book, Place, maybe_shown, ours, shown};
use crate::safe::Safe;

/// Where the guard's address is kept: a contract that may refuse whatever the owners sign.
const GUARD: U256 = uint!(0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8_U256);
/// Where the handler's address is kept.
const HANDLER: U256 =
    uint!(0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5_U256);
/// What lists of owners and modules begin and end with.
const SENTINEL: alloy_primitives::Address = address!("0000000000000000000000000000000000000001");
/// The most owners that are read: twice what the largest cluster has.
const MOST_OWNERS: u64 = 26;
/// The most modules that are read; one is too many.
const MOST_MODULES: u64 = 4;

/// The Safe at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SafeState {
    /// Its next nonce.
    pub nonce: u64,
    /// Its owners, in the contract's order.
    #[serde(serialize_with = "all_shown")]
    pub owners: Vec<Address>,
    /// How many of them have to sign.
    pub threshold: u64,
    /// The contract whose code it runs.
    #[serde(serialize_with = "shown")]
    pub singleton: Address,
    /// What may act for it without its owners.
    #[serde(serialize_with = "all_shown")]
    pub modules: Vec<Address>,
    /// What may refuse what its owners sign.
    #[serde(serialize_with = "maybe_shown")]
    pub guard: Option<Address>,
    /// What answers calls that its code does not know.
    #[serde(serialize_with = "maybe_shown")]
    pub handler: Option<Address>,
}

fn all_shown<S: Serializer>(all: &[Address], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(all.iter().map(checksummed))
}

/// The place of the Safe, with the name by which errors call it.
pub fn place(address: &Address) -> Place {
    Place {
        name: "the node account",
        address: *address,
    }
}

impl SafeState {
    /// Reads it; none if nothing is at its address yet.
    pub(super) fn read(book: &mut Book<'_>, at: Place) -> Option<Self> {
        let nonce = book.try_number(Some(at), Safe::nonceCall {})?;
        let owners = book.ask(at, Safe::getOwnersCall {});
        let owners = owners.into_iter().filter_map(ours).collect::<Vec<_>>();
        let named = ("getOwners()", MOST_OWNERS);
        book.count(at, named, owners.len() as u64);
        let modules = Safe::getModulesPaginatedCall {
            start: SENTINEL,
            pageSize: U256::from(MOST_MODULES),
        };
        let modules = book.ask(at, modules);
        let slot = |book: &mut Book<'_>, offset| {
            let length = U256::ONE;
            let word = book.ask(at, Safe::getStorageAtCall { offset, length });
            let word = U256::try_from_be_slice(&word).unwrap_or_default();
            ours(alloy_primitives::Address::from_word(word.into()))
        };
        let (guard, handler) = (slot(book, GUARD), slot(book, HANDLER));
        let nobody = Address::from([0; 20]);
        Some(Self {
            nonce,
            owners,
            threshold: book.number(at, Safe::getThresholdCall {}),
            singleton: book.address(at, Safe::masterCopyCall {}).unwrap_or(nobody),
            modules: modules.array.into_iter().filter_map(ours).collect(),
            guard,
            handler,
        })
    }

    /// What of it is not as it was agreed, if anything; who owns it may still have to change.
    pub fn odd(&self, agreed: &NodeSafe, threshold: usize) -> Option<Odd> {
        if self.singleton != agreed.singleton {
            Some(Odd::Singleton(self.singleton))
        } else if let Some(module) = self.modules.first() {
            Some(Odd::Module(*module))
        } else if let Some(guard) = self.guard {
            Some(Odd::Guard(guard))
        } else if self.handler != Some(agreed.handler) {
            Some(Odd::Handler(self.handler))
        } else if self.threshold != threshold as u64 {
            Some(Odd::Threshold {
                found: self.threshold,
                agreed: threshold,
            })
        } else if self.owners.len() != agreed.owners.len() {
            Some(Odd::Owners {
                found: self.owners.len(),
                agreed: agreed.owners.len(),
            })
        } else {
            None
        }
    }

    /// The agreed owners that do not own it yet, each with one that does and is not agreed on, in
    /// whose place it comes, and the one before that in the contract's list.
    pub fn swaps(&self, agreed: &NodeSafe) -> Vec<Swap> {
        let place = |at: usize| match at.checked_sub(1) {
            Some(before) => self.owners[before],
            None => SENTINEL.into_array().into(),
        };
        let gone = (0..self.owners.len()).filter(|at| !agreed.owners.contains(&self.owners[*at]));
        let new = agreed.owners.iter().filter(|it| !self.owners.contains(it));
        let swap = |(at, new): (usize, &Address)| Swap {
            before: place(at),
            old: self.owners[at],
            new: *new,
        };
        gone.zip(new).map(swap).collect()
    }
}

/// One owner in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap {
    /// The one before in the contract's list.
    pub before: Address,
    /// Who goes.
    pub old: Address,
    /// Who comes.
    pub new: Address,
}

/// What is not as it was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Another code.
    Singleton(Address),
    /// Something acts for it without its owners.
    Module(Address),
    /// Something may refuse what they sign.
    Guard(Address),
    /// Another handler, or none.
    Handler(Option<Address>),
    /// Another number of owners has to sign.
    Threshold {
        /// At the contract.
        found: u64,
        /// By the agreement.
        agreed: usize,
    },
    /// There are more or fewer owners.
    Owners {
        /// At the contract.
        found: usize,
        /// By the agreement.
        agreed: usize,
    },
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Singleton(at) => write!(f, "its code is that of {}", checksummed(at)),
            Self::Module(at) => write!(
                f,
                "the module {} may act for it without its owners",
                checksummed(at)
            ),
            Self::Guard(at) => write!(
                f,
                "the guard {} may refuse what its owners sign",
                checksummed(at)
            ),
            Self::Handler(Some(at)) => write!(f, "its handler is {}", checksummed(at)),
            Self::Handler(None) => f.write_str("it has no handler"),
            Self::Threshold { found, agreed } => {
                write!(
                    f,
                    "{found} owners have to sign, and {agreed} were agreed on"
                )
            }
            Self::Owners { found, agreed } => {
                write!(f, "it has {found} owners, and {agreed} were agreed on")
            }
        }
    }
}
