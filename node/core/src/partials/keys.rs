//! The public keys of a cluster's validators, as its duties need them.

use std::sync::Arc;

use dkg::bls::PublicPoint;
use dkg::shared::BadKeys;
use proto::lock::{Lock, Validator};
use proto::{ClusterSize, PublicKey, ValidatorPosition};

/// The public keys of the cluster's validators.
#[derive(Debug, Clone)]
pub struct ClusterKeys {
    validators: Arc<[ValidatorKeys]>,
}

/// One validator's group key and the public keys of its shares in the order of the peers.
#[derive(Debug, Clone)]
pub struct ValidatorKeys {
    /// The group key's bytes, as the chain knows them.
    pub public_key: PublicKey,
    /// The group key.
    pub group: PublicPoint,
    /// The public key of each peer's share, for the day on which one is bad: of thousand
    /// validators, checking all that these are points takes longer than the rest of a start.
    pub shares: Vec<PublicKey>,
}

impl ClusterKeys {
    /// The keys that `lock` names.
    ///
    /// # Errors
    /// If a group key is no point of the group.
    pub fn of(lock: &Lock) -> Result<Self, BadKeys> {
        let keys = |validator: &Validator| {
            let public_key = validator.public_key;
            let group = PublicPoint::from_bytes(&public_key);
            Ok(ValidatorKeys {
                public_key,
                group: group.map_err(|error| BadKeys::Point(public_key, error))?,
                shares: validator.share_public_keys.clone(),
            })
        };
        let validators = lock.validators.iter().map(keys).collect::<Result<_, _>>()?;
        Ok(Self::new(lock.definition.terms().size(), validators))
    }

    /// The keys of all validators in the order of the lock; each has one share a peer.
    pub fn new(size: ClusterSize, validators: Vec<ValidatorKeys>) -> Self {
        for keys in &validators {
            assert_eq!(
                keys.shares.len(),
                size.peers(),
                "the lock gives every peer a share"
            );
        }
        Self {
            validators: validators.into(),
        }
    }

    /// How many validators there are.
    pub fn count(&self) -> usize {
        self.validators.len()
    }

    /// The keys of one validator, if the lock has it.
    pub fn get(&self, validator: ValidatorPosition) -> Option<&ValidatorKeys> {
        self.validators.get(validator.index())
    }

    /// The group keys of all validators in the order of the lock.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.validators.iter().map(|keys| keys.public_key).collect()
    }
}
