//! A pretend beacon chain for a chain of anvil: blocks when the test wants them, validators that do
//! what it says, and the real contract of EIP-4788 fed with the roots, so that a validator's life
//! takes seconds.
//!
//! What a contract or a client can prove or ask is as on a real chain: blocks and states of Fulu
//! with the mainnet preset, their trees in full depth, summaries of past eras, deposits that the
//! deposit contract has logged, withdrawals that no log shows. What nobody can see from outside is
//! left out: attestations, signatures, churn, the waiting in queues. Slots without a block cost
//! nothing, so time goes by in leaps.
//!
//! Never here: any of Gantry's own code for states and proofs.

pub mod api;
mod made;
pub mod proofs;
pub mod state;
pub mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::eth::body::BeaconBlockBody;
use proto::eth::operations::{Eth1Data, SyncAggregate};
use proto::eth::payload::{ExecutionPayload, ExecutionRequests, Withdrawal};
use proto::eth::{BeaconBlock, Checkpoint, Mainnet, ValidatorIndex, hash_tree_root};
use proto::{Address, Epoch, PublicKey, Root, Slot};
use ssz_types::BitVector;

use state::{
    BeaconState, ERA, ExecutionPayloadHeader, HistoricalSummary, NEVER, SLOTS_PER_EPOCH, Validator,
};

pub const SECONDS_PER_SLOT: u64 = 12;
/// `MIN_VALIDATOR_WITHDRAWABILITY_DELAY`, epochs.
const WITHDRAWABLE_AFTER: u64 = 256;
/// `MAX_SEED_LOOKAHEAD` and the next epoch: how soon an exit takes effect.
const EXITS_AFTER: u64 = 5;
/// `MAX_EFFECTIVE_BALANCE` of credentials with prefix 1, gwei.
pub const FULL: u64 = 32_000_000_000;

/// What the chain has been since its first slot.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Unix seconds.
    pub genesis_time: u64,
    pub genesis_validators_root: Root,
    /// The epoch of Capella and all forks after it.
    pub fork_epoch: Epoch,
}

/// A block and the state after it.
#[derive(Debug, Clone)]
pub struct Made {
    pub block: BeaconBlock<Mainnet>,
    pub root: Root,
    pub state: Arc<BeaconState>,
}

/// The block of the execution chain that a beacon block carries.
#[derive(Debug, Clone, Copy)]
pub struct Executed {
    pub number: u64,
    pub hash: Root,
    pub parent_hash: Root,
    pub fee_recipient: Address,
}

/// A deposit that the deposit contract has logged.
#[derive(Debug, Clone)]
pub struct Deposit {
    pub pubkey: PublicKey,
    pub credentials: Root,
    /// Gwei.
    pub amount: u64,
    /// Whether its signature is the key's; only the first deposit of a key is asked for it.
    pub is_signed: bool,
}

/// The chain.
#[derive(Debug)]
pub struct Beacon {
    pub terms: Terms,
    /// The state after the last block, with what has happened since.
    state: BeaconState,
    blocks: BTreeMap<Slot, Made>,
    /// The block roots of past eras, by their number.
    eras: BTreeMap<u64, Vec<Root>>,
}

impl Beacon {
    /// A chain whose first block is in the third era after the forks; the roots of the eras before
    /// it are nothing.
    pub fn new(terms: Terms) -> Self {
        let first = (Beacon::first_era(&terms) + 2) * ERA;
        let state = made::first_state(&terms, Slot(first));
        let mut it = Self {
            terms,
            state,
            blocks: BTreeMap::new(),
            eras: BTreeMap::new(),
        };
        it.make(Slot(first + 1), it.nowhere(), Vec::new());
        it
    }

    fn nowhere(&self) -> Executed {
        Executed {
            number: 0,
            hash: [0; 32].into(),
            parent_hash: [0; 32].into(),
            fee_recipient: [0; 20].into(),
        }
    }

    /// The era of Capella, from which on summaries are kept.
    pub fn first_era(terms: &Terms) -> u64 {
        terms.fork_epoch.0 * SLOTS_PER_EPOCH / ERA
    }

    /// When a slot begins, Unix seconds.
    pub fn time_of(&self, slot: Slot) -> u64 {
        self.terms.genesis_time + slot.0 * SECONDS_PER_SLOT
    }

    /// The first slot that begins after this time.
    pub fn slot_after(&self, time: u64) -> Slot {
        let since = time.saturating_sub(self.terms.genesis_time);
        Slot(since / SECONDS_PER_SLOT + 1)
    }

    pub fn head(&self) -> &Made {
        self.blocks.values().next_back().unwrap()
    }

    /// The latest block of an epoch before the last two, or the first of all.
    pub fn finalised(&self) -> &Made {
        let epoch = (self.head().block.slot.0 / SLOTS_PER_EPOCH).saturating_sub(2);
        let until = Slot(epoch * SLOTS_PER_EPOCH);
        let before = self.blocks.range(..=until).next_back();
        let first = self.blocks.values().next().unwrap();
        before.map_or(first, |(_, made)| made)
    }

    /// The block of a slot.
    pub fn at(&self, slot: Slot) -> Option<&Made> {
        self.blocks.get(&slot)
    }

    /// The root of the last block before a slot; nothing, if there is none.
    pub fn before(&self, slot: Slot) -> Root {
        let before = self.blocks.range(..slot).next_back();
        before.map_or([0; 32].into(), |(_, made)| made.root)
    }

    /// The block after this one.
    pub fn child(&self, slot: Slot) -> Option<&Made> {
        let mut later = self.blocks.range(Slot(slot.0 + 1)..);
        later.next().map(|(_, made)| made)
    }

    fn blocks(&self) -> impl Iterator<Item = &Made> {
        self.blocks.values()
    }

    pub fn index_of(&self, pubkey: &PublicKey) -> Option<usize> {
        let mut all = self.state.validators.iter();
        all.position(|it| it.pubkey == *pubkey)
    }

    fn validator(&mut self, pubkey: &PublicKey) -> (usize, &mut Validator) {
        let index = self.index_of(pubkey).expect("its deposit was seen");
        (index, &mut self.state.validators[index])
    }

    /// The epoch of the last block.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.head().block.slot.0 / SLOTS_PER_EPOCH)
    }

    /// A deposit is seen with the next block: at once, whatever the queue. The first one of a key
    /// with a wrong signature is lost.
    pub fn deposit(&mut self, deposit: &Deposit) {
        let index = match self.index_of(&deposit.pubkey) {
            Some(index) => index,
            None if !deposit.is_signed => return,
            None => {
                let validator = made::validator(deposit.pubkey, deposit.credentials);
                self.state.validators.push(validator).unwrap();
                self.state.balances.push(0).unwrap();
                self.state.previous_epoch_participation.push(0).unwrap();
                self.state.current_epoch_participation.push(0).unwrap();
                self.state.inactivity_scores.push(0).unwrap();
                self.state.validators.len() - 1
            }
        };
        self.state.balances[index] += deposit.amount;
        let balance = self.state.balances[index];
        self.state.validators[index].effective_balance = balance.min(FULL);
    }

    /// It is active from the epoch of the last block on.
    pub fn activate(&mut self, pubkey: &PublicKey) {
        let epoch = self.epoch();
        let (_, it) = self.validator(pubkey);
        it.activation_eligibility_epoch = epoch;
        it.activation_epoch = epoch;
    }

    /// It leaves, as soon as one can; returns when its ether can be withdrawn.
    pub fn exit(&mut self, pubkey: &PublicKey) -> Epoch {
        let epoch = self.epoch().0 + EXITS_AFTER;
        let (_, it) = self.validator(pubkey);
        it.exit_epoch = Epoch(epoch);
        it.withdrawable_epoch = Epoch(epoch + WITHDRAWABLE_AFTER);
        it.withdrawable_epoch
    }

    /// So many gwei are added to what it has, or taken away.
    pub fn earn(&mut self, pubkey: &PublicKey, gwei: i64) {
        let (index, _) = self.validator(pubkey);
        let balance = self.state.balances[index].checked_add_signed(gwei).unwrap();
        self.state.balances[index] = balance;
    }

    /// A withdrawal for the next block: of so many gwei, or of all that there is.
    pub fn withdraw(&mut self, pubkey: &PublicKey, gwei: Option<u64>) -> Withdrawal {
        let (index, it) = self.validator(pubkey);
        let owner = &it.withdrawal_credentials.as_bytes()[12..];
        let address = Address::try_from(owner).unwrap();
        let amount = gwei.unwrap_or(self.state.balances[index]);
        self.state.balances[index] -= amount;
        if self.state.balances[index] == 0 {
            self.state.validators[index].effective_balance = 0;
        }
        let number = self.state.next_withdrawal_index;
        self.state.next_withdrawal_index += 1;
        Withdrawal {
            index: number,
            validator_index: ValidatorIndex(index as u64),
            address,
            amount,
        }
    }

    /// The next block.
    pub fn make(&mut self, slot: Slot, executed: Executed, withdrawals: Vec<Withdrawal>) -> Root {
        self.pass_until(slot);
        let parent_root = hash_tree_root(&self.state.latest_block_header);
        let payload = made::payload(&executed, self.time_of(slot), withdrawals);
        let mut block = BeaconBlock {
            slot,
            proposer_index: ValidatorIndex(0),
            parent_root,
            state_root: [0; 32].into(),
            body: made::body(payload),
        };
        let header = ExecutionPayloadHeader::of(&block.body.execution_payload);
        self.state.latest_execution_payload_header = header;
        // In the state after the block the header has no state root yet.
        self.state.latest_block_header = block.header();
        block.state_root = made::root_of(&self.state.fields());
        let state = Arc::new(self.state.clone());
        self.state.latest_block_header.state_root = block.state_root;
        let root = hash_tree_root(&block.header());
        self.blocks.insert(slot, Made { block, root, state });
        root
    }

    /// Slots go by without a block. The roots of states between blocks are those after the last
    /// one, which no proof goes through.
    fn pass_until(&mut self, slot: Slot) {
        let block_root = hash_tree_root(&self.state.latest_block_header);
        let state_root = self.state.latest_block_header.state_root;
        assert!(self.state.slot < slot, "blocks come one after the other");
        while self.state.slot < slot {
            let place = usize::try_from(self.state.slot.0 % ERA).unwrap();
            self.state.block_roots[place] = block_root;
            self.state.state_roots[place] = state_root;
            self.state.slot.0 += 1;
            if self.state.slot.0.is_multiple_of(ERA) {
                let summary = HistoricalSummary {
                    block_summary_root: hash_tree_root(&self.state.block_roots),
                    state_summary_root: hash_tree_root(&self.state.state_roots),
                };
                self.state.historical_summaries.push(summary).unwrap();
                let era = self.state.slot.0 / ERA - 1;
                self.eras.insert(era, self.state.block_roots.to_vec());
            }
        }
    }
}
