//! Partial signatures that nobody sees before their record is durable, and those that are made
//! ahead of time.
//!
//! Never here: a way to a signature but [`Sealed::open`].

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use dkg::bls::{Message, SignaturePoint};
use proto::{Root, ValidatorPosition};

use crate::record::Recorded;

/// How many signing roots are signed ahead at most: a vote, a block and a reveal, and one more.
const ROOTS_AHEAD: usize = 4;

/// Partial signatures of one root, made but not to be had before their record is durable.
pub struct Sealed {
    sequence: u64,
    partials: Vec<PartialSignature>,
}

/// One validator's signature by this peer's share. Made only by [`Sealed::open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialSignature {
    validator: ValidatorPosition,
    signature: SignaturePoint,
}

impl Sealed {
    pub(super) fn new(sequence: u64, partials: Vec<(ValidatorPosition, SignaturePoint)>) -> Self {
        let partials = partials
            .into_iter()
            .map(|(validator, signature)| PartialSignature {
                validator,
                signature,
            })
            .collect();
        Self { sequence, partials }
    }

    /// Both, behind the later of their records: no validator is in both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sequence = self.sequence.max(other.sequence);
        self.partials.extend(other.partials);
        self.partials.sort_by_key(PartialSignature::validator);
        self
    }

    /// The record that must be durable first; 0 if none must. Goes into the COMMIT, where the
    /// peers remember it.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The partial signatures, ascending by validator, once their record is durable.
    ///
    /// # Errors
    /// Itself, if `recorded` does not reach to [`Sealed::sequence`].
    pub fn open(self, recorded: &Recorded) -> Result<Vec<PartialSignature>, Self> {
        if recorded.sequence() >= self.sequence {
            Ok(self.partials)
        } else {
            Err(self)
        }
    }
}

impl fmt::Debug for Sealed {
    /// Without the signatures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.partials.len();
        write!(f, "Sealed({count} until {})", self.sequence)
    }
}

impl PartialSignature {
    /// The validator.
    pub fn validator(&self) -> ValidatorPosition {
        self.validator
    }

    /// The signature.
    pub fn signature(&self) -> &SignaturePoint {
        &self.signature
    }
}

/// Signatures made ahead, by root; the oldest root makes room for a new one.
#[derive(Default)]
pub(super) struct Ahead(VecDeque<(Root, OfRoot)>);

/// The point that a root hashes to, and its signatures so far.
type OfRoot = (Message, BTreeMap<ValidatorPosition, SignaturePoint>);

impl Ahead {
    pub(super) fn find(&self, root: Root) -> Option<&OfRoot> {
        let (_, held) = self.0.iter().find(|(held, _)| *held == root)?;
        Some(held)
    }

    /// The place of `root`, hashed; made if it is not there.
    pub(super) fn expect(&mut self, root: Root) -> &mut OfRoot {
        let place = self.0.iter().position(|(held, _)| *held == root);
        let place = place.unwrap_or_else(|| {
            if self.0.len() == ROOTS_AHEAD {
                self.0.pop_front();
            }
            self.0
                .push_back((root, (Message::hash(root), BTreeMap::new())));
            self.0.len() - 1
        });
        let (_, held) = &mut self.0[place];
        held
    }

    #[cfg(test)]
    pub(super) fn roots(&self) -> usize {
        self.0.len()
    }
}
