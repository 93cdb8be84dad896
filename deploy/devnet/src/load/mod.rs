//! `--load`: a stand-in beacon node that gives K validators K/32 attestations a slot and checks
//! every signature, so that figures at scale need neither a chain nor its CPU.
//!
//! It answers what a peer asks, with realistic timing: a block is seen two twelfths into its slot,
//! and who asks earlier votes for the one before. It never proposes, never forks, is always synced.

mod count;
mod routes;
mod scene;
mod world;

use std::net::Ipv4Addr;
use std::sync::Arc;

use proto::{PublicKey, Root};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use count::{Count, Refused};
pub use scene::LoadScene;
pub use world::World;

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
    /// Serves `keys` on 127.0.0.1 at `port`, with the validators' indices in their order.
    ///
    /// # Errors
    /// If the port is busy or a key is invalid.
    pub async fn start(
        port: u16,
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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener
            .map_err(|_| Error::BusyPorts(vec![format!("{port} (stand-in beacon node)")]))?;
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
