//! The round of confirms: the keys are made, and every peer's proof that its shares work is
//! checked.

use std::collections::BTreeMap;

use proto::ceremony::Spoken;
use proto::{PeerIndex, PeerSet, Root};

use super::{Checked, Said};
use crate::bls::{SecretShare, SignaturePoint};
use crate::ceremony::{Outcome, SealKey, ValidatorKey};
use crate::sharing::Participant;
use crate::sharing::check::encode_all;
use crate::sharing::settle::{self, ProofTest, PublicKeys};

/// Every bundle is there and good.
pub(in crate::ceremony) struct Proving {
    bundles: Vec<Root>,
    transcript: Root,
    public: PublicKeys,
    shares: Vec<SecretShare>,
    test: ProofTest,
    sums: BTreeMap<PeerIndex, SignaturePoint>,
}

impl Proving {
    /// Begins with the hashes of all bundles, their transcript, and the keys that they make.
    pub(super) fn begin(
        who: &Participant,
        (bundles, transcript): (Vec<Root>, Root),
        public: PublicKeys,
        shares: Vec<SecretShare>,
    ) -> Self {
        Self {
            bundles,
            transcript,
            public,
            shares,
            test: ProofTest::new(&who.seed, transcript, &[], who.terms.keys()),
            sums: BTreeMap::new(),
        }
    }

    /// The peers whose proof is checked.
    pub(in crate::ceremony) fn checked(&self) -> PeerSet {
        self.sums.keys().copied().collect()
    }

    /// Has the proof of `peer` checked again: it has sent another.
    pub(in crate::ceremony) fn forget(&mut self, peer: PeerIndex) {
        self.sums.remove(&peer);
    }

    /// A peer whose proof is there and not checked.
    pub(in crate::ceremony) fn unchecked(&self, said: &Said) -> Option<PeerIndex> {
        let mut peers = said.confirms.keys();
        peers.find(|p| !self.sums.contains_key(p)).copied()
    }

    /// Checks the proof of `peer`.
    pub(in crate::ceremony) fn check(
        &mut self,
        who: &Participant,
        said: &Said,
        peer: PeerIndex,
    ) -> Checked {
        let confirm = &said.confirms[&peer];
        let theirs = &confirm.statement.bundles;
        if *theirs != self.bundles {
            // One of the bundles has a twin. Show the ones that differ.
            let differ = |d: &PeerIndex| theirs[d.position()] != self.bundles[d.position()];
            let differing = who.terms.roster.size().all().filter(differ);
            let differing = differing.map(|d| said.bundles[&d].clone());
            let differing = differing.map(|s| Spoken::Bundle(s.into_signed()));
            return Checked::Differs(differing.collect());
        }
        let keys = &self.public.shares[peer.position()];
        let sound = !self.public.unsound.contains(peer);
        let sum = settle::check_proof(keys, &confirm.statement.partials, &self.test);
        match sum.filter(|_| sound) {
            Some(sum) => {
                self.sums.insert(peer, sum);
                Checked::Good
            }
            None => {
                assert!(
                    peer != who.me,
                    "the shares of this peer sign under their own keys"
                );
                let confirm = Spoken::Confirm(confirm.clone().into_signed());
                let words = [confirm].into_iter().chain(said.all_bundles());
                Checked::Convicts(words.collect())
            }
        }
    }

    /// Hands out the keys, once every proof is checked and several subsets combine.
    pub(in crate::ceremony) fn finish(self, who: &Participant, said: &Said) -> Outcome {
        let sums: Vec<SignaturePoint> = self.sums.values().copied().collect();
        assert!(
            settle::subsets_combine(who.terms.roster.size(), &self.public, &sums, &self.test),
            "shares that lie on one polynomial of degree t - 1 combine in any t"
        );
        self.into_outcome(said.context.attempt, usize::from(who.terms.validators))
    }

    /// The keys as they are stored: those of so many validators, then the seal keys.
    fn into_outcome(self, attempt: u32, validators: usize) -> Outcome {
        let Self {
            transcript,
            public,
            mut shares,
            ..
        } = self;
        let seals = shares.split_off(validators).into_iter();
        let mut seals = seals
            .zip(&public.joint[validators..])
            .map(|(share, joint)| SealKey {
                commitment: encode_all(joint.points()),
                share,
            });
        let seal = seals.next();
        let (seal, exit_seal) = (
            seal.expect("the validators' keys are followed by a seal key"),
            seals.next(),
        );
        let validators = shares.into_iter().zip(&public.joint).enumerate();
        let validators = validators.map(|(key, (share, joint))| ValidatorKey {
            public_key: joint.group_key().to_bytes(),
            share_public_keys: public
                .shares
                .iter()
                .map(|keys| keys[key].to_bytes())
                .collect(),
            share,
        });
        Outcome {
            attempt,
            transcript,
            validators: validators.collect(),
            seal,
            exit_seal,
        }
    }
}
