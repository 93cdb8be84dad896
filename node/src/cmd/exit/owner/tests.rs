//! What an owner is told to send.

use proto::definition::Withdrawal;
use proto::example;
use proto::lock::{Contents, Validator};

use super::*;

fn lock(change: impl FnOnce(&mut proto::definition::Draft)) -> Lock {
    let identities = example::identities(4);
    let mut draft = example::draft(&identities);
    change(&mut draft);
    let contents = Contents {
        definition: example::agreed(draft, &identities),
        validators: vec![Validator {
            public_key: [7; 48].into(),
            share_public_keys: (1..=4).map(|share| [share; 48].into()).collect(),
        }],
        seal_commitment: (1..=3).map(|of| [of; 48].into()).collect(),
        exit_seal_commitment: None,
        transcript_hash: [8; 32].into(),
        keystore_salt: [9; 32].into(),
    };
    example::witnessed(contents, &identities)
}

#[test]
fn an_owner_is_told_what_to_send_and_a_contract_of_rocket_pool_is_none() {
    let plain = lock(|_| {});
    let words = Owner::of(&plain, ValidatorPosition(0))
        .unwrap()
        .request("5");
    for part in [
        "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa",
        "to     0x00000961Ef480Eb55e80D19ad83579A64c007002",
        "value  5",
        &format!("data   0x{}{}", "07".repeat(48), "00".repeat(8)),
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(Owner::of(&plain, ValidatorPosition(1)).is_none());
    let later = lock(|draft| draft.withdrawal = Withdrawal::Later);
    assert!(Owner::of(&later, ValidatorPosition(0)).is_none());
    let minipool = lock(|draft| {
        draft.deposit_amounts = vec![Gwei(1_000_000_000), Gwei(31_000_000_000)];
    });
    assert!(Owner::of(&minipool, ValidatorPosition(0)).is_none());
}
