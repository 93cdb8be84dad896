//! `gantry rewards`: where each wei came from and where it is, and each operator's part.
//!
//! The running peer writes the ledger as the chain goes. While none runs, this does. What it cannot
//! write it shows all the same.

mod csv;
mod page;
mod since;

use clap::Args;
use node_core::pool::ledger::report::{Report, Since};
use proto::Root;
use serde::Serialize;
use thiserror::Error;

use super::PoolError;
use super::flags::{Agreed, Through};
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::LogFormat;
use crate::disk::DataLock;
use crate::execution::Patience;
use crate::pool::ledger::kept::{Entries, LedgerFile, LedgerFileError};
use crate::pool::ledger::{LedgerError, is_worth_a_line, next};
use crate::pool::{Target, look_with};

/// Show what was paid in, earned and taken out at Rocket Pool, and each operator's part of it.
///
/// By the ledger that your running peer writes as the chain goes, up to the finalised block, and
/// compared with what the contracts and addresses have there: what nothing explains is one line.
/// Earnings are divided by the shares of the agreement in force, principal that came back by what
/// each has paid in. How much an operator has signed does not count. Nothing is paid.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only what moved from then on: a day in UTC as 2026-12-31, or the number of a block.
    #[arg(long, value_name = "DATE|BLOCK", value_parser = since::parse)]
    since: Option<Since>,
    /// Print every movement as a table with commas, amounts in the smallest unit.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print totals and parts for scripts, amounts in the smallest unit, times in Unix seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    through: Through,
}

/// Why nothing can be shown.
#[derive(Debug, Error)]
pub enum RewardsError {
    #[error(transparent)]
    File(#[from] LedgerFileError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(
        "there is no ledger yet, since no block is final in which Rocket Pool is: try again later"
    )]
    Nothing,
}

/// The document that `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// By which version of the agreement it is divided.
    agreement: u64,
    /// The hash of the ledger as it is written; of what is shown behind it there is none.
    ledger: Root,
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let agreed = self.through.agreed()?;
        let data = &agreed.config.data_dir;
        // A running peer has it, and writes the ledger itself.
        let lock = DataLock::take(data).ok();
        let hash = agreed.lock.hash();
        let mut file = LedgerFile::open(data, &hash, Entries::All).map_err(RewardsError::from)?;
        let went_on = complete(runtime()?, go_on(&agreed, &mut file, lock.is_some()));
        let since = self.since.unwrap_or(Since::Ever);
        let terms = &agreed.version.terms;
        if let Some(report) = Report::of(&file.books, terms, since) {
            self.print(&report, (&file, agreed.version.number), since);
        } else if went_on.is_ok() {
            return Err(RewardsError::Nothing.into());
        }
        went_on
    }

    fn print(&self, report: &Report, (file, agreement): (&LedgerFile, u64), since: Since) {
        if self.csv {
            print!("{}", csv::table(&file.books.entries, since));
        } else if self.json {
            let document = Document {
                report,
                agreement,
                ledger: file.hash(),
            };
            let text = serde_json::to_string_pretty(&document);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else {
            print!("{}", page::page(report, agreement));
        }
    }
}

/// Takes in what has been since the ledger ends.
async fn go_on(agreed: &Agreed, file: &mut LedgerFile, writes: bool) -> Result<(), PoolError> {
    let (lock, version) = (&agreed.lock, &agreed.version);
    let target = Target::agreed(lock, version);
    let (mut states, sight) = look_with(&agreed.url, &target, Patience::USUAL).await?;
    loop {
        let (end, terms) = (file.books.end.as_ref(), &version.terms);
        let period = next(&mut states, &sight, terms, end).await;
        let Some(period) = period.map_err(RewardsError::from)? else {
            return Ok(());
        };
        let taken = match writes && is_worth_a_line(&period, end, terms) {
            true => file.add(&period),
            false => file.show(&period),
        };
        taken.map_err(RewardsError::from)?;
    }
}
