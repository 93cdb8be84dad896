//! What is known of the chain before anything is sent, told to the operator.

use std::collections::BTreeSet;

use proto::Address;
use proto::definition::{Chain, Gwei, checksummed};
use proto::eth::{DepositData, DepositView};
use proto::lock::Lock;

use super::{AFTERWARDS, Arguments, DepositCommandError};
use crate::beacon::BadUrl;
use crate::checks::chain::{UnfitNode, current_slot, slot_by_two};
use crate::checks::own_nodes::{Expected, OwnNodes};
use crate::checks::registered;
use crate::deposit::refusal::Refusal;
use crate::execution::{DepositLog, Execution, Fees, Patience};
use node_core::deposit;
use node_core::deposit::standing::{Sent, Standing};

/// Everything that is known before anything is sent.
pub(super) struct Looked<'a> {
    pub deposits: &'a [DepositData],
    pub chain: &'a Chain,
    pub view: DepositView,
    pub standing: Standing,
    pub fees: Fees,
}

impl Arguments {
    /// The execution node, and whether a beacon node, if one is given, follows the same chain.
    pub(super) async fn connect(&self, lock: &Lock) -> Result<Execution, DepositCommandError> {
        let chain = &lock.definition.terms().chain;
        if let Some(nodes) = self.beacon_nodes(chain)? {
            // One that does not follow would not know what was deposited lately.
            let follows = async |node: &_| current_slot(node, lock, slot_by_two).await;
            nodes.first(UnfitNode::may_differ, follows).await?;
        }
        Ok(Execution::connect(&self.rpc, chain, Patience::USUAL).await?)
    }

    fn beacon_nodes(&self, chain: &Chain) -> Result<Option<OwnNodes>, BadUrl> {
        let expected = || Expected::Cluster(Box::new(chain.clone()));
        let given = !self.beacon_node.is_empty();
        given
            .then(|| OwnNodes::connect(&self.beacon_node, expected()))
            .transpose()
    }

    pub(super) async fn view(
        &self,
        log: &mut DepositLog<'_>,
        senders: &BTreeSet<Address>,
    ) -> Result<DepositView, DepositCommandError> {
        let bar = indicatif::ProgressBar::new(0).with_message("blocks");
        let view = log.whole_view(senders, |block, head| {
            bar.set_length(head);
            bar.set_position(block);
        });
        let view = view.await?;
        bar.finish_and_clear();
        println!("looked at blocks {} to {}", view.first, view.last);
        Ok(view)
    }

    /// How the deposits stand, told to the operator.
    pub(super) async fn looked<'a>(
        &self,
        lock: &'a Lock,
        deposits: &'a [DepositData],
        (sent, view): (&[Sent], DepositView),
        execution: &Execution,
    ) -> Result<Looked<'a>, DepositCommandError> {
        let chain = &lock.definition.terms().chain;
        let standing = Standing::of(chain.genesis_fork_version, deposits, sent, &view);
        let standing = standing.map_err(|error| self.refused(error))?;
        self.refuse_hidden(chain, &standing, &view).await?;
        let (missing, open) = (standing.missing.len(), standing.open.len());
        let unsettled = standing.unsettled.len();
        let there = deposits.len() - missing - open - unsettled;
        println!("{there} are on the chain, {open} are under way, {missing} are missing");
        for deposit in &standing.missing {
            println!("  {} {}", deposit.pubkey, Gwei(deposit.amount));
        }
        if there == deposits.len() && standing.overtaken.is_empty() {
            println!("Nothing is left to be sent. {AFTERWARDS}");
        }
        say_doubled(&standing);
        Ok(Looked {
            deposits,
            chain,
            view,
            standing,
            fees: execution.fees(self.priority_fee).await?,
        })
    }

    /// Stops if a beacon node, if one is given, knows of a deposit that the log does not show.
    pub(super) async fn refuse_hidden(
        &self,
        chain: &Chain,
        standing: &Standing,
        view: &DepositView,
    ) -> Result<(), DepositCommandError> {
        let Some(nodes) = self.beacon_nodes(chain)? else {
            return Ok(());
        };
        let hidden = nodes.whole(UnfitNode::may_differ, async |node| {
            Ok(registered::hidden_deposit(node, standing, view).await?)
        });
        match hidden.await? {
            Some(key) => {
                let first = self.from_block;
                Err(Refusal::Earlier { key, first }.into())
            }
            None => Ok(()),
        }
    }
}

/// Warns of what was paid twice.
pub(super) fn say_doubled(standing: &Standing) {
    for deposit in &standing.doubled {
        eprintln!(
            "WARNING: {} was deposited more than once with {}: find out who else sends. What is \
             above 32 ETH comes back to {} by itself",
            deposit.pubkey,
            Gwei(deposit.amount),
            deposit::owner(&deposit.withdrawal_credentials)
                .map_or_else(|| "its owner".to_owned(), |owner| checksummed(&owner)),
        );
    }
}
