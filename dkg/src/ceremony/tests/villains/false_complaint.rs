//! Complains about an honest dealer.

use proto::ceremony::Complaint;

use super::*;
use crate::sharing::deal::one_time_secret;

/// In place of its confirm the villain accuses the first peer, revealing `secret` of it.
fn complain(villain: &Ceremony, frame: Frame, secret: Option<[u8; 32]>) -> Vec<Frame> {
    let Frame::Spoken(Spoken::Confirm(_)) = frame else {
        return vec![frame];
    };
    let (who, said) = (&villain.who, &villain.attempt.said);
    let dealer = first(villain);
    let bundle = said.bundles[&dealer].clone().into_signed();
    let own = one_time_secret(&who.seed, villain.attempt.said.context, dealer).to_bytes();
    let complaint = Complaint {
        context: villain.attempt.said.context,
        dealer,
        bundle: hash_of(&bundle.statement),
        secret: secret.unwrap_or(own),
    };
    let statements = vec![
        Spoken::Opening(said.openings[&who.me].clone().into_signed()),
        Spoken::Bundle(bundle),
        Spoken::Complaint(who.identity.sign(who.me, complaint).into_signed()),
    ];
    vec![Frame::Accusation(statements)]
}

#[test]
fn who_complains_about_good_shares_convicts_itself() {
    named(
        |villain, _, frame| complain(villain, frame, None),
        Rule::FalseComplaint,
    );
}

#[test]
fn who_reveals_another_secret_convicts_itself() {
    let tamper: Tamper = |villain, _, frame| complain(villain, frame, Some([5; 32]));
    named(tamper, Rule::FalseComplaint);
}
