//! What an intent may say, by the cluster's lock: the same on every peer, so no honest one passes
//! on another.

use proto::intent::{Intent, MAX_EXITS};

use super::Cluster;
use super::refused::BadSent;

/// Checks what it says.
pub(super) fn check(intent: &Intent, cluster: &Cluster) -> Result<(), BadSent> {
    if intent.lock != cluster.lock {
        return Err(BadSent::OtherCluster(intent.lock));
    }
    if intent.number == 0 {
        return Err(BadSent::Zero);
    }
    let there = cluster.keys.len() as u64;
    let (wished, exits) = (intent.aims.validators, &intent.aims.exits);
    if wished > there {
        return Err(BadSent::Validators { wished, there });
    }
    if exits.len() > MAX_EXITS || !exits.is_sorted_by(|one, next| one < next) {
        return Err(BadSent::Exits);
    }
    match exits.iter().find(|key| !cluster.keys.contains(key)) {
        Some(key) => Err(BadSent::NotOurs(*key)),
        None => Ok(()),
    }
}
