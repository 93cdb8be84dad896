//! `gantry pool file`: what a withdrawal Safe is to do, as files for the wallets of its owners.
//!
//! | module | is |
//! |---|---|
//! | `page` | what is printed, and written beside the files |

mod page;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use node_core::pool::amount::Wei;
use node_core::pool::errand::{Errand, Grounds, Log, Logged, Unable, Written};
use node_core::pool::plan;
use node_core::safe::transaction::Account;
use node_core::safe::wallet::builder::{self, Title};
use node_core::safe::wallet::{Call, WalletTransaction};
use proto::Address;
use proto::definition::{checksummed, parse_address};
use thiserror::Error;

use super::PoolError;
use super::flags::{Agreed, Through};
use super::safes::Safes;
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::LogFormat;
use crate::disk::files::{self, FileError, Mode};
use crate::pool::funds::{batch, purses, refusal};
use crate::pool::{SightError, anchors};

/// Write what a withdrawal Safe is to do as files, which its owners sign with their own wallets.
///
/// Gantry never signs for that Safe. Every operator's program writes the same files: compare the
/// hash that is printed with the others, and with what your wallet shows before you sign.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Send back the 0.001 ETH that came in, so that the Safe is tried before the bond moves.
    Rehearsal(At),
    /// Confirm the agreed withdrawal addresses, and put them in the place of a planted one.
    Confirm(At),
    /// Stake RPL that the RPL withdrawal Safe has, for the node.
    StakeRpl {
        /// How much RPL.
        #[arg(value_name = "RPL")]
        amount: Wei,
        #[command(flatten)]
        at: At,
    },
    /// Take ether out that was paid in and is not bonded: it comes to the Safe.
    WithdrawEth(Amount),
    /// Take credit out, as rETH: it comes to the Safe.
    WithdrawCredit(Amount),
    /// Give ether back, that was paid in and is not bonded, to the account that it came from.
    GiveBack {
        /// That account.
        #[arg(value_name = "ADDRESS", value_parser = parse_address)]
        to: Address,
        #[command(flatten)]
        amount: Amount,
    },
    /// End a minipool whose stake has come back, or that was dissolved.
    EndMinipool {
        /// Where it is.
        #[arg(value_name = "ADDRESS", value_parser = parse_address)]
        minipool: Address,
        #[command(flatten)]
        at: At,
    },
}

/// So much, or all.
#[derive(Debug, Args)]
pub struct Amount {
    /// How much ETH; all of it, if it is left out.
    #[arg(value_name = "ETH")]
    amount: Option<Wei>,
    #[command(flatten)]
    at: At,
}

/// Through which node, and where the files go.
#[derive(Debug, Args)]
pub struct At {
    #[command(flatten)]
    through: Through,
    /// The folder for the files.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// Why no file is written.
#[derive(Debug, Error)]
pub enum FileRefusal {
    #[error(transparent)]
    Unable(#[from] Unable),
    #[error(
        "nothing is written: by your execution node {} would be refused now: {reason}. \
         `gantry pool plan` shows how Rocket Pool stands", .call
    )]
    Fails { call: String, reason: String },
    #[error(
        "nothing is written: several calls go through Safe's own MultiSendCallOnly, and at {at} \
         there is none on this chain: do them one by one in the Safe's own app"
    )]
    NoBatch { at: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// What the owners of one Safe sign, as it is written.
struct Sheet {
    transaction: WalletTransaction,
    /// Whether it goes through a batch.
    batch: Option<Address>,
    written: Written,
    /// Of how many owners how many sign.
    signers: (u64, usize),
}

impl What {
    fn parts(&self) -> (Errand, &At) {
        match self {
            Self::Rehearsal(at) => (Errand::Rehearsal, at),
            Self::Confirm(at) => (Errand::Confirm, at),
            Self::StakeRpl { amount, at } => (Errand::StakeRpl(*amount), at),
            Self::WithdrawEth(it) => (Errand::WithdrawEther(it.amount), &it.at),
            Self::WithdrawCredit(it) => (Errand::WithdrawCredit(it.amount), &it.at),
            Self::GiveBack { to, amount } => (Errand::GiveBack(*to, amount.amount), &amount.at),
            Self::EndMinipool { minipool, at } => (Errand::EndMinipool(*minipool), at),
        }
    }

    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let (errand, at) = self.parts();
        let agreed = at.through.agreed()?;
        let chain_id = agreed.lock.definition.terms().chain.execution_chain_id;
        let sheets = complete(runtime()?, sheets(&agreed, &errand))?;
        for sheet in sheets {
            let named = Named::of(&errand, &sheet);
            let builder = named.builder(chain_id, &sheet);
            let texts = [
                ("typed-data.json", sheet.transaction.typed_data()),
                ("builder.json", builder),
            ];
            let files = texts.map(|(end, text)| (named.file(&at.out, end), text));
            let [typed, builder] = &files;
            let page = page::page(&named.title, &sheet, [&typed.0, &builder.0]);
            let about = (named.file(&at.out, "txt"), page.clone());
            for (file, text) in files.iter().chain([&about]) {
                files::write_new(file, text.as_bytes(), Mode::Public).map_err(FileRefusal::from)?;
            }
            print!("{page}");
        }
        Ok(())
    }
}

/// What the Safes are to do, by what is seen now.
async fn sheets(agreed: &Agreed, errand: &Errand) -> Result<Vec<Sheet>, PoolError> {
    let terms = &agreed.version.terms;
    let mut safes = Safes::look(agreed).await?;
    for at in [&terms.withdrawal, &terms.rpl_withdrawal] {
        safes.own(at)?;
    }
    let all = [terms.withdrawal, terms.rpl_withdrawal];
    let purses = purses(&mut safes.states, &safes.sight, &all).await?;
    let paid;
    let logged = match errand.log() {
        None => Logged::Nothing,
        Some(Log::Rehearsal) => Logged::Rehearsal(safes.rehearsal().await?),
        Some(Log::Payments) => {
            paid = safes.payments().await?.by;
            Logged::Payments(&paid)
        }
    };
    let written = errand.write(&Grounds {
        sight: &safes.sight,
        terms,
        purses: &purses,
        logged,
    });
    let mut sheets = Vec::new();
    for it in written.map_err(FileRefusal::from)? {
        sheets.push(sheet(&mut safes, it).await?);
    }
    Ok(sheets)
}

async fn sheet(safes: &mut Safes, written: Written) -> Result<Sheet, PoolError> {
    let kept = safes.own(&written.safe)?.clone();
    let head = anchors(&safes.sight).head;
    let account = Account {
        chain_id: safes.sight.chain_id,
        address: written.safe,
    };
    // What comes after it depends on it.
    if let Some(first) = written.calls.first() {
        let tried = (written.safe, first);
        let refused = refusal(&mut safes.states, &safes.sight, tried).await;
        if let Some(reason) = refused.map_err(SightError::from)? {
            let call = first.spelled.clone();
            return Err(FileRefusal::Fails { call, reason }.into());
        }
    }
    let nonce = kept.state.nonce;
    let calls: Vec<Call> = written.calls.iter().map(bare).collect();
    let (transaction, batch) = match &calls[..] {
        [one] => (WalletTransaction::one(account, nonce, one.clone()), None),
        several => {
            let at = batch(&mut safes.states, kept.singleton, head).await;
            let at = at.map_err(SightError::from)?.map_err(no_batch)?;
            let all = (several, at);
            (WalletTransaction::several(account, nonce, all), Some(at))
        }
    };
    Ok(Sheet {
        transaction,
        batch,
        written,
        signers: (kept.state.threshold, kept.state.owners.len()),
    })
}

fn no_batch(places: Vec<Address>) -> FileRefusal {
    let places: Vec<String> = places.iter().map(checksummed).collect();
    FileRefusal::NoBatch {
        at: places.join(" and "),
    }
}

/// The call without its words.
pub(super) fn bare(call: &plan::Call) -> Call {
    Call {
        to: call.to.address,
        value: call.value.0,
        data: call.data.clone(),
    }
}

/// How the files of one Safe are called.
struct Named {
    stem: String,
    title: String,
}

impl Named {
    fn of(errand: &Errand, sheet: &Sheet) -> Self {
        let (name, nonce) = (errand.name(), sheet.transaction.nonce());
        let safe = checksummed(&sheet.written.safe);
        Self {
            stem: format!("{name}-{}-nonce-{nonce}", safe.get(..8).unwrap_or(&safe)),
            title: format!("{name} at nonce {nonce} of the Safe {safe}"),
        }
    }

    fn file(&self, dir: &Path, end: &str) -> PathBuf {
        dir.join(format!("{}.{end}", self.stem))
    }

    fn builder(&self, chain_id: u64, sheet: &Sheet) -> String {
        let calls: Vec<Call> = sheet.written.calls.iter().map(bare).collect();
        let title = Title {
            name: self.title.clone(),
            description: page::spelled(&sheet.written.calls).join("; "),
        };
        let safe = Some(&sheet.written.safe);
        builder::file(chain_id, safe, (&calls, &title))
    }
}
