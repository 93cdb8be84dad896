//! Cheats with the key for exits alone: it is checked like every other.

use super::*;
use crate::ceremony::tests::world::terms_with_exit_key;
use crate::sharing::check::PROOF_BYTES;

/// Bytes of the last key's commitments: 2 of 4 peers open it.
const COMMITMENTS: usize = 2 * 48;

fn named_for_it(tamper: Tamper, rule: Rule) {
    named_under(&terms_with_exit_key(4, 2), tamper, rule);
}

/// Puts the end of `other` in the place of that of `list`.
fn replace_end(list: &mut [u8], other: &[u8], bytes: usize) {
    let (from, to) = (other.len() - bytes, list.len() - bytes);
    list[to..].copy_from_slice(&other[from..]);
}

#[test]
fn a_proof_of_knowledge_of_another_exit_key_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            replace_end(&mut bundle.proofs, &twin(villain).proofs, PROOF_BYTES);
        })
    };
    named_for_it(tamper, Rule::NoKnowledge);
}

#[test]
fn shares_that_do_not_fit_the_exit_key_are_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            let twin = twin(villain);
            replace_end(&mut bundle.commitments, &twin.commitments, COMMITMENTS);
            replace_end(&mut bundle.proofs, &twin.proofs, PROOF_BYTES);
        })
    };
    named_for_it(tamper, Rule::UnfitShare);
}

#[test]
fn an_exit_key_that_more_or_fewer_would_open_is_refused() {
    let more: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            let coefficient = bundle.commitments[..48].to_vec();
            bundle.commitments.extend(coefficient);
        })
    };
    named_for_it(more, Rule::WrongShape);
    let fewer: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            let last = bundle.commitments.len() - 48;
            bundle.commitments[last..].fill(0);
            bundle.commitments[last] = 0xc0;
        })
    };
    named_for_it(fewer, Rule::BadPoint);
}

#[test]
fn a_partial_signature_that_is_not_the_exit_keys_is_evidence_with_all_bundles() {
    let tamper: Tamper = |villain, _, frame| {
        let Frame::Spoken(Spoken::Confirm(signed)) = frame else {
            return vec![frame];
        };
        let mut confirm = signed.statement;
        // That of the seal key is a good signature too.
        let last = confirm.partials.len() - 96;
        confirm.partials.copy_within(last - 96..last, last);
        let signed = villain.who.identity.sign(villain.who.me, confirm);
        vec![Frame::Spoken(Spoken::Confirm(signed.into_signed()))]
    };
    named_for_it(tamper, Rule::BadProof);
}
