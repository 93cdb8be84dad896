//! Sums of signatures that a beacon node gives: votes of ours that it left out are added, and a sum
//! that is no point of the group is refused.

use std::collections::BTreeMap;

use dkg::bls::SignaturePoint;
use proto::eth::HeadVote;
use proto::{Root, SignatureBytes, ValidatorPosition};
use ssz_types::BitList;
use typenum::Unsigned;

/// What the cluster has signed in a slot: its vote, or its sync committee message, and the
/// signatures that are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voted {
    /// The vote, or the one whose root the message is.
    pub vote: HeadVote,
    /// Whose signatures there are.
    pub signatures: BTreeMap<ValidatorPosition, SignatureBytes>,
}

/// Members of ours of what is summed, each with the place of its bit.
pub(super) type Places = [(ValidatorPosition, u64)];

/// The places of ours that have signed and whose bits are not set, with the signatures.
pub(super) fn lacking<'a, N: Unsigned + Clone>(
    ours: &'a Places,
    bits: &'a BitList<N>,
    voted: &'a Voted,
) -> impl Iterator<Item = (usize, &'a SignatureBytes)> {
    ours.iter().filter_map(|(validator, place)| {
        let signature = voted.signatures.get(validator)?;
        let place = usize::try_from(*place).ok()?;
        let is_in = bits.get(place).unwrap_or(true);
        (!is_in).then_some((place, signature))
    })
}

/// Adds to a sum, and sets the bits of, those of ours that it lacks; none if a signature is none.
pub(super) fn completed<N: Unsigned + Clone>(
    ours: &Places,
    (mut bits, sum): (BitList<N>, SignatureBytes),
    voted: &Voted,
) -> Option<(BitList<N>, SignatureBytes)> {
    let lacking = lacking(ours, &bits, voted).map(|(place, signature)| (place, *signature));
    let lacking: Vec<(usize, SignatureBytes)> = lacking.collect();
    if lacking.is_empty() {
        return Some((bits, sum));
    }
    let mut whole = SignaturePoint::from_bytes(&sum).ok()?;
    for (place, signature) in lacking {
        whole = whole.plus(&SignaturePoint::from_bytes(&signature).ok()?)?;
        bits.set(place, true).ok()?;
    }
    Some((bits, whole.to_bytes()))
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

#[cfg(test)]
pub(super) mod tests {
    //! A signature to be summed up.

    use dkg::bls::{Message, SecretShare, SignaturePoint};

    /// Someone's signature of something.
    pub(in super::super) fn signature(whose: u8) -> SignaturePoint {
        let mut secret = [0; 32];
        secret[31] = whose;
        let secret = SecretShare::from_bytes(&secret).unwrap();
        secret.sign(&Message::hash([8; 32].into()))
    }
}
