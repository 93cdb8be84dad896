//! The calls that carry proofs, as either version of the contracts takes them.
//!
//! Rocket Pool 1.4 takes proofs as structs. 1.4.1 takes a version and bytes: in version 1 the same
//! structs, as the fields of one, so that the bytes begin with its offset, 32. Which of the two the
//! contract at hand takes is found by simulating the very call ([`Surface::ALL`]), never by a
//! version that it names or an address.
//!
//! Source: the interfaces of `RocketMegapoolManager` at Rocket Pool's tags v1.4 and v1.4.1.
//!
//! Never here: sending, and who ought to.

use alloy_primitives::U256;
use alloy_primitives::aliases::U40;
use alloy_sol_types::{SolCall, SolValue};
use proto::eth::ForkName;
use proto::{Address, Root};

use super::calls::{self, Plain, Versioned};
use super::proofs::{SlotProof, ValidatorProof};
use super::withdrawal::WithdrawalProof;

/// How a contract takes proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// As structs.
    V1_4,
    /// As a version and bytes.
    V1_4_1,
}

/// What is said of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It has our credentials and is new: the other 31 ETH may be staked.
    Stake,
    /// It is not as it must be: it is dissolved.
    Dissolve,
    /// It leaves.
    NotifyExit,
    /// It does not leave, though somebody says so.
    NotifyNotExit,
}

/// What a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried<'a> {
    /// A claim about a validator, and the proof.
    Validator(Claim, &'a ValidatorProof),
    /// The last balance of a validator that has left.
    FinalBalance(&'a WithdrawalProof, &'a ValidatorProof),
}

/// A call to the megapool manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofCall<'a> {
    /// The megapool.
    pub megapool: Address,
    /// The validator's number in it.
    pub validator: u32,
    /// The time under which the contract finds the block that the proofs lead to, in seconds.
    pub slot_timestamp: u64,
    /// The slot of that block's state.
    pub slot: &'a SlotProof,
    /// What is proven.
    pub carried: Carried<'a>,
}

impl Surface {
    /// Both, the one first that is known to be in use.
    pub const ALL: [Self; 2] = [Self::V1_4, Self::V1_4_1];
}

/// The version of the bytes in which a validator is proven: it follows from the fork of the block
/// that the proof leads to.
const fn validator_version(fork: ForkName) -> u64 {
    match fork {
        ForkName::Electra | ForkName::Fulu => 1,
    }
}

/// The version of the bytes in which a final balance is proven: it follows from the fork of the
/// block that paid it out.
const fn final_balance_version(fork: ForkName) -> u64 {
    match fork {
        ForkName::Electra | ForkName::Fulu => 1,
    }
}

impl ProofCall<'_> {
    /// The bytes of the call, as a contract of this surface takes them.
    pub fn calldata(&self, surface: Surface) -> Vec<u8> {
        match (surface, self.carried) {
            (Surface::V1_4, Carried::Validator(claim, validator)) => {
                self.plain(claim, of_validator(validator))
            }
            (Surface::V1_4, Carried::FinalBalance(withdrawal, validator)) => {
                Plain::notifyFinalBalanceCall {
                    megapool: self.megapool.as_bytes().into(),
                    id: self.validator,
                    slotTimestamp: self.slot_timestamp,
                    withdrawal: of_withdrawal(withdrawal),
                    validator: of_validator(validator),
                    slot: of_slot(self.slot),
                }
                .abi_encode()
            }
            (Surface::V1_4_1, Carried::Validator(claim, validator)) => {
                let version = validator_version(self.slot.fork());
                let data = (of_validator(validator), of_slot(self.slot)).abi_encode();
                self.versioned(claim, version, data)
            }
            (Surface::V1_4_1, Carried::FinalBalance(withdrawal, validator)) => {
                let version = final_balance_version(withdrawal.fork());
                let parts = (
                    of_withdrawal(withdrawal),
                    of_validator(validator),
                    of_slot(self.slot),
                );
                Versioned::notifyFinalBalanceCall {
                    megapool: self.megapool.as_bytes().into(),
                    id: self.validator,
                    slotTimestamp: self.slot_timestamp,
                    proofVersion: U256::from(version),
                    proofData: parts.abi_encode().into(),
                }
                .abi_encode()
            }
        }
    }

    fn plain(&self, claim: Claim, validator: calls::ValidatorProof) -> Vec<u8> {
        let parts = (
            alloy_primitives::Address::from(self.megapool.as_bytes()),
            self.validator,
            self.slot_timestamp,
            validator,
            of_slot(self.slot),
        );
        match claim {
            Claim::Stake => Plain::stakeCall::from(parts).abi_encode(),
            Claim::Dissolve => Plain::dissolveCall::from(parts).abi_encode(),
            Claim::NotifyExit => Plain::notifyExitCall::from(parts).abi_encode(),
            Claim::NotifyNotExit => Plain::notifyNotExitCall::from(parts).abi_encode(),
        }
    }

    fn versioned(&self, claim: Claim, version: u64, data: Vec<u8>) -> Vec<u8> {
        let parts = (
            alloy_primitives::Address::from(self.megapool.as_bytes()),
            self.validator,
            self.slot_timestamp,
            U256::from(version),
            data.into(),
        );
        match claim {
            Claim::Stake => Versioned::stakeCall::from(parts).abi_encode(),
            Claim::Dissolve => Versioned::dissolveCall::from(parts).abi_encode(),
            Claim::NotifyExit => Versioned::notifyExitCall::from(parts).abi_encode(),
            Claim::NotifyNotExit => Versioned::notifyNotExitCall::from(parts).abi_encode(),
        }
    }
}

fn of_slot(proof: &SlotProof) -> calls::SlotProof {
    calls::SlotProof {
        slot: proof.slot().0,
        witnesses: of_witnesses(proof.witnesses()),
    }
}

fn of_validator(proof: &ValidatorProof) -> calls::ValidatorProof {
    let it = proof.validator();
    calls::ValidatorProof {
        // The registry has room for 2^40, and no proof is made of what is not in it.
        validatorIndex: U40::from(proof.index().0),
        validator: calls::Validator {
            pubkey: it.pubkey.as_bytes().to_vec().into(),
            withdrawalCredentials: it.withdrawal_credentials.as_bytes().into(),
            effectiveBalance: it.effective_balance,
            slashed: it.slashed,
            activationEligibilityEpoch: it.activation_eligibility_epoch.0,
            activationEpoch: it.activation_epoch.0,
            exitEpoch: it.exit_epoch.0,
            withdrawableEpoch: it.withdrawable_epoch.0,
        },
        witnesses: of_witnesses(proof.witnesses()),
    }
}

fn of_withdrawal(proof: &WithdrawalProof) -> calls::WithdrawalProof {
    let it = proof.withdrawal();
    calls::WithdrawalProof {
        withdrawalSlot: proof.slot().0,
        withdrawalNum: proof.number(),
        withdrawal: calls::Withdrawal {
            index: it.index,
            validatorIndex: it.validator_index.0,
            withdrawalCredentials: it.address.as_bytes().into(),
            amountInGwei: it.amount,
        },
        witnesses: of_witnesses(proof.witnesses()),
    }
}

fn of_witnesses(witnesses: &[Root]) -> Vec<alloy_primitives::B256> {
    witnesses.iter().map(|it| it.as_bytes().into()).collect()
}
