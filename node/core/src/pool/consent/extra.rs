//! What of the contracts only a deposit has to know: the code of megapools, and whether a key is a
//! minipool's.

use std::collections::BTreeMap;

use proto::{Address, PublicKey};

use crate::pool::abi::MinipoolManager;
use crate::pool::book::{Answers, Book, Fault, Round, ours};
use crate::pool::contracts::{Contract, Contracts};

/// What was read at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// What megapools are clones of, if there are megapools.
    pub proxy: Option<Address>,
    /// For each key that was asked for, the minipool that has it.
    pub minipools: BTreeMap<PublicKey, Option<Address>>,
}

/// Reads it for these keys: all questions are asked at once.
///
/// # Errors
/// If an answer cannot be right.
pub fn read(
    contracts: &Contracts,
    keys: &[PublicKey],
    answers: &Answers,
) -> Result<Round<Extra>, Fault> {
    let mut book = Book::new(answers);
    let manager = contracts.need(&mut book, Contract::MinipoolManager);
    let mut minipool = |key: &PublicKey| {
        let key = key.as_bytes().to_vec().into();
        let call = MinipoolManager::getMinipoolByPubkeyCall(key);
        ours(book.ask(manager, call))
    };
    let minipools = keys.iter().map(|key| (*key, minipool(key))).collect();
    let proxy = contracts.at(Contract::MegapoolProxy);
    book.close(Extra {
        proxy: proxy.map(|place| place.address),
        minipools,
    })
}
