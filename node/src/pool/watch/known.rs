//! What the thread knows beside what it sees: what the peers have made, and what the beacon chain
//! says of validators that leave.

use std::collections::BTreeMap;

use node_core::deposit::has_valid_signature;
use node_core::pool::plan::{Leaving, Made};
use proto::PublicKey;
use proto::eth::{DepositData, ForkVersion};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Deposits of 1 ETH that the cluster's keys have signed, verified.
    pub(super) deposits: BTreeMap<PublicKey, DepositData>,
    /// The validators of whom the beacon chain says that they leave.
    pub(super) leaving: BTreeMap<PublicKey, Leaving>,
    /// Whether every peer has demanded the smoothing pool as fee recipient for two final epochs.
    pub(super) pays_smoothing_pool: bool,
    /// Whether the key of the node account was misused.
    is_misused: bool,
}

impl Known {
    /// Takes in deposits that have their signatures, on the chain with this genesis version. The
    /// core has verified each; here, where the ether is, each is verified once more: the contracts
    /// verify none, and a deposit with a wrong one loses its ether. None is taken while the key of
    /// the node account is known to be misused.
    pub(super) fn take(&mut self, deposits: &[DepositData], version: ForkVersion) {
        if self.is_misused {
            return;
        }
        let is_valid = |it: &&DepositData| has_valid_signature(it, version);
        let valid = deposits.iter().filter(is_valid);
        self.deposits.extend(valid.map(|it| (it.pubkey, *it)));
    }

    /// Whether the key of the node account was misused: then what has its signatures already is
    /// given up as well, and has to be signed anew by peers who judge anew. Gives whether that was
    /// otherwise before.
    pub(super) fn judge(&mut self, is_misused: bool) -> bool {
        let changes = self.is_misused != is_misused;
        self.is_misused = is_misused;
        if is_misused {
            self.deposits.clear();
        }
        changes
    }

    /// As a plan takes it.
    pub(super) fn made(&self) -> Made<'_> {
        Made {
            deposits: &self.deposits,
            leaving: &self.leaving,
            pays_smoothing_pool: self.pays_smoothing_pool,
        }
    }
}

#[cfg(test)]
mod tests;
