//! The deposit session as data: everybody's partial signatures in, the group's signatures out.
//!
//! One hop: a peer that holds t partial signatures of every deposit message combines
//! them and verifies all under the group keys together. Only if that fails are the peers' shares
//! held against their own keys, peer by peer, and a wrong one is dropped and named. Whoever is
//! complete can complete the others.
//!
//! Never here: a share, the network, a file.

use std::collections::BTreeMap;

use dkg::bls::{self, Message, PublicPoint, SignaturePoint, UncheckedSignature};
use proto::eth::{DepositData, DepositMessage, ForkVersion};
use proto::lock::Lock;
use proto::{ClusterSize, PeerIndex, PeerSet, PublicKey, ShareIndex, SignatureBytes};
use thiserror::Error;

/// Why a peer's signatures are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSignatures {
    /// Another number than there are deposit messages.
    #[error("sent {found} deposit signatures, and there are {expected} messages")]
    Count {
        /// How many came.
        found: usize,
        /// How many messages there are.
        expected: usize,
    },
    /// One at least is no signature of its share, or of the group.
    #[error("sent deposit signatures that are not valid: not used")]
    Invalid,
}

/// The deposit messages of a lock and their signatures.
pub struct Deposits {
    size: ClusterSize,
    messages: Vec<DepositMessage>,
    hashed: Vec<Message>,
    group_keys: Vec<PublicPoint>,
    /// For each peer, the key of its share for each message.
    share_keys: Vec<Vec<PublicKey>>,
    partials: BTreeMap<PeerIndex, Vec<SignatureBytes>>,
    signatures: Option<Vec<SignatureBytes>>,
    /// Secret and random: weights of batch checks.
    seed: [u8; 32],
}

impl Deposits {
    /// The session for these messages of `lock`; finished at once if there are none. `seed` is
    /// 32 secret random bytes.
    pub fn new(lock: &Lock, messages: Vec<DepositMessage>, seed: [u8; 32]) -> Self {
        let terms = lock.definition.terms();
        let version: ForkVersion = terms.chain.genesis_fork_version;
        let each = messages.len() / lock.validators.len();
        let of_messages = |position: usize| &lock.validators[position / each.max(1)];
        let validators = (0..messages.len()).map(of_messages);
        let share_keys = terms.size().all().map(|peer| {
            let keys = validators
                .clone()
                .map(|v| v.share_public_keys[peer.position()]);
            keys.collect()
        });
        Self {
            size: terms.size(),
            hashed: messages
                .iter()
                .map(|m| Message::hash(m.signing_root(version)))
                .collect(),
            group_keys: validators.clone().map(|v| point(&v.public_key)).collect(),
            share_keys: share_keys.collect(),
            partials: BTreeMap::new(),
            signatures: messages.is_empty().then(Vec::new),
            messages,
            seed,
        }
    }

    /// The signatures of the group, in the order of the messages, once they are there.
    pub fn signatures(&self) -> Option<&[SignatureBytes]> {
        self.signatures.as_deref()
    }

    /// The signed deposits, once they are there.
    pub fn signed(&self) -> Option<Vec<DepositData>> {
        let signed = self.messages.iter().zip(self.signatures.as_ref()?);
        Some(
            signed
                .map(|(message, signature)| message.signed(*signature))
                .collect(),
        )
    }

    /// This peer's partial signatures, if it has made them.
    pub fn partials_of(&self, peer: PeerIndex) -> Option<&[SignatureBytes]> {
        self.partials.get(&peer).map(Vec::as_slice)
    }

    /// Whose partial signatures are still useful.
    pub fn waiting(&self) -> PeerSet {
        match self.signatures {
            Some(_) => PeerSet::EMPTY,
            None => PeerSet::full(self.size).without(self.partials.keys().copied().collect()),
        }
    }

    /// Takes the partial signatures of `peer`.
    ///
    /// # Errors
    /// If they are not as many as the messages.
    pub fn hear(
        &mut self,
        peer: PeerIndex,
        partials: Vec<SignatureBytes>,
    ) -> Result<(), BadSignatures> {
        self.check_count(partials.len())?;
        self.partials.insert(peer, partials);
        Ok(())
    }

    /// Takes the whole signatures as somebody else combined them.
    ///
    /// # Errors
    /// If one is not that of its group key.
    pub fn take(&mut self, signatures: Vec<SignatureBytes>) -> Result<(), BadSignatures> {
        self.check_count(signatures.len())?;
        let valid = match &self.signatures {
            // A BLS signature is unique, so the same are valid and others are not.
            Some(ours) => *ours == signatures,
            None => decode(&signatures).is_some_and(|points| self.are_of_groups(&points)),
        };
        if !valid {
            return Err(BadSignatures::Invalid);
        }
        self.signatures = Some(signatures);
        Ok(())
    }

    /// Combines as soon as t peers have sent their partial signatures; gives the peers whose are
    /// wrong and were dropped.
    pub fn combine(&mut self) -> Vec<PeerIndex> {
        let mut wrong = Vec::new();
        while self.signatures.is_none() && self.partials.len() >= self.size.threshold() {
            let chosen: Vec<PeerIndex> = self
                .partials
                .keys()
                .copied()
                .take(self.size.threshold())
                .collect();
            if let Some(points) = self.interpolate(&chosen).filter(|p| self.are_of_groups(p)) {
                self.signatures = Some(points.iter().map(SignaturePoint::to_bytes).collect());
                break;
            }
            let is_wrong = |peer: &PeerIndex| {
                let points = decode(&self.partials[peer]);
                !points.is_some_and(|points| self.are_of_shares(*peer, &points))
            };
            let found: Vec<PeerIndex> = chosen.into_iter().filter(is_wrong).collect();
            assert!(
                !found.is_empty(),
                "t signatures of shares of one polynomial combine to that of its group key"
            );
            for peer in &found {
                self.partials.remove(peer);
            }
            wrong.extend(found);
        }
        wrong
    }

    fn check_count(&self, found: usize) -> Result<(), BadSignatures> {
        let expected = self.messages.len();
        if found == expected {
            Ok(())
        } else {
            Err(BadSignatures::Count { found, expected })
        }
    }

    /// What these peers' signatures combine to, unless one is no point or spoils it. Only the
    /// results are checked to lie in the group: see [`bls::combine_unchecked`].
    fn interpolate(&self, peers: &[PeerIndex]) -> Option<Vec<SignaturePoint>> {
        let combine = |message: usize| {
            let decode = |peer: &PeerIndex| {
                let share = UncheckedSignature::from_bytes(&self.partials[peer][message]).ok()?;
                Some((ShareIndex::from(*peer), share))
            };
            let shares: Option<Vec<_>> = peers.iter().map(decode).collect();
            bls::combine_unchecked(&shares?).ok()
        };
        (0..self.messages.len()).map(combine).collect()
    }

    fn are_of_groups(&self, points: &[SignaturePoint]) -> bool {
        self.verify(self.group_keys.iter().copied(), points)
    }

    fn are_of_shares(&self, peer: PeerIndex, points: &[SignaturePoint]) -> bool {
        self.verify(self.share_keys[peer.position()].iter().map(point), points)
    }

    fn verify(&self, keys: impl Iterator<Item = PublicPoint>, points: &[SignaturePoint]) -> bool {
        let batch = keys.zip(&self.hashed).zip(points);
        let batch: Vec<_> = batch
            .map(|((key, message), point)| (key, *message, *point))
            .collect();
        bls::verify_batch(&batch, &self.seed)
    }
}

fn point(key: &PublicKey) -> PublicPoint {
    PublicPoint::from_bytes(key).expect("every peer proved in the ceremony that the keys work")
}

fn decode(signatures: &[SignatureBytes]) -> Option<Vec<SignaturePoint>> {
    signatures
        .iter()
        .map(|s| SignaturePoint::from_bytes(s).ok())
        .collect()
}
