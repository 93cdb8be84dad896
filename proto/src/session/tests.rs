//! Statements that only their speaker can make.

use super::*;
use crate::Identity;

#[test]
fn a_claim_holds_only_for_its_context_and_its_two_instances() {
    let identity = Identity::from_seed(&[1; 32]);
    let (context, mine, other) = (Root::from([7; 32]), Instance([1; 16]), Instance([2; 16]));
    let mut claim = Claim {
        mine,
        other,
        signature: IdentitySignature([0; 64]),
    };
    claim.signature = identity.sign_bare(&claim.statement(context));
    let holds = |claim: &Claim, context| {
        let statement = claim.statement(context);
        identity.public().has_signed(&statement, &claim.signature)
    };
    assert!(holds(&claim, context));
    assert!(!holds(&claim, Root::ZERO));
    // A peer that keeps a claim from before a restart cannot turn it against the new start.
    let restarted = Claim {
        other: Instance([3; 16]),
        ..claim
    };
    let swapped = Claim {
        mine: other,
        other: mine,
        ..claim
    };
    assert!(!holds(&restarted, context) && !holds(&swapped, context));
}
