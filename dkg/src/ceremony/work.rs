//! The work of an attempt: deal, check one bundle, check one proof, settle.
//!
//! [`Attempt::step`] does one bounded piece of it if what was said allows one, so a driver can put
//! other work between two pieces. It tells what came of it; nothing is sent from here.

use std::collections::BTreeMap;

use proto::ceremony::{Complaint, Confirm, Opening, Spoken, hash_of};
use proto::{PeerIndex, PeerSet, Root, Signed};

use super::attempt::{Attempt, Stage};
use super::{Outcome, Participant, SealKey, ValidatorKey};
use crate::bls::{SecretShare, SignaturePoint};
use crate::sharing::Dealt;
use crate::sharing::check::{check_public, check_shares, encode_all};
use crate::sharing::deal::{Channel, Opener, deal, one_time_secret};
use crate::sharing::settle::{self, ProofTest, PublicKeys};

/// Every opening is there.
pub(crate) struct Dealing {
    pub(super) openings: Vec<Root>,
    pub(super) dealt: BTreeMap<PeerIndex, Dealt>,
}

/// Every bundle is there and good.
pub(crate) struct Proving {
    bundles: Vec<Root>,
    transcript: Root,
    public: PublicKeys,
    shares: Vec<SecretShare>,
    test: ProofTest,
    pub(super) sums: BTreeMap<PeerIndex, SignaturePoint>,
}

/// What one step came to.
pub(crate) enum Stepped {
    /// Nothing to do before somebody says more.
    Waiting,
    /// A piece of work is done and there is nothing to tell.
    Worked,
    /// These statements of this peer are to be sent to all.
    Says(Vec<Spoken>),
    /// The bundles are summed up: this peer confirms them, unless they make no keys for it. The
    /// shares of these other peers are not sound.
    Settled(Option<Signed<Confirm>>, PeerSet),
    /// These statements of others are to be shown to one peer, which saw something else.
    Shows(PeerIndex, Vec<Spoken>),
    /// These statements convict somebody.
    Convicts(Vec<Spoken>),
    /// These keys are to be stored.
    Made(Box<Outcome>),
}

impl Attempt {
    /// Does one piece of work, if there is one.
    pub(crate) fn step(&mut self, who: &Participant) -> Stepped {
        match &self.stage {
            Stage::Opening => self.begin(who),
            Stage::Dealing(dealing) => {
                match self
                    .said
                    .bundles
                    .keys()
                    .find(|d| !dealing.dealt.contains_key(d))
                {
                    Some(dealer) => self.check_bundle(who, *dealer),
                    None if dealing.dealt.len() == who.terms.roster.size().peers() => {
                        self.settle(who)
                    }
                    None => Stepped::Waiting,
                }
            }
            Stage::Proving(proving) => {
                match self
                    .said
                    .confirms
                    .keys()
                    .find(|p| !proving.sums.contains_key(p))
                {
                    Some(peer) => self.check_confirm(who, *peer),
                    None if proving.sums.len() == who.terms.roster.size().peers() => self.make(who),
                    None => Stepped::Waiting,
                }
            }
            Stage::Storing { .. }
            | Stage::Acking
            | Stage::Finished
            | Stage::Failed(_)
            | Stage::Unusable
            | Stage::Contradicted => Stepped::Waiting,
        }
    }

    /// Deals, once every opening is there.
    fn begin(&mut self, who: &Participant) -> Stepped {
        if self.said.openings.len() < who.terms.roster.size().peers() {
            return Stepped::Waiting;
        }
        let openings = self.said.openings.values().map(|opening| {
            let opening = opening.statement.clone();
            (hash_of(&opening), opening)
        });
        let openings: Vec<(Root, Opening)> = openings.collect();
        let (bundle, dealt) = deal(who, self.context, &openings);
        self.stage = Stage::Dealing(Dealing {
            openings: openings.into_iter().map(|(hash, _)| hash).collect(),
            dealt: BTreeMap::from([(who.me, dealt)]),
        });
        let bundle = who.identity.sign(who.me, bundle);
        let spoken = Spoken::Bundle(bundle.clone().into_signed());
        self.said.bundles.insert(who.me, bundle);
        Stepped::Says(vec![spoken])
    }

    /// Checks one dealer's bundle.
    fn check_bundle(&mut self, who: &Participant, dealer: PeerIndex) -> Stepped {
        let Stage::Dealing(dealing) = &mut self.stage else {
            return Stepped::Waiting;
        };
        let bundle = &self.said.bundles[&dealer];
        if bundle.statement.openings != dealing.openings {
            // One of the openings has a twin. Show what is here: the dealer finds it, and its own
            // answer shows it here.
            self.said.bundles.remove(&dealer);
            if !self.shown.insert(dealer) {
                return Stepped::Worked;
            }
            let openings = self.said.openings.values().cloned();
            let openings = openings.map(|s| Spoken::Opening(s.into_signed()));
            return Stepped::Shows(dealer, openings.collect());
        }
        let signed = || Spoken::Bundle((*bundle).clone().into_signed());
        let commitments = match check_public(&who.terms, dealer, &bundle.statement, &who.seed) {
            Ok(commitments) => commitments,
            Err(_) => return Stepped::Convicts(vec![signed()]),
        };
        let opener = Opener {
            channel: Channel {
                session: bundle.statement.session(),
                dealer,
                receiver: who.me,
            },
            secret: one_time_secret(&who.seed, self.context, dealer),
        };
        match check_shares(&bundle.statement, &opener, commitments, &who.seed) {
            Ok(dealt) => {
                dealing.dealt.insert(dealer, dealt);
                Stepped::Worked
            }
            Err(_) => {
                let complaint = Complaint {
                    context: self.context,
                    dealer,
                    bundle: hash_of(&bundle.statement),
                    secret: opener.secret.to_bytes(),
                };
                let complaint = who.identity.sign(who.me, complaint).into_signed();
                let opening = self.said.openings[&who.me].clone().into_signed();
                Stepped::Convicts(vec![
                    Spoken::Opening(opening),
                    signed(),
                    Spoken::Complaint(complaint),
                ])
            }
        }
    }

    /// Sums up, once every bundle is checked, and shows that the own shares work.
    fn settle(&mut self, who: &Participant) -> Stepped {
        let Stage::Dealing(dealing) = &self.stage else {
            return Stepped::Waiting;
        };
        let size = who.terms.roster.size();
        let bundles = self
            .said
            .bundles
            .values()
            .map(|bundle| hash_of(&bundle.statement));
        let bundles: Vec<Root> = bundles.collect();
        let transcript = settle::transcript_of(self.context, &dealing.openings, &bundles);
        let dealt: Vec<&Dealt> = dealing.dealt.values().collect();
        let commitments: Vec<_> = dealt.iter().map(|d| d.commitments.as_slice()).collect();
        let Some(public) = PublicKeys::sum(size, &commitments) else {
            self.stage = Stage::Unusable;
            return Stepped::Settled(None, PeerSet::EMPTY);
        };
        let mut unsound = public.unsound;
        if unsound.remove(who.me) {
            // Who confirms such shares is convicted: see `blame`.
            self.stage = Stage::Unusable;
            return Stepped::Settled(None, unsound);
        }
        let shares = settle::own_shares(&dealt);
        let confirm = Confirm {
            context: self.context,
            bundles: bundles.clone(),
            partials: settle::prove(&shares, transcript),
        };
        self.stage = Stage::Proving(Box::new(Proving {
            bundles,
            transcript,
            public,
            shares,
            test: ProofTest::new(&who.seed, transcript, &[], who.terms.keys()),
            sums: BTreeMap::new(),
        }));
        let confirm = who.identity.sign(who.me, confirm);
        self.said.confirms.insert(who.me, confirm.clone());
        Stepped::Settled(Some(confirm.into_signed()), unsound)
    }

    /// Checks one peer's proof.
    fn check_confirm(&mut self, who: &Participant, peer: PeerIndex) -> Stepped {
        let Stage::Proving(proving) = &mut self.stage else {
            return Stepped::Waiting;
        };
        let confirm = &self.said.confirms[&peer];
        let theirs = &confirm.statement.bundles;
        if *theirs != proving.bundles {
            // One of the bundles has a twin. Show the ones that differ.
            let size = who.terms.roster.size();
            let differ = |d: &PeerIndex| theirs[d.position()] != proving.bundles[d.position()];
            let differing = size
                .all()
                .filter(differ)
                .map(|d| self.said.bundles[&d].clone());
            let differing = differing.map(|s| Spoken::Bundle(s.into_signed())).collect();
            self.said.confirms.remove(&peer);
            if self.shown.insert(peer) {
                return Stepped::Shows(peer, differing);
            }
            return Stepped::Worked;
        }
        let keys = &proving.public.shares[peer.position()];
        let partials = &confirm.statement.partials;
        let sound = !proving.public.unsound.contains(peer);
        let sum = settle::check_proof(keys, partials, &proving.test);
        match sum.filter(|_| sound) {
            Some(sum) => {
                proving.sums.insert(peer, sum);
                Stepped::Worked
            }
            None => {
                assert!(
                    peer != who.me,
                    "the shares of this peer sign under their own keys"
                );
                let confirm = Spoken::Confirm(confirm.clone().into_signed());
                let bundles = self.said.bundles.values().cloned();
                let bundles = bundles.map(|s| Spoken::Bundle(s.into_signed()));
                Stepped::Convicts([confirm].into_iter().chain(bundles).collect())
            }
        }
    }

    /// Hands out the keys, once every proof is checked and several subsets combine.
    fn make(&mut self, who: &Participant) -> Stepped {
        let Stage::Proving(proving) = std::mem::replace(&mut self.stage, Stage::Acking) else {
            return Stepped::Waiting;
        };
        let size = who.terms.roster.size();
        let sums: Vec<SignaturePoint> = proving.sums.values().copied().collect();
        let Proving { public, test, .. } = proving.as_ref();
        assert!(
            settle::subsets_combine(size, public, &sums, test),
            "shares that lie on one polynomial of degree t - 1 combine in any t"
        );
        let transcript = proving.transcript;
        match &self.acked {
            Some(acked) if acked.transcript == transcript => return Stepped::Worked,
            Some(_) => {
                self.stage = Stage::Contradicted;
                let others = self.said.bundles.values().cloned();
                return Stepped::Says(others.map(|s| Spoken::Bundle(s.into_signed())).collect());
            }
            None => self.stage = Stage::Storing { transcript },
        }
        Stepped::Made(Box::new(outcome(self.context.attempt, *proving)))
    }
}

/// The keys as they are stored.
fn outcome(attempt: u32, proving: Proving) -> Outcome {
    let Proving {
        transcript,
        public,
        mut shares,
        ..
    } = proving;
    let seal_share = shares
        .pop()
        .expect("the seal key is the last of at least two keys");
    let seal = public
        .joint
        .last()
        .expect("the seal key is the last of at least two keys");
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
        seal: SealKey {
            commitment: encode_all(seal.points()),
            share: seal_share,
        },
    }
}
