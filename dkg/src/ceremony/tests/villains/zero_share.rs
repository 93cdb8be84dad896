//! Deals last, when it knows what everybody else has dealt it: its own share comes out as zero.

use super::*;
use crate::bls::{Polynomial, Scalar};
use crate::ceremony::check::{check_public, check_shares};
use crate::ceremony::deal::{Channel, Opener, deal_polynomials, one_time_secret};

/// What the others have dealt to the villain, one sum for each key.
fn dealt_to(villain: &Ceremony) -> Vec<Scalar> {
    let who = &villain.who;
    let mut sums = vec![Scalar::default(); who.terms.keys()];
    let others = villain.attempt.said.bundles.values();
    for signed in others.filter(|bundle| bundle.signer != who.me) {
        let (dealer, bundle) = (signed.signer, &signed.statement);
        let opener = Opener {
            channel: Channel {
                session: bundle.session(),
                dealer,
                receiver: who.me,
            },
            secret: one_time_secret(&who.seed, villain.attempt.context, dealer),
        };
        let commitments = check_public(&who.terms, dealer, bundle, &who.seed).unwrap();
        let dealt = check_shares(bundle, &opener, commitments, &who.seed).unwrap();
        for (sum, share) in sums.iter_mut().zip(&dealt.shares) {
            *sum = sum.plus(share);
        }
    }
    sums
}

/// A good bundle, whose polynomials cancel those sums at the villain's own place.
fn cancelling(villain: &Ceremony) -> Bundle {
    let (who, context) = (&villain.who, villain.attempt.context);
    let polynomials = dealt_to(villain).into_iter().map(|sum| {
        let with = |constant: Scalar| {
            let rest = (1..who.terms.roster.size().threshold())
                .map(|degree| Scalar::from_wide(&[u8::try_from(degree).unwrap(); 64]));
            Polynomial::new([constant].into_iter().chain(rest).collect())
        };
        let value = with(sum).at(who.me.into());
        with(value.times(&minus_one()))
    });
    let polynomials: Vec<Polynomial> = polynomials.collect();
    deal_polynomials(who, context, &openings(villain), &polynomials).0
}

/// The group order less one.
fn minus_one() -> Scalar {
    let bytes = hex::decode("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000");
    Scalar::from_bytes(&bytes.unwrap().try_into().unwrap()).unwrap()
}

/// It keeps its bundle back until it has all others': then its machine confirms.
fn deals_last(villain: &Ceremony, _: PeerIndex, frame: Frame) -> Vec<Frame> {
    let me = villain.who.me;
    match &frame {
        Frame::Spoken(Spoken::Bundle(signed)) if signed.signer == me => vec![],
        Frame::Spoken(Spoken::Confirm(signed)) if signed.signer == me => {
            let bundle = villain.who.identity.sign(me, cancelling(villain));
            vec![Frame::Spoken(Spoken::Bundle(bundle.into_signed()))]
        }
        Frame::Spoken(_) | Frame::Accusation(_) => vec![frame],
    }
}

#[test]
fn a_share_that_comes_out_as_zero_ends_the_attempt_and_nobody_is_convicted() {
    for seed in 0..3 {
        let mut world = World::new(4, 2, seed);
        let villain = world.peer(3);
        world.villains.insert(villain, deals_last);
        for peer in world.size.all() {
            world.start(peer);
        }
        world.run();
        for peer in world.honest() {
            let heard = &world.heard[&peer];
            assert_eq!(heard.progress.unwrap().step, Step::Failed, "{peer}");
            assert_eq!(heard.cancelled, [PeerSet::from_iter([villain])]);
            assert!(heard.blames.is_empty() && heard.faults.is_empty());
            assert!(world.disks[&peer].position.acked.is_empty());
        }
        // It is the same after a crash.
        world.crash(world.peer(0));
        world.start(world.peer(0));
        world.run();
        let again = world.heard[&world.peer(0)].progress.unwrap();
        assert_eq!(again.step, Step::Failed);

        world.villains.clear();
        for peer in world.size.all() {
            world.give(peer, Input::Retry);
        }
        world.run();
        assert!(world.heard.values().all(|heard| heard.finished.is_some()));
        world.assert_agreement();
    }
}
