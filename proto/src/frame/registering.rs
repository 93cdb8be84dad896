//! The frame of registrations with builders: partial signatures. Since version 5.

use super::{BadFrame, wire};
use crate::vote::Partial;
use crate::{Root, SignatureBytes, ValidatorPosition};

/// The most shares of one frame: whoever has more sends several.
pub const MAX_REGISTRATIONS: usize = 64;

/// The sender's partial signature of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationShare {
    /// What is signed.
    pub signing_root: Root,
    /// The validator that registers, and the partial signature.
    pub partial: Partial,
}

pub(super) fn to_wire(shares: &[RegistrationShare]) -> wire::RegistrationShares {
    let share = |share: &RegistrationShare| wire::RegistrationShare {
        validator: share.partial.validator.0,
        signing_root: share.signing_root.as_bytes().to_vec(),
        signature: share.partial.signature.as_bytes().to_vec(),
    };
    wire::RegistrationShares {
        shares: shares.iter().map(share).collect(),
    }
}

pub(super) fn of_wire(
    shares: &wire::RegistrationShares,
) -> Result<Vec<RegistrationShare>, BadFrame> {
    let shares = &shares.shares;
    if shares.len() > MAX_REGISTRATIONS {
        return Err(BadFrame::TooManyRegistrations(shares.len()));
    }
    let share = |share: &wire::RegistrationShare| {
        let signature = SignatureBytes::try_from(share.signature.as_slice())
            .map_err(|_| BadFrame::SignatureLength(share.signature.len()))?;
        let signing_root = Root::try_from(share.signing_root.as_slice())
            .map_err(|_| BadFrame::HashLength(share.signing_root.len()))?;
        let partial = Partial {
            validator: ValidatorPosition(share.validator),
            signature,
        };
        Ok(RegistrationShare {
            signing_root,
            partial,
        })
    };
    shares.iter().map(share).collect()
}
