//! States of made-up numbers that are all different, so that nothing can stand in another's place.

use proto::eth::operations::Eth1Data;
use proto::eth::{BeaconBlockHeader, Checkpoint, ForkVersion, Validator, ValidatorIndex};
use proto::{Epoch, Root, Slot};
use ssz_types::{BitVector, FixedVector, VariableList};
use typenum::Unsigned;

use super::oracle::{
    Electra, Fork, Fulu, HistoricalSummary, PayloadHeader, PendingConsolidation, PendingDeposit,
    PendingPartialWithdrawal, Sizes, SyncCommittee,
};

/// The slot of the states.
pub const SLOT: Slot = Slot(15_700_000);
/// Their genesis.
pub const GENESIS_TIME: u64 = 1_606_824_023;

/// The version of their fork.
pub fn version() -> ForkVersion {
    [6, 0, 0, 1].into()
}

/// Numbers that are all different.
struct Count(u64);

impl Count {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 12 // below 2^53: the other implementation counts in floating point
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    fn root(&mut self) -> Root {
        self.bytes::<32>().into()
    }

    fn many<T>(&mut self, count: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| make(self)).collect()
    }

    fn list<T, N: Unsigned>(
        &mut self,
        count: usize,
        make: impl FnMut(&mut Self) -> T,
    ) -> VariableList<T, N> {
        let Ok(list) = VariableList::try_from(self.many(count, make)) else {
            panic!("as many as the list may have");
        };
        list
    }

    fn vector<T, N: Unsigned>(&mut self, make: impl FnMut(&mut Self) -> T) -> FixedVector<T, N> {
        let Ok(vector) = FixedVector::try_from(self.many(N::to_usize(), make)) else {
            panic!("as many as the vector has");
        };
        vector
    }

    fn checkpoint(&mut self) -> Checkpoint {
        Checkpoint {
            epoch: Epoch(self.next()),
            root: self.root(),
        }
    }

    fn eth1_data(&mut self) -> Eth1Data {
        Eth1Data {
            deposit_root: self.root(),
            deposit_count: self.next(),
            block_hash: self.root(),
        }
    }

    fn validator(&mut self) -> Validator {
        Validator {
            pubkey: self.bytes::<48>().into(),
            withdrawal_credentials: self.root(),
            effective_balance: self.next(),
            slashed: self.next().is_multiple_of(2),
            activation_eligibility_epoch: Epoch(self.next()),
            activation_epoch: Epoch(self.next()),
            exit_epoch: Epoch(self.next()),
            withdrawable_epoch: Validator::FAR_FUTURE,
        }
    }

    fn committee<S: Sizes>(&mut self) -> SyncCommittee<S> {
        SyncCommittee {
            pubkeys: self.vector(|count| count.bytes::<48>().into()),
            aggregate_pubkey: self.bytes::<48>().into(),
        }
    }

    fn payload(&mut self) -> PayloadHeader {
        PayloadHeader {
            parent_hash: self.root(),
            fee_recipient: self.bytes::<20>().into(),
            state_root: self.root(),
            receipts_root: self.root(),
            logs_bloom: self.bytes::<256>().into(),
            prev_randao: self.root(),
            block_number: self.next(),
            gas_limit: self.next(),
            gas_used: self.next(),
            timestamp: self.next(),
            extra_data: self.list(7, |count| count.next() as u8),
            base_fee_per_gas: self.root(),
            block_hash: self.root(),
            transactions_root: self.root(),
            withdrawals_root: self.root(),
            blob_gas_used: self.next(),
            excess_blob_gas: self.next(),
        }
    }
}

/// The root of the validators at genesis.
pub fn genesis_validators_root() -> Root {
    [0x4b; 32].into()
}

/// A state of Fulu with so many validators.
pub fn fulu<S: Sizes>(validators: usize) -> Fulu<S> {
    let n = &mut Count(validators as u64);
    let mut bits = BitVector::new();
    bits.set(1, true).expect("there are four");
    Fulu {
        genesis_time: GENESIS_TIME,
        genesis_validators_root: genesis_validators_root(),
        slot: SLOT,
        fork: Fork {
            previous_version: [5, 0, 0, 1].into(),
            current_version: version(),
            epoch: Epoch(411_392),
        },
        latest_block_header: BeaconBlockHeader {
            slot: Slot(n.next()),
            proposer_index: ValidatorIndex(n.next()),
            parent_root: n.root(),
            state_root: n.root(),
            body_root: n.root(),
        },
        block_roots: n.vector(Count::root),
        state_roots: n.vector(Count::root),
        historical_roots: n.list(3, Count::root),
        eth1_data: n.eth1_data(),
        eth1_data_votes: n.list(5, Count::eth1_data),
        eth1_deposit_index: n.next(),
        validators: n.list(validators, Count::validator),
        balances: n.list(validators, Count::next),
        randao_mixes: n.vector(Count::root),
        slashings: n.vector(Count::next),
        previous_epoch_participation: n.list(validators, |n| n.next() as u8),
        current_epoch_participation: n.list(validators, |n| n.next() as u8),
        justification_bits: bits,
        previous_justified_checkpoint: n.checkpoint(),
        current_justified_checkpoint: n.checkpoint(),
        finalized_checkpoint: n.checkpoint(),
        inactivity_scores: n.list(validators, Count::next),
        current_sync_committee: n.committee(),
        next_sync_committee: n.committee(),
        latest_execution_payload_header: n.payload(),
        next_withdrawal_index: n.next(),
        next_withdrawal_validator_index: ValidatorIndex(n.next()),
        historical_summaries: n.list(6, |n| HistoricalSummary {
            block_summary_root: n.root(),
            state_summary_root: n.root(),
        }),
        deposit_requests_start_index: n.next(),
        deposit_balance_to_consume: n.next(),
        exit_balance_to_consume: n.next(),
        earliest_exit_epoch: Epoch(n.next()),
        consolidation_balance_to_consume: n.next(),
        earliest_consolidation_epoch: Epoch(n.next()),
        pending_deposits: n.list(3, |n| PendingDeposit {
            pubkey: n.bytes::<48>().into(),
            withdrawal_credentials: n.root(),
            amount: n.next(),
            signature: n.bytes::<96>().into(),
            slot: Slot(n.next()),
        }),
        pending_partial_withdrawals: n.list(2, |n| PendingPartialWithdrawal {
            validator_index: ValidatorIndex(n.next()),
            amount: n.next(),
            withdrawable_epoch: Epoch(n.next()),
        }),
        pending_consolidations: n.list(4, |n| PendingConsolidation {
            source_index: ValidatorIndex(n.next()),
            target_index: ValidatorIndex(n.next()),
        }),
        proposer_lookahead: n.vector(|n| ValidatorIndex(n.next())),
    }
}

/// The same state, as it would have been in Electra.
pub fn electra<S: Sizes>(validators: usize) -> Electra<S> {
    fulu::<S>(validators).in_electra()
}
