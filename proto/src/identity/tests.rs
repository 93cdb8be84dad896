//! Statements that were signed, and those that were not.

use super::*;

#[derive(Debug, Clone, PartialEq)]
struct Said(u8);

impl Statement for Said {
    const PURPOSE: &'static str = "gantry/test/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(&[self.0]);
    }
}

fn cluster() -> (Vec<Identity>, Roster) {
    let secrets: Vec<Identity> = (1..=4).map(|i| Identity::from_seed(&[i; 32])).collect();
    let roster = Roster::new(secrets.iter().map(Identity::public).collect()).unwrap();
    (secrets, roster)
}

#[test]
fn a_statement_is_verified_only_for_its_signer_and_its_words() {
    let (secrets, roster) = cluster();
    let peer = |i| roster.size().peer(i).unwrap();
    let signed = secrets[1].sign(peer(1), Said(7)).into_signed();
    assert!(signed.clone().verify(&roster).is_ok());
    let other_words = Signed {
        statement: Said(8),
        ..signed.clone()
    };
    assert_eq!(
        other_words.verify(&roster),
        Err(BadSignature { signer: peer(1) })
    );
    let other_signer = Signed {
        signer: peer(2),
        ..signed
    };
    assert_eq!(
        other_signer.verify(&roster),
        Err(BadSignature { signer: peer(2) })
    );
}

#[test]
fn weak_keys_are_refused() {
    // The identity point: every signature with R = identity, s = 0 would verify.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert_eq!(IdentityKey::from_bytes(&neutral), Err(BadIdentityKey));
}
