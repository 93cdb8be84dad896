//! Says one thing to the first peer and another to the rest.

use super::*;

#[test]
fn two_bundles_of_one_session_are_evidence() {
    let tamper: Tamper = |villain, to, frame| {
        let twin = twin_if(villain, to, &frame);
        with_bundle(villain, frame, |bundle| {
            if let Some(twin) = &twin {
                *bundle = twin.clone();
            }
        })
    };
    named(tamper, Rule::TwoBundles);
}

fn twin_if(villain: &Ceremony, to: PeerIndex, frame: &Frame) -> Option<Bundle> {
    let is_bundle = matches!(frame, Frame::Spoken(Spoken::Bundle(_)));
    (is_bundle && to == first(villain)).then(|| twin(villain))
}

#[test]
fn two_openings_of_one_attempt_are_evidence() {
    let tamper: Tamper = |villain, to, frame| {
        with_opening(villain, frame, |opening| {
            if to == first(villain) {
                opening.keys[0] = [9; 32];
            }
        })
    };
    named(tamper, Rule::TwoOpenings);
}
