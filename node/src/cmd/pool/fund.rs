//! `gantry pool fund`: how an operator pays in for the node, and who has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use node_core::pool::amount::Wei;
use node_core::pool::funding::paid::Contributions;
use node_core::pool::funding::{self, Unready, Withdrawal};
use node_core::pool::plan::{Call, Facts, Made};
use node_core::pool::sight::Sight;
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::safe::wallet::builder::{self, Title};
use proto::definition::checksummed;
use serde::Serialize;
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
    /// Print it for scripts: amounts in wei.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    through: Through,
}

/// The document that `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    payment: Option<Payment>,
    contributions: &'a Contributions,
    /// Whether others have paid so often that of theirs nothing is here.
    is_crowded: bool,
    /// The first block whose log the node has.
    since: u64,
    /// The finalised block by which it is counted.
    block: u64,
    /// What lies there for the node and is not bonded, at the newest block.
    unbonded: Option<Wei>,
}

/// What an operator pays.
#[derive(Serialize)]
struct Payment {
    to: String,
    value: Wei,
    data: String,
    link: String,
}

impl Payment {
    fn of(call: &Call, sight: &Sight) -> Self {
        Self {
            to: checksummed(&call.to.address),
            value: call.value,
            data: format!("0x{}", hex::encode(&call.data)),
            link: funding::link(sight.chain_id, &sight.node, call),
        }
    }
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
        let sight = &safes.sight;
        let mut call_of = |amount| call(&agreed, (&safes, rehearsal), amount);
        let call = self.amount.map(&mut call_of).transpose()?;
        if let (Some(file), Some(call)) = (&self.builder, &call) {
            let amount = call.value;
            let title = Title {
                name: format!("{amount} ETH for the node"),
                description: format!("{} with {amount} ETH", call.spelled),
            };
            let text = builder::file(sight.chain_id, None, (&[bare(call)], &title));
            files::write_new(file, text.as_bytes(), Mode::Public).map_err(FundError::from)?;
        }
        let payment = call.map(|call| Payment::of(&call, sight));
        if self.json {
            let document = Document {
                payment,
                contributions: &payments.by,
                is_crowded: payments.is_crowded,
                since: payments.since,
                block: sight.finalised_block.number,
                unbonded: unbonded(sight),
            };
            let text = serde_json::to_string_pretty(&document);
            println!("{}", text.expect("texts and numbers have a JSON form"));
            return Ok(());
        }
        if let Some(payment) = payment {
            print!("{}", self.page(&payment, sight));
        }
        print!("{}", contributed(sight, &payments));
        Ok(())
    }

    fn page(&self, payment: &Payment, sight: &Sight) -> String {
        let mut page = String::new();
        let node = checksummed(&sight.node);
        line(
            &mut page,
            format!(
                "{} ETH for the node {node}, from an account of yours:",
                payment.value
            ),
        );
        entry(&mut page, "to", &payment.to);
        entry(&mut page, "value", format!("{} wei", payment.value.0));
        entry(&mut page, "data", &payment.data);
        entry(&mut page, "link", &payment.link);
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

/// What lies there for the node and is not bonded.
fn unbonded(sight: &Sight) -> Option<Wei> {
    Some(sight.node_at_head()?.account.credit.ether)
}

/// Who has paid in.
fn contributed(sight: &Sight, paid: &Payments) -> String {
    let mut page = String::new();
    let block = sight.finalised_block.number;
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
    if let Some(ether) = unbonded(sight) {
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
