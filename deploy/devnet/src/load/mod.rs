//! `--load`: a stand-in beacon node that gives K validators K/32 attestations a slot and checks
//! every signature, so that figures at scale need neither a chain nor its CPU.
//!
//! It answers what a peer asks, with realistic timing: a block is seen two twelfths into its slot,
//! and who asks earlier votes for the one before. It never proposes, never forks, is always synced.
//! Committees are as large as mainnet's, so that one attestation in 32 is aggregated; one validator
//! is in the sync committee.
//!
//! `--prove` adds a state of as many validators as mainnet has, of which one peer makes one proof
//! after another in half of the epochs: what that costs the duties beside them shows `beside`.

mod beside;
mod count;
mod headers;
mod proving;
mod routes;
mod scene;
mod shown;
mod spec;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;

use proto::{PublicKey, Root};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use beside::{Beside, ROUND, Stretch};
pub use count::{Count, Refused, Summed};
pub use proving::Proof;
pub use scene::LoadScene;
pub use shown::Shown;
pub use world::{SLOTS_PER_EPOCH, World, now};

use crate::Error;

/// A serving stand-in. Dropping it ends it.
#[derive(Debug)]
pub struct StandIn {
    /// What it has received.
    pub count: Arc<Count>,
    /// Its make-believe chain.
    pub world: World,
    serving: JoinHandle<()>,
}

impl StandIn {
    /// Serves `keys` at `address`, with the validators' indices in their order.
    pub async fn start(
        address: SocketAddr,
        world: World,
        keys: Vec<PublicKey>,
        credentials: Root,
    ) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| Error::Listen { address, source })?;
        Self::serve(listener, world, keys, credentials)
    }

    fn serve(
        listener: TcpListener,
        world: World,
        keys: Vec<PublicKey>,
        credentials: Root,
    ) -> Result<Self, Error> {
        let count = Arc::new(Count::new(&keys)?);
        let node = routes::Node {
            world: world.clone(),
            keys,
            credentials,
            count: Arc::clone(&count),
        };
        let serving = tokio::spawn(async move {
            let served = axum::serve(listener, routes::all(Arc::new(node))).await;
            if let Err(error) = served {
                eprintln!("the stand-in beacon node stopped: {error}");
            }
        });
        Ok(Self {
            count,
            world,
            serving,
        })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[cfg(test)]
mod tests;
