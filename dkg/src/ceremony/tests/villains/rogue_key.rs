//! Claims a constant term that it does not know, so that the sum comes out as it likes.

use super::*;

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
