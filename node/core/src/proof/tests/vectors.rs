//! The paths and leaves against proofs that another implementation made, and that the contracts
//! accepted: `vectors/README.md`.

use proto::eth::{PresetBase, Validator, ValidatorIndex, Withdrawal, hash_tree_root};
use proto::{Address, Epoch, PublicKey, Root, Slot};
use serde_json::Value;

use crate::proof::branch::{Branch, Path};

const BOTH: [&str; 2] = [
    include_str!("vectors/electra.json"),
    include_str!("vectors/fulu.json"),
];
const HISTORICAL: &str = include_str!("vectors/historical.json");

fn number(value: &Value) -> u64 {
    let text = value.as_str().map(|text| text.parse().unwrap());
    text.unwrap_or_else(|| value.as_u64().unwrap())
}

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

fn branch(proof: &Value) -> Branch {
    let nodes = proof["witnesses"].as_array().unwrap();
    let node = |it: &Value| *text::<Root>(it).as_bytes();
    Branch::from(nodes.iter().map(node).collect::<Vec<_>>())
}

fn validator(it: &Value) -> Validator {
    let epoch = |name: &str| Epoch(number(&it[name]));
    Validator {
        pubkey: text::<PublicKey>(&it["pubkey"]),
        withdrawal_credentials: text(&it["withdrawalCredentials"]),
        effective_balance: number(&it["effectiveBalance"]),
        slashed: it["slashed"].as_bool().unwrap(),
        activation_eligibility_epoch: epoch("activationEligibilityEpoch"),
        activation_epoch: epoch("activationEpoch"),
        exit_epoch: epoch("exitEpoch"),
        withdrawable_epoch: epoch("withdrawableEpoch"),
    }
}

fn withdrawal(it: &Value) -> Withdrawal {
    Withdrawal {
        index: number(&it["index"]),
        validator_index: ValidatorIndex(number(&it["validatorIndex"])),
        address: text::<Address>(&it["withdrawalCredentials"]),
        amount: number(&it["amountInGwei"]),
    }
}

/// Whether the proof of a withdrawal leads to the block along this path to its own block.
fn pays(vector: &Value, path: impl Fn(Slot) -> Path) -> bool {
    let proof = &vector["withdrawalProof"];
    let path = Path::state()
        .then(path(Slot(number(&proof["withdrawalSlot"]))))
        .then(Path::withdrawal(number(&proof["withdrawalNum"]), 16));
    let leaf = hash_tree_root(&withdrawal(&proof["withdrawal"]));
    branch(proof).root_from(leaf, path) == Some(text(&vector["blockRoot"]))
}

#[test]
fn proofs_that_the_contracts_accepted_lead_to_their_block_along_our_paths() {
    for vector in BOTH {
        let vector: Value = serde_json::from_str(vector).unwrap();
        let block = Some(text::<Root>(&vector["blockRoot"]));
        let proof = &vector["slotProof"];
        let leaf = hash_tree_root(&Slot(number(&proof["slot"])));
        let path = Path::state().then(Path::slot());
        assert_eq!(branch(proof).root_from(leaf, path), block);
        let proof = &vector["validatorProof"];
        let leaf = hash_tree_root(&validator(&proof["validator"]));
        let index = ValidatorIndex(number(&proof["validatorIndex"]));
        let path = Path::state().then(Path::validator(index));
        assert_eq!(branch(proof).root_from(leaf, path), block);
        let recent = |slot| Path::block_root(PresetBase::Mainnet, slot);
        assert!(pays(&vector, recent));
        assert!(!pays(&vector, |slot| recent(Slot(slot.0 + 1))));
    }
}

#[test]
fn a_historical_proof_that_the_contracts_accepted_leads_to_its_block_along_our_path() {
    let vector: Value = serde_json::from_str(HISTORICAL).unwrap();
    let number = number(&vector["historicalSummariesIndex"]);
    let past =
        |number| move |slot| Path::summary(number).then(Path::in_era(PresetBase::Mainnet, slot));
    assert!(pays(&vector, past(number)));
    assert!(!pays(&vector, past(number + 1)));
}
