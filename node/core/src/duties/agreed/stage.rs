//! How far a duty has come at this peer. Two things go on at a time: this peer's part of the
//! signature is on its way, and the parts of others come. Whichever is first, a part that is on its
//! way leaves: others may need it.

use super::judge::Question;
use super::value::Value;
use crate::vault::Sealed;

/// How far it has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// No quorum that this peer knows of has PREPAREd a value.
    Agreeing,
    /// One has: this peer's part of the signature is on its way.
    Recording(Part),
    /// This peer's part has left, or it gives none: those of others are awaited.
    Collecting,
    /// t peers have signed this value; this peer's part may still be on its way.
    Done { value: Value, part: Option<Part> },
}

/// A peer's own part of the signature.
#[derive(Debug)]
pub(crate) enum Part {
    /// A quorum has PREPAREd this, and the own beacon node does not confirm it yet, or it is in
    /// doubt whose duty it is.
    Owed(Question),
    /// The vault has signed the value, and the store is writing that down.
    Sealed { value: Value, sealed: Sealed },
}

impl Stage {
    /// The value that t peers have signed.
    pub(crate) fn signed(&self) -> Option<&Value> {
        match self {
            Self::Done { value, .. } => Some(value),
            Self::Agreeing | Self::Recording(_) | Self::Collecting => None,
        }
    }

    /// What is to be signed, but not yet.
    pub(crate) fn owed(&self) -> Option<&Question> {
        match self.part()? {
            Part::Owed(question) => Some(question),
            Part::Sealed { .. } => None,
        }
    }

    /// The same, to learn more of it.
    pub(crate) fn owed_mut(&mut self) -> Option<&mut Question> {
        match self.part_mut()? {
            Part::Owed(question) => Some(question),
            Part::Sealed { .. } => None,
        }
    }

    /// What waits for the record.
    pub(crate) fn sealed(&self) -> Option<&Sealed> {
        match self.part()? {
            Part::Sealed { sealed, .. } => Some(sealed),
            Part::Owed(_) => None,
        }
    }

    /// What is to be signed, for another attempt: it ends in one of [`Stage::sign_by`] and
    /// [`Stage::give_none`].
    pub(crate) fn take_owed(&mut self) -> Option<Question> {
        self.owed()?;
        match self.take_part()? {
            Part::Owed(question) => Some(question),
            Part::Sealed { .. } => None,
        }
    }

    /// What waits for the record, to be opened: it has left then, unless it is put back by
    /// [`Stage::sign_by`].
    pub(crate) fn take_sealed(&mut self) -> Option<(Value, Sealed)> {
        self.sealed()?;
        match self.take_part()? {
            Part::Sealed { value, sealed } => Some((value, sealed)),
            Part::Owed(_) => None,
        }
    }

    /// This peer's part is on its way.
    pub(crate) fn sign_by(&mut self, part: Part) {
        *self = match std::mem::replace(self, Self::Collecting) {
            Self::Done { value, .. } => Self::Done {
                value,
                part: Some(part),
            },
            Self::Agreeing | Self::Recording(_) | Self::Collecting => Self::Recording(part),
        };
    }

    /// This peer gives no part.
    pub(crate) fn give_none(&mut self) {
        self.take_part();
    }

    /// t peers have signed `value`.
    pub(crate) fn finish(&mut self, value: Value) {
        let part = self.take_part();
        *self = Self::Done { value, part };
    }

    /// This peer's part, while it is on its way.
    pub(crate) fn part(&self) -> Option<&Part> {
        match self {
            Self::Recording(part) => Some(part),
            Self::Done { part, .. } => part.as_ref(),
            Self::Agreeing | Self::Collecting => None,
        }
    }

    fn part_mut(&mut self) -> Option<&mut Part> {
        match self {
            Self::Recording(part) => Some(part),
            Self::Done { part, .. } => part.as_mut(),
            Self::Agreeing | Self::Collecting => None,
        }
    }

    /// This peer's part, which is not on its way any more.
    fn take_part(&mut self) -> Option<Part> {
        match std::mem::replace(self, Self::Collecting) {
            Self::Recording(part) => Some(part),
            Self::Done { value, part } => {
                *self = Self::Done { value, part: None };
                part
            }
            Self::Agreeing | Self::Collecting => None,
        }
    }
}
