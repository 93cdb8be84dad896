//! What the thread works with, the ways to it, and what it tells.
//!
//! Never here: what is done.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use node_core::duties::pool::{Errand, Found, Stand};
use node_core::pool::agreement::Deposits;
use node_core::pool::alarm::Alarm;
use node_core::pool::misuse::Misuse;
use proto::PeerIndex;
use proto::eth::ChainSpec;
use proto::frame::SafeStep;
use proto::lock::Lock;
use thiserror::Error;
use tokio::sync::mpsc::Sender;

use super::coordinator::Mandate;
use super::owner::Share;
use super::standing::NotInForce;
use crate::checks::chain::UnfitNode;
use crate::checks::own_nodes::NoneServes;
use crate::pool::SightError;
use crate::pool::calm::Calm;
use crate::report::status::CoordinatorStatus;

/// The ways to the thread.
#[derive(Debug, Clone)]
pub struct Errands {
    /// Errands that may take long, one after the other.
    pub slow: Sender<Errand>,
    /// What peers have signed for the node account, in a way of its own: however much that is, no
    /// errand is lost for it.
    pub heard: Sender<Heard>,
    /// What a proposal waits for.
    pub urgent: Sender<Stand>,
}

/// A peer, and what it has signed. Nothing of it is verified.
pub type Heard = (PeerIndex, Box<SafeStep>);

/// What the thread tells the loop.
#[derive(Debug)]
pub enum Said {
    /// For the core.
    Found(Found),
    /// For the operator: it cannot look, and why.
    Trouble(Trouble),
    /// For the operator: what the coordinator does.
    Coordinates(CoordinatorStatus),
    /// For the operator: what should worry of the steps, and of the account that pays for them.
    Alarms(Vec<Alarm>),
    /// For the operator: how the key of the node account was misused; empty once it is mended.
    Misused(Vec<Misuse>),
}

/// Why nothing is seen of Rocket Pool now.
#[derive(Debug, Error)]
pub enum Trouble {
    #[error(transparent)]
    Agreement(#[from] NotInForce),
    #[error(transparent)]
    Sight(#[from] SightError),
    #[error("whether the key of the node account was misused cannot be seen: {0}")]
    Evidence(#[from] NoneServes<UnfitNode>),
}

/// Where everything is that the thread works with.
#[derive(Debug)]
pub struct Places {
    pub lock: Lock,
    /// The file of the agreement.
    pub agreement: PathBuf,
    /// The data directory, where the intents and the ledger are kept.
    pub data_dir: PathBuf,
    /// Whether a share of a deposit had left this peer before it was started.
    pub deposits: Deposits,
    /// The execution node.
    pub execution_node: String,
    /// The beacon nodes in the operator's order, and the chain that they follow.
    pub beacon_nodes: Vec<String>,
    pub chain: Arc<ChainSpec>,
    /// When proofs may be made.
    pub calm: Calm,
    /// How long after the first failure it is tried again, and how often a coordinator that has
    /// something to do looks: a slot.
    pub pause: Duration,
    /// Whether the operator wants it to act before the others.
    pub is_first: bool,
    /// If this peer coordinates, with the node account's key.
    pub mandate: Option<Mandate>,
    /// If it has an account, with which it may own a part of a Safe.
    pub share: Option<Share>,
}
