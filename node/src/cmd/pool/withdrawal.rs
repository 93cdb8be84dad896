//! `gantry pool withdrawal`: whether what comes back comes to a Safe of the operators' own.

use clap::Args;
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::pool::withdrawal::{Kept, Owned, Unfit};
use proto::Address;
use proto::agreement::PoolVersion;
use proto::definition::checksummed;
use proto::lock::Lock;
use thiserror::Error;

use super::PoolError;
use super::flags::{Agreed, Through};
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::LogFormat;
use crate::execution::{Patience, States};
use crate::pool::SightError;
use crate::pool::funds::rehearsal;
use crate::pool::withdrawal::{Births, look_at_both};

/// Check that the withdrawal addresses are Safes of all operators, and nobody else's behind them.
///
/// Everything that a node earns and all that was put in goes there. Your own execution node is
/// asked for the code, the owners, and how the Safe was made: whoever had it alone for a moment may
/// have hidden in it what no wallet shows, and take everything. No running peer gives a share of a
/// deposit before this is so.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    through: Through,
}

/// Why a withdrawal address is not the operators' own.
#[derive(Debug, Error)]
pub enum WithdrawalError {
    #[error(
        "the agreement does not name an account of each operator that decides at the withdrawal \
         address: agree anew, with --owner NAME=ADDRESS for each"
    )]
    NoOwners,
    #[error(
        "the withdrawal address {} is no Safe of the operators' own: {why}. Put no money behind \
         it: make a fresh one with any wallet, owned by the agreed accounts, and agree on it",
        checksummed(.at)
    )]
    Unfit { at: Address, why: Unfit },
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let Agreed {
            lock, version, url, ..
        } = self.through.agreed()?;
        let (seen, rehearsal) = complete(runtime()?, look_at_all(&url, &lock, &version))?;
        for (at, kept) in seen {
            print!("{}", page(&at, &kept));
        }
        println!("tried by its owners, as the finalised block shows it: {rehearsal}");
        Ok(())
    }
}

async fn look_at_all(
    url: &str,
    lock: &Lock,
    version: &PoolVersion,
) -> Result<(Vec<(Address, Kept)>, Rehearsal), PoolError> {
    let definition = lock.definition.terms();
    let owned = Owned::agreed(version, definition.size().threshold());
    let owned = owned.ok_or(WithdrawalError::NoOwners)?;
    let mut states = States::at(url, Patience::USUAL).map_err(SightError::from)?;
    let anchors = states.anchors().await.map_err(SightError::from)?;
    let expected = definition.chain.execution_chain_id;
    if anchors.chain_id != expected {
        let found = anchors.chain_id;
        return Err(SightError::OtherChain { found, expected }.into());
    }
    let through = (&mut states, &mut Births::new());
    let judged = look_at_both(through, &version.terms, (&anchors, &owned)).await?;
    let own = judged.into_iter().map(|(at, kept)| {
        let kept = kept.map_err(|why| WithdrawalError::Unfit { at, why })?;
        Ok((at, kept))
    });
    let own = own.collect::<Result<_, PoolError>>()?;
    let rehearsal = rehearsal(&mut states, &version.terms, anchors.finalised).await;
    Ok((own, rehearsal.map_err(SightError::from)?))
}

/// What is printed of one that is as it has to be.
fn page(at: &Address, kept: &Kept) -> String {
    let state = &kept.state;
    let mut page = format!(
        "{}: a Safe {} of your group alone, of which {} of {} owners have to sign\n",
        checksummed(at),
        kept.singleton,
        state.threshold,
        state.owners.len()
    );
    for owner in &state.owners {
        page.push_str(&format!("    owner     {}\n", checksummed(owner)));
    }
    page.push_str(&format!("    nonce     {}, the next\n", state.nonce));
    page
}
