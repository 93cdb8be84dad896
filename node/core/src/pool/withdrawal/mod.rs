//! The Safe at a withdrawal address: whether it is the operators' own, of Safe's own code, and
//! nobody else's behind it.
//!
//! | file | holds |
//! |---|---|
//! | this one | how it is at one block, and whether that is as agreed |
//! | [`birth`] | how it was made |
//! | [`rehearsal`] | whether the operators have tried it |
//! | `unfit` | why it is not one to trust |
//!
//! It is made with any wallet, and this program signs nothing for it. It gets all that comes back,
//! so before a share of a deposit leaves, it has to be as agreed: owned by the accounts that the
//! agreement names, one of each operator, of which as many have to sign as the cluster's threshold.
//!
//! Whatever stands at an address can answer what it likes, so nothing that it answers counts before
//! its code is known: a proxy of Safe's answers itself which singleton it runs, and a singleton of
//! Safe's the rest.
//!
//! Source: Safe 1.3.0, 1.4.1 and 1.5.0.
//!
//! Never here: asking a node, and anything that is signed.

pub mod birth;
pub mod rehearsal;
mod unfit;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use proto::agreement::PoolVersion;
use proto::{Address, Root};

pub use unfit::Unfit;

use super::book::{Answers, Book, Fault, Place, Round};
use super::safe::SafeState;
use crate::safe::Safe;
use crate::safe::known::{self, Part};
use birth::Birth;

/// A Safe's account as it is at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The version of the proxy at its address.
    pub proxy: &'static str,
    /// The version of the code that it runs.
    pub singleton: &'static str,
    /// What it says of itself.
    pub state: SafeState,
}

/// Who is to own it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The accounts, one of each operator.
    pub owners: Vec<Address>,
    /// How many of them have to sign.
    pub threshold: usize,
    /// These accounts, and those of each version of the agreement that was in force before.
    pub ever: Vec<Vec<Address>>,
}

impl Owned {
    /// By what the operators have agreed on: none if they name no accounts that decide.
    pub fn agreed(version: &PoolVersion, threshold: usize) -> Option<Self> {
        Some(Self {
            owners: version.terms.deciders()?,
            threshold,
            ever: version.deciders.clone(),
        })
    }
}

/// One round of reading what is at an address: with the answers so far, what else is to be asked at
/// the same block, or the Safe, or why it is none.
///
/// # Errors
/// If an answer of Safe's own code cannot be right.
pub fn read(at: &Address, answers: &Answers) -> Result<Round<Result<Kept, Unfit>>, Fault> {
    let place = Place {
        name: "the withdrawal address",
        address: *at,
    };
    let mut book = Book::new(answers);
    let code = book.code(at);
    if book.is_open() {
        return book.close(Err(Unfit::NoContract));
    }
    let Some(proxy) = known::proxy(&code) else {
        let why = match code == Book::no_code() {
            true => Unfit::NoContract,
            false => Unfit::Proxy(code),
        };
        return book.close(Err(why));
    };
    let runs = book.address(place, Safe::masterCopyCall {});
    if book.is_open() {
        return book.close(Err(Unfit::NoContract));
    }
    let runs = runs.unwrap_or(Address::from([0; 20]));
    let code = book.code(&runs);
    if book.is_open() {
        return book.close(Err(Unfit::NoContract));
    }
    let Some(singleton) = known::version(Part::Singleton, &runs, &code) else {
        return book.close(Err(Unfit::Other(runs, Part::Singleton)));
    };
    let state = SafeState::read(&mut book, place);
    let handler = state.as_ref().and_then(|state| state.handler);
    let code = handler.map(|handler| (handler, book.code(&handler)));
    let is_odd = |(at, code): &(Address, Root)| known::version(Part::Handler, at, code).is_none();
    let odd = code.filter(is_odd);
    let kept = match (state, odd) {
        (_, Some((handler, _))) => Err(Unfit::Other(handler, Part::Handler)),
        (None, None) => Err(Unfit::NoContract),
        (Some(state), None) => Ok(Kept {
            proxy,
            singleton,
            state,
        }),
    };
    book.close(kept)
}

impl Kept {
    /// Whether it is as agreed now. How it was made, its birth says.
    ///
    /// # Errors
    /// What is not.
    pub fn check(&self, agreed: &Owned) -> Result<(), Unfit> {
        let state = &self.state;
        if let Some(module) = state.modules.first() {
            return Err(Unfit::Module(*module));
        }
        if let Some(guard) = state.guard {
            return Err(Unfit::Guard(guard));
        }
        let stranger = state.owners.iter().find(|it| !agreed.owners.contains(it));
        if let Some(stranger) = stranger {
            return Err(Unfit::Stranger(*stranger));
        }
        let missing = agreed.owners.iter().find(|it| !state.owners.contains(it));
        if let Some(missing) = missing {
            return Err(Unfit::Missing(*missing));
        }
        match state.threshold == agreed.threshold as u64 {
            true => Ok(()),
            false => Err(Unfit::Threshold {
                found: state.threshold,
                agreed: agreed.threshold,
            }),
        }
    }
}

/// All that was read of one address.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// How it is at the newest block, and at the finalised one.
    pub kept: [&'a Kept; 2],
    /// How it was made.
    pub birth: &'a Birth,
    /// The Keccak-256 of the code of each contract that had to do with that.
    pub codes: &'a BTreeMap<Address, Root>,
}

impl Seen<'_> {
    /// Whether it is the operators' own Safe and nobody else's.
    ///
    /// # Errors
    /// What speaks against it.
    pub fn judge(&self, agreed: &Owned) -> Result<(), Unfit> {
        let [head, finalised] = self.kept;
        head.check(agreed)?;
        finalised.check(agreed).map_err(Unfit::when_finalised)?;
        self.birth.check(agreed)?;
        for (at, part) in &self.birth.parts {
            let code = self.codes.get(at);
            if code.is_none_or(|code| known::version(*part, at, code).is_none()) {
                return Err(Unfit::Other(*at, *part));
            }
        }
        Ok(())
    }
}
