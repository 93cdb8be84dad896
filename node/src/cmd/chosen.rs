//! A validator as an operator types it.

use std::str::FromStr;

use proto::control::Which;
use proto::eth::ValidatorIndex;
use proto::lock::Lock;
use proto::{PublicKey, ValidatorPosition};
use thiserror::Error;

/// A validator as an operator types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    Key(PublicKey),
    Index(u64),
    Place(u32),
}

/// It is none of the cluster's.
#[derive(Debug, Error)]
#[error("no validator of this cluster has the key {0}: `gantry lock show` prints theirs")]
pub struct NoSuchKey(pub(super) PublicKey);

impl FromStr for Chosen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text.strip_prefix("lock:").map(str::parse);
        match (place, text.parse()) {
            (Some(Ok(place)), _) => Ok(Self::Place(place)),
            (None, Ok(index)) => Ok(Self::Index(index)),
            (None, Err(_)) if text.starts_with("0x") => {
                let key = text.parse();
                key.map(Self::Key)
                    .map_err(|_| "expected 0x and 96 hex digits of a public key")
            }
            (Some(Err(_)), _) | (None, Err(_)) => Err(
                "expected a public key (0x…), an index on the chain, or a place in the lock \
                 (lock:0)",
            ),
        }
    }
}

impl Chosen {
    /// As the running peer is told of it.
    ///
    /// # Errors
    /// If the lock has no validator with this key.
    pub(super) fn among(self, lock: &Lock) -> Result<Which, NoSuchKey> {
        Ok(match self {
            Self::Index(index) => Which::Index(ValidatorIndex(index)),
            Self::Place(place) => Which::Position(ValidatorPosition(place)),
            Self::Key(key) => {
                let mut positions = (0..).zip(&lock.validators);
                let found = positions.find(|(_, validator)| validator.public_key == key);
                let (position, _) = found.ok_or(NoSuchKey(key))?;
                Which::Position(ValidatorPosition(position))
            }
        })
    }
}
