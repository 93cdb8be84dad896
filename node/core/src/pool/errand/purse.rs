//! What a Safe has: ether and RPL, at one block.

use std::collections::BTreeMap;

use proto::Address;

use crate::pool::abi::Token;
use crate::pool::amount::Wei;
use crate::pool::book::{Answers, Book, Fault, Round, theirs};
use crate::pool::contracts::{Contract, Contracts};

/// Of one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    /// Its ether.
    pub ether: Wei,
    /// Its RPL.
    pub rpl: Wei,
}

/// Of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purses(pub BTreeMap<Address, Purse>);

impl Purses {
    /// Reads them: all questions are asked at once.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn read(
        contracts: &Contracts,
        accounts: &[Address],
        answers: &Answers,
    ) -> Result<Round<Self>, Fault> {
        let mut book = Book::new(answers);
        let token = contracts.need(&mut book, Contract::TokenRpl);
        let purse = |account: &Address| {
            let ether = book.balance(account);
            let rpl = book.wei(token, Token::balanceOfCall(theirs(account)));
            (*account, Purse { ether, rpl })
        };
        let all = accounts.iter().map(purse).collect();
        book.close(Self(all))
    }

    /// What this account has.
    pub fn of(&self, account: &Address) -> Purse {
        self.0.get(account).copied().unwrap_or_default()
    }
}
