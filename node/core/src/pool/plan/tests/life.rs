//! A node at Rocket Pool as a small model: what it shows, and what becomes of it when steps are
//! done. Its rules are those of the contracts, written down once more.

use std::collections::BTreeMap;

use alloy_primitives::{Bytes, U256, keccak256};
use alloy_sol_types::SolCall as _;
use proto::agreement::PoolTerms;
use proto::eth::DepositData;
use proto::intent::Aims;
use proto::{Address, Epoch, PublicKey, Slot};

use crate::pool::abi::*;
use crate::pool::agreement::example::terms;
use crate::pool::book::theirs;
use crate::pool::example::*;
use crate::pool::plan::calls;
use crate::pool::plan::{Facts, Kind, Leaving, Made, Need, Sender, Step, plan};
use crate::pool::sight::Sight;
use crate::pool::view::{Block, View};

/// Somebody else.
pub const EVIL: [u8; 20] = [0xee; 20];
/// Where validators of the model stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Queued { express: bool },
    Prestaked,
    Staked,
    Exiting,
    Exited,
    Dequeued,
}

#[derive(Debug, Clone)]
pub struct Life {
    pub time: u64,
    pub registered: bool,
    pub withdrawal: Address,
    pub pending: Option<Address>,
    pub rpl: Option<Address>,
    pub pending_rpl: Option<Address>,
    pub deployed: bool,
    pub in_pool: bool,
    pub changed: u64,
    pub validators: Vec<(PublicKey, At, U256)>,
    /// Usable credit and ether, wei.
    pub credit: U256,
    pub balance: U256,
    pub tickets: u64,
    pub debt: U256,
    pub refund: U256,
    pub rewards: U256,
    pub may_deposit: bool,
    pub pool_has_ether: bool,
    pub others_before: u64,
    pub deposits: BTreeMap<PublicKey, DepositData>,
    pub leaving: BTreeMap<PublicKey, Leaving>,
    pub pays_smoothing_pool: bool,
    pub terms: PoolTerms,
    pub claims: bool,
    pub exits: Vec<PublicKey>,
    pub keys: Vec<PublicKey>,
}

pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(ETHER)
}

/// A signed deposit of this key, as far as a plan looks at it.
pub fn deposit(key: PublicKey) -> DepositData {
    DepositData {
        pubkey: key,
        withdrawal_credentials: [1; 32].into(),
        amount: 1_000_000_000,
        signature: [3; 96].into(),
    }
}

impl Life {
    /// An account that nobody has registered, whose group wishes for so many validators.
    pub fn new(validators: u64) -> Self {
        let mut terms = terms();
        terms.wishes.validators = validators;
        Self {
            time: 10_000_000,
            registered: false,
            withdrawal: NODE.into(),
            pending: None,
            rpl: None,
            pending_rpl: None,
            deployed: false,
            in_pool: false,
            changed: 0,
            validators: Vec::new(),
            credit: U256::ZERO,
            balance: ether(1_000),
            tickets: 0,
            debt: U256::ZERO,
            refund: U256::ZERO,
            rewards: U256::ZERO,
            may_deposit: true,
            pool_has_ether: true,
            others_before: 0,
            deposits: BTreeMap::new(),
            leaving: BTreeMap::new(),
            pays_smoothing_pool: true,
            terms,
            claims: true,
            exits: Vec::new(),
            keys: (0..60).map(key).collect(),
        }
    }

    /// A registered node with the agreed addresses and a megapool.
    pub fn set_up(validators: u64) -> Self {
        let new = Self::new(validators);
        Self {
            registered: true,
            withdrawal: new.terms.withdrawal,
            rpl: Some(new.terms.rpl_withdrawal),
            deployed: true,
            in_pool: true,
            changed: 1,
            ..new
        }
    }

    fn count(&self, of: fn(At) -> bool) -> u64 {
        self.validators.iter().filter(|it| of(it.1)).count() as u64
    }

    /// What the next validator has to bring, after these bonds.
    pub fn bond_after(&self, more: &[U256]) -> U256 {
        let active = self.count(|at| !matches!(at, At::Exited | At::Dequeued));
        let held = self
            .validators
            .iter()
            .filter(|it| !matches!(it.1, At::Exited | At::Dequeued));
        let held: U256 = held.map(|it| it.2).chain(more.iter().copied()).sum();
        let next = active + more.len() as u64 + 1;
        (ether(4 * next).saturating_sub(held)).clamp(ether(1), ether(32))
    }

    pub fn view(&self) -> View {
        let mut world = World::saturn();
        let it = theirs(&NODE.into());
        let maybe = |address: Option<Address>| {
            address.map_or(alloy_primitives::Address::ZERO, |it| theirs(&it))
        };
        let nodes = at("rocketNodeManager");
        world.set(nodes, NodeManager::getNodeExistsCall(it), self.registered);
        let withdrawal = theirs(&self.withdrawal);
        world.set(
            STORAGE,
            Storage::getNodeWithdrawalAddressCall(it),
            withdrawal,
        );
        let pending = Storage::getNodePendingWithdrawalAddressCall(it);
        world.set(STORAGE, pending, maybe(self.pending));
        let is_set = NodeManager::getNodeRPLWithdrawalAddressIsSetCall(it);
        world.set(nodes, is_set, self.rpl.is_some());
        let rpl = maybe(self.rpl.or(Some(self.withdrawal)));
        world.set(nodes, NodeManager::getNodeRPLWithdrawalAddressCall(it), rpl);
        let pending = NodeManager::getNodePendingRPLWithdrawalAddressCall(it);
        world.set(nodes, pending, maybe(self.pending_rpl));
        let outstanding = MerkleDistributor::getOutstandingEthCall;
        for owner in [Some(self.withdrawal), self.rpl].into_iter().flatten() {
            let merkle = at("rocketMerkleDistributorMainnet");
            world.set(merkle, outstanding(theirs(&owner)), U256::ZERO);
        }
        let state = NodeManager::getSmoothingPoolRegistrationStateCall(it);
        world.set(nodes, state, self.in_pool);
        let changed = NodeManager::getSmoothingPoolRegistrationChangedCall(it);
        world.set(nodes, changed, U256::from(self.changed));
        let tickets = U256::from(self.tickets);
        world.set(nodes, NodeManager::getExpressTicketCountCall(it), tickets);
        let credit = at("rocketNodeDeposit");
        let usable = NodeDeposit::getNodeUsableCreditAndBalanceCall(it);
        world.set(credit, usable, self.credit);
        let may = SettingsNode::getDepositEnabledCall {};
        world.set(at("rocketDAOProtocolSettingsNode"), may, self.may_deposit);
        world.give(NODE, self.balance);
        if self.deployed {
            self.show_megapool(&mut world);
        } else {
            let nobody = alloy_primitives::Address::ZERO;
            world.set(nodes, NodeManager::getMegapoolAddressCall(it), nobody);
            let factory = at("rocketMegapoolFactory");
            world.set(factory, MegapoolFactory::getMegapoolDeployedCall(it), false);
        }
        world.view().unwrap().0
    }

    fn show_megapool(&self, world: &mut World) {
        let active = self.count(|at| !matches!(at, At::Exited | At::Dequeued));
        let count = u32::try_from(self.validators.len()).unwrap();
        let active = u32::try_from(active).unwrap();
        let exiting = u32::try_from(self.count(|at| at == At::Exiting)).unwrap();
        world.set(MEGAPOOL, Megapool::getValidatorCountCall {}, count);
        world.set(MEGAPOOL, Megapool::getActiveValidatorCountCall {}, active);
        world.set(MEGAPOOL, Megapool::getExitingValidatorCountCall {}, exiting);
        let next = Megapool::getNewValidatorBondRequirementCall {};
        world.set(MEGAPOOL, next, self.bond_after(&[]));
        let bonds = |queued: bool| -> U256 {
            let is = |at: At| match at {
                At::Queued { .. } => queued,
                At::Prestaked | At::Staked | At::Exiting => !queued,
                At::Exited | At::Dequeued => false,
            };
            let all = self.validators.iter().filter(|it| is(it.1));
            all.map(|it| it.2).sum()
        };
        world.set(MEGAPOOL, Megapool::getNodeBondCall {}, bonds(false));
        world.set(MEGAPOOL, Megapool::getNodeQueuedBondCall {}, bonds(true));
        world.set(MEGAPOOL, Megapool::getDebtCall {}, self.debt);
        world.set(MEGAPOOL, Megapool::getRefundValueCall {}, self.refund);
        world.set(MEGAPOOL, Megapool::getPendingRewardsCall {}, self.rewards);
        let began = U256::from(u64::from(self.count(|at| at == At::Staked) > 0));
        world.set(MEGAPOOL, Megapool::getLastDistributionTimeCall {}, began);
        let split = Split {
            node: self.rewards / U256::from(4),
            ..Split::default()
        };
        let rewards = Megapool::calculatePendingRewardsCall {};
        world.set(MEGAPOOL, rewards, split);
        self.show_validators(world);
    }

    fn show_validators(&self, world: &mut World) {
        let list = at("linkedListStorage");
        let pool = at("rocketDepositPool");
        let mut lengths = [0, 0];
        for (id, (pubkey, stands, _)) in (0..).zip(&self.validators) {
            let info = ValidatorInfo::default();
            let info = match stands {
                At::Queued { express } => {
                    let lane = usize::from(*express);
                    let name = ["deposit.queue.standard", "deposit.queue.express"][lane];
                    let namespace = keccak256(name);
                    let key = QueueKey {
                        receiver: theirs(&MEGAPOOL.into()),
                        validatorId: id,
                    };
                    let index = U256::from(self.others_before + lengths[lane] + 1);
                    world.set(list, LinkedList::getIndexOfCall { namespace, key }, index);
                    world.set(list, LinkedList::getHeadIndexCall(namespace), U256::ONE);
                    lengths[lane] += 1;
                    ValidatorInfo {
                        inQueue: true,
                        expressUsed: *express,
                        ..info
                    }
                }
                At::Prestaked => ValidatorInfo {
                    inPrestake: true,
                    ..info
                },
                At::Staked => ValidatorInfo {
                    staked: true,
                    ..info
                },
                At::Exiting => ValidatorInfo {
                    exiting: true,
                    ..info
                },
                At::Exited => ValidatorInfo {
                    exited: true,
                    ..info
                },
                At::Dequeued => info,
            };
            let answer = Megapool::getValidatorInfoAndPubkeyReturn {
                info,
                pubkey: Bytes::copy_from_slice(pubkey.as_bytes()),
            };
            let call = Megapool::getValidatorInfoAndPubkeyCall(id);
            world.set(MEGAPOOL, call, answer);
        }
        let [standard, express] = lengths.map(|length| U256::from(length + self.others_before));
        world.set(pool, DepositPool::getExpressQueueLengthCall {}, express);
        world.set(pool, DepositPool::getStandardQueueLengthCall {}, standard);
        let top = DepositPool::getQueueTopReturn {
            receiver: theirs(&MEGAPOOL.into()),
            assignmentPossible: self.pool_has_ether,
            headMovedBlock: U256::from(90),
        };
        world.set(pool, DepositPool::getQueueTopCall {}, top);
    }

    /// What is seen of it, where `finalised` is final.
    pub fn sight(&self, finalised: &Self) -> Sight {
        self.sight_of([&self.view(), &finalised.view()], finalised.time)
    }

    /// The same, if the views are there, and the time of the finalised block.
    pub fn sight_of(&self, [head, finalised]: [&View; 2], time: u64) -> Sight {
        let block = |time: u64| Block {
            number: time,
            hash: [9; 32].into(),
            time,
        };
        Sight {
            chain_id: 31_337,
            node: NODE.into(),
            head_block: block(self.time),
            head: head.clone(),
            finalised_block: block(time),
            finalised: Some(finalised.clone()),
        }
    }

    pub fn made(&self) -> Made<'_> {
        Made {
            deposits: &self.deposits,
            leaving: &self.leaving,
            pays_smoothing_pool: self.pays_smoothing_pool,
        }
    }

    /// What the node is to do.
    pub fn aims(&self) -> Aims {
        Aims {
            claims: self.claims,
            exits: self.exits.clone(),
            ..Aims::of(&self.terms.wishes)
        }
    }

    /// What is planned, where `finalised` is final.
    pub fn plan_after(&self, finalised: &Self) -> Vec<Step> {
        let sight = self.sight(finalised);
        let aims = self.aims();
        plan(&Facts::new(&sight, (&self.terms, &aims), &self.keys, self.made()).unwrap())
    }

    /// What is planned once all of this is final.
    pub fn plan(&self) -> Vec<Step> {
        self.plan_after(self)
    }

    /// Does a step that waits for nothing, as the contracts would.
    pub fn act(&mut self, step: &Step) {
        assert_eq!(step.waits, []);
        match &step.kind {
            Kind::CreateSafe | Kind::SwapOwner(_) => panic!("the node account is no Safe"),
            Kind::Register => self.registered = true,
            Kind::ProposeWithdrawal => {
                assert_eq!(sender(step), self.withdrawal);
                self.pending = Some(self.terms.withdrawal);
            }
            Kind::ConfirmWithdrawal => {
                assert_eq!(Some(sender(step)), self.pending);
                self.withdrawal = sender(step);
                self.pending = None;
            }
            Kind::ProposeRplWithdrawal => {
                assert_eq!(sender(step), self.rpl.unwrap_or(self.withdrawal));
                self.pending_rpl = Some(self.terms.rpl_withdrawal);
            }
            Kind::ConfirmRplWithdrawal => {
                assert_eq!(Some(sender(step)), self.pending_rpl);
                self.rpl = self.pending_rpl.take();
            }
            Kind::DeployMegapool => self.deployed = true,
            Kind::SmoothingPool(state) => {
                self.in_pool = *state;
                self.changed = self.time;
            }
            Kind::Deposit(keys) => self.deposit(step, keys),
            Kind::Assign => {
                let is_first = |it: &&mut (PublicKey, At, U256)| matches!(it.1, At::Queued { .. });
                let first = self.validators.iter_mut().find(is_first);
                first.unwrap().1 = At::Prestaked;
            }
            Kind::Stake(id) => self.turn(*id, At::Prestaked, At::Staked),
            Kind::NotifyExit(id) => self.turn(*id, At::Staked, At::Exiting),
            Kind::NotifyNotExit(_) => {}
            Kind::FinalBalance(id) => {
                self.turn(*id, At::Exiting, At::Exited);
                self.refund += self.validators[*id as usize].2;
            }
            Kind::Dequeue(id) => {
                let (_, at, bond) = &mut self.validators[*id as usize];
                assert!(matches!(at, At::Queued { .. }));
                *at = At::Dequeued;
                self.credit += *bond;
            }
            Kind::RepayDebt => {
                let paid = step.call().unwrap().value.0;
                assert!(paid <= self.debt, "nothing is paid beyond the debt");
                self.balance -= paid;
                self.debt -= paid;
            }
            Kind::Distribute => {
                self.refund += self.rewards / U256::from(4);
                self.rewards = U256::ZERO;
            }
            Kind::Claim => {
                let debt = self.debt.min(self.refund);
                self.debt -= debt;
                self.refund = U256::ZERO;
            }
        }
    }

    fn turn(&mut self, id: u32, from: At, to: At) {
        let at = &mut self.validators[id as usize].1;
        assert_eq!(*at, from);
        *at = to;
    }

    fn deposit(&mut self, step: &Step, keys: &[PublicKey]) {
        let Some(call) = step.call() else {
            // The cluster signs them.
            assert!(matches!(
                &step.body,
                crate::pool::plan::Body::Needs(Need::Deposits { .. })
            ));
            self.deposits
                .extend(keys.iter().map(|key| (*key, deposit(*key))));
            return;
        };
        let entries = entries(&call.data);
        assert_eq!(entries.len(), keys.len());
        let mut bonds = Vec::new();
        for (entry, key) in entries.iter().zip(keys) {
            assert_eq!(
                entry.bondAmount,
                self.bond_after(&bonds),
                "exactly what is required"
            );
            assert_eq!(entry.validatorPubkey, key.as_bytes()[..]);
            bonds.push(entry.bondAmount);
        }
        let total: U256 = bonds.iter().sum();
        // Not a wei more than the bond, and what lacks is there.
        let missing = total.checked_sub(call.value.0).unwrap();
        self.credit = self.credit.checked_sub(missing).unwrap();
        self.balance = self.balance.checked_sub(call.value.0).unwrap();
        for (entry, key) in entries.iter().zip(keys) {
            let express = entry.useExpressTicket;
            self.tickets = self.tickets.checked_sub(u64::from(express)).unwrap();
            assert!(self.validators.iter().all(|it| it.0 != *key), "never twice");
            self.validators
                .push((*key, At::Queued { express }, entry.bondAmount));
        }
    }

    /// The validator with this number begins to leave, and its balance comes back.
    pub fn leave(&mut self, id: usize) {
        let leaving = Leaving {
            withdrawable: Epoch(1_000),
            withdrawn: Some(Slot(33_000)),
        };
        self.leaving.insert(self.validators[id].0, leaving);
    }
}

/// Who sends a step that only one account may send.
fn sender(step: &Step) -> Address {
    match step.sender {
        Sender::Node => NODE.into(),
        Sender::Itself(account) => account,
        Sender::Anybody | Sender::NodeOrWithdrawal => panic!("{step:?}"),
    }
}

/// What a call deposits.
pub fn entries(data: &[u8]) -> Vec<calls::NodeDeposit> {
    if let Ok(multi) = calls::Deposits::depositMultiCall::abi_decode(data) {
        return multi.deposits;
    }
    if let Ok(it) = calls::Deposits::depositWithCreditCall::abi_decode(data) {
        return vec![calls::NodeDeposit {
            bondAmount: it.bond,
            useExpressTicket: it.express,
            validatorPubkey: it.pubkey,
            validatorSignature: it.signature,
            depositDataRoot: it.root,
        }];
    }
    let it = calls::Deposits::depositCall::abi_decode(data).unwrap();
    vec![calls::NodeDeposit {
        bondAmount: it.bond,
        useExpressTicket: it.express,
        validatorPubkey: it.pubkey,
        validatorSignature: it.signature,
        depositDataRoot: it.root,
    }]
}
