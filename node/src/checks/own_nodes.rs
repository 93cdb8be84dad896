//! Work that needs one view of the chain: what it reads it reads from one own beacon node, whole.
//!
//! Duties ask all own nodes at once and weigh what each says (`node_core::duties::beacons`). A
//! proof, what was deposited, or who leaves is many answers about one state, and of pieces of two
//! nodes there is no such state. So it is read from the first node, in the operator's order, that
//! is on the right chain, follows it, and answers to the end. From the next one all of it is read
//! anew: of a node that fails half-way nothing is kept.
//!
//! With one node there is nothing to choose, and it is asked nothing beside.
//!
//! Never here: what is read, and what follows from it.

use std::fmt;

use proto::definition::Chain;
use thiserror::Error;

use super::chain::{BadChain, UnfitNode, compare, slot_by_two};
use crate::beacon::{BadUrl, BeaconClient};
use crate::clock;

/// The own beacon nodes, in the operator's order: one or more.
#[derive(Debug, Clone)]
pub(crate) struct OwnNodes {
    nodes: Vec<BeaconClient>,
    expected: Expected,
}

/// Which chain they are to be on.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// That of a cluster's definition.
    Cluster(Box<Chain>),
    /// That of an execution node, by its chain id.
    Execution(u64),
}

/// What each node said that was asked, in the operator's order, and why none served.
#[derive(Debug, Error)]
pub struct NoneServes<E>(Vec<(String, E)>);

impl<E> NoneServes<E> {
    /// The reason of the last node that was asked.
    #[cfg(test)]
    pub(crate) fn last(&self) -> &E {
        &self.0.last().expect("there is a node").1
    }
}

impl<E: fmt::Display> fmt::Display for NoneServes<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > 1 {
            write!(f, "none of your beacon nodes serves for this: ")?;
        }
        for (at, (node, why)) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            let why = why.to_string();
            // What a call says of its failure names the node already.
            match why.contains(node) {
                true => write!(f, "{separator}{why}")?,
                false => write!(f, "{separator}beacon node {node}: {why}")?,
            }
        }
        Ok(())
    }
}

impl OwnNodes {
    /// The nodes at `urls`, of which there is one at least, to be asked about this chain.
    ///
    /// # Errors
    /// If one of them is no address of an HTTP server.
    pub(crate) fn connect(
        urls: impl IntoIterator<Item: AsRef<str>>,
        expected: Expected,
    ) -> Result<Self, BadUrl> {
        let nodes = urls.into_iter();
        let nodes: Vec<_> = nodes
            .map(|url| BeaconClient::connect(url.as_ref()))
            .collect::<Result<_, _>>()?;
        assert!(!nodes.is_empty(), "somebody is asked");
        Ok(Self { nodes, expected })
    }

    /// What `work` reads from the first node that follows the chain and of which it does not fail,
    /// or fails for a reason of which another node is free, by `may_differ`.
    ///
    /// # Errors
    /// If no node serves.
    pub(crate) async fn whole<T, E: From<UnfitNode>>(
        &self,
        may_differ: fn(&E) -> bool,
        mut work: impl AsyncFnMut(&BeaconClient) -> Result<T, E>,
    ) -> Result<T, NoneServes<E>> {
        self.first(may_differ, async |node| {
            // Where there is one it serves, or nobody does: it is asked what it is for.
            if self.nodes.len() > 1 {
                self.expected.check(node).await?;
            }
            work(node).await
        })
        .await
    }

    /// The same of any node, for work that begins with such a check itself.
    ///
    /// # Errors
    /// As [`OwnNodes::whole`].
    pub(crate) async fn first<T, E>(
        &self,
        may_differ: fn(&E) -> bool,
        mut work: impl AsyncFnMut(&BeaconClient) -> Result<T, E>,
    ) -> Result<T, NoneServes<E>> {
        let mut failed = Vec::new();
        for node in &self.nodes {
            let error = match work(node).await {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let ends = !may_differ(&error);
            failed.push((node.node().to_owned(), error));
            if ends {
                break;
            }
        }
        Err(NoneServes(failed))
    }
}

impl Expected {
    /// Whether a node is on this chain, and at its head by the clock of this machine.
    async fn check(&self, node: &BeaconClient) -> Result<(), UnfitNode> {
        let spec = node.chain_spec().await?;
        match self {
            Self::Cluster(chain) => compare(chain, &spec)?,
            Self::Execution(ours) if spec.deposit_chain_id() != *ours => {
                let (ours, theirs) = (*ours, spec.deposit_chain_id());
                return Err(BadChain::Execution { ours, theirs }.into());
            }
            Self::Execution(_) => {}
        }
        slot_by_two(&spec, &node.sync_status().await?, clock::now())?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
