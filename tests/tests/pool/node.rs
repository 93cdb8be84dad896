//! A node account on the way of its validators, call by call.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue as _};
use proto::{PublicKey, Root, Slot};
use serde_json::Value;

use crate::abi::{
    DepositPool, FinalBalanceBundle, Manager, Manager141, Megapool, NodeDeposit, NodeManager,
    Storage, ValidatorBundle,
};
use crate::chain::{Chain, ETHER, who};
use crate::keys;

/// The clone of EIP-1167 around the address that it borrows its code from.
const CLONE: (&str, &str) = (
    "3d602d80600a3d3981f3363d3d373d3d3d363d73",
    "5af43d82803e903d91602b57fd5bf3",
);

/// Which call surface the manager of megapools has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Protocol 1.4.
    Structs,
    /// Protocol 1.4.1.
    Bytes,
}

/// The node with its megapool.
pub struct Node<'a> {
    pub chain: &'a Chain,
    pub megapool: Address,
    pub surface: Surface,
}

impl<'a> Node<'a> {
    /// Registers the node, gives it its addresses, and deploys its megapool.
    pub async fn register(chain: &'a Chain) -> Self {
        let (storage, nodes) = (chain.at("rocketStorage"), chain.at("rocketNodeManager"));
        let timezone = "Europe/Berlin".to_owned();
        let register = NodeManager::registerNodeCall { timezone };
        chain.send(who::NODE, nodes, register).await;
        let (node, next) = (who::NODE, who::OWNER);
        let set = Storage::setWithdrawalAddressCall {
            node,
            next,
            confirm: false,
        };
        chain.send(who::NODE, storage, set).await;
        let confirm = Storage::confirmWithdrawalAddressCall { node };
        chain.send(who::OWNER, storage, confirm).await;
        let set = NodeManager::setRPLWithdrawalAddressCall {
            node,
            next,
            confirm: true,
        };
        chain.send(who::OWNER, nodes, set).await;
        let deploy = NodeManager::deployMegapoolCall {};
        chain.send(who::NODE, nodes, deploy).await;
        Self {
            chain,
            megapool: expected(chain, who::NODE),
            surface: Surface::Structs,
        }
    }

    /// Puts the contracts of 1.4.1 in their places.
    pub async fn upgrade(&mut self) {
        let storage = self.chain.at("rocketStorage");
        for name in ["rocketMegapoolManager", "beaconStateVerifier"] {
            let at = self.chain.at(&format!("{name}.1.4.1"));
            let name = name.to_owned();
            let register = Storage::registerCall { name, at };
            self.chain.send(who::GUARDIAN, storage, register).await;
        }
        let version = "1.4.1".to_owned();
        let set = Storage::setProtocolCall { version };
        self.chain.send(who::GUARDIAN, storage, set).await;
        self.surface = Surface::Bytes;
    }

    pub fn credentials(&self) -> Root {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes[12..].copy_from_slice(self.megapool.as_slice());
        bytes.into()
    }

    /// The deposit of a validator by its number, for 4 ETH.
    pub fn deposit_of(&self, number: u8, express: bool) -> NodeDeposit::Deposit {
        let signed = keys::deposit(number, self.credentials());
        NodeDeposit::Deposit {
            bond: U256::from(4 * ETHER),
            express,
            pubkey: keys::bytes(&signed.pubkey),
            signature: keys::bytes(&signed.signature),
            root: keys::fixed(&signed.root()),
        }
    }

    /// The call for it.
    pub fn deposit_call(&self, number: u8, express: bool) -> NodeDeposit::depositCall {
        let it = self.deposit_of(number, express);
        NodeDeposit::depositCall {
            bond: it.bond,
            express: it.express,
            pubkey: it.pubkey,
            signature: it.signature,
            root: it.root,
        }
    }

    /// The same out of credit and what was paid in before.
    pub fn credit_call(&self, number: u8, express: bool) -> NodeDeposit::depositWithCreditCall {
        let it = self.deposit_of(number, express);
        NodeDeposit::depositWithCreditCall {
            bond: it.bond,
            express: it.express,
            pubkey: it.pubkey,
            signature: it.signature,
            root: it.root,
        }
    }

    pub async fn deposit(&self, number: u8, express: bool) -> Value {
        let to = self.chain.at("rocketNodeDeposit");
        let call = self.deposit_call(number, express);
        self.chain.pay(who::NODE, to, 4 * ETHER, call).await
    }

    /// Somebody lends so much ether, which serves the queues.
    pub async fn lend(&self, wei: u128) -> Value {
        let pool = self.chain.at("rocketDepositPool");
        let deposit = DepositPool::depositCall {};
        self.chain.pay(who::STRANGER, pool, wei, deposit).await
    }

    /// Sends a step that proves what a validator is at a slot; anybody may.
    pub async fn prove(&self, step: Step, id: u32, (pubkey, at): (&PublicKey, Slot)) -> Value {
        let manager = self.manager();
        let proof = self.proof(id, pubkey, at);
        match (self.surface, step) {
            (Surface::Structs, Step::Stake) => self.by_stranger(manager, proof.stake()).await,
            (Surface::Structs, Step::Exit) => self.by_stranger(manager, proof.notify_exit()).await,
            (Surface::Structs, Step::NotExit) => {
                self.by_stranger(manager, proof.notify_not_exit()).await
            }
            (Surface::Structs, Step::Dissolve) => self.by_stranger(manager, proof.dissolve()).await,
            (Surface::Bytes, step) => proof.send_bytes(step).await,
        }
    }

    pub fn manager(&self) -> Address {
        self.chain.at(match self.surface {
            Surface::Structs => "rocketMegapoolManager",
            Surface::Bytes => "rocketMegapoolManager.1.4.1",
        })
    }

    /// The words with which the manager refuses a call.
    pub async fn refused(&self, call: impl SolCall) -> String {
        let to = (self.manager(), 0);
        self.chain.refusal(who::STRANGER, to, call).await
    }

    /// The same for a final balance.
    pub async fn refused_balance(
        &self,
        from: Address,
        it: Manager::notifyFinalBalanceCall,
    ) -> String {
        let to = (self.manager(), 0);
        match self.surface {
            Surface::Structs => self.chain.refusal(from, to, it).await,
            Surface::Bytes => self.chain.refusal(from, to, as_bytes(it)).await,
        }
    }

    async fn by_stranger(&self, to: Address, call: impl SolCall) -> Value {
        self.chain.send(who::STRANGER, to, call).await
    }

    /// What is proved of a validator at a slot.
    pub fn proof(&self, id: u32, pubkey: &PublicKey, at: Slot) -> Proof<'_> {
        let beacon = self.chain.beacon.lock().unwrap();
        Proof {
            node: self,
            id,
            time: beacon.proof_time(at),
            bundle: ValidatorBundle {
                validatorProof: beacon.validator_proof(at, pubkey),
                slotProof: beacon.slot_proof(at),
            },
        }
    }

    /// What is proved of a final balance, which the first withdrawal of a block paid.
    pub fn balance_proof(
        &self,
        id: u32,
        (pubkey, at): (&PublicKey, Slot),
        paid: Slot,
    ) -> Manager::notifyFinalBalanceCall {
        let beacon = self.chain.beacon.lock().unwrap();
        Manager::notifyFinalBalanceCall {
            megapool: self.megapool,
            id,
            time: beacon.proof_time(at),
            paid: beacon.withdrawal_proof(at, paid, 0),
            proof: beacon.validator_proof(at, pubkey),
            slot: beacon.slot_proof(at),
        }
    }

    pub async fn final_balance(&self, from: Address, it: Manager::notifyFinalBalanceCall) -> Value {
        let manager = self.manager();
        match self.surface {
            Surface::Structs => self.chain.send(from, manager, it).await,
            Surface::Bytes => self.chain.send(from, manager, as_bytes(it)).await,
        }
    }

    pub async fn distribute(&self, from: Address) -> Value {
        let call = Megapool::distributeCall {};
        self.chain.send(from, self.megapool, call).await
    }
}

/// The call of 1.4.1 for the same.
fn as_bytes(it: Manager::notifyFinalBalanceCall) -> Manager141::notifyFinalBalanceCall {
    let bundle = FinalBalanceBundle {
        withdrawalProof: it.paid,
        validatorProof: it.proof,
        slotProof: it.slot,
    };
    Manager141::notifyFinalBalanceCall {
        megapool: it.megapool,
        id: it.id,
        time: it.time,
        version: U256::from(1),
        data: bundle.abi_encode().into(),
    }
}

/// A step that a proof of a validator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Stake,
    Dissolve,
    Exit,
    NotExit,
}

/// What is proved of a validator.
pub struct Proof<'a> {
    node: &'a Node<'a>,
    pub id: u32,
    pub time: u64,
    pub bundle: ValidatorBundle,
}

impl Proof<'_> {
    pub fn stake(&self) -> Manager::stakeCall {
        Manager::stakeCall {
            megapool: self.node.megapool,
            id: self.id,
            time: self.time,
            proof: self.bundle.validatorProof.clone(),
            slot: self.bundle.slotProof.clone(),
        }
    }

    pub fn dissolve(&self) -> Manager::dissolveCall {
        let it = self.stake();
        Manager::dissolveCall {
            megapool: it.megapool,
            id: it.id,
            time: it.time,
            proof: it.proof,
            slot: it.slot,
        }
    }

    pub fn notify_exit(&self) -> Manager::notifyExitCall {
        let it = self.stake();
        Manager::notifyExitCall {
            megapool: it.megapool,
            id: it.id,
            time: it.time,
            proof: it.proof,
            slot: it.slot,
        }
    }

    pub fn notify_not_exit(&self) -> Manager::notifyNotExitCall {
        let it = self.stake();
        Manager::notifyNotExitCall {
            megapool: it.megapool,
            id: it.id,
            time: it.time,
            proof: it.proof,
            slot: it.slot,
        }
    }

    /// The stake of 1.4.1 with a payload of this version.
    pub fn stake_bytes(&self, version: u8) -> Manager141::stakeCall {
        Manager141::stakeCall {
            megapool: self.node.megapool,
            id: self.id,
            time: self.time,
            version: U256::from(version),
            data: self.bundle.abi_encode().into(),
        }
    }

    async fn send_bytes(&self, step: Step) -> Value {
        let manager = self.node.manager();
        let it = self.stake_bytes(1);
        let (megapool, id, time) = (it.megapool, it.id, it.time);
        let (version, data) = (it.version, it.data.clone());
        match step {
            Step::Stake => self.node.by_stranger(manager, it).await,
            Step::Dissolve => {
                let call = Manager141::dissolveCall {
                    megapool,
                    id,
                    time,
                    version,
                    data,
                };
                self.node.by_stranger(manager, call).await
            }
            Step::Exit => {
                let call = Manager141::notifyExitCall {
                    megapool,
                    id,
                    time,
                    version,
                    data,
                };
                self.node.by_stranger(manager, call).await
            }
            Step::NotExit => {
                let call = Manager141::notifyNotExitCall {
                    megapool,
                    id,
                    time,
                    version,
                    data,
                };
                self.node.by_stranger(manager, call).await
            }
        }
    }
}

/// Where the megapool of a node is, from the formula alone.
pub fn expected(chain: &Chain, node: Address) -> Address {
    let factory = chain.at("rocketMegapoolFactory");
    let proxy = chain.at("rocketMegapoolProxy");
    let salt: B256 = keccak256(node);
    let code = format!("{}{}{}", CLONE.0, hex::encode(proxy), CLONE.1);
    factory.create2(salt, keccak256(hex::decode(code).unwrap()))
}
