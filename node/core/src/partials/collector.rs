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
mod tests {
    use dkg::bls::SecretShare;

    use super::super::keys::ValidatorKeys;
    use super::*;

    const VALUE: Root = Root::ZERO;
    const VALIDATOR: ValidatorPosition = ValidatorPosition(0);

    fn secret(number: u8) -> SecretShare {
        let mut bytes = [0; 32];
        bytes[31] = number;
        SecretShare::from_bytes(&bytes).unwrap()
    }

    fn partial(number: u8) -> (ValidatorPosition, SignatureBytes) {
        let message = Message::hash(VALUE);
        (VALIDATOR, secret(number).sign(&message).to_bytes())
    }

    fn share(number: u8) -> (ValidatorPosition, Share) {
        let (validator, signature) = partial(number);
        (validator, Share::Sent(signature))
    }

    /// A collector of four peers to which the first of them have sent these.
    fn collector(sent: &[u8]) -> Collector {
        let size = ClusterSize::of(4).unwrap();
        let mut collector = Collector::new(size);
        for (peer, number) in size.all().zip(sent) {
            collector.add(peer, VALUE, [share(*number)]);
        }
        collector
    }

    /// What this combines to, if the secret is 5 + 3x + 2x².
    fn combine(collector: &mut Collector, mut suspects: PeerSet) -> (Combined, PeerSet) {
        let validator = ValidatorKeys {
            public_key: secret(5).public().to_bytes(),
            group: secret(5).public(),
            shares: [10, 19, 32, 49]
                .map(|s| secret(s).public().to_bytes())
                .to_vec(),
        };
        let with = Combining {
            message: &Message::hash(VALUE),
            keys: &ClusterKeys::new(collector.size, vec![validator]),
            suspects: &mut suspects,
            seed: &[7; 32],
        };
        (collector.combine(&VALUE, &[VALIDATOR], with), suspects)
    }

    fn combined(sent: [u8; 4]) -> (Combined, PeerSet) {
        combine(&mut collector(&sent), PeerSet::EMPTY)
    }

    #[test]
    fn there_is_nothing_to_combine_before_t_shares_and_after_the_signature() {
        let is_ready = |collector: &Collector| collector.is_ready(&VALUE, &[VALIDATOR]);
        assert!(!is_ready(&collector(&[10, 19])));
        let mut collector = collector(&[10, 19, 32]);
        assert!(is_ready(&collector));
        combine(&mut collector, PeerSet::EMPTY);
        let fourth = collector.size.peer(3).unwrap();
        collector.add(fourth, VALUE, [share(49)]);
        assert!(!is_ready(&collector));
    }

    #[test]
    fn anchor_269_a_bad_share_is_named_and_replaced() {
        let third = ClusterSize::of(4).unwrap().peer(2).unwrap();
        // Peers 1 and 2 make 30 - 57 of it: 27 lets the combination vanish, 28 only spoils it.
        for bad in [27, 28] {
            let (combined, suspects) = combined([10, 19, bad, 49]);
            assert_eq!(combined.signatures, [partial(5)]);
            assert_eq!(combined.bad_shares, [(third, VALIDATOR)]);
            assert_eq!(suspects.iter().collect::<Vec<_>>(), [third]);
        }
    }

    #[test]
    fn a_caught_peer_helps_again_with_a_good_share_only() {
        let third = ClusterSize::of(4).unwrap().peer(2).unwrap();
        for (share, signatures) in [(27, vec![]), (32, vec![partial(5)])] {
            let mut collector = collector(&[10, 19, share]);
            let (combined, _) = combine(&mut collector, [third].into_iter().collect());
            let is_bad = signatures.is_empty();
            assert_eq!(combined.signatures, signatures);
            assert_eq!(combined.bad_shares.contains(&(third, VALIDATOR)), is_bad);
        }
    }

    #[test]
    fn good_shares_cost_nobody_a_name() {
        let (combined, suspects) = combined([10, 19, 32, 49]);
        assert_eq!(combined.signatures, [partial(5)]);
        assert_eq!(suspects, PeerSet::EMPTY);
    }
}
