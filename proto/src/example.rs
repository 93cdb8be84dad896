//! An agreed cluster for tests and benches: operators whose secret keys everybody knows, a draft to
//! change, and the signatures of all of them; and a chain to change.
//!
//! Behind the feature `example`, which only dev-dependencies and the devnet enable.

use std::collections::BTreeMap;

use crate::definition::{
    Chain, Definition, Draft, FeeRecipient, Gwei, Operator, SignedDefinition, Terms, Version,
    Withdrawal,
};
use alloy_primitives::U256;
use ssz::{Decode as _, Encode as _};

use crate::eth::{
    BeaconBlock, BeaconBlockBody, Block, BuilderBid, ChainSpec, ExecutionPayloadHeader, Form,
    Genesis, Minimal,
};
use crate::lock::{Contents, Lock, UnsignedLock};
use crate::{Address, Identity, PublicKey, Root};

/// The operators, in the order of the definition.
pub const NAMES: [&str; 13] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim",
    "liam", "mona",
];

/// The secret keys of the first `count` operators, at most 13.
pub fn identities(count: usize) -> Vec<Identity> {
    (1..)
        .take(count)
        .map(|seed| Identity::from_seed(&[seed; 32]))
        .collect()
}

/// What these operators, at most 13, might agree on: one validator on Hoodi with a deposit of
/// 32 ETH, in the first form.
///
/// # Panics
/// If the program does not know Hoodi any more.
pub fn draft(identities: &[Identity]) -> Draft {
    let operators = NAMES.iter().zip(identities);
    let operators = operators.map(|(name, identity)| Operator {
        name: (*name).to_owned(),
        identity_key: identity.public(),
        addresses: Vec::new(),
    });
    Draft {
        version: Version::V1,
        name: "Sunday club".to_owned(),
        nonce: Root::from([7; 32]),
        chain: Chain::known("hoodi").expect("a chain of the program"),
        operators: operators.collect(),
        validators: 1,
        deposit_amounts: vec![Gwei::FULL],
        withdrawal: Withdrawal::One(Address::from([0xaa; 20])),
        fee_recipient: FeeRecipient::One(Address::from([0xbb; 20])),
    }
}

/// The definition of `draft`, signed by its operators.
///
/// # Panics
/// If the draft breaks a rule, or these are not its operators.
pub fn agreed(draft: Draft, identities: &[Identity]) -> SignedDefinition {
    let mut definition =
        Definition::unsigned(Terms::new(draft).expect("the draft keeps the rules"));
    for identity in identities {
        definition.sign(identity).expect("they are the operators");
    }
    definition.into_signed().expect("all have signed")
}

/// The lock with these contents, signed by the operators of its definition.
///
/// # Panics
/// If the contents break a rule, or these are not its operators.
pub fn witnessed(contents: Contents, identities: &[Identity]) -> Lock {
    let unsigned = UnsignedLock::new(contents).expect("the contents keep the rules");
    let sign = |identity| unsigned.sign(identity).expect("they are the operators");
    let signatures = identities.iter().map(sign).collect();
    unsigned
        .with_signatures(signatures)
        .expect("all have signed")
}

/// A chain of the minimal preset with slots of 12 s, at Electra from its first epoch on, but for
/// these keys. Its genesis is at the Unix epoch.
///
/// # Panics
/// If a key has a value that makes no sense.
pub fn chain(genesis_validators_root: Root, changes: &[(&str, &str)]) -> ChainSpec {
    let genesis = Genesis {
        genesis_time: 0,
        genesis_validators_root,
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    chain_since(genesis, changes)
}

/// The same with another genesis.
///
/// # Panics
/// If a key has a value that makes no sense.
pub fn chain_since(genesis: Genesis, changes: &[(&str, &str)]) -> ChainSpec {
    let keys = [
        ("SLOT_DURATION_MS", "12000"),
        ("SLOTS_PER_EPOCH", "8"),
        ("PRESET_BASE", "minimal"),
        (
            "DEPOSIT_CONTRACT_ADDRESS",
            "0x00000000219ab540356cBB839Cbe05303d7705Fa",
        ),
        ("DEPOSIT_CHAIN_ID", "1337"),
        ("CAPELLA_FORK_VERSION", "0x03000001"),
        ("ELECTRA_FORK_VERSION", "0x05000001"),
        ("ELECTRA_FORK_EPOCH", "0"),
        ("FULU_FORK_VERSION", "0x06000001"),
    ];
    let all = keys.iter().chain(changes);
    let keys = all.map(|(key, value)| ((*key).to_owned(), (*value).into()));
    let mut keys = keys.collect::<BTreeMap<_, _>>();
    keys.insert("BLOB_SCHEDULE".to_owned(), serde_json::json!([]));
    ChainSpec::new(&keys, genesis).expect("every key is there and makes sense")
}

/// The same block of the minimal preset with the header of its payload.
///
/// # Panics
/// If it is another one.
pub fn blinded(block: &Block) -> Block {
    let whole = BeaconBlock::<Minimal>::from_ssz_bytes(block.ssz()).expect("it is one");
    let body = whole.body;
    let blinded = BeaconBlock::<Minimal, ExecutionPayloadHeader> {
        slot: whole.slot,
        proposer_index: whole.proposer_index,
        parent_root: whole.parent_root,
        state_root: whole.state_root,
        body: BeaconBlockBody {
            randao_reveal: body.randao_reveal,
            eth1_data: body.eth1_data,
            graffiti: body.graffiti,
            proposer_slashings: body.proposer_slashings,
            attester_slashings: body.attester_slashings,
            attestations: body.attestations,
            deposits: body.deposits,
            voluntary_exits: body.voluntary_exits,
            sync_aggregate: body.sync_aggregate,
            execution_payload: body.execution_payload.header(),
            bls_to_execution_changes: body.bls_to_execution_changes,
            blob_kzg_commitments: body.blob_kzg_commitments,
            execution_requests: body.execution_requests,
        },
    };
    let ssz = blinded.as_ssz_bytes();
    Block::of_layout(block.layout(), Form::Blinded, &ssz).expect("it has the parts of one")
}

/// A bid of the relay with this key for the payload of a blinded block of the minimal preset.
///
/// # Panics
/// If it is another one.
pub fn bid(blinded: &Block, wei: u128, relay: PublicKey) -> BuilderBid {
    let block = BeaconBlock::<Minimal, ExecutionPayloadHeader>::from_ssz_bytes(blinded.ssz());
    let body = block.expect("it is one").body;
    BuilderBid {
        header: body.execution_payload,
        blob_kzg_commitments: body.blob_kzg_commitments,
        execution_requests: body.execution_requests,
        value: U256::from(wei),
        pubkey: relay,
    }
}
