//! An example for tests of this and other crates: a small Rocket Pool as a table of answers.

mod saturn;
mod shared;

use alloy_primitives::{Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use proto::{Address, PublicKey};

use super::abi::*;
use super::book::{Answer, Answers, Fault, Question, Round, theirs};
use super::contracts::address_key;
use super::sight::Sight;
use super::view::{Block, Subject, View, read};

/// The node of the example.
pub const NODE: [u8; 20] = [0xaa; 20];
/// Its withdrawal address.
pub const OWNER: [u8; 20] = [0xbb; 20];
/// Its megapool.
pub const MEGAPOOL: [u8; 20] = [0xcc; 20];
/// `RocketStorage`.
pub const STORAGE: [u8; 20] = [0x11; 20];

/// One ether.
pub const ETHER: u64 = 1_000_000_000_000_000_000;

/// What the contracts of one block answer. What is not in it reverts, and who is not in it has
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World(pub Answers);

/// The address of a contract by its name in `RocketStorage`: made from the name.
pub fn at(name: &str) -> Address {
    let hash = keccak256(name);
    Address::try_from(&hash[12..]).expect("20 of 32 bytes")
}

fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(ETHER)
}

impl World {
    /// A Rocket Pool of protocol 1.4 with one node, which has a megapool without validators, and no
    /// minipools.
    pub fn saturn() -> Self {
        let mut it = Self::both();
        it.set(
            STORAGE,
            Storage::getStringCall(keccak256("protocol.version")),
            "1.4",
        );
        for (name, version) in [
            ("rocketNodeManager", 5),
            ("rocketNodeDeposit", 5),
            ("rocketNodeStaking", 7),
            ("rocketDepositPool", 4),
            ("rocketMerkleDistributorMainnet", 3),
            ("rocketMinipoolManager", 6),
            ("rocketMegapoolManager", 1),
            ("beaconStateVerifier", 1),
        ] {
            it.register(name);
            it.set(at(name), Versioned::versionCall {}, U256::from(version));
        }
        for name in [
            "rocketMegapoolFactory",
            "linkedListStorage",
            "rocketNetworkRevenues",
            "rocketMegapoolPenalties",
            "rocketDAOProtocolSettingsMegapool",
        ] {
            it.register(name);
        }
        it.set_saturn_rules();
        it.set_saturn_node();
        it.set_megapool();
        it
    }

    /// A Rocket Pool of protocol 1.3.1 with one node without minipools.
    pub fn houston() -> Self {
        let mut it = Self::both();
        it.set(
            STORAGE,
            Storage::getStringCall(keccak256("protocol.version")),
            "1.3.0",
        );
        for (name, version) in [
            ("rocketNodeManager", 4),
            ("rocketNodeDeposit", 4),
            ("rocketNodeStaking", 6),
            ("rocketDepositPool", 3),
            ("rocketMerkleDistributorMainnet", 2),
            ("rocketMinipoolManager", 5),
        ] {
            it.set(at(name), Versioned::versionCall {}, U256::from(version));
        }
        let node = theirs(&NODE.into());
        let staking = at("rocketNodeStaking");
        it.set(staking, NodeStaking::getNodeRPLStakeCall(node), ether(600));
        it.set(
            staking,
            NodeStaking::getNodeMinimumRPLStakeCall(node),
            ether(100),
        );
        it.set(
            staking,
            NodeStaking::getNodeMaximumRPLStakeCall(node),
            ether(1_500),
        );
        it.set(staking, NodeStaking::getNodeRPLLockedCall(node), U256::ZERO);
        it.set(staking, NodeStaking::getNodeETHMatchedCall(node), ether(24));
        it.set(
            staking,
            NodeStaking::getNodeETHMatchedLimitCall(node),
            ether(240),
        );
        it
    }

    /// What the contract at `at` answers to `call`.
    pub fn set<C: SolCall>(
        &mut self,
        at: impl Into<Address>,
        call: C,
        answer: impl Into<C::Return>,
    ) {
        let question = Question::Call(at.into(), call.abi_encode());
        let answer = C::abi_encode_returns(&answer.into());
        self.0.insert(question, Answer::Bytes(answer));
    }

    /// The contract at `at` answers `call` with these bytes.
    pub fn garble<C: SolCall>(&mut self, at: impl Into<Address>, call: C, bytes: Vec<u8>) {
        let question = Question::Call(at.into(), call.abi_encode());
        self.0.insert(question, Answer::Bytes(bytes));
    }

    /// Gives an account this much, wei.
    pub fn give(&mut self, account: impl Into<Address>, amount: U256) {
        let bytes = amount.to_be_bytes::<32>().to_vec();
        let question = Question::Balance(account.into());
        self.0.insert(question, Answer::Bytes(bytes));
    }

    /// Registers a contract with `RocketStorage`.
    pub fn register(&mut self, name: &str) {
        let key = *address_key(name).as_bytes();
        self.set(
            STORAGE,
            Storage::getAddressCall(key.into()),
            theirs(&at(name)),
        );
    }

    /// What is answered to a question.
    pub fn answer(&self, question: &Question) -> Answer {
        let unset = || match question {
            Question::Balance(_) => Answer::Bytes(vec![0; 32]),
            Question::Call(to, data) if *to == Address::from(STORAGE) && data.len() == 36 => {
                // An address that is not registered.
                Answer::Bytes(vec![0; 32])
            }
            Question::Call(..) => Answer::Reverted(String::new()),
            Question::Code(_) => Answer::Bytes(Vec::new()),
        };
        self.0.get(question).cloned().unwrap_or_else(unset)
    }

    /// The view of the example's node, and in how many rounds it was read.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn view(&self) -> Result<(View, usize), Fault> {
        self.view_of(&subject())
    }

    /// The same of this subject.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn view_of(&self, subject: &Subject) -> Result<(View, usize), Fault> {
        let mut answers = Answers::new();
        let mut rounds = 0;
        loop {
            match read(subject, &answers)? {
                Round::Done(view) => return Ok((view, rounds)),
                Round::Ask(questions) => {
                    rounds += 1;
                    for question in questions {
                        let answer = self.answer(&question);
                        let earlier = answers.insert(question, answer);
                        assert_eq!(earlier, None, "nothing is asked twice");
                    }
                }
            }
        }
    }

    /// The same at both blocks.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn sight(&self) -> Result<Sight, Fault> {
        let block = |number, time| Block {
            number,
            hash: [9; 32].into(),
            time,
        };
        let view = self.view()?.0;
        Ok(Sight {
            chain_id: 31_337,
            node: NODE.into(),
            head_block: block(100, 11_000),
            head: view.clone(),
            finalised_block: block(20, 10_000),
            finalised: Some(view),
        })
    }

    /// Puts validators into the megapool: the state of each, and a key made from its number.
    pub fn set_validators(&mut self, infos: &[ValidatorInfo]) {
        let count = u32::try_from(infos.len()).expect("few");
        self.set(MEGAPOOL, Megapool::getValidatorCountCall {}, count);
        self.set(MEGAPOOL, Megapool::getActiveValidatorCountCall {}, count);
        for (id, info) in (0..).zip(infos) {
            let pubkey = Bytes::copy_from_slice(key(id).as_bytes());
            let answer = Megapool::getValidatorInfoAndPubkeyReturn {
                info: info.clone(),
                pubkey,
            };
            self.set(
                MEGAPOOL,
                Megapool::getValidatorInfoAndPubkeyCall(id),
                answer,
            );
        }
    }
}

/// What the example reads.
pub fn subject() -> Subject {
    Subject {
        is_safe: false,
        storage: STORAGE.into(),
        node: NODE.into(),
    }
}

/// The key of the validator with this number.
pub fn key(id: u32) -> PublicKey {
    let mut bytes = [0x99; 48];
    bytes[44..].copy_from_slice(&id.to_be_bytes());
    bytes.into()
}
