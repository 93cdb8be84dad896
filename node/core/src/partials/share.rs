//! One partial signature on its way into a combination.
//!
//! What a peer sent stays bytes until it is needed; what was made here is a point already.

use dkg::bls::{self, Message, PublicPoint, SignaturePoint, UncheckedSignature};
use proto::{PublicKey, SignatureBytes};

/// One partial signature.
#[derive(Debug, Clone, Copy)]
pub enum Share {
    /// As a peer sent it: any bytes.
    Sent(SignatureBytes),
    /// Made here.
    Own(SignaturePoint),
}

impl Share {
    /// Its point, if it is one; where it lies is left to check.
    pub(crate) fn point(&self) -> Option<UncheckedSignature> {
        match self {
            Self::Sent(bytes) => UncheckedSignature::from_bytes(bytes).ok(),
            Self::Own(point) => Some((*point).into()),
        }
    }

    /// Whether it signs `message` under `key`. Under a key that is no point nothing is signed.
    pub(crate) fn is_good(&self, key: &PublicKey, message: &Message) -> bool {
        let share = match self {
            Self::Sent(bytes) => SignaturePoint::from_bytes(bytes),
            Self::Own(point) => Ok(*point),
        };
        let key = PublicPoint::from_bytes(key);
        key.is_ok_and(|key| share.is_ok_and(|share| bls::verify(&key, message, &share)))
    }
}
