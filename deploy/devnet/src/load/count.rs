//! Which attestations the stand-in has received, each verified under its group key; `sums` counts
//! what aggregators and the sync committee sign.

mod sums;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dkg::bls::{Message, PublicPoint, SignaturePoint, verify, verify_same_message};
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{AttestationData, ChainSpec, SingleAttestation, ValidatorIndex, signing_root};
use proto::{Epoch, PublicKey, Root, SignatureBytes, Slot};
use sha2::{Digest as _, Sha256};

use self::sums::Received;
pub use self::sums::Summed;
use super::world::{SLOTS_PER_EPOCH, World, now};
use crate::Error;
use crate::ledger::Tally;

/// The group keys, and the first valid signature of each duty.
#[derive(Debug)]
pub struct Count {
    keys: Vec<PublicPoint>,
    valid: Mutex<Valid>,
    received: Mutex<Received>,
}

/// By slot and validator, the vote and its signature.
type Valid = BTreeMap<(Slot, u64), (AttestationData, SignatureBytes)>;

/// Whether something is taken, or why not.
type Verdict = Result<(), &'static str>;

/// Why one attestation of a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its position in the request.
    pub position: usize,
    pub reason: &'static str,
}

impl Count {
    /// Nothing received yet for the validators with these group keys, in the order of the lock.
    pub fn new(keys: &[PublicKey]) -> Result<Self, Error> {
        let points = keys
            .iter()
            .map(PublicPoint::from_bytes)
            .collect::<Result<_, _>>();
        let bad = |e| Error::Unexpected(format!("a group key in the lock is invalid: {e}"));
        Ok(Self {
            keys: points.map_err(bad)?,
            valid: Mutex::default(),
            received: Mutex::default(),
        })
    }

    /// Checks and counts the attestations of one request; answers with those it refuses. What
    /// another peer has sent before is not verified again if it is the same.
    pub fn receive(&self, world: &World, attestations: &[SingleAttestation]) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut new = Vec::new();
        for (position, attestation) in attestations.iter().enumerate() {
            match world.objection(attestation) {
                Some(reason) => refused.push(Refused { position, reason }),
                None if self.knows(attestation) => {}
                None => match SignaturePoint::from_bytes(&attestation.signature) {
                    Ok(signature) => new.push((position, attestation, signature)),
                    Err(_) => refused.push(Refused {
                        position,
                        reason: "no signature",
                    }),
                },
            }
        }
        for (position, is_valid) in self.check(&new) {
            if is_valid {
                self.enter(&attestations[position]);
            } else {
                refused.push(Refused {
                    position,
                    reason: "not the group key's signature",
                });
            }
        }
        refused
    }

    /// Why no chain would take this exit for its signature.
    pub fn objection(&self, spec: &ChainSpec, exit: &SignedVoluntaryExit) -> Option<&'static str> {
        let root = signing_root(&exit.message, spec.voluntary_exit_domain());
        let by = exit.message.validator_index;
        self.is_signed(by, root, &exit.signature).err()
    }

    /// Whether the group key of this validator has signed what has this signing root.
    fn is_signed(&self, by: ValidatorIndex, root: Root, signature: &SignatureBytes) -> Verdict {
        let index = usize::try_from(by.0).ok();
        let key = index.and_then(|index| self.keys.get(index));
        let key = key.ok_or("no such validator")?;
        let signature = SignaturePoint::from_bytes(signature);
        let is_valid = signature.is_ok_and(|it| verify(key, &Message::hash(root), &it));
        is_valid
            .then_some(())
            .ok_or("not the group key's signature")
    }

    /// The duties of `epoch`, and how many of them have been received.
    pub fn of(&self, epoch: Epoch) -> Tally {
        let first = epoch.first_slot(SLOTS_PER_EPOCH).0;
        let mut all = Tally::default();
        for slot in first..first + SLOTS_PER_EPOCH {
            let tally = self.in_slot(Slot(slot));
            all.expected += tally.expected;
            all.included += tally.included;
        }
        all
    }

    /// The duties of `slot`, and how many of them have been received.
    pub fn in_slot(&self, slot: Slot) -> Tally {
        let epoch = slot.epoch(SLOTS_PER_EPOCH);
        let is_due = |index: &u64| World::duty_slot(*index, epoch) == slot;
        Tally {
            expected: (0..).take(self.keys.len()).filter(is_due).count(),
            included: self.valid().range((slot, 0)..(slot.next(), 0)).count(),
        }
    }

    fn knows(&self, attestation: &SingleAttestation) -> bool {
        let signed = (attestation.data, attestation.signature);
        self.valid().get(&duty(attestation)) == Some(&signed)
    }

    fn valid(&self) -> MutexGuard<'_, Valid> {
        self.valid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, attestation: &SingleAttestation) {
        let mut valid = self.valid();
        let signed = valid.entry(duty(attestation));
        signed.or_insert((attestation.data, attestation.signature));
    }

    /// Whether each is valid: those of one vote together, and one by one if that fails.
    fn check(&self, new: &[(usize, &SingleAttestation, SignaturePoint)]) -> Vec<(usize, bool)> {
        let mut votes = BTreeMap::new();
        for (position, attestation, signature) in new {
            let index = usize::try_from(attestation.attester_index.0).expect("checked above");
            let signed = (*position, self.keys[index], *signature);
            votes
                .entry(attestation.data)
                .or_insert_with(Vec::new)
                .push(signed);
        }
        let mut checked = Vec::new();
        for (vote, signed) in votes {
            let message = Message::hash(World::signing_root(&vote));
            let pairs: Vec<_> = signed.iter().map(|(_, key, s)| (*key, *s)).collect();
            let all = verify_same_message(&pairs, &message, &seed());
            let one = |(position, key, s): &(usize, PublicPoint, SignaturePoint)| {
                (*position, all || verify(key, &message, s))
            };
            checked.extend(signed.iter().map(one));
        }
        checked
    }
}

fn duty(attestation: &SingleAttestation) -> (Slot, u64) {
    (attestation.data.slot, attestation.attester_index.0)
}

/// The weights of a batch need a seed that its senders cannot know; they are our own peers here.
fn seed() -> [u8; 32] {
    Sha256::digest(now().as_nanos().to_le_bytes()).into()
}
