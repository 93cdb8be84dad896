//! Partial signatures of one duty in, group signatures out.
//!
//! Verification is optimistic: combine first, verify the group signatures of all validators at
//! once, and only if that fails look at each validator and then at each share, to name the peer
//! whose share is bad. Shares are not checked to lie in the group, the combination is: see
//! [`bls::combine_unchecked`]. A caught peer's shares are used last from then on.
//!
//! It holds at most one contribution per peer, so it is bounded by peers times validators.

use std::collections::BTreeMap;

use dkg::bls::{self, Message, PublicPoint, SignaturePoint};
use proto::{ClusterSize, PeerIndex, PeerSet, Root, ShareIndex, SignatureBytes, ValidatorPosition};

use super::keys::ClusterKeys;
use super::share::Share;

/// What one combination needs besides the partial signatures.
pub struct Combining<'a> {
    /// What the partial signatures must sign.
    pub message: &'a Message,
    /// The keys to check against.
    pub keys: &'a ClusterKeys,
    /// Peers once caught with a bad share; grows when another is caught.
    pub suspects: &'a mut PeerSet,
    /// Secret of this process that makes the weights of the batch unpredictable.
    pub seed: &'a [u8; 32],
}

/// What a combination gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Combined {
    /// Group signatures, verified under their group keys.
    pub signatures: Vec<(ValidatorPosition, SignatureBytes)>,
    /// Peers whose share for a validator was not what the duty signs.
    pub bad_shares: Vec<(PeerIndex, ValidatorPosition)>,
}

/// One peer's partial signatures for one value.
#[derive(Debug)]
struct Contribution {
    value: Root,
    partials: BTreeMap<ValidatorPosition, Share>,
}

/// The partial signatures of one duty.
#[derive(Debug)]
pub struct Collector {
    size: ClusterSize,
    contributions: BTreeMap<PeerIndex, Contribution>,
    done: BTreeMap<ValidatorPosition, SignatureBytes>,
}

impl Collector {
    /// An empty collector for a cluster of `size`.
    pub fn new(size: ClusterSize) -> Self {
        Self {
            size,
            contributions: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    /// Takes what `peer` signed over the value of this hash. A peer's first word counts; that it
    /// said something else later is for consensus to report.
    pub fn add(
        &mut self,
        peer: PeerIndex,
        value: Root,
        partials: impl IntoIterator<Item = (ValidatorPosition, Share)>,
    ) {
        self.contributions
            .entry(peer)
            .or_insert_with(|| Contribution {
                value,
                partials: partials.into_iter().collect(),
            });
    }

    /// The peers that have contributed to `value`.
    pub fn contributors(&self, value: &Root) -> PeerSet {
        let same = self.contributions.iter().filter(|(_, c)| c.value == *value);
        same.map(|(peer, _)| *peer).collect()
    }

    /// The group signatures that are there.
    pub fn whole(&self) -> &BTreeMap<ValidatorPosition, SignatureBytes> {
        &self.done
    }

    /// The peers that have contributed to any value.
    pub fn all_contributors(&self) -> PeerSet {
        self.contributions.keys().copied().collect()
    }

    /// Whether a group signature for `validator` is there.
    pub fn has(&self, validator: ValidatorPosition) -> bool {
        self.done.contains_key(&validator)
    }

    /// Whether a combination may give what is not there yet: t peers have contributed to `value`,
    /// and one of `wanted` has no group signature.
    pub fn is_ready(&self, value: &Root, wanted: &[ValidatorPosition]) -> bool {
        let lacks_one = wanted.iter().any(|validator| !self.has(*validator));
        lacks_one && self.contributors(value).len() >= self.size.threshold()
    }

    /// Combines every validator of `wanted` that now has t shares for `value`.
    pub fn combine(
        &mut self,
        value: &Root,
        wanted: &[ValidatorPosition],
        mut with: Combining<'_>,
    ) -> Combined {
        let mut result = Combined::default();
        loop {
            let candidates = self.candidates(value, wanted, &mut with, &mut result);
            if candidates.is_empty() {
                return result;
            }
            let pairs: Vec<_> = candidates
                .iter()
                .map(|candidate| (candidate.key, candidate.signature))
                .collect();
            let all_good = bls::verify_same_message(&pairs, with.message, with.seed);
            let mut found = false;
            for candidate in candidates {
                if all_good || bls::verify(&candidate.key, with.message, &candidate.signature) {
                    let bytes = candidate.signature.to_bytes();
                    self.done.insert(candidate.validator, bytes);
                    result.signatures.push((candidate.validator, bytes));
                } else {
                    let (validator, shares) = (candidate.validator, candidate.shares);
                    found |= self.name_liars(validator, &shares, &mut with, &mut result);
                }
            }
            if !found {
                return result;
            }
        }
    }

    /// One combination, not yet verified, for each wanted validator that has t shares.
    fn candidates(
        &mut self,
        value: &Root,
        wanted: &[ValidatorPosition],
        with: &mut Combining<'_>,
        result: &mut Combined,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for validator in wanted.iter().copied() {
            if self.done.contains_key(&validator) {
                continue;
            }
            let Some(key) = with.keys.get(validator).map(|keys| keys.group) else {
                continue;
            };
            while let Some(shares) = self.choose(value, validator, *with.suspects) {
                // A caught peer's share is looked at by itself: one that is bad again would spoil
                // the batch of all validators, and cost a look at every share of each.
                let is_caught = |(peer, _): &&(PeerIndex, Share)| with.suspects.contains(*peer);
                let caught: Vec<_> = shares.iter().filter(is_caught).copied().collect();
                if self.name_liars(validator, &caught, with, result) {
                    continue;
                }
                if let Some(signature) = interpolate(&shares) {
                    candidates.push(Candidate {
                        validator,
                        key,
                        shares,
                        signature,
                    });
                    break;
                }
                if !self.name_liars(validator, &shares, with, result) {
                    break;
                }
            }
        }
        candidates
    }

    /// t peers that signed `value` for `validator`, suspects last, if there are so many.
    fn choose(
        &self,
        value: &Root,
        validator: ValidatorPosition,
        suspects: PeerSet,
    ) -> Option<Vec<(PeerIndex, Share)>> {
        let share = |peer: &PeerIndex| {
            let contribution = self.contributions.get(peer).filter(|c| c.value == *value)?;
            Some((*peer, *contribution.partials.get(&validator)?))
        };
        let trusted = self
            .contributions
            .keys()
            .filter(|peer| !suspects.contains(**peer));
        let caught = self
            .contributions
            .keys()
            .filter(|peer| suspects.contains(**peer));
        let chosen: Vec<_> = trusted
            .chain(caught)
            .filter_map(share)
            .take(self.size.threshold())
            .collect();
        (chosen.len() == self.size.threshold()).then_some(chosen)
    }

    /// Finds whose share spoilt a combination, and whether one was found: always, as t good shares
    /// combine to a good signature, unless the lock's keys do not belong together.
    fn name_liars(
        &mut self,
        validator: ValidatorPosition,
        shares: &[(PeerIndex, Share)],
        with: &mut Combining<'_>,
        result: &mut Combined,
    ) -> bool {
        let Some(keys) = with.keys.get(validator) else {
            return false;
        };
        let mut found = false;
        for (peer, share) in shares {
            if !share.is_good(&keys.shares[peer.position()], with.message) {
                found = true;
                self.drop_share(*peer, validator, with, result);
            }
        }
        found
    }

    fn drop_share(
        &mut self,
        peer: PeerIndex,
        validator: ValidatorPosition,
        with: &mut Combining<'_>,
        result: &mut Combined,
    ) {
        with.suspects.insert(peer);
        result.bad_shares.push((peer, validator));
        if let Some(contribution) = self.contributions.get_mut(&peer) {
            contribution.partials.remove(&validator);
        }
    }
}

/// A combination that is not verified yet.
struct Candidate {
    validator: ValidatorPosition,
    key: PublicPoint,
    shares: Vec<(PeerIndex, Share)>,
    signature: SignaturePoint,
}

/// What t shares combine to, unless one of them is no point, or the result is no signature: then
/// at least one share is bad.
fn interpolate(shares: &[(PeerIndex, Share)]) -> Option<SignaturePoint> {
    let decode =
        |(peer, share): &(PeerIndex, Share)| Some((ShareIndex::from(*peer), share.point()?));
    let shares: Option<Vec<_>> = shares.iter().map(decode).collect();
    bls::combine_unchecked(&shares?).ok()
}

#[cfg(test)]
mod tests;
