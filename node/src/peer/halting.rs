//! Validators for which somebody else signs: what the core has found is kept in the data directory,
//! and found again at the next start.
//!
//! Never here: when a validator is halted. The core says it.

use std::path::{Path, PathBuf};

use node_core::duties::node::Node;
use node_core::outcome::Foreign;
use proto::lock::Lock;
use proto::{PublicKey, Root, ValidatorPosition};
use tracing::error;

use crate::disk::halts::{self, HaltError, Halted};
use crate::report::shown::Shown;

/// Where it is kept.
#[derive(Debug, Clone)]
pub struct Halts {
    data: PathBuf,
    cluster: Root,
    /// In the order of the lock.
    keys: Vec<PublicKey>,
}

impl Halts {
    pub fn of(data: &Path, lock: &Lock) -> Self {
        Self {
            data: data.to_owned(),
            cluster: lock.hash(),
            keys: lock.group_keys(),
        }
    }

    /// Tells a core that has just begun what earlier runs have found, and shows it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recall(&self, node: &mut Node, shown: &Shown) -> Result<(), HaltError> {
        let halted = halts::read(&self.data, self.cluster)?;
        for (at, key) in (0..).zip(&self.keys) {
            if halted.iter().any(|it| it.validator == *key) {
                node.keep_halted(ValidatorPosition(at));
            }
        }
        for words in halted.iter().map(in_words) {
            error!("{words}");
            shown.halt(words);
        }
        Ok(())
    }

    /// Keeps what was found, in a thread of its own: the loop waits for no disk. This run signs
    /// nothing for the validator in any case.
    pub fn keep(&self, validator: ValidatorPosition, foreign: Foreign) {
        let Some(key) = self.keys.get(validator.index()) else {
            return;
        };
        let halted = Halted {
            cluster: self.cluster,
            validator: *key,
            slot: foreign.owed.slot.0,
            work: foreign.owed.work.name().to_owned(),
            block: foreign.block,
        };
        let data = self.data.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = halts::add(&data, halted) {
                error!(
                    %error,
                    "it is not kept that no duty of a validator is signed any more: do not start \
                     this peer again before the other signer is found"
                );
            }
        });
    }
}

/// What an earlier run has found, in words.
fn in_words(halted: &Halted) -> String {
    let Halted {
        validator,
        slot,
        work,
        block,
        ..
    } = halted;
    format!(
        "no duty is signed for validator {validator}: for its {work} of slot {slot} somebody else \
         has signed something, as block {block} shows. Once nobody else has this key any more, \
         each operator stops gantry and says `gantry slashing resume {validator}`"
    )
}
