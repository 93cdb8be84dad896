//! What is written of intents, and read again: a JSON file.
//!
//! | key | is |
//! |---|---|
//! | `version` | of the file's form, 1 |
//! | `lock` | the lock hash: whose intents they are |
//! | `in_force`, `since` | the intent in force, and since when, Unix seconds; or nothing |
//! | `open` | those that fewer than t have signed |
//! | `signed` | what this peer has signed last, on each version of the agreement |
//!
//! Every signature is verified when it is read, as nobody has to trust a file; `signed` is the own
//! peer's word alone.

use proto::Root;
use proto::agreement::MAX_VERSIONS;
use proto::frame::MAX_INTENTS;
use proto::intent::{IntentId, SentIntent};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::refused::BadSent;
use super::{Backed, Cluster, InForce, Intents, rules};

/// The form of the file.
const VERSION: u64 = 1;
/// The longest file worth reading, in bytes: every intent with all its keys and signatures.
pub const MAX_BYTES: usize = MAX_INTENTS * (1 << 14) + MAX_VERSIONS * 512 + 4096;

/// What was kept cannot be read.
#[derive(Debug, Error)]
pub enum BadKept {
    /// It is none.
    #[error("it does not say what was intended, as gantry writes it: {0}")]
    Shape(#[from] serde_json::Error),
    /// It is of a later version.
    #[error("its version is {0}, and this gantry writes {VERSION}: start the newer one again")]
    Newer(u64),
    /// It is of another cluster.
    #[error("it is that of the cluster with the lock {0}")]
    OtherCluster(Root),
    /// There is more in it than is ever written.
    #[error("there are more intents in it than are ever kept")]
    Full,
    /// What stands in it is wrong.
    #[error("{0}")]
    Bad(#[from] BadSent),
    /// What is said to be in force is not.
    #[error("too few have signed the intent {0} that is said to be in force")]
    NotInForce(u64),
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    version: u64,
    lock: Root,
    in_force: Option<SentIntent>,
    since: Option<u64>,
    open: Vec<SentIntent>,
    signed: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    agreement: Root,
    number: u64,
    hash: Root,
}

impl Intents {
    /// What is written.
    pub fn to_json(&self, lock: Root) -> String {
        let in_force = self.in_force.as_ref();
        let signed = self.signed.iter().map(|(agreement, id)| Line {
            agreement: *agreement,
            number: id.number,
            hash: id.hash,
        });
        let shape = Shape {
            version: VERSION,
            lock,
            in_force: in_force.map(|it| it.backed.sent()),
            since: in_force.and_then(|it| it.since),
            open: self.open.values().map(Backed::sent).collect(),
            signed: signed.collect(),
        };
        let mut text = serde_json::to_string_pretty(&shape)
            .expect("texts, numbers and lists can be written as JSON");
        text.push('\n');
        text
    }

    /// Reads what was kept; the caller bounds its length by [`MAX_BYTES`]. Which version of the
    /// agreement is in force, [`Intents::agreed`] says.
    ///
    /// # Errors
    /// If it is none, of another cluster, or a signature in it is wrong.
    pub fn from_json(text: &str, cluster: &Cluster) -> Result<Self, BadKept> {
        let found: Versioned = serde_json::from_str(text)?;
        if found.version > VERSION {
            return Err(BadKept::Newer(found.version));
        }
        let shape: Shape = serde_json::from_str(text)?;
        if shape.lock != cluster.lock {
            return Err(BadKept::OtherCluster(shape.lock));
        }
        if shape.open.len() > MAX_INTENTS || shape.signed.len() > MAX_VERSIONS {
            return Err(BadKept::Full);
        }
        let mut intents = Self::default();
        if let Some(sent) = &shape.in_force {
            let backed = verified(sent, cluster)?;
            if backed.count() < cluster.threshold() {
                return Err(BadKept::NotInForce(backed.intent().number));
            }
            let since = shape.since;
            intents.in_force = Some(InForce { backed, since });
        }
        for sent in &shape.open {
            let backed = verified(sent, cluster)?;
            intents.put_back(backed, cluster);
        }
        let signed = shape.signed.into_iter().map(|line| {
            let (number, hash) = (line.number, line.hash);
            (line.agreement, IntentId { number, hash })
        });
        intents.signed = signed.collect();
        Ok(intents)
    }

    /// What was open when it was written. The last signature may have been the own one, which was
    /// written before it counted.
    fn put_back(&mut self, backed: Backed, cluster: &Cluster) {
        let holds = self.in_force.as_ref().map(|it| it.backed.intent());
        let is_later = holds.is_none_or(|it| backed.intent().number > it.number);
        if !is_later {
            return;
        }
        if backed.count() >= cluster.threshold() {
            let since = None;
            self.in_force = Some(InForce { backed, since });
        } else {
            self.open.insert(backed.hash(), backed);
        }
    }
}

fn verified(sent: &SentIntent, cluster: &Cluster) -> Result<Backed, BadSent> {
    rules::check(&sent.intent, cluster)?;
    let mut backed = Backed::unsigned(sent.intent.clone());
    for signature in &sent.signatures {
        let position = usize::try_from(signature.operator).ok();
        let peer = position.and_then(|at| cluster.roster.size().peer(at));
        let peer = peer.ok_or(BadSent::Stranger(signature.operator))?;
        if backed.is_signed_by(peer) {
            return Err(BadSent::Twice(peer));
        }
        backed.add(peer, signature.signature, &cluster.roster)?;
    }
    Ok(backed)
}
