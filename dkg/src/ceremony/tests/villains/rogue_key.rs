//! Claims a constant term that it does not know, so that the sum comes out as it likes.

use proto::ceremony::Context;

use super::*;
use crate::ceremony::tests::world::{participant, terms_with_exit_key};
use crate::sharing::check::{PROOF_BYTES, check_public};
use crate::sharing::deal::open;

#[test]
fn a_constant_term_taken_from_another_dealer_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        let other = villain.attempt.said.bundles.get(&first(villain)).cloned();
        with_bundle(villain, frame, |bundle| {
            let rogue = other.as_ref().map_or_else(
                || twin(villain).commitments,
                |theirs| theirs.statement.commitments.clone(),
            );
            bundle.commitments[..48].copy_from_slice(&rogue[..48]);
        })
    };
    named(tamper, Rule::NoKnowledge);
}

#[test]
fn a_proof_of_knowledge_of_something_else_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            bundle.proofs = twin(villain).proofs
        })
    };
    named(tamper, Rule::NoKnowledge);
}

#[test]
fn the_constant_term_of_every_key_is_proven_however_many_there_are() {
    let counts = [1, 2, 3, 7].into_iter();
    let kinds = counts.flat_map(|count| [terms(4, count), terms_with_exit_key(4, count)]);
    for terms in kinds {
        let context = Context {
            terms: terms.hash(),
            attempt: 0,
        };
        let openings = terms.roster.size().all().map(|peer| {
            let opening = open(&participant(&terms, peer), context, Vec::new());
            (hash_of(&opening), opening)
        });
        let openings: Vec<(Root, Opening)> = openings.collect();
        let dealer = terms.roster.size().peer(3).unwrap();
        let (bundle, _) = deal(&participant(&terms, dealer), context, &openings);
        let check = |bundle: &Bundle| check_public(&terms, dealer, bundle, &[7; 32]).err();
        assert_eq!(check(&bundle), None);
        let keys = terms.keys();
        for key in 0..keys {
            let mut other = bundle.clone();
            // The last byte of the answer: still a number below the group order.
            other.proofs[(key + 1) * PROOF_BYTES - 1] ^= 1;
            let refused = check(&other);
            assert_eq!(refused, Some(Rule::NoKnowledge), "key {key} of {keys}");
        }
    }
}
