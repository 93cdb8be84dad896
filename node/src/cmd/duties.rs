//! `gantry duties`: asks the running peer what became of its validators' duties, and prints that
//! for a person.

use std::num::ParseIntError;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::runtime::{complete, runtime};
use super::status::{StatusError, ask};
use crate::config::Config;
use crate::report::duties::{DutyRecord, DutyReport, Outcome, PeerContribution};

/// Show what became of the duties of each validator: in which block of the chain they are, or why
/// they are in none.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
    /// Only duties that were missed, or missed by this peer and not seen in the chain yet.
    #[arg(long)]
    missed: bool,
    /// Only those of one validator: its index on the chain, or its position in the lock.
    #[arg(long)]
    validator: Option<u64>,
    /// Only those from this slot or epoch on, as `1234` or `epoch:38`; contributions from its epoch
    /// on.
    #[arg(long, value_name = "SLOT|epoch:EPOCH", default_value = "0")]
    since: Since,
    /// How many of the last ones to show, 10,000 at most.
    #[arg(long, default_value_t = 50)]
    count: usize,
    /// Show what each peer has contributed instead, to the duties of all validators.
    #[arg(long, conflicts_with_all = ["missed", "validator", "count"])]
    peers: bool,
    /// Print the document as it is, for scripts.
    #[arg(long)]
    json: bool,
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Slot(u64),
    Epoch(u64),
}

impl FromStr for Since {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        match text.strip_prefix("epoch:") {
            Some(epoch) => epoch.parse().map(Self::Epoch),
            None => text.parse().map(Self::Slot),
        }
    }
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), StatusError> {
        let config = Config::read(&self.config)?;
        let url = format!("http://{}/duties?{}", config.metrics, self.query());
        let report: DutyReport = complete(runtime()?, ask(&url))?;
        if self.json {
            let text = serde_json::to_string_pretty(&report);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else if self.peers {
            report
                .contributions
                .iter()
                .for_each(|it| println!("{}", peer_line(it)));
        } else {
            print!("{}", page(&report));
        }
        Ok(())
    }

    fn query(&self) -> String {
        let Self {
            missed,
            since,
            count,
            ..
        } = self;
        let validator = self.validator.map(|of| format!("&validator={of}"));
        let validator = validator.unwrap_or_default();
        let since = match since {
            Since::Slot(slot) => format!("since={slot}"),
            Since::Epoch(epoch) => format!("since_epoch={epoch}"),
        };
        format!("{since}&missed={missed}&count={count}{validator}")
    }
}

fn page(report: &DutyReport) -> String {
    let mut page = String::new();
    for record in &report.duties {
        page += &duty_line(record);
        page.push('\n');
    }
    if report.duties.is_empty() {
        page += "no such duty is kept\n";
    }
    if report.more {
        page += "there are older ones: --count shows more\n";
    }
    page
}

fn duty_line(record: &DutyRecord) -> String {
    let DutyRecord {
        slot, work, index, ..
    } = record;
    let after = record.took_ms.map(|ms| format!(", signed after {ms} ms"));
    let after = after.unwrap_or_default();
    let became = match record.outcome {
        Outcome::Done => done(record) + &after,
        Outcome::Missed => format!("MISSED{}", why(record)),
        Outcome::NotYetSeen if record.reason.is_some() => {
            format!(
                "missed by this peer, not yet seen in the chain{}",
                why(record)
            )
        }
        Outcome::NotYetSeen => format!("not yet seen in the chain{after}"),
    };
    let own = record
        .reason
        .as_ref()
        .filter(|_| record.outcome == Outcome::Done);
    let own = own.map(|_| format!("; signed without this peer{}", why(record)));
    let own = own.unwrap_or_default();
    let position = record.validator;
    format!("slot {slot} {work} of validator {index} (position {position}): {became}{own}")
}

/// Where the chain has it.
fn done(record: &DutyRecord) -> String {
    let Some(included) = record.included else {
        return "done".to_owned();
    };
    if record.work == "sync-message" {
        return format!("in block {included}");
    }
    if record.source.is_none() {
        return "in the chain".to_owned();
    }
    let votes = [("target", record.target), ("head", record.head)];
    let wrong = votes.iter().filter(|(_, right)| *right == Some(false));
    let wrong: Vec<&str> = wrong.map(|(vote, _)| *vote).collect();
    let right = match wrong.as_slice() {
        [] => "source, target and head right".to_owned(),
        wrong => format!("{} WRONG", wrong.join(" and ")),
    };
    let later = included.saturating_sub(record.slot);
    format!("in block {included}, {later} later, {right}")
}

/// Why it was missed, as far as this peer knows.
fn why(record: &DutyRecord) -> String {
    let mut words = String::new();
    if let Some(reason) = &record.reason {
        words += &format!(": {reason}");
    }
    if let Some((reached, ms)) = &record.reached {
        words += &format!("; came as far as: {reached}, after {ms} ms");
    }
    if !record.missing.is_empty() {
        words += &format!("; without {}", record.missing.join(", "));
    }
    words
}

fn peer_line(of: &PeerContribution) -> String {
    let PeerContribution { peer, counted } = of;
    let duties = counted.duties;
    format!(
        "{peer}: of {duties} agreements its share was there in time for {}, its beacon node bore \
         out {}, it was the first to propose what was signed in {}",
        counted.shares, counted.saw, counted.led
    )
}

#[cfg(test)]
mod tests;
