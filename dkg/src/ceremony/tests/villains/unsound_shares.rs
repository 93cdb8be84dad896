//! Deals last, when it knows all its other shares, and chooses what its own sums come to: zero, or
//! the same for two keys, or the same as an accomplice's. Or makes it look as if another did.

use proto::ceremony::Confirm;

use super::*;
use crate::blame::Unfounded;
use crate::bls::{G1, Polynomial, PublicPoint, Scalar, scaled_g1};
use crate::sharing::check::{POINT_BYTES, check_public, check_shares};
use crate::sharing::deal::{Channel, Opener, deal_out, one_time_secret};
use crate::sharing::settle;

/// Keeps its own bundle and confirm back.
const WAITS: Tamper = |villain, _, frame| match &frame {
    Frame::Spoken(Spoken::Bundle(s)) if s.signer == villain.who.me => Vec::new(),
    Frame::Spoken(Spoken::Confirm(s)) if s.signer == villain.who.me => Vec::new(),
    Frame::Spoken(_) | Frame::Accusation(_) => vec![frame],
};

/// The number -1.
fn minus_one() -> Scalar {
    let bytes = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000";
    Scalar::from_bytes(&hex::decode(bytes).unwrap().try_into().unwrap()).unwrap()
}

fn minus(one: &Scalar, other: &Scalar) -> Scalar {
    one.plus(&other.times(&minus_one()))
}

/// A world in which everybody waits for the bundle of the last peer, which has all others'.
fn waiting_for_the_last() -> (World, PeerIndex) {
    let mut world = World::new(4, 2, 0);
    let villain = world.peer(3);
    world.villains.insert(villain, WAITS);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    for peer in world.honest() {
        let progress = world.heard[&peer].progress.unwrap();
        assert_eq!(progress.step, Step::Dealing);
        assert_eq!(progress.waiting.iter().collect::<Vec<_>>(), [villain]);
    }
    (world, villain)
}

fn openings(machine: &Ceremony) -> Vec<(Root, Opening)> {
    let openings = machine.attempt.said.openings.values();
    let openings = openings.map(|s| (hash_of(&s.statement), s.statement.clone()));
    openings.collect()
}

/// What all dealers but `except` have dealt to the peer of `machine`: the sum for each key.
fn dealt_to(world: &World, receiver: PeerIndex, except: PeerIndex) -> Vec<Scalar> {
    let machine = &world.machines[&receiver];
    let (who, context) = (&machine.who, machine.attempt.said.context);
    let dealers = world.size.all().filter(|dealer| *dealer != except);
    let dealt = dealers.map(|dealer| {
        if dealer == receiver {
            return deal(who, context, &openings(machine)).1.shares;
        }
        let bundle = &machine.attempt.said.bundles[&dealer].statement;
        let commitments = check_public(&who.terms, dealer, bundle, &who.seed).unwrap();
        let opener = Opener {
            channel: Channel {
                session: bundle.session(),
                dealer,
                receiver,
            },
            secret: one_time_secret(&who.seed, context, dealer),
        };
        let dealt = check_shares(bundle, &opener, commitments, &who.seed);
        dealt.map_err(|_| "an honest dealer").unwrap().shares
    });
    dealt
        .reduce(|sum, shares| sum.iter().zip(&shares).map(|(a, b)| a.plus(b)).collect())
        .unwrap()
}

/// Polynomials for three keys with these linear and constant terms.
fn polynomials(terms: impl Fn(usize) -> [Scalar; 2]) -> Vec<Polynomial> {
    let of = |key: usize| {
        let [constant, linear] = terms(key);
        let quadratic = Scalar::from_u64(1000 + key as u64);
        Polynomial::new(vec![constant, linear, quadratic])
    };
    (0..3).map(of).collect()
}

/// Polynomials by which the last peer's shares sum up to `wanted` for each key.
fn summing_up_to(world: &World, villain: PeerIndex, wanted: [u64; 3]) -> Vec<Polynomial> {
    let others = dealt_to(world, villain, villain);
    polynomials(|key| {
        let linear = Scalar::from_u64(7 + key as u64);
        let rest = Scalar::from_u64(4 * (7 + key as u64) + 16 * (1000 + key as u64));
        let own = minus(&Scalar::from_u64(wanted[key]), &others[key]);
        [minus(&own, &rest), linear]
    })
}

/// The villain deals these polynomials; its bundle, signed, and its true confirm of all bundles.
fn deal_late(world: &World, villain: PeerIndex, polynomials: &[Polynomial]) -> [Spoken; 2] {
    let machine = &world.machines[&villain];
    let (bundle, own) = deal_out(
        &machine.who,
        machine.attempt.said.context,
        &openings(machine),
        polynomials,
    );
    let others = dealt_to(world, villain, villain);
    let sums: Vec<Scalar> = others
        .iter()
        .zip(&own.shares)
        .map(|(a, b)| a.plus(b))
        .collect();
    let confirm = confirm(world, villain, &bundle, &sums);
    let bundle = machine.who.identity.sign(villain, bundle).into_signed();
    [Spoken::Bundle(bundle), confirm]
}

/// The confirm of `peer`, whose shares sum up to `sums`, when the last dealer dealt `last`.
fn confirm(world: &World, peer: PeerIndex, last: &Bundle, sums: &[Scalar]) -> Spoken {
    let machine = &world.machines[&peer];
    let honest = world.machines[&world.peer(0)].attempt.said.bundles.values();
    let bundles: Vec<Root> = honest
        .take(3)
        .map(|s| hash_of(&s.statement))
        .chain([hash_of(last)])
        .collect();
    let hashes: Vec<Root> = openings(machine).iter().map(|(hash, _)| *hash).collect();
    let transcript = settle::transcript_of(machine.attempt.said.context, &hashes, &bundles);
    let partial = |sum: &Scalar| match crate::bls::SecretShare::of(sum.clone()) {
        Some(share) => settle::prove(&[share], transcript),
        // The signature of a share of zero: infinity.
        None => [&[0xc0][..], &[0; 95]].concat(),
    };
    let statement = Confirm {
        context: machine.attempt.said.context,
        bundles,
        partials: sums.iter().flat_map(partial).collect(),
    };
    Spoken::Confirm(machine.who.identity.sign(peer, statement).into_signed())
}

fn tell_honest(world: &mut World, from: PeerIndex, spoken: &Spoken) {
    for peer in world.honest() {
        world.inject(from, peer, Frame::Spoken(spoken.clone()).encode());
    }
    world.run();
}

/// The last peer deals so that its shares come to `wanted`: the others say what is wrong with them
/// and go on, and as soon as it confirms them it is convicted.
fn convicted_when_it_confirms(wanted: [u64; 3]) {
    let (mut world, villain) = waiting_for_the_last();
    let polynomials = summing_up_to(&world, villain, wanted);
    let [bundle, confirm] = deal_late(&world, villain, &polynomials);
    tell_honest(&mut world, villain, &bundle);
    for peer in world.honest() {
        let heard = &world.heard[&peer];
        let progress = heard.progress.unwrap();
        assert_eq!(progress.step, Step::Proving);
        assert_eq!(progress.waiting.iter().collect::<Vec<_>>(), [villain]);
        assert_eq!(heard.faults, [(villain, Breach::UnsoundShares)]);
        assert!(heard.blames.is_empty(), "silence is no evidence");
    }
    tell_honest(&mut world, villain, &confirm);
    world.assert_named(villain, Rule::UnsoundShares);
    for peer in world.honest() {
        assert!(world.disks[&peer].keys.is_empty());
        // With the confirm of another in place of the villain's it shows nothing.
        let (mut evidence, _) = world.heard[&peer].blames[0].clone();
        let confirm = world.machines[&peer].attempt.said.confirms[&peer].clone();
        evidence.statements[0] = Spoken::Confirm(confirm.into_signed());
        assert_eq!(blame::verify(&evidence), Err(Unfounded::NoFault));
    }
    all_finish_anew(&mut world);
}

#[test]
fn a_share_of_zero_convicts_whom_it_belongs_to() {
    convicted_when_it_confirms([0, 5, 6]);
}

#[test]
fn a_share_of_zero_of_the_seal_key_convicts_too() {
    convicted_when_it_confirms([4, 5, 0]);
}

#[test]
fn the_same_share_of_two_validators_convicts_whom_it_belongs_to() {
    convicted_when_it_confirms([7, 7, 6]);
}

#[test]
fn who_deals_itself_a_share_of_zero_and_falls_silent_does_not_stop_a_new_attempt() {
    let (mut world, villain) = waiting_for_the_last();
    let polynomials = summing_up_to(&world, villain, [0, 0, 0]);
    let [bundle, _] = deal_late(&world, villain, &polynomials);
    tell_honest(&mut world, villain, &bundle);
    // Also after everybody has crashed and is shown the same bundle again.
    for peer in world.honest() {
        world.crash(peer);
        world.start(peer);
    }
    world.run();
    tell_honest(&mut world, villain, &bundle);
    for peer in world.honest() {
        assert_eq!(world.heard[&peer].progress.unwrap().step, Step::Proving);
    }
    all_finish_anew(&mut world);
}

/// The last peer and the one before it arrange that both have the same share of the first key.
/// The bundle of the last, and the confirms of both.
fn arranged(world: &World, villain: PeerIndex, accomplice: PeerIndex) -> [Spoken; 3] {
    // f(4) - f(3) makes up for what the two sums of others' shares differ by.
    let own = dealt_to(world, villain, villain);
    let theirs = dealt_to(world, accomplice, villain);
    let polynomials = polynomials(|key| {
        let linear = match key {
            0 => minus(&minus(&theirs[0], &own[0]), &Scalar::from_u64(7 * 1000)),
            _ => Scalar::from_u64(9),
        };
        [Scalar::from_u64(11 + key as u64), linear]
    });
    let [bundle, confirmed] = deal_late(world, villain, &polynomials);
    let Spoken::Bundle(last) = &bundle else {
        unreachable!("a dealer deals a bundle")
    };
    let sums = theirs.iter().zip(&polynomials);
    let sums = sums.map(|(sum, polynomial)| sum.plus(&polynomial.at(accomplice.into())));
    let sums: Vec<Scalar> = sums.collect();
    let also = confirm(world, accomplice, &last.statement, &sums);
    [bundle, confirmed, also]
}

#[test]
fn of_two_that_arrange_to_have_the_same_share_the_one_that_confirms_is_convicted() {
    for first in [0, 1] {
        let (mut world, villain) = waiting_for_the_last();
        let accomplice = world.peer(2);
        world.villains.insert(accomplice, WAITS);
        let [bundle, confirm, also] = arranged(&world, villain, accomplice);
        tell_honest(&mut world, villain, &bundle);
        for peer in world.honest() {
            let both = [accomplice, villain].map(|peer| (peer, Breach::UnsoundShares));
            assert_eq!(world.heard[&peer].faults, both);
        }
        let (culprit, confirm) = [(villain, confirm), (accomplice, also)][first].clone();
        tell_honest(&mut world, culprit, &confirm);
        world.assert_named(culprit, Rule::UnsoundShares);
        all_finish_anew(&mut world);
    }
}

/// Changes the last dealer's commitments to the first key by a polynomial that nobody knows, which
/// is zero at 0 and at the first peer's x = 1: its proof of knowledge stays valid and so does the
/// first peer's share, and no other. `quadratic` is the unknown polynomial's leading coefficient.
fn with_unknown(bundle: &mut Bundle, quadratic: G1) {
    let mut add = |degree: usize, point: &G1| {
        let bytes = &mut bundle.commitments[degree * POINT_BYTES..][..POINT_BYTES];
        let known = proto::PublicKey::from(<[u8; 48]>::try_from(&*bytes).unwrap());
        let known = PublicPoint::from_bytes(&known).unwrap();
        let sum = PublicPoint(point.plus_affine(&known.0).affine().unwrap());
        bytes.copy_from_slice(sum.to_bytes().as_bytes());
    };
    add(2, &quadratic);
    add(1, &times(&quadratic, &minus_one()));
}

fn times(point: &G1, by: &Scalar) -> G1 {
    scaled_g1(&[point.affine().unwrap()], std::slice::from_ref(by))
}

/// The sum of all commitments to the first key, with `last` as that of the last dealer, in the
/// exponent at `x`; or the sum of the linear terms.
fn joint(world: &World, last: &Bundle, linear: bool, x: usize) -> G1 {
    let machine = &world.machines[&world.peer(0)];
    let bundles = machine.attempt.said.bundles.values().take(3);
    let bundles = bundles.map(|s| &s.statement).chain([last]);
    bundles
        .enumerate()
        .fold(G1::default(), |sum, (dealer, bundle)| {
            let dealer = world.peer(dealer);
            let public = check_public(&world.terms, dealer, bundle, &[0; 32]).unwrap();
            sum.plus(&match linear {
                true => G1::of(&public[0].points()[1].0),
                false => public[0].evaluate(world.peer(x - 1).into()),
            })
        })
}

/// The last peer deals the bundle that `spoil` makes of an honest one, first to the first peer
/// alone, which ends at `step` and says what `faults` names; then to all, who convict the dealer.
fn frames_nobody(
    step: Step,
    faults: impl Fn(&World) -> Vec<(PeerIndex, Breach)>,
    spoil: impl Fn(&World, &mut Bundle),
) {
    let (mut world, villain) = waiting_for_the_last();
    let (mut bundle, _) = {
        let machine = &world.machines[&villain];
        deal(
            &machine.who,
            machine.attempt.said.context,
            &openings(machine),
        )
    };
    spoil(&world, &mut bundle);
    let signed = world.machines[&villain].who.identity.sign(villain, bundle);
    let spoken = Spoken::Bundle(signed.into_signed());
    let first = world.peer(0);
    world.inject(villain, first, Frame::Spoken(spoken.clone()).encode());
    world.run();
    assert_eq!(world.heard[&first].progress.unwrap().step, step);
    assert_eq!(world.heard[&first].faults, faults(&world));
    assert!(
        world.heard[&first].blames.is_empty(),
        "nobody is proven to have cheated"
    );
    tell_honest(&mut world, villain, &spoken);
    world.assert_named(villain, Rule::UnfitShare);
    all_finish_anew(&mut world);
}

#[test]
fn nobody_is_convicted_because_another_made_its_share_key_infinite() {
    let faults = |world: &World| vec![(world.peer(1), Breach::UnsoundShares)];
    frames_nobody(Step::Proving, faults, |world, bundle| {
        // At x = 2 the unknown polynomial is twice its leading coefficient.
        let at_two = joint(world, bundle, false, 2);
        let half = Scalar::from_u64(2).inverse();
        with_unknown(bundle, times(&at_two, &half.times(&minus_one())));
    });
}

#[test]
fn a_coefficient_that_vanishes_ends_the_attempt_and_not_the_peer() {
    frames_nobody(
        Step::Unusable,
        |_| Vec::new(),
        |world, bundle| {
            let linear = joint(world, bundle, true, 0);
            with_unknown(bundle, linear);
        },
    );
}

#[test]
fn who_is_given_the_share_of_another_says_so_and_confirms_nothing() {
    // The last peer's own share key becomes that of the first, whose share is good all the same.
    // (A polynomial of degree 2 with the same value at 1 and 4 has the same at 2 and 3.)
    let faults = |world: &World| {
        [1, 2, 3]
            .map(|at| (world.peer(at), Breach::UnsoundShares))
            .into()
    };
    frames_nobody(Step::Unusable, faults, |world, bundle| {
        let [one, four] = [1, 4].map(|x| joint(world, bundle, false, x));
        let missing = one.plus(&times(&four, &minus_one()));
        // At x = 4 the unknown polynomial is twelve times its leading coefficient.
        with_unknown(bundle, times(&missing, &Scalar::from_u64(12).inverse()));
    });
}
