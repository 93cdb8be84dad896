//! Sums of signatures that a beacon node gives: votes of ours that it left out are added, and a sum
//! that is no point of the group is refused.

use std::collections::BTreeMap;

use dkg::bls::SignaturePoint;
use proto::eth::HeadVote;
use proto::{Root, SignatureBytes, ValidatorPosition};

/// What the cluster has signed in a slot: its vote, or its sync committee message, and the
/// signatures that are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voted {
    /// The vote, or the one whose root the message is.
    pub vote: HeadVote,
    /// Whose signatures there are.
    pub signatures: BTreeMap<ValidatorPosition, SignatureBytes>,
}

/// The sum with more signatures; none if one of them is none.
pub(super) fn with<'a>(
    sum: &SignatureBytes,
    mut more: impl Iterator<Item = &'a SignatureBytes>,
) -> Option<SignatureBytes> {
    let sum = SignaturePoint::from_bytes(sum).ok()?;
    let add = |sum: SignaturePoint, signature: &SignatureBytes| {
        sum.plus(&SignaturePoint::from_bytes(signature).ok()?)
    };
    more.try_fold(sum, add).map(|sum| sum.to_bytes())
}

/// Whether the sums of a value are points of the group: of the last value that was looked at. A
/// proposal may wait through many events, and is judged at each.
#[derive(Debug, Default)]
pub(super) struct JudgedSums(Option<(Root, bool)>);

impl JudgedSums {
    /// Whether those of the value with this hash are.
    pub(super) fn are_points<'a>(
        &mut self,
        value: Root,
        mut sums: impl Iterator<Item = &'a SignatureBytes>,
    ) -> bool {
        match self.0 {
            Some((judged, verdict)) if judged == value => verdict,
            Some(_) | None => {
                let verdict = sums.all(|sum| SignaturePoint::from_bytes(sum).is_ok());
                self.0.insert((value, verdict)).1
            }
        }
    }
}
