//! What the manager of megapools wants to be proved, out of the pretend chain's own trees.

use proto::eth::payload::ExecutionPayload;
use proto::eth::{BeaconBlock, BeaconBlockHeader, Mainnet};
use proto::{PublicKey, Root, Slot};
use tree_hash::{Hash256, TreeHash as _};

use super::state::{ERA, branch, era_branch, length, roots};
use super::{Beacon, Made};
use crate::abi::{SlotProof, ValidatorFields, ValidatorProof, WithdrawalFields, WithdrawalProof};

impl Beacon {
    /// When the block after this one was: the contract of EIP-4788 knows the root by that time.
    pub fn proof_time(&self, slot: Slot) -> u64 {
        let child = self
            .child(slot)
            .expect("a block after the one of the proof");
        self.time_of(child.block.slot)
    }

    /// The slot of a block.
    pub fn slot_proof(&self, slot: Slot) -> SlotProof {
        let made = &self.blocks[&slot];
        let mut steps = made.state.slot_branch();
        steps.extend(state_branch(&made.block.header()));
        SlotProof {
            slot: slot.0,
            witnesses: words(&steps),
        }
    }

    /// A validator in the state after a block.
    pub fn validator_proof(&self, slot: Slot, pubkey: &PublicKey) -> ValidatorProof {
        let made = &self.blocks[&slot];
        let all = &made.state.validators;
        let index = all.iter().position(|it| it.pubkey == *pubkey);
        let index = index.expect("the validator is in this state");
        let mut steps = made.state.validator_branch(index);
        steps.extend(state_branch(&made.block.header()));
        let it = &all[index];
        ValidatorProof {
            validatorIndex: (index as u64).try_into().unwrap(),
            validator: ValidatorFields {
                pubkey: it.pubkey.as_bytes().to_vec().into(),
                withdrawalCredentials: (*it.withdrawal_credentials.as_bytes()).into(),
                effectiveBalance: it.effective_balance,
                slashed: it.slashed,
                activationEligibilityEpoch: it.activation_eligibility_epoch.0,
                activationEpoch: it.activation_epoch.0,
                exitEpoch: it.exit_epoch.0,
                withdrawableEpoch: it.withdrawable_epoch.0,
            },
            witnesses: words(&steps),
        }
    }

    /// A withdrawal of an earlier block, by its place in it.
    pub fn withdrawal_proof(&self, slot: Slot, paid: Slot, number: usize) -> WithdrawalProof {
        let (made, earlier) = (&self.blocks[&slot], &self.blocks[&paid]);
        let mut steps = withdrawal_branch(&earlier.block, number);
        steps.extend(self.block_branch(made, paid));
        steps.extend(state_branch(&made.block.header()));
        let it = &earlier.block.body.execution_payload.withdrawals[number];
        WithdrawalProof {
            withdrawalSlot: paid.0,
            withdrawalNum: number as u16,
            withdrawal: WithdrawalFields {
                index: it.index,
                validatorIndex: it.validator_index.0,
                withdrawalCredentials: (*it.address.as_bytes()).into(),
                amountInGwei: it.amount,
            },
            witnesses: words(&steps),
        }
    }

    /// From the root of an earlier block to the state after this one: through the recent roots, or
    /// through the summary of its era.
    fn block_branch(&self, made: &Made, earlier: Slot) -> Vec<Root> {
        if earlier.0 + ERA >= made.block.slot.0 {
            return made.state.recent_branch(earlier);
        }
        let era = earlier.0 / ERA;
        let mut steps = era_branch(&self.eras[&era], earlier);
        let number = era - Self::first_era(&self.terms);
        steps.extend(made.state.summary_branch(usize::try_from(number).unwrap()));
        steps
    }
}

fn words(steps: &[Root]) -> Vec<Hash256> {
    steps.iter().map(|step| (*step.as_bytes()).into()).collect()
}

fn header_fields(header: &BeaconBlockHeader) -> Vec<Hash256> {
    vec![
        header.slot.tree_hash_root(),
        header.proposer_index.tree_hash_root(),
        header.parent_root.tree_hash_root(),
        header.state_root.tree_hash_root(),
        header.body_root.tree_hash_root(),
    ]
}

/// From the state's root to the block's.
fn state_branch(header: &BeaconBlockHeader) -> Vec<Root> {
    branch(&header_fields(header), 3, 3)
}

/// From a withdrawal to the block's root.
fn withdrawal_branch(block: &BeaconBlock<Mainnet>, number: usize) -> Vec<Root> {
    let body = &block.body;
    let payload = &body.execution_payload;
    let leaves = roots(&payload.withdrawals);
    let mut steps = branch(&leaves, number, 4);
    steps.push(length(leaves.len()));
    steps.extend(branch(&payload_fields(payload), 14, 5));
    let fields = [
        body.randao_reveal.tree_hash_root(),
        body.eth1_data.tree_hash_root(),
        body.graffiti.tree_hash_root(),
        body.proposer_slashings.tree_hash_root(),
        body.attester_slashings.tree_hash_root(),
        body.attestations.tree_hash_root(),
        body.deposits.tree_hash_root(),
        body.voluntary_exits.tree_hash_root(),
        body.sync_aggregate.tree_hash_root(),
        payload.tree_hash_root(),
        body.bls_to_execution_changes.tree_hash_root(),
        body.blob_kzg_commitments.tree_hash_root(),
        body.execution_requests.tree_hash_root(),
    ];
    steps.extend(branch(&fields, 9, 4));
    steps.extend(branch(&header_fields(&block.header()), 4, 3));
    steps
}

fn payload_fields(payload: &ExecutionPayload<Mainnet>) -> Vec<Hash256> {
    vec![
        payload.parent_hash.tree_hash_root(),
        payload.fee_recipient.tree_hash_root(),
        payload.state_root.tree_hash_root(),
        payload.receipts_root.tree_hash_root(),
        payload.logs_bloom.tree_hash_root(),
        payload.prev_randao.tree_hash_root(),
        payload.block_number.tree_hash_root(),
        payload.gas_limit.tree_hash_root(),
        payload.gas_used.tree_hash_root(),
        payload.timestamp.tree_hash_root(),
        payload.extra_data.tree_hash_root(),
        payload.base_fee_per_gas.tree_hash_root(),
        payload.block_hash.tree_hash_root(),
        payload.transactions.tree_hash_root(),
        payload.withdrawals.tree_hash_root(),
        payload.blob_gas_used.tree_hash_root(),
        payload.excess_blob_gas.tree_hash_root(),
    ]
}
