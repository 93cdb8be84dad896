//! One step of a plan: what is to be sent, by whom, and what it waits for.

use std::fmt;

use alloy_sol_types::SolCall;
use proto::definition::checksummed;
use proto::{Address, Epoch, PublicKey, Root, Slot};
use serde::{Serialize, Serializer};

use crate::pool::amount::Wei;
use crate::pool::book::{Place, shown};

/// What a step does. No two steps of a plan are the same in this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Kind {
    /// The Safe that is the node account is created.
    CreateSafe,
    /// This account owns it in the place of another one.
    SwapOwner(#[serde(serialize_with = "shown")] Address),
    /// The account becomes a node.
    Register,
    /// The agreed address for RPL is proposed.
    ProposeRplWithdrawal,
    /// It confirms itself.
    ConfirmRplWithdrawal,
    /// The agreed address for ether is proposed.
    ProposeWithdrawal,
    /// It confirms itself.
    ConfirmWithdrawal,
    /// The megapool is made.
    DeployMegapool,
    /// The node goes into the smoothing pool, or out of it.
    SmoothingPool(bool),
    /// A validator, by id, leaves the queue. Its key can never be used again.
    Dequeue(u32),
    /// What the megapool owes is paid.
    RepayDebt,
    /// These keys are deposited.
    Deposit(Vec<PublicKey>),
    /// A validator gets its 31 ETH from the deposit pool.
    Assign,
    /// A validator, by id, is proved to be ours, and gets them.
    Stake(u32),
    /// The exit of a validator, by id, is proved.
    NotifyExit(u32),
    /// That a validator, by id, does not exit is proved, after a challenge.
    NotifyNotExit(u32),
    /// What came back of a validator, by id, is proved.
    FinalBalance(u32),
    /// Rewards are split.
    Distribute,
    /// What the node gets back is paid to the withdrawal address.
    Claim,
}

impl Kind {
    /// Whether ether of the group goes somewhere: none of these is ready before the withdrawal
    /// addresses are the agreed ones, at the newest block and at the finalised one.
    pub fn moves_money(&self) -> bool {
        match self {
            Self::Dequeue(_)
            | Self::RepayDebt
            | Self::Deposit(_)
            | Self::FinalBalance(_)
            | Self::Distribute
            | Self::Claim => true,
            Self::CreateSafe
            | Self::SwapOwner(_)
            | Self::Register
            | Self::ProposeRplWithdrawal
            | Self::ConfirmRplWithdrawal
            | Self::ProposeWithdrawal
            | Self::ConfirmWithdrawal
            | Self::DeployMegapool
            | Self::SmoothingPool(_)
            | Self::Assign
            | Self::Stake(_)
            | Self::NotifyExit(_)
            | Self::NotifyNotExit(_) => false,
        }
    }

    /// A word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateSafe => "create-safe",
            Self::SwapOwner(_) => "swap-owner",
            Self::Register => "register",
            Self::ProposeRplWithdrawal => "propose-rpl-withdrawal",
            Self::ConfirmRplWithdrawal => "confirm-rpl-withdrawal",
            Self::ProposeWithdrawal => "propose-withdrawal",
            Self::ConfirmWithdrawal => "confirm-withdrawal",
            Self::DeployMegapool => "deploy-megapool",
            Self::SmoothingPool(true) => "join-smoothing-pool",
            Self::SmoothingPool(false) => "leave-smoothing-pool",
            Self::Dequeue(_) => "dequeue",
            Self::RepayDebt => "repay-debt",
            Self::Deposit(_) => "deposit",
            Self::Assign => "assign",
            Self::Stake(_) => "stake",
            Self::NotifyExit(_) => "notify-exit",
            Self::NotifyNotExit(_) => "notify-not-exit",
            Self::FinalBalance(_) => "final-balance",
            Self::Distribute => "distribute",
            Self::Claim => "claim",
        }
    }
}

/// Who may send a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "at", rename_all = "snake_case")]
pub enum Sender {
    /// The node account alone.
    Node,
    /// The node account or its withdrawal address.
    NodeOrWithdrawal,
    /// Anybody who pays for it.
    Anybody,
    /// This account itself, whose key gantry does not have: the step is shown, never sent.
    Itself(#[serde(serialize_with = "shown")] Address),
}

/// What happens if it is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The second one changes nothing, or the contract refuses it.
    Idempotent,
    /// It could be done twice: it is bound to one nonce of its sender, and only ever sent again or
    /// replaced there.
    OncePerNonce,
}

/// A call of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Whom.
    pub to: Place,
    /// The contract's name.
    pub contract: &'static str,
    /// Ether that goes with it.
    pub value: Wei,
    /// The bytes.
    #[serde(serialize_with = "in_hex")]
    pub data: Vec<u8>,
    /// The same in words.
    pub spelled: String,
    /// The bytes that it may have had before: what is under way with these does the same.
    #[serde(skip)]
    pub akin: Vec<Vec<u8>>,
}

impl Call {
    /// A call without ether.
    pub(in crate::pool) fn of<C: SolCall>(to: Place, call: &C, arguments: &[&str]) -> Self {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        Self {
            to,
            contract: to.name,
            value: Wei::ZERO,
            data: call.abi_encode(),
            spelled: format!("{name}({})", arguments.join(", ")),
            akin: Vec::new(),
        }
    }

    /// The same with ether.
    pub(in crate::pool) fn with(self, value: Wei) -> Self {
        Self { value, ..self }
    }
}

fn in_hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("0x{}", hex::encode(bytes)))
}

/// What has to be made before a step can be worded as a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Need {
    /// Deposits of 1 ETH signed by these keys together, for these credentials.
    Deposits {
        /// Withdrawal credentials: the megapool's.
        credentials: Root,
        /// The keys, in the order of the lock.
        keys: Vec<PublicKey>,
    },
    /// A proof of the validator in a state of the beacon chain.
    Validator(Proven),
    /// A proof of the validator, and of a withdrawal.
    Withdrawal {
        /// The validator.
        #[serde(flatten)]
        of: Proven,
        /// The slot of the block in which its balance came back.
        slot: u64,
    },
}

/// Which validator has to be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// The contract that verifies the proof.
    pub verifier: Place,
    /// The megapool.
    pub megapool: Place,
    /// Its number in the megapool.
    pub id: u32,
    /// Its key.
    pub pubkey: PublicKey,
    /// From when on it can be withdrawn, if it leaves.
    pub withdrawable_epoch: Option<u64>,
    /// Since when a state shows what is to be proved, Unix seconds, if that is known.
    pub since: Option<u64>,
    /// When it is too late.
    pub due: Option<Due>,
}

/// Until when something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Unix seconds.
    Time(u64),
    /// An epoch of the beacon chain, which is the last one.
    Epoch(u64),
}

/// The call, or what it still needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// This is sent.
    Call(Call),
    /// This has to be made first.
    Needs(Need),
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// An address is not the agreed one, or another one could still take its place.
    Address(&'static str),
    /// Something is right at the newest block, and not yet at the finalised one.
    Final(&'static str),
    /// Rocket Pool does not allow it now.
    Closed(&'static str),
    /// A time, Unix seconds.
    Time(u64),
    /// Ether in the account that sends it.
    Ether(Wei),
    /// So many others come before.
    Turn(u64),
    /// Ether in the deposit pool.
    PoolEther,
    /// The megapool owes this.
    Debt(Wei),
    /// A contract has changed, and this program does not know it.
    Version(&'static str),
    /// The megapool has a validator, by id, whose key is not of this cluster.
    Foreign(u32),
    /// One person has the node account's key, and this is mainnet.
    OneKey,
    /// Not every peer pays the smoothing pool yet.
    FeeRecipients,
    /// Validators leave or are challenged, and nothing is distributed before that is over.
    Leaving,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(what) => write!(f, "the {what} is not the agreed one for good"),
            Self::Final(what) => write!(f, "{what} is not final yet"),
            Self::Closed(what) => write!(f, "Rocket Pool does not allow {what} now"),
            Self::Time(until) => write!(f, "it is possible from {until} (Unix seconds) on"),
            Self::Ether(wei) => write!(f, "the node account lacks {wei} ETH for it, beside gas"),
            Self::Turn(before) => write!(f, "{before} others come before it"),
            Self::PoolEther => f.write_str("the deposit pool has too little ether"),
            Self::Debt(wei) => write!(f, "the megapool owes {wei} ETH"),
            Self::Version(name) => write!(
                f,
                "{name} has a version that this gantry does not know: look for a newer one"
            ),
            Self::Foreign(id) => write!(
                f,
                "validator {id} of the megapool has a key that is not of this cluster: whoever \
                 holds the node account's key has put it there. Find out who, and pay nothing in"
            ),
            Self::OneKey => f.write_str(
                "on mainnet no node and no bond begins with one person's key, who could misuse it: \
                 agree on a Safe as node account (`gantry pool agree new --account NAME=ADDRESS`). \
                 A node that is there already is served",
            ),
            Self::FeeRecipients => {
                f.write_str("not every peer has paid the smoothing pool for two final epochs")
            }
            Self::Leaving => f.write_str("a validator leaves or is challenged"),
        }
    }
}

impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does.
    pub kind: Kind,
    /// What tells it from the same kind of step at another time: what is otherwise in the contracts
    /// once it is done. Lower-case letters, digits and colons.
    pub deed: String,
    /// Who may send it.
    pub sender: Sender,
    /// What happens if it is sent twice.
    pub repeat: Repeat,
    /// The call, or what it needs.
    pub body: Body,
    /// What it is for, in words.
    pub words: String,
    /// What it waits for; nothing if it can be sent now.
    pub waits: Vec<Wait>,
}

impl Step {
    /// Whether it can be sent now by whoever may.
    pub fn is_ready(&self) -> bool {
        self.waits.is_empty() && self.call().is_some()
    }

    /// The call, unless something is still needed for it.
    pub fn call(&self) -> Option<&Call> {
        match &self.body {
            Body::Call(call) => Some(call),
            Body::Needs(_) => None,
        }
    }
}

/// What the beacon chain says of a validator that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// From when on it can be withdrawn.
    pub withdrawable: Epoch,
    /// The slot of the block in which its balance came back, once it did and is final.
    pub withdrawn: Option<Slot>,
}

/// An address for people.
pub(in crate::pool) fn at(address: &Address) -> String {
    checksummed(address)
}
