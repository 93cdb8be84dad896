//! Questions to the contracts of one block, and what they answered.
//!
//! Whoever reads a view asks the [`Book`] as if every answer stood in it. What does not is noted,
//! and stands as an empty value until the round is over: the caller gets the list of what is still
//! to be asked, never a value that was made from an empty one. So the code that reads says what it
//! wants in its own order, and the rounds come out as few as the questions allow.
//!
//! The first answer that cannot be right ends the reading with a [`Fault`] that names the contract
//! and the function.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use proto::definition::checksummed;
use proto::{Address, Root};
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::amount::{ForeignText, Share, Wei};

/// What is asked about one block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What the contract answers to these bytes.
    Call(Address, Vec<u8>),
    /// How many wei the account has: 32 bytes, the highest first.
    Balance(Address),
    /// The code at this address; none where there is no contract.
    Code(Address),
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These bytes; none where there is no contract.
    Bytes(Vec<u8>),
    /// The contract refused, and the reason that it gave, if it gave one.
    Reverted(String),
}

/// All that was answered about one block.
pub type Answers = BTreeMap<Question, Answer>;

/// A contract, with the name by which errors and lists call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub address: Address,
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&checksummed(&self.address))
    }
}

/// What a contract answers cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{contract} at {at}, asked {call}, {problem}. Either the contracts have changed and this \
     gantry does not know them yet, or the execution node does not tell the truth: compare with \
     another node, and look for a newer gantry"
)]
pub struct Fault {
    /// The contract's name.
    pub contract: &'static str,
    /// Its address, or where the address was looked for.
    pub at: String,
    /// The function.
    pub call: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// The answers so far, and what was asked in vain.
#[derive(Debug)]
pub struct Book<'a> {
    answers: &'a Answers,
    missing: BTreeSet<Question>,
    fault: Option<Fault>,
}

/// How a round of reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round<T> {
    /// These have to be asked before the next round; never empty.
    Ask(Vec<Question>),
    /// All is read.
    Done(T),
}

impl<'a> Book<'a> {
    /// A book with these answers.
    pub fn new(answers: &'a Answers) -> Self {
        Self {
            answers,
            missing: BTreeSet::new(),
            fault: None,
        }
    }

    /// Whether something is still to be asked, or an answer was wrong: what was read so far is not
    /// to be relied on.
    pub fn is_open(&self) -> bool {
        !self.missing.is_empty() || self.fault.is_some()
    }

    /// Ends the round: `value` was read from this book.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn close<T>(self, value: T) -> Result<Round<T>, Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.missing.is_empty() => Ok(Round::Done(value)),
            None => Ok(Round::Ask(self.missing.into_iter().collect())),
        }
    }

    /// Notes that an answer cannot be right. The first such note counts.
    pub fn refuse(&mut self, place: Place, call: &'static str, problem: String) {
        self.fault.get_or_insert_with(|| Fault {
            contract: place.name,
            at: checksummed(&place.address),
            call,
            problem,
        });
    }

    /// Notes that `RocketStorage` has no address for this contract.
    pub fn lacks(&mut self, contract: &'static str) {
        self.fault.get_or_insert_with(|| Fault {
            contract,
            at: "no address".to_owned(),
            call: "at RocketStorage",
            problem: "is not there".to_owned(),
        });
    }

    fn find(&mut self, question: Question) -> Option<&'a Answer> {
        let answer = self.answers.get(&question);
        if answer.is_none() {
            self.missing.insert(question);
        }
        answer
    }

    /// What the contract answers; it must.
    pub fn ask<C: SolCall>(&mut self, place: Place, call: C) -> C::Return
    where
        C::Return: Default,
    {
        let problem = match self.find(Question::Call(place.address, call.abi_encode())) {
            None => return C::Return::default(),
            Some(Answer::Reverted(reason)) => {
                format!("refused: {:?}", ForeignText::of(reason).as_str())
            }
            Some(Answer::Bytes(bytes)) if bytes.is_empty() => {
                "answered nothing: there is no such contract or function".to_owned()
            }
            Some(Answer::Bytes(bytes)) => match C::abi_decode_returns_validate(bytes) {
                Ok(value) => return value,
                Err(_) => misread(bytes),
            },
        };
        self.refuse(place, C::SIGNATURE, problem);
        C::Return::default()
    }

    /// What the contract answers, if it is there and has this function.
    pub fn try_ask<C: SolCall>(&mut self, place: Option<Place>, call: C) -> Option<C::Return> {
        let place = place?;
        match self.find(Question::Call(place.address, call.abi_encode()))? {
            Answer::Reverted(_) => None,
            Answer::Bytes(bytes) if bytes.is_empty() => None,
            Answer::Bytes(bytes) => match C::abi_decode_returns_validate(bytes) {
                Ok(value) => Some(value),
                Err(_) => {
                    self.refuse(place, C::SIGNATURE, misread(bytes));
                    None
                }
            },
        }
    }

    /// An address; the address of nobody is none.
    pub fn address<C>(&mut self, place: Place, call: C) -> Option<Address>
    where
        C: SolCall<Return = alloy_primitives::Address>,
    {
        ours(self.ask(place, call))
    }

    /// An amount.
    pub fn wei<C: SolCall<Return = U256>>(&mut self, place: Place, call: C) -> Wei {
        Wei(self.ask(place, call))
    }

    /// An amount, if the contract has this function.
    pub fn try_wei<C>(&mut self, place: Option<Place>, call: C) -> Option<Wei>
    where
        C: SolCall<Return = U256>,
    {
        self.try_ask(place, call).map(Wei)
    }

    /// A share, if the contract has this function.
    pub fn try_share<C>(&mut self, place: Option<Place>, call: C) -> Option<Share>
    where
        C: SolCall<Return = U256>,
    {
        self.try_ask(place, call).map(Share)
    }

    /// A count or a time, which has 64 bits at most.
    pub fn number<C: SolCall<Return = U256>>(&mut self, place: Place, call: C) -> u64 {
        let value = self.ask(place, call);
        self.small(place, C::SIGNATURE, value)
    }

    /// A count or a time, if the contract has this function.
    pub fn try_number<C>(&mut self, place: Option<Place>, call: C) -> Option<u64>
    where
        C: SolCall<Return = U256>,
    {
        let value = self.try_ask(place, call)?;
        place.map(|place| self.small(place, C::SIGNATURE, value))
    }

    fn small(&mut self, place: Place, call: &'static str, value: U256) -> u64 {
        u64::try_from(value).unwrap_or_else(|_| {
            self.refuse(place, call, "answered more than 64 bits hold".to_owned());
            0
        })
    }

    /// How many of something there are to be read one by one: none if more than `most`.
    pub fn count(&mut self, place: Place, (call, most): (&'static str, u64), count: u64) -> u64 {
        if count <= most {
            return count;
        }
        let problem = format!("answered {count}, more than the {most} that are read");
        self.refuse(place, call, problem);
        0
    }

    /// The Keccak-256 of no code: that of an account that is no contract.
    pub fn no_code() -> Root {
        alloy_primitives::KECCAK256_EMPTY.0.into()
    }

    /// The Keccak-256 of the code at this address.
    pub fn code(&mut self, at: &Address) -> Root {
        match self.find(Question::Code(*at)) {
            Some(Answer::Bytes(code)) => alloy_primitives::keccak256(code).0.into(),
            Some(Answer::Reverted(_)) | None => Self::no_code(),
        }
    }

    /// What the account has.
    pub fn balance(&mut self, account: &Address) -> Wei {
        match self.find(Question::Balance(*account)) {
            None => Wei::ZERO,
            Some(Answer::Bytes(bytes)) if bytes.len() == 32 => Wei(U256::from_be_slice(bytes)),
            Some(Answer::Bytes(_) | Answer::Reverted(_)) => {
                let place = Place {
                    name: "the account",
                    address: *account,
                };
                self.refuse(place, "its balance", "has none".to_owned());
                Wei::ZERO
            }
        }
    }
}

fn misread(bytes: &[u8]) -> String {
    format!("answered {} bytes that are not its answer", bytes.len())
}

/// An address of a contract's answer; the address of nobody is none.
pub fn ours(address: alloy_primitives::Address) -> Option<Address> {
    (!address.is_zero()).then(|| address.into_array().into())
}

/// An address as the contracts take it.
pub fn theirs(address: &Address) -> alloy_primitives::Address {
    (*address.as_bytes()).into()
}

/// The JSON form of an address that may be absent.
pub fn maybe_shown<S: Serializer>(address: &Option<Address>, to: S) -> Result<S::Ok, S::Error> {
    address.as_ref().map(checksummed).serialize(to)
}

/// The JSON form of an address.
pub fn shown<S: Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&checksummed(address))
}
