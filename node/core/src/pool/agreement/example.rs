//! A cluster that joins Rocket Pool, for tests of this and other crates: four operators, on the
//! chain and with the node of [`crate::pool::example`].

use proto::agreement::{BuilderTerms, Fixed, Member, PoolTerms, Relay, Terms, Tickets, Wishes};
use proto::definition::{Chain, Draft, Withdrawal};
use proto::lock::{Contents, Lock, Validator};
use proto::{Identity, Root, example};

use super::{Agreement, BuilderPolicy, GAS_LIMIT};
use crate::pool::example::{NODE, OWNER, STORAGE, key};

/// The operators.
pub fn identities() -> Vec<Identity> {
    example::identities(4)
}

/// Their lock: two validators with the keys of the example, whose stake returns as `withdrawal`
/// says.
pub fn lock_with(withdrawal: Withdrawal) -> Lock {
    let identities = identities();
    let draft = example::draft(&identities);
    let draft = Draft {
        validators: 2,
        withdrawal,
        chain: Chain {
            name: "our own".to_owned(),
            execution_chain_id: 31_337,
            genesis_fork_version: [0; 4].into(),
            genesis_validators_root: [1; 32].into(),
            ..draft.chain
        },
        ..draft
    };
    let validator = |id: u8| Validator {
        public_key: key(id.into()),
        share_public_keys: (1..=4).map(|peer| [16 * id + peer; 48].into()).collect(),
    };
    let contents = Contents {
        definition: example::agreed(draft, &identities),
        validators: [0, 1].map(validator).into(),
        seal_commitment: [0x71, 0x72, 0x73].map(|byte| [byte; 48].into()).into(),
        exit_seal_commitment: None,
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities)
}

/// The lock that leaves open where the stake returns to.
pub fn lock() -> Lock {
    lock_with(Withdrawal::Later)
}

/// What they agree on.
pub fn terms() -> PoolTerms {
    let member = |(name, byte): (&&str, u8)| Member {
        name: (*name).to_owned(),
        share: 2_500,
        funding: vec![[0x40 + byte; 20].into()],
        owner: Some([0x50 + byte; 20].into()),
    };
    PoolTerms {
        fixed: Fixed {
            rocket_storage: STORAGE.into(),
            node_account: NODE.into(),
        },
        withdrawal: OWNER.into(),
        rpl_withdrawal: OWNER.into(),
        members: example::NAMES[..4].iter().zip(1..).map(member).collect(),
        wishes: Wishes {
            smoothing_pool: true,
            validators: 2,
            tickets: Tickets::Use,
            timezone: "Europe/Berlin".to_owned(),
        },
        node_safe: None,
    }
}

/// The relay that the operators have agreed on: its key is the public key of 42.
///
/// # Panics
/// Never: the text names a relay.
pub fn relay() -> Relay {
    let text = "https://0x8ce3b57b791798433fd323753489cac9bca43b98deaafaed91f4cb010730ae1e\
                38b186ccd37a09b8aed62ce23b699c48@relay.example";
    Relay::parse(text).expect("it is one")
}

/// What they have agreed on builders, in a version that was written at this time, Unix seconds.
///
/// # Panics
/// Never: the terms keep the rules, and all sign.
pub fn policy(timestamp: u64) -> BuilderPolicy {
    let agreement = agreement_on(vec![relay()], timestamp);
    BuilderPolicy::of(&agreement).expect("all have signed")
}

/// The agreement on builders alone that all have signed, with these relays.
///
/// # Panics
/// If one is none.
pub fn agreement_on(relays: Vec<Relay>, timestamp: u64) -> Agreement {
    let builder = BuilderTerms {
        relays,
        gas_limit: GAS_LIMIT,
        boost_factor: 100,
        timestamp,
    };
    let terms = Terms {
        pool: None,
        builder: Some(builder),
    };
    let mut agreement = Agreement::first(lock(), terms).expect("the terms keep the rules");
    for identity in identities() {
        agreement.sign(&identity).expect("they are the operators");
    }
    agreement
}
