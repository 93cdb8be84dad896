//! Shows partial signatures that are not those of its shares.

use super::*;

#[test]
fn a_partial_signature_of_something_else_is_evidence_with_all_bundles() {
    let tamper: Tamper = |villain, _, frame| {
        let Frame::Spoken(Spoken::Confirm(signed)) = frame else {
            return vec![frame];
        };
        let mut confirm = signed.statement;
        // Those of the first two keys change places: both are good signatures.
        let (one, rest) = confirm.partials.split_at_mut(96);
        one.swap_with_slice(&mut rest[..96]);
        let signed = villain
            .who
            .identity
            .sign(villain.who.me, confirm)
            .into_signed();
        vec![Frame::Spoken(Spoken::Confirm(signed))]
    };
    named(tamper, Rule::BadProof);
}
