//! A node that is ready for deposits, for tests of this and other crates.

use proto::lock::Lock;
use proto::{Address, PublicKey, Root, ValidatorPosition};

use super::owners::megapool_of;
use super::{BeaconFacts, Demand, Extra, Grounds, OnRecord};
use crate::deposit::credentials;
use crate::pool::abi::Storage;
use crate::pool::agreement::example;
use crate::pool::book::theirs;
use crate::pool::contracts::{Contract, address_key};
use crate::pool::example::{NODE, STORAGE, World, at};
use crate::pool::misuse::Evidence;
use crate::pool::sight::Sight;
use crate::pool::view::{Block, View};
use crate::pool::withdrawal::Unfit;
use crate::pool::withdrawal::rehearsal::Rehearsal;
use proto::agreement::{Content, PoolTerms, PoolVersion};
use proto::eth::DepositData;
use proto::intent::Aims;

/// All by which a demand is judged, to be changed at will.
#[derive(Debug, Clone)]
pub struct Case {
    /// The cluster's lock.
    pub lock: Lock,
    /// What is in force.
    pub agreement: Option<PoolVersion>,
    /// Rocket Pool.
    pub sight: Sight,
    /// What else was read of it, at the newest block and at the finalised one.
    pub extra: [Extra; 2],
    /// Whether the withdrawal addresses are Safes of the operators.
    pub withdrawal: Vec<(Address, Result<(), Unfit>)>,
    /// How far the operators have tried it.
    pub rehearsal: Rehearsal,
    /// What was deposited lately.
    pub logged: Vec<DepositData>,
    /// The beacon chain.
    pub beacon: BeaconFacts,
    /// The record.
    pub record: OnRecord,
    /// By what a misuse shows.
    pub evidence: Evidence,
    /// What is demanded.
    pub demand: Demand,
}

/// A version on Rocket Pool with these terms, in force as far as a judge can tell.
pub fn version(lock: &Lock, terms: PoolTerms) -> PoolVersion {
    let content = Content {
        lock: lock.hash(),
        number: 1,
        previous: None,
        terms: terms.clone().into(),
    };
    PoolVersion {
        number: content.number,
        hash: content.hash(),
        deciders: terms.deciders().into_iter().collect(),
        aims: Aims::of(&terms.wishes),
        intent: None,
        terms,
    }
}

impl Case {
    /// The cluster of the example, and a demand for both of its keys.
    pub fn new() -> Self {
        Self::of(example::lock(), example::terms())
    }

    /// The cluster of this lock and with these terms, whose node is that of the example, and a
    /// demand for all keys that are wished for.
    ///
    /// # Panics
    /// If the example cannot be read.
    pub fn of(lock: Lock, terms: PoolTerms) -> Self {
        let chain = lock.definition.terms().chain.clone();
        let mut world = World::saturn();
        world.register("rocketMegapoolProxy");
        let casper = Storage::getAddressCall((*address_key("casperDeposit").as_bytes()).into());
        world.set(STORAGE, casper, theirs(&chain.deposit_contract));
        let (mut view, _) = world.view().expect("the example can be read");
        let node = view.node.as_mut().expect("the example has a node");
        node.account.withdrawal = terms.withdrawal;
        node.account.pending_withdrawal = None;
        node.account.rpl_withdrawal = Some(terms.rpl_withdrawal);
        node.account.pending_rpl_withdrawal = None;
        let wished = usize::try_from(terms.wishes.validators).expect("few");
        let keys = lock.validators.iter().take(wished);
        let keys: Vec<PublicKey> = keys.map(|it| it.public_key).collect();
        let extra = Extra {
            proxy: Some(at("rocketMegapoolProxy")),
            minipools: keys.iter().map(|key| (*key, None)).collect(),
        };
        let (withdrawal, rpl_withdrawal) = (terms.withdrawal, terms.rpl_withdrawal);
        let agreement = version(&lock, terms);
        let demand = Demand {
            agreement: agreement.hash,
            credentials: Root::ZERO,
            validators: (0..).take(keys.len()).map(ValidatorPosition).collect(),
        };
        let mut case = Self {
            agreement: Some(agreement),
            sight: sight(chain.execution_chain_id, view),
            extra: [extra.clone(), extra],
            withdrawal: [withdrawal, rpl_withdrawal].map(|at| (at, Ok(()))).into(),
            rehearsal: Rehearsal::Done,
            logged: Vec::new(),
            beacon: BeaconFacts {
                genesis_validators_root: chain.genesis_validators_root,
                genesis_fork_version: chain.genesis_fork_version,
                deposit_chain_id: chain.execution_chain_id,
                deposit_contract: chain.deposit_contract,
                registered: [].into(),
                pending: Vec::new(),
            },
            record: OnRecord::default(),
            evidence: Evidence::default(),
            lock,
            demand,
        };
        case.move_to(NODE.into());
        case
    }

    /// Lets all of it be of the account `node`.
    pub fn move_to(&mut self, node: Address) {
        self.sight.node = node;
        self.place(node, at("rocketMegapoolFactory"));
    }

    /// Lets another factory have made the megapool.
    pub fn replace_factory(&mut self, factory: Address) {
        self.both(|view| view.contracts.put(Contract::MegapoolFactory, factory));
        self.place(self.sight.node, factory);
    }

    /// Puts the megapool where `factory` makes it for `node`, and demands deposits for it.
    fn place(&mut self, node: Address, factory: Address) {
        let megapool = megapool_of(&node, &factory, &at("rocketMegapoolProxy"));
        self.both(|view| {
            let node = view.node.as_mut().expect("the example has a node");
            let place = node.megapool.as_mut().expect("it has a megapool");
            place.expected = megapool;
            let deployed = place.deployed.as_mut().expect("it is there");
            deployed.place.address = megapool;
            deployed.credentials = credentials(&megapool);
        });
        self.demand.credentials = credentials(&megapool);
    }

    /// What a judge is given.
    pub fn grounds(&self) -> Grounds<'_> {
        Grounds {
            lock: &self.lock,
            agreement: self.agreement.as_ref(),
            sight: &self.sight,
            extra: self.extra.each_ref(),
            withdrawal: &self.withdrawal,
            rehearsal: self.rehearsal,
            logged: &self.logged,
            beacon: &self.beacon,
            record: &self.record,
            evidence: &self.evidence,
        }
    }

    /// Changes both views.
    pub fn both(&mut self, change: impl Fn(&mut View)) {
        change(&mut self.sight.head);
        self.sight.finalised.as_mut().into_iter().for_each(change);
    }
}

impl Default for Case {
    fn default() -> Self {
        Self::new()
    }
}

fn sight(chain_id: u64, view: View) -> Sight {
    let block = |number: u64| Block {
        number,
        hash: [9; 32].into(),
        time: 1_700_000_000 + number,
    };
    Sight {
        chain_id,
        node: NODE.into(),
        head_block: block(100),
        head: view.clone(),
        finalised_block: block(36),
        finalised: Some(view),
    }
}
