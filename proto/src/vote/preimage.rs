//! Reads a statement back from the very bytes that its signature covers, so that it can be shown to
//! somebody who was in no session with its signer.
//!
//! [`Statement::preimage`] writes these bytes. Total and strict: no two byte strings are one
//! statement, every length is bounded before anything is stored, and nothing may follow.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Commit, MAX_PARTIALS, Partial, Prepare, Prepared, Propose, RoundChange, Scope};
use crate::{DutyId, DutyKind, Root, Round, SignatureBytes, Slot, Statement, ValidatorPosition};

/// The longest preimage in bytes: a COMMIT with [`MAX_PARTIALS`] partial signatures, of a position
/// and 96 bytes each, and 90 bytes for scope, round, value, sequence and count.
pub const MAX_PREIMAGE: usize = 90 + MAX_PARTIALS * 100;

/// Bytes that are no statement of the purpose they are said to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signed bytes are no statement of the purpose {purpose:?}: they are damaged")]
pub struct BadPreimage {
    /// The purpose that was expected.
    pub purpose: &'static str,
}

/// What a peer says about one duty and round, to be read back.
pub trait Ballot: Statement + Sized {
    /// The cluster and the duty that it is about.
    fn scope(&self) -> Scope;

    /// The round that it is about.
    fn round(&self) -> Round;

    /// The statement that has exactly this [preimage](Statement::preimage).
    ///
    /// # Errors
    /// If there is none.
    fn reread(preimage: &[u8]) -> Result<Self, BadPreimage> {
        let mut rest = Rest(preimage);
        Self::take(&mut rest)
            .filter(|_| rest.0.is_empty())
            .ok_or(BadPreimage {
                purpose: Self::PURPOSE,
            })
    }

    /// Takes the fields from the front of `rest`, in the order in which they are fed.
    fn take(rest: &mut Rest<'_>) -> Option<Self>;
}

impl Ballot for Propose {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn round(&self) -> Round {
        self.round
    }

    fn take(rest: &mut Rest<'_>) -> Option<Self> {
        Some(Self {
            scope: rest.scope()?,
            round: rest.round()?,
            value: rest.root()?,
        })
    }
}

impl Ballot for Prepare {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn round(&self) -> Round {
        self.round
    }

    fn take(rest: &mut Rest<'_>) -> Option<Self> {
        Some(Self {
            scope: rest.scope()?,
            round: rest.round()?,
            value: rest.root()?,
        })
    }
}

impl Ballot for Commit {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn round(&self) -> Round {
        self.round
    }

    fn take(rest: &mut Rest<'_>) -> Option<Self> {
        Some(Self {
            scope: rest.scope()?,
            round: rest.round()?,
            value: rest.root()?,
            sequence: rest.number()?,
            partials: rest.partials()?,
        })
    }
}

impl Ballot for RoundChange {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn round(&self) -> Round {
        self.round
    }

    fn take(rest: &mut Rest<'_>) -> Option<Self> {
        Some(Self {
            scope: rest.scope()?,
            round: rest.round()?,
            votes: rest.votes()?,
            prepared: rest.prepared()?,
        })
    }
}

/// What has not been read yet.
#[derive(Debug)]
pub struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.fixed().map(u64::from_le_bytes)
    }

    /// A number of items, at most `most`.
    fn count(&mut self, most: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= most).then_some(count)
    }

    fn root(&mut self) -> Option<Root> {
        self.fixed().map(Root::from)
    }

    fn round(&mut self) -> Option<Round> {
        let [number] = self.fixed()?;
        Round::new(number.into())
    }

    fn scope(&mut self) -> Option<Scope> {
        let lock = self.root()?;
        let slot = Slot(self.number()?);
        let [code] = self.fixed()?;
        let kind = DutyKind::from_code(code)?;
        let duty = DutyId { slot, kind };
        Some(Scope { lock, duty })
    }

    fn partials(&mut self) -> Option<Vec<Partial>> {
        let count = self.count(MAX_PARTIALS)?;
        // The bytes must be there before room for them is made.
        if self.0.len() != 100 * count {
            return None;
        }
        let one = |_| {
            Some(Partial {
                validator: self
                    .fixed()
                    .map(u32::from_le_bytes)
                    .map(ValidatorPosition)?,
                signature: self.fixed().map(SignatureBytes::from)?,
            })
        };
        (0..count).map(one).collect()
    }

    /// Votes in ascending order of their rounds.
    fn votes(&mut self) -> Option<BTreeMap<Round, Root>> {
        let mut votes = BTreeMap::new();
        for _ in 0..self.count(usize::from(Round::LAST.number()) + 1)? {
            let round = self.round()?;
            if votes
                .last_key_value()
                .is_some_and(|(last, _)| *last >= round)
            {
                return None;
            }
            votes.insert(round, self.root()?);
        }
        Some(votes)
    }

    fn prepared(&mut self) -> Option<Option<Prepared>> {
        match self.fixed()? {
            [0] => Some(None),
            [1] => Some(Some(Prepared {
                round: self.round()?,
                value: self.root()?,
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
