//! The one encoding of an intent, and back within bounds.

use thiserror::Error;

use super::{Aims, Intent, MAX_EXITS};
use crate::agreement::Tickets;
use crate::{PublicKey, Root};

/// Bytes of an intent without exits.
const FIXED: usize = 3 * 32 + 6 * 8;
/// The most bytes of an intent.
pub const MAX_BYTES: usize = FIXED + MAX_EXITS * 48;

/// Bytes that are no intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadIntent {
    /// Of another length than what they say.
    #[error("an intent of {0} bytes, which is not what it says")]
    Length(usize),
    /// A choice that is none.
    #[error("an intent says {value} of {field}, which is 0 or 1")]
    Choice {
        /// Of which field.
        field: &'static str,
        /// What it says.
        value: u64,
    },
    /// Too many exits.
    #[error("an intent names {0} exits, of at most {MAX_EXITS}")]
    Exits(u64),
    /// The keys of exits are not ascending, each once.
    #[error("the exits of an intent are not in ascending order, each once")]
    Order,
}

impl Intent {
    /// The intent as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let aims = &self.aims;
        let tickets = match aims.tickets {
            Tickets::Use => 0,
            Tickets::Save => 1,
        };
        let mut bytes = Vec::with_capacity(FIXED + aims.exits.len() * 48);
        bytes.extend_from_slice(self.lock.as_bytes());
        bytes.extend_from_slice(self.agreement.as_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        for number in [
            aims.validators,
            tickets,
            aims.smoothing_pool.into(),
            aims.claims.into(),
            aims.exits.len() as u64,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for key in &aims.exits {
            bytes.extend_from_slice(key.as_bytes());
        }
        bytes
    }

    /// Reads an intent.
    ///
    /// # Errors
    /// If the bytes are not exactly one, within the bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadIntent> {
        let mut rest = Reader {
            rest: bytes,
            length: bytes.len(),
        };
        let (lock, agreement) = (rest.root()?, rest.root()?);
        let (number, previous) = (rest.number()?, rest.root()?);
        let validators = rest.number()?;
        let tickets = match rest.choice("tickets")? {
            false => Tickets::Use,
            true => Tickets::Save,
        };
        let smoothing_pool = rest.choice("the smoothing pool")?;
        let claims = rest.choice("claims")?;
        let count = rest.number()?;
        let exits = rest.keys(count)?;
        if !rest.rest.is_empty() {
            return Err(rest.odd());
        }
        Ok(Self {
            lock,
            agreement,
            number,
            previous,
            aims: Aims {
                validators,
                tickets,
                smoothing_pool,
                claims,
                exits,
            },
        })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl Reader<'_> {
    fn odd(&self) -> BadIntent {
        BadIntent::Length(self.length)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadIntent> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or(self.odd())?;
        self.rest = rest;
        Ok(*first)
    }

    fn root(&mut self) -> Result<Root, BadIntent> {
        self.take::<32>().map(Root::from)
    }

    fn number(&mut self) -> Result<u64, BadIntent> {
        self.take().map(u64::from_le_bytes)
    }

    fn choice(&mut self, field: &'static str) -> Result<bool, BadIntent> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            value => Err(BadIntent::Choice { field, value }),
        }
    }

    fn keys(&mut self, count: u64) -> Result<Vec<PublicKey>, BadIntent> {
        let keys = usize::try_from(count).ok().filter(|it| *it <= MAX_EXITS);
        let keys = keys.ok_or(BadIntent::Exits(count))?;
        let keys = (0..keys).map(|_| self.take::<48>().map(PublicKey::from));
        let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>()?;
        match keys.is_sorted_by(|one, next| one < next) {
            true => Ok(keys),
            false => Err(BadIntent::Order),
        }
    }
}
