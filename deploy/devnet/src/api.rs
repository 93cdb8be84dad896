//! What the devnet reads from a beacon node: the standard Beacon API, JSON only.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::{Epoch, PublicKey, Root, Slot};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Error, bounded};

/// How long one answer may take.
const REQUEST: Duration = Duration::from_secs(10);

/// `GET /eth/v1/beacon/genesis`.
#[derive(Debug, Clone, Deserialize)]
pub struct Genesis {
    /// Unix seconds of slot 0.
    #[serde(with = "quoted")]
    pub genesis_time: u64,
    /// The root in every signing domain.
    pub genesis_validators_root: Root,
}

/// A validator as the head state has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its index in the registry.
    pub index: u64,
    /// Its status in the Beacon API's words, for example `active_ongoing`.
    pub status: String,
}

/// A committee of one slot.
#[derive(Debug, Clone, Deserialize)]
pub struct Committee {
    /// Its number within the slot.
    #[serde(with = "quoted")]
    pub index: u64,
    /// The slot it attests in.
    pub slot: Slot,
    /// Its members' validator indices, in the order of the aggregation bits.
    #[serde(with = "quoted_list")]
    pub validators: Vec<u64>,
}

/// Who proposes in a slot.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Proposer {
    /// The slot.
    pub slot: Slot,
    /// The proposer's validator index.
    #[serde(with = "quoted")]
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
#[derive(Debug, Clone, Deserialize)]
pub struct PackedData {
    /// The attested slot.
    pub slot: Slot,
}

/// A block, as far as the devnet reads it.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its root.
    pub root: Root,
    /// The root of the block before it.
    pub parent: Root,
    /// Its slot.
    pub slot: Slot,
    /// Its proposer's validator index.
    pub proposer: u64,
    /// Its graffiti, without trailing zeros.
    pub graffiti: String,
    /// The attestations in it.
    pub attestations: Vec<Packed>,
}

/// A beacon node that has answered once.
#[derive(Debug, Clone)]
pub struct BeaconApi {
    client: reqwest::Client,
    url: String,
    genesis: Genesis,
    slot_ms: u64,
    slots_per_epoch: u64,
}

impl BeaconApi {
    /// Reads genesis and spec.
    ///
    /// # Errors
    /// If the node does not answer or its spec lacks a constant.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(REQUEST).build();
        let client = client.map_err(|e| answer(url, &e.to_string()))?;
        let genesis = get(&client, url, "/eth/v1/beacon/genesis").await?;
        let spec: BTreeMap<String, Value> = get(&client, url, "/eth/v1/config/spec").await?;
        let constant = |name: &str| {
            let value = spec
                .get(name)
                .and_then(Value::as_str)
                .and_then(|text| text.parse().ok());
            value.ok_or_else(|| answer(url, &format!("config/spec has no number {name}")))
        };
        let slot_ms = constant("SLOT_DURATION_MS")?;
        let slots_per_epoch = constant("SLOTS_PER_EPOCH")?;
        Ok(Self {
            client,
            url: url.to_owned(),
            genesis,
            slot_ms,
            slots_per_epoch,
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// How many slots an epoch has.
    pub fn slots_per_epoch(&self) -> u64 {
        self.slots_per_epoch
    }

    /// The slot it is now; 0 before genesis.
    pub fn now(&self) -> Slot {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since = since.saturating_sub(Duration::from_secs(self.genesis.genesis_time));
        Slot(u64::try_from(since.as_millis()).unwrap_or(u64::MAX) / self.slot_ms)
    }

    /// Sleeps until `slot` begins; not at all if it has begun.
    pub async fn until(&self, slot: Slot) {
        let start = Duration::from_secs(self.genesis.genesis_time)
            + Duration::from_millis(slot.0.saturating_mul(self.slot_ms));
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        tokio::time::sleep(start.saturating_sub(now)).await;
    }

    /// The root of the node's head.
    ///
    /// # Errors
    /// As every question: no answer, or one of another form.
    pub async fn head(&self) -> Result<Root, Error> {
        let head: Value = self.read("/eth/v1/beacon/headers/head").await?;
        let root = head["root"].as_str().and_then(|text| text.parse().ok());
        root.ok_or_else(|| answer(&self.url, "headers/head has no root"))
    }

    /// The finalised epoch.
    ///
    /// # Errors
    /// As [`Self::head`].
    pub async fn finalized(&self) -> Result<Epoch, Error> {
        let path = "/eth/v1/beacon/states/head/finality_checkpoints";
        let checkpoints: Value = self.read(path).await?;
        let epoch = checkpoints["finalized"]["epoch"]
            .as_str()
            .and_then(|text| text.parse().ok());
        epoch
            .map(Epoch)
            .ok_or_else(|| answer(&self.url, "no finalized epoch"))
    }

    /// Those of `keys` that are in the registry of the head state.
    ///
    /// # Errors
    /// As [`Self::head`].
    pub async fn validators(
        &self,
        keys: &[PublicKey],
    ) -> Result<BTreeMap<PublicKey, Registered>, Error> {
        #[derive(Deserialize)]
        struct Entry {
            #[serde(with = "quoted")]
            index: u64,
            status: String,
            validator: Key,
        }
        #[derive(Deserialize)]
        struct Key {
            pubkey: PublicKey,
        }
        let url = format!("{}/eth/v1/beacon/states/head/validators", self.url);
        let sent = self
            .client
            .post(&url)
            .json(&json!({ "ids": keys }))
            .send()
            .await;
        let entries: Vec<Entry> = unwrap_data(&url, sent).await?;
        let found = entries.into_iter().map(|entry| {
            let registered = Registered {
                index: entry.index,
                status: entry.status,
            };
            (entry.validator.pubkey, registered)
        });
        Ok(found.collect())
    }

    /// The committees of `epoch`, which must be the head's, the one before or the next.
    ///
    /// # Errors
    /// As [`Self::head`].
    pub async fn committees(&self, epoch: Epoch) -> Result<Vec<Committee>, Error> {
        self.read(&format!(
            "/eth/v1/beacon/states/head/committees?epoch={epoch}"
        ))
        .await
    }

    /// The proposers of `epoch`, which must be the current or the next.
    ///
    /// # Errors
    /// As [`Self::head`].
    pub async fn proposers(&self, epoch: Epoch) -> Result<Vec<Proposer>, Error> {
        self.read(&format!("/eth/v1/validator/duties/proposer/{epoch}"))
            .await
    }

    /// The block `root`, canonical or not.
    ///
    /// # Errors
    /// As [`Self::head`], and if the node has no such block.
    pub async fn block(&self, root: Root) -> Result<Block, Error> {
        let path = format!("/eth/v2/beacon/blocks/{root}");
        let mut block: Value = self.read(&path).await?;
        let mut message = block["message"].take();
        let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
        let slot = number(&message["slot"]);
        let proposer = number(&message["proposer_index"]);
        let parent = message["parent_root"]
            .as_str()
            .and_then(|text| text.parse().ok());
        let body = &mut message["body"];
        let graffiti = body["graffiti"]
            .as_str()
            .and_then(|text| hex::decode(&text[2..]).ok());
        let attestations = serde_json::from_value(body["attestations"].take());
        let bad = |problem: &str| answer(&format!("{}{path}", self.url), problem);
        let attestations = attestations.map_err(|e| bad(&e.to_string()))?;
        let (Some(slot), Some(proposer), Some(parent), Some(graffiti)) =
            (slot, proposer, parent, graffiti)
        else {
            return Err(bad("not a block of Electra or later"));
        };
        let graffiti = String::from_utf8_lossy(&graffiti);
        Ok(Block {
            root,
            parent,
            slot: Slot(slot),
            proposer,
            graffiti: graffiti.trim_end_matches('\0').to_owned(),
            attestations,
        })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        get(&self.client, &self.url, path).await
    }
}

async fn get<T: DeserializeOwned>(
    client: &reqwest::Client,
    base: &str,
    path: &str,
) -> Result<T, Error> {
    let url = format!("{base}{path}");
    unwrap_data(&url, client.get(&url).send().await).await
}

/// The `data` of an answer.
async fn unwrap_data<T: DeserializeOwned>(
    url: &str,
    sent: Result<reqwest::Response, reqwest::Error>,
) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Data<T> {
        data: T,
    }
    let response = sent.map_err(|e| answer(url, &e.to_string()))?;
    let status = response.status();
    let text = bounded::text(response).await.map_err(|e| answer(url, &e))?;
    if !status.is_success() {
        return Err(answer(url, &format!("{status}: {text}")));
    }
    let data: Data<T> = serde_json::from_str(&text).map_err(|e| answer(url, &e.to_string()))?;
    Ok(data.data)
}

fn answer(url: &str, problem: &str) -> Error {
    Error::Answer {
        url: url.to_owned(),
        problem: problem.to_owned(),
    }
}

/// Numbers as the Beacon API writes them: in quotes.
mod quoted {
    use serde::{Deserialize, Deserializer, de::Error as _};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Lists of such numbers.
mod quoted_list {
    use serde::{Deserialize, Deserializer, de::Error as _};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom))
            .collect()
    }
}
