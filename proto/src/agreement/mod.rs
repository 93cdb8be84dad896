//! The agreement of a cluster on Rocket Pool, and on who may build its blocks: a file of versions,
//! each signed by all operators. A cluster that is not at Rocket Pool can agree on builders alone.
//!
//! A JSON file, `pool-agreement.json`, beside the lock. In it:
//!
//! | key | is |
//! |---|---|
//! | `version` | of the file's form: 1 for Rocket Pool alone, 2 with builders, 3 with a Safe |
//! | `lock` | the lock hash: whose agreement it is |
//! | `versions` | the versions, the oldest first |
//!
//! In each version:
//!
//! | key | is |
//! |---|---|
//! | `number`, `previous` | 1 and none, or one more than before and the hash of that one |
//! | `hash` | the hash of this one, for people; it must be that of the content |
//! | `fixed` | `RocketStorage` and the node account |
//! | `withdrawal`, `rpl_withdrawal` | where ether and RPL go |
//! | `members` | for each operator, in the order of the definition: name, share, addresses |
//! | `wishes` | what the node is to do until an [intent](crate::intent) says otherwise |
//! | `node_safe` | what the node account was created with and who owns it, if it is a Safe |
//! | `builder` | whose relays may bring blocks, and on which terms |
//! | `signatures` | identity signature of each operator over the hash, by name |
//! | `node_signature` | the node account's signature, or none |
//! | `owner_signatures` | signature of each operator's account that owns a Safe, by name |
//!
//! `fixed` to `wishes` are the part on Rocket Pool: all of them stand there, or none; `node_safe`
//! is of that part too. Of that part and `builder` one stands there at least.
//!
//! **The hash of a version** is [SHA-256 of the content](crate::definition): the purpose
//! `gantry/pool-agreement/1`; lock hash; number; previous hash, or 32 zeros; `RocketStorage`; node
//! account; withdrawal; RPL withdrawal; number of members, then for each name, share, funding
//! addresses, owner as a list of none or one; smoothing pool as 0 or 1, validators, tickets as 0
//! (to be used) or 1 (saved), timezone. The operators sign it with their identity keys.
//!
//! Of a version with a part on builders, or without one on Rocket Pool, the hash is that of other
//! content, so that no version of the one kind is one of the other: the purpose
//! `gantry/agreement/2`; lock hash; number; previous hash, or 32 zeros; 0, or 1 and the part on
//! Rocket Pool as above; 0, or 1 and the part on builders: number of relays, then for each its URL
//! and public key; gas limit; boost factor; timestamp.
//!
//! Of a version whose node account is a Safe it is that of content with the purpose
//! `gantry/agreement/3`, which goes on as that of `gantry/agreement/2`; behind the timezone follow
//! the Safe's singleton, factory, handler and proxy hash, and its founders and owners as lists.
//!
//! **The node account** signs a text (EIP-191, version `0x45`, which every wallet can sign and
//! shows): [`Content::node_text`] of the same hash. It proves that the group has this account. A
//! Safe signs nothing: the account of each operator that owns it signs [`Content::owner_text`].
//!
//! Here is what stands in the file, as far as it can be read: forms, lengths and hashes. Whether
//! the signatures are good, and whether it may be so, says `node_core::pool::agreement`.

mod builder;
mod file;
mod node_safe;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

pub use builder::{BadRelay, BuilderTerms, Relay};
pub use file::{BadFile, MAX_BYTES, MAX_VERSIONS};
pub use node_safe::NodeSafe;

use crate::definition::{ContentHash, eip55, eip55_list, eip55_maybe};
use crate::intent::{Aims, IntentId, StandsOn};
use crate::{Address, IdentitySignature, Root, Statement};

/// What an operator signs: the hash of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreementHash(pub Root);

impl Statement for AgreementHash {
    const PURPOSE: &'static str = "gantry/pool-agreement/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.0.as_bytes());
    }
}

/// What never changes once a share of a deposit has left: the deposits are tied to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// `RocketStorage`, from which all other contracts of Rocket Pool follow.
    #[serde(with = "eip55")]
    pub rocket_storage: Address,
    /// The account that is the node: its megapool is whom the stake returns to.
    #[serde(with = "eip55")]
    pub node_account: Address,
}

/// What one operator puts in and gets out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The operator's name in the definition.
    pub name: String,
    /// The share of what is earned, in basis points: 10,000 are all of it.
    pub share: u32,
    /// The accounts from which this operator pays in. May be empty.
    #[serde(with = "eip55_list")]
    pub funding: Vec<Address>,
    /// The account with which this operator decides at the withdrawal address.
    #[serde(with = "eip55_maybe")]
    pub owner: Option<Address>,
}

/// Whether tickets for the express queue are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tickets {
    /// Whenever there is one.
    Use,
    /// They are kept for later.
    Save,
}

/// What the node is to do, as long as no version and no [intent](crate::intent) says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// Whether it is to be in the smoothing pool.
    pub smoothing_pool: bool,
    /// How many of the lock's validators are to be deposited, the first ones.
    pub validators: u64,
    /// Tickets for the express queue.
    pub tickets: Tickets,
    /// The timezone with which the node is registered, such as `Europe/Berlin`.
    pub timezone: String,
}

/// What can be agreed on Rocket Pool anew in each version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolTerms {
    /// What stands for ever once deposits have begun.
    pub fixed: Fixed,
    /// Where ether goes.
    pub withdrawal: Address,
    /// Where RPL goes.
    pub rpl_withdrawal: Address,
    /// The operators, in the order of the definition.
    pub members: Vec<Member>,
    /// What the node is to do.
    pub wishes: Wishes,
    /// The Safe that is the node account; none if that is one account with a key.
    pub node_safe: Option<NodeSafe>,
}

/// What can be agreed on anew in each version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// On Rocket Pool; nothing of a cluster that is not there.
    pub pool: Option<PoolTerms>,
    /// On who may build blocks; nothing if that was never agreed: each peer's own nodes then.
    pub builder: Option<BuilderTerms>,
}

impl From<PoolTerms> for Terms {
    fn from(pool: PoolTerms) -> Self {
        Self {
            pool: Some(pool),
            builder: None,
        }
    }
}

/// The content of one version: what is hashed and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The hash of the cluster's lock.
    pub lock: Root,
    /// Its number, from 1 on.
    pub number: u64,
    /// The hash of the version before; none of the first.
    pub previous: Option<Root>,
    /// What is agreed.
    pub terms: Terms,
}

/// The purpose of content that has a part on builders, or none on Rocket Pool.
const WITH_PARTS: &str = "gantry/agreement/2";
/// The purpose of content whose node account is a Safe.
const WITH_SAFE: &str = "gantry/agreement/3";

impl Content {
    /// The hash of this version.
    pub fn hash(&self) -> Root {
        let Terms { pool, builder } = &self.terms;
        let safe = pool.as_ref().and_then(|pool| pool.node_safe.as_ref());
        let hash = match (pool, builder, safe) {
            (Some(pool), None, None) => {
                let mut hash = self.begin(AgreementHash::PURPOSE);
                pool.feed(&mut hash);
                hash
            }
            (_, _, safe) => {
                let mut hash = self.begin(safe.map_or(WITH_PARTS, |_| WITH_SAFE));
                hash.number(pool.is_some().into());
                pool.iter().for_each(|it| it.feed(&mut hash));
                safe.iter().for_each(|it| it.feed(&mut hash));
                hash.number(builder.is_some().into());
                builder.iter().for_each(|it| it.feed(&mut hash));
                hash
            }
        };
        hash.finish()
    }

    fn begin(&self, purpose: &str) -> ContentHash {
        let mut hash = ContentHash::new(purpose);
        hash.fixed(self.lock.as_bytes())
            .number(self.number)
            .fixed(self.previous.unwrap_or(Root::ZERO).as_bytes());
        hash
    }

    /// The text that the node account signs.
    pub fn node_text(hash: &Root) -> String {
        format!(
            "This account is the Rocket Pool node of a Gantry cluster, by its agreement with the \
             hash\n{hash}"
        )
    }

    /// The text that an operator's account signs, if it is to own the Safe that is the node.
    pub fn owner_text(hash: &Root) -> String {
        format!(
            "This account is one of the owners of the Safe that is the Rocket Pool node of a \
             Gantry cluster, by its agreement with the hash\n{hash}"
        )
    }
}

impl PoolTerms {
    /// The accounts that decide at the withdrawal address, in the order of the operators; none if
    /// not all are named.
    pub fn deciders(&self) -> Option<Vec<Address>> {
        self.members.iter().map(|member| member.owner).collect()
    }

    fn feed(&self, hash: &mut ContentHash) {
        hash.fixed(self.fixed.rocket_storage.as_bytes())
            .fixed(self.fixed.node_account.as_bytes())
            .fixed(self.withdrawal.as_bytes())
            .fixed(self.rpl_withdrawal.as_bytes())
            .length(self.members.len());
        for member in &self.members {
            hash.text(&member.name)
                .number(member.share.into())
                .addresses(&member.funding)
                .addresses(member.owner.as_slice());
        }
        let wishes = &self.wishes;
        hash.number(wishes.smoothing_pool.into())
            .number(wishes.validators)
            .number(match wishes.tickets {
                Tickets::Use => 0,
                Tickets::Save => 1,
            })
            .text(&wishes.timezone);
    }
}

/// A signature of an account of the execution chain, 65 bytes: r, s and 27 or 28. Not verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccountSignature(pub [u8; 65]);

impl fmt::Debug for AccountSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl Serialize for AccountSignature {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("0x{}", hex::encode(self.0)))
    }
}

impl<'de> Deserialize<'de> for AccountSignature {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; 65];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(&text), &mut bytes)
            .map_err(|_| D::Error::custom("expected 130 hex digits of an account's signature"))?;
        Ok(Self(bytes))
    }
}

/// One version as it stands in the file: the hash is that of the content; nothing else is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What is signed.
    pub content: Content,
    /// Its hash.
    pub hash: Root,
    /// What stands as signatures of the operators, by name.
    pub signatures: BTreeMap<String, IdentitySignature>,
    /// What stands as signature of the node account.
    pub node_signature: Option<AccountSignature>,
    /// What stands as signatures of the accounts that own the Safe, by the operators' names.
    pub owner_signatures: BTreeMap<String, AccountSignature>,
}

/// A version as far as it is about Rocket Pool, and what is done by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolVersion {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Root,
    /// What is agreed on Rocket Pool.
    pub terms: PoolTerms,
    /// What the node is to do: by the intent in force, or by the wishes of the terms while there is
    /// none.
    pub aims: Aims,
    /// The intent on this version that is in force.
    pub intent: Option<IntentId>,
    /// The accounts that decide at the withdrawal address, one of each operator: by this version,
    /// and by each that was in force before. None of a version that does not name them all.
    pub deciders: Vec<Vec<Address>>,
}

impl Version {
    /// What it says of Rocket Pool, if it says something.
    pub fn on_pool(&self) -> Option<PoolVersion> {
        let terms = self.content.terms.pool.clone()?;
        Some(PoolVersion {
            number: self.content.number,
            hash: self.hash,
            deciders: terms.deciders().into_iter().collect(),
            aims: Aims::of(&terms.wishes),
            intent: None,
            terms,
        })
    }
}

impl PoolVersion {
    /// By what is acted where this is in force.
    pub fn stands_on(&self) -> StandsOn {
        StandsOn {
            agreement: self.hash,
            intent: self.intent,
        }
    }
}

/// The file: the versions of one cluster's agreement, the oldest first. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementFile {
    /// The hash of the cluster's lock.
    pub lock: Root,
    /// The versions.
    pub versions: Vec<Version>,
}

#[cfg(test)]
mod tests;
