//! `gantry pool fund`: how an operator pays in for the node, and who has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use node_core::pool::amount::Wei;
use node_core::pool::funding::paid::Contributions;
use node_core::pool::funding::{self, Unready, Withdrawal};
use node_core::pool::plan::{Call, Facts, Made};
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::safe::wallet::builder::{self, Title};
use proto::definition::checksummed;
use thiserror::Error;

use super::PoolError;
use super::file::bare;
use super::flags::{Agreed, Through};
use super::lines::{entry, line};
use super::safes::Safes;
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::LogFormat;
use crate::disk::files::{self, FileError, Mode};
use crate::pool::funds::Payments;

/// Show how to pay ether in for the node, once its withdrawal Safe is right, final and tried; and
/// who has paid in.
///
/// Pay from an account that the agreement names as yours (`--funding NAME=ADDRESS`): what comes
/// from another one is nobody's contribution. Only the node's own deposits take it from there, and
/// the withdrawal Safe can take it back. Nothing is sent.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How much ETH, such as 8 or 2.5; left out, who has paid in so far is shown.
    #[arg(value_name = "ETH")]
    amount: Option<Wei>,
    /// Write a file for the Transaction Builder here, if you pay from a Safe of your own.
    #[arg(long, value_name = "FILE", requires = "amount")]
    builder: Option<PathBuf>,
    #[command(flatten)]
    through: Through,
}

/// Why nobody should pay in.
#[derive(Debug, Error)]
pub enum FundError {
    #[error(transparent)]
    Unready(#[from] Unready),
    #[error(transparent)]
    File(#[from] FileError),
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let agreed = self.through.agreed()?;
        let (safes, payments, rehearsal) = complete(runtime()?, look(&agreed))?;
        let contributed = contributed(&safes, &payments);
        let Some(amount) = self.amount else {
            print!("{contributed}");
            return Ok(());
        };
        let call = call(&agreed, (&safes, rehearsal), amount)?;
        let chain_id = safes.sight.chain_id;
        if let Some(file) = &self.builder {
            let title = Title {
                name: format!("{amount} ETH for the node"),
                description: format!("{} with {amount} ETH", call.spelled),
            };
            let text = builder::file(chain_id, None, (&[bare(&call)], &title));
            files::write_new(file, text.as_bytes(), Mode::Public).map_err(FundError::from)?;
        }
        print!("{}{contributed}", self.page(&call, &safes));
        Ok(())
    }

    fn page(&self, call: &Call, safes: &Safes) -> String {
        let (mut page, sight) = (String::new(), &safes.sight);
        let node = checksummed(&sight.node);
        line(
            &mut page,
            format!(
                "{} ETH for the node {node}, from an account of yours:",
                call.value
            ),
        );
        entry(&mut page, "to", checksummed(&call.to.address));
        entry(&mut page, "value", format!("{} wei", call.value.0));
        entry(&mut page, "data", format!("0x{}", hex::encode(&call.data)));
        let link = funding::link(sight.chain_id, &sight.node, call);
        entry(&mut page, "link", link);
        if let Some(file) = &self.builder {
            entry(&mut page, "Transaction Builder", file.display());
        }
        line(
            &mut page,
            "\nYour own execution node says where it goes, and every operator's gantry prints the \
             same:\ncompare `to` and `data` with another operator before you pay.\n",
        );
        page
    }
}

/// Looks at the Safes, at who has paid in, and at how far the Safe was tried.
async fn look(agreed: &Agreed) -> Result<(Safes, Payments, Rehearsal), PoolError> {
    let mut safes = Safes::look(agreed).await?;
    let payments = safes.payments().await?;
    let rehearsal = safes.rehearsal().await?;
    Ok((safes, payments, rehearsal))
}

/// The call, if nothing speaks against it.
fn call(
    agreed: &Agreed,
    (safes, rehearsal): (&Safes, Rehearsal),
    amount: Wei,
) -> Result<Call, PoolError> {
    let keys = agreed.lock.group_keys();
    let made = Made {
        deposits: &BTreeMap::new(),
        leaving: &BTreeMap::new(),
        pays_smoothing_pool: false,
    };
    let by = (&agreed.version.terms, &agreed.version.aims);
    let facts = Facts::new(&safes.sight, by, &keys, made)?;
    let judged = safes.judged.iter();
    let judged = judged.map(|(at, it)| (*at, it.as_ref().map(drop).map_err(Clone::clone)));
    let withdrawal = Withdrawal {
        judged: &judged.collect::<Vec<_>>(),
        rehearsal,
    };
    Ok(funding::call(&facts, &withdrawal, amount).map_err(FundError::from)?)
}

/// Who has paid in.
fn contributed(safes: &Safes, paid: &Payments) -> String {
    let mut page = String::new();
    let block = safes.sight.finalised_block.number;
    line(
        &mut page,
        format!("Paid in for the node, by the finalised block {block}:"),
    );
    let Contributions {
        operators,
        undeclared,
    } = &paid.by;
    for it in operators {
        entry(&mut page, &it.name, format!("{} ETH", it.total));
        for (from, amount) in &it.accounts {
            let from = checksummed(from);
            entry(&mut page, "", format!("{amount} from {from}"));
        }
    }
    let total = paid.by.undeclared_total();
    entry(&mut page, "of nobody declared", format!("{total} ETH"));
    for (from, amount) in undeclared {
        let from = checksummed(from);
        entry(&mut page, "", format!("{amount} from {from}"));
    }
    if paid.is_crowded {
        let words = "others have paid so often that only declared accounts are shown";
        line(&mut page, format!("  {words}"));
    }
    if paid.since > 0 {
        let words = "your execution node does not show what was logged before block";
        line(&mut page, format!("  {words} {}", paid.since));
    }
    if let Some(node) = safes.sight.node_at_head() {
        let ether = node.account.credit.ether;
        entry(&mut page, "not bonded yet", format!("{ether} ETH"));
        if paid.by.total() < ether && !paid.is_crowded {
            let words = "that is more than the log shows: some was paid to an earlier contract of";
            line(
                &mut page,
                format!("  {words}\n  Rocket Pool, or by the node account itself"),
            );
        }
    }
    page
}
