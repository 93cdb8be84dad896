//! What the devnet reads from a beacon node: the standard Beacon API, JSON only. It is not the
//! client of `gantry`: what the devnet counts must not share the faults of what it counts.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::eth::{ChainSpec, Genesis};
use proto::{Epoch, PublicKey, Root, Slot, Timestamp};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Error, bounded};

/// How long one answer may take.
const REQUEST: Duration = Duration::from_secs(10);

/// A validator as the head state has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// Its index in the registry.
    #[serde(with = "serde_utils::quoted_u64")]
    pub index: u64,
    /// Its status in the Beacon API's words, for example `active_ongoing`.
    pub status: String,
}

/// A committee of one slot.
#[derive(Debug, Clone, Deserialize)]
pub struct Committee {
    /// Its number within the slot.
    #[serde(with = "serde_utils::quoted_u64")]
    pub index: u64,
    /// The slot it attests in.
    pub slot: Slot,
    /// Its members' validator indices, in the order of the aggregation bits.
    #[serde(with = "serde_utils::quoted_u64_vec")]
    pub validators: Vec<u64>,
}

/// Who proposes in a slot.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Proposer {
    pub slot: Slot,
    /// The proposer's validator index.
    #[serde(with = "serde_utils::quoted_u64")]
    pub validator_index: u64,
}

/// An attestation as a block carries it (EIP-7549).
#[derive(Debug, Clone, Deserialize)]
pub struct Packed {
    /// SSZ bitlist over the members of the committees below, one after the other.
    pub aggregation_bits: String,
    /// SSZ bitvector of the committees of the slot.
    pub committee_bits: String,
    /// What is attested.
    pub data: PackedData,
}

/// The part of `AttestationData` that says whose duty it was.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PackedData {
    /// The attested slot.
    pub slot: Slot,
    /// The head that is voted for.
    pub beacon_block_root: Root,
}

/// The sync committee's messages that a block carries, of the slot before.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SyncAggregate {
    /// SSZ bitvector of its members, in hex.
    pub sync_committee_bits: String,
}

/// A block, as far as the devnet reads it.
#[derive(Debug, Clone)]
pub struct Block {
    pub root: Root,
    pub message: Message,
}

/// What a block says.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub slot: Slot,
    /// Its proposer's validator index.
    #[serde(with = "serde_utils::quoted_u64")]
    pub proposer_index: u64,
    /// The root of the block before it.
    pub parent_root: Root,
    /// What it carries.
    pub body: Body,
}

/// What a block carries.
#[derive(Debug, Clone, Deserialize)]
pub struct Body {
    /// Votes for earlier slots.
    pub attestations: Vec<Packed>,
    pub sync_aggregate: SyncAggregate,
    /// What it executes.
    pub execution_payload: Option<Payload>,
}

/// A block of the execution chain, as far as the devnet reads it.
#[derive(Debug, Clone, Deserialize)]
pub struct Payload {
    /// Whom it pays.
    pub fee_recipient: String,
}

/// A beacon node that has answered once.
#[derive(Debug, Clone)]
pub struct BeaconApi {
    client: reqwest::Client,
    url: String,
    spec: ChainSpec,
}

impl BeaconApi {
    /// Reads genesis and spec.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(REQUEST).build();
        let client = client.map_err(|e| answer(url, &e.to_string()))?;
        let read = async |path: &str| data::<Value>(client.get(format!("{url}{path}"))).await;
        let bad = |error: &dyn ToString| answer(url, &error.to_string());
        let genesis: Genesis = serde_json::from_value(read("/eth/v1/beacon/genesis").await?)
            .map_err(|error| bad(&error))?;
        let keys: BTreeMap<String, Value> =
            serde_json::from_value(read("/eth/v1/config/spec").await?)
                .map_err(|error| bad(&error))?;
        let spec = ChainSpec::new(&keys, genesis).map_err(|error| bad(&error))?;
        Ok(Self {
            client,
            url: url.to_owned(),
            spec,
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The chain's constants.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> &Genesis {
        self.spec.genesis()
    }

    /// How many slots an epoch has.
    pub fn slots_per_epoch(&self) -> u64 {
        self.spec.slots_per_epoch()
    }

    /// The slot it is now; 0 before genesis.
    pub fn now(&self) -> Slot {
        self.spec.slot_at(moment()).unwrap_or(Slot(0))
    }

    /// Sleeps until `slot` begins; not at all if it has begun.
    pub async fn until(&self, slot: Slot) {
        tokio::time::sleep(self.spec.start_of(slot).since(moment())).await;
    }

    /// The root of the node's head.
    pub async fn head(&self) -> Result<Root, Error> {
        #[derive(Deserialize)]
        struct Head {
            root: Root,
        }
        Ok(self.read::<Head>("/eth/v1/beacon/headers/head").await?.root)
    }

    /// Those of `keys` that are in the registry of the head state.
    pub async fn validators(
        &self,
        keys: &[PublicKey],
    ) -> Result<BTreeMap<PublicKey, Registered>, Error> {
        #[derive(Deserialize)]
        struct Entry {
            #[serde(flatten)]
            registered: Registered,
            validator: Key,
        }
        #[derive(Deserialize)]
        struct Key {
            pubkey: PublicKey,
        }
        let url = format!("{}/eth/v1/beacon/states/head/validators", self.url);
        let asked = self.client.post(url).json(&json!({ "ids": keys }));
        let entries: Vec<Entry> = data(asked).await?;
        let found = entries
            .into_iter()
            .map(|entry| (entry.validator.pubkey, entry.registered));
        Ok(found.collect())
    }

    /// The committees of `epoch`, which must be the head's, the one before or the next.
    pub async fn committees(&self, epoch: Epoch) -> Result<Vec<Committee>, Error> {
        let path = format!("/eth/v1/beacon/states/head/committees?epoch={epoch}");
        self.read(&path).await
    }

    /// The proposers of `epoch`, which must be the current or the next.
    pub async fn proposers(&self, epoch: Epoch) -> Result<Vec<Proposer>, Error> {
        self.read(&format!("/eth/v1/validator/duties/proposer/{epoch}"))
            .await
    }

    /// Who sits in the sync committee in `epoch`, of the head's period or the next, by index.
    pub async fn sync_committee(&self, epoch: Epoch) -> Result<Vec<u64>, Error> {
        #[derive(Deserialize)]
        struct Seats {
            #[serde(with = "serde_utils::quoted_u64_vec")]
            validators: Vec<u64>,
        }
        let path = format!("/eth/v1/beacon/states/head/sync_committees?epoch={epoch}");
        Ok(self.read::<Seats>(&path).await?.validators)
    }

    /// The block `root`, canonical or not.
    pub async fn block(&self, root: Root) -> Result<Block, Error> {
        #[derive(Deserialize)]
        struct Signed {
            message: Message,
        }
        let signed: Signed = self.read(&format!("/eth/v2/beacon/blocks/{root}")).await?;
        let message = signed.message;
        Ok(Block { root, message })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        data(self.client.get(format!("{}{path}", self.url))).await
    }
}

fn moment() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_unix(since.unwrap_or_default())
}

/// The `data` of an answer.
async fn data<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Data<T> {
        data: T,
    }
    let response = request.send().await.map_err(|error| {
        let url = error.url().map(ToString::to_string).unwrap_or_default();
        answer(&url, &error.to_string())
    })?;
    let (url, status) = (response.url().to_string(), response.status());
    let text = bounded::text(response)
        .await
        .map_err(|e| answer(&url, &e))?;
    if !status.is_success() {
        return Err(answer(&url, &format!("{status}: {text}")));
    }
    let read: Data<T> = serde_json::from_str(&text).map_err(|e| answer(&url, &e.to_string()))?;
    Ok(read.data)
}

fn answer(url: &str, problem: &str) -> Error {
    Error::Answer {
        url: url.to_owned(),
        problem: problem.to_owned(),
    }
}
