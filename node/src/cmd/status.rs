//! `gantry status`: asks the running peer how it is, and prints that for a person.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use proto::Versions;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::runtime::{RuntimeError, complete, runtime};
use crate::answers::{self, Other, Unread, reason};
use crate::config::{Config, ConfigError};
use crate::disk::duty_history::Ending;
use crate::report::status::{
    BeaconNodeStatus, CoordinatorStatus, EpochStatus, ExitStatus, PeerStatus, PoolStatus, Status,
};

/// How long the running peer may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a keystore as node account means.
const KEYSTORE: &str = "\
    whoever holds this account's keystore can redirect nothing that comes to the withdrawal\n  \
    addresses, and can still waste or misuse the bond: take keys out of the queue and deposit\n  \
    others with the credit, send a deposit with a worthless signature, prove a small later\n  \
    withdrawal as a final balance, keep ether that is not deposited yet. A Safe of all\n  \
    operators as node account (`gantry account new`) ends that, for a new node";
/// What every peer of such a cluster says.
const ONE_KEY: &str = "one person holds the node key";
/// The longest answer worth reading, in bytes: a hundred times that of the largest cluster.
const MAX_BYTES: usize = 16 << 20;

/// Nobody says how the peer is.
#[derive(Debug, Error)]
pub enum StatusError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(
        "no running peer answers at {url}, where `metrics` says that it does ({problem}): is \
         `gantry run` up with this config?"
    )]
    NotRunning {
        url: String,
        /// Why there is no connection.
        problem: String,
    },
    #[error(
        "what answers at {url} is not the status of a peer ({problem}): does something else listen \
         there, or a `gantry run` of another version? `metrics` in the config says where it is"
    )]
    NoStatus {
        url: String,
        /// What is wrong with the answer.
        problem: String,
    },
}

/// Flags of `gantry status`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
    /// Print the document as it is, for scripts.
    #[arg(long)]
    json: bool,
    /// How many of the last duties to show.
    #[arg(long, default_value_t = 20)]
    duties: usize,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), StatusError> {
        let config = Config::read(&self.config)?;
        let url = format!("http://{}/status", config.metrics);
        let status: Status = complete(runtime()?, ask(&url))?;
        if self.json {
            let text = serde_json::to_string_pretty(&status);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else {
            print!("{}", page(&status, self.duties));
        }
        Ok(())
    }
}

/// What the running peer says at this address.
pub(super) async fn ask<T: DeserializeOwned>(url: &str) -> Result<T, StatusError> {
    let no_status = |problem: String| StatusError::NoStatus {
        url: url.to_owned(),
        problem,
    };
    let failed = |error: reqwest::Error| {
        let is_silent = error.is_connect() || error.is_timeout();
        let problem = reason(&error.without_url());
        match is_silent {
            true => StatusError::NotRunning {
                url: url.to_owned(),
                problem,
            },
            false => no_status(problem),
        }
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let asked = client.build().map_err(failed)?.get(url).send().await;
    let response = asked.map_err(failed)?;
    if !response.status().is_success() {
        return Err(no_status(format!("HTTP status {}", response.status())));
    }
    let body = answers::whole(reqwest::Body::from(response), MAX_BYTES).await;
    let body = body.map_err(|unread| match unread {
        Unread::Broken(error) => failed(error),
        Unread::TooLarge(limit) => no_status(format!("it has more than {limit} bytes")),
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        no_status(match Other::of(&body) {
            Some(Other::Page) => "a web page".to_owned(),
            Some(Other::Nothing) => "an empty answer".to_owned(),
            Some(Other::JsonRpc | Other::BeaconApi) | None => error.to_string(),
        })
    })
}

/// The whole page.
fn page(status: &Status, duties: usize) -> String {
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    line(format!(
        "{} of cluster {}, gantry {}, slot {}",
        status.name, status.cluster, status.version, status.slot
    ));
    let validators = &status.validators;
    line(format!(
        "validators: {} active, {} known to the chain, {} in the lock",
        validators.active, validators.registered, validators.total
    ));
    for halted in &validators.halted {
        line(format!("HALTED: {halted}"));
    }
    if validators.seats > 0 {
        line(format!(
            "not performed: the sync committee duty of {} of them",
            validators.seats
        ));
    }
    if let Some(words) = presigned(status) {
        line(words);
    }
    line(beacon_node(status));
    for node in &status.beacon_nodes {
        line(format!("  {}", beacon_node_line(node)));
    }
    if let Some(epoch) = status.beacon_node.other_chain_from {
        line(format!(
            "NOTHING IS SIGNED FROM EPOCH {epoch} ON: the beacon node says other forks or \
             constants than when gantry started. Make sure that it is right, then restart gantry"
        ));
    }
    if let Some(fork) = &status.beacon_node.unserved_fork {
        let (name, epoch) = (&fork.name, fork.epoch);
        line(format!(
            "NOTHING IS SIGNED FROM EPOCH {epoch} ON: the chain forks to {name} then, which this \
             version of gantry cannot sign for. Upgrade before"
        ));
    }
    line(format!("signing record: {}", record(status)));
    line("peers:".to_owned());
    for peer in &status.peers {
        line(format!("  {}", peer_line(peer)));
    }
    if !status.exits.is_empty() {
        line("exits:".to_owned());
    }
    for exit in &status.exits {
        line(format!("  {}", exit_line(exit)));
    }
    for text in status.pool.iter().flat_map(pool) {
        line(text);
    }
    for epoch in &status.epochs {
        line(epoch_line(epoch));
    }
    line("last duties:".to_owned());
    for ending in status.duties.iter().take(duties) {
        line(format!("  {}", duty_line(ending)));
    }
    page
}

fn pool(pool: &PoolStatus) -> Vec<String> {
    let seen = match pool.node.is_empty() {
        true => "not seen yet".to_owned(),
        false => {
            let intent = pool
                .intent
                .map_or_else(String::new, |it| format!(", intent {it}"));
            format!(
                "node account {} seen at block {}, finalised {}; version {} of the \
                 agreement{intent}",
                pool.node, pool.head_block, pool.finalised_block, pool.version
            )
        }
    };
    let problem = pool
        .problem
        .iter()
        .map(|why| format!("  NOT SEEN NOW: {why}"));
    let alarms = pool.alarms.iter().map(|alarm| format!("  {alarm}"));
    let first = format!("Rocket Pool: {seen}");
    let coordinator = pool.coordinator.iter().flat_map(coordinator);
    let one_key = pool.is_of_one_key.then(|| format!("  {ONE_KEY}"));
    let first = std::iter::once(first).chain(one_key);
    let all = first.chain(problem).chain(alarms);
    all.chain(coordinator).collect()
}

/// What the coordinator does, and what its keystore still allows.
fn coordinator(coordinator: &CoordinatorStatus) -> Vec<String> {
    let CoordinatorStatus {
        account,
        does,
        waits,
        problem,
        is_owner,
    } = coordinator;
    let sends = match account.as_str() {
        "" => String::new(),
        account => format!(", and sends from {account}"),
    };
    let does = match does.as_str() {
        "" => String::new(),
        does => format!(": {does}"),
    };
    let role = match is_owner {
        true => "this peer signs for the node account, a Safe of all operators",
        false => "this peer coordinates",
    };
    let mut lines = vec![format!("  {role}{sends}{does}")];
    let stops = match is_owner {
        true => "IT DOES NOT DO ALL OF THAT",
        false => "IT SENDS NOTHING",
    };
    lines.extend(problem.iter().map(|why| format!("  {stops}: {why}")));
    lines.extend(waits.iter().map(|wait| format!("  not yet: {wait}")));
    if !is_owner {
        lines.push(format!("  {KEYSTORE}"));
    }
    lines
}

fn beacon_node(status: &Status) -> String {
    let node = &status.beacon_node;
    match (&node.problem, node.head_slot) {
        // It begins with whose it is.
        (Some(problem), _) => problem.clone(),
        (None, Some(slot)) => format!("beacon node: {}, head at slot {slot}", node.node),
        (None, None) => format!("beacon node: {}, no head seen yet", node.node),
    }
}

/// One of several nodes.
fn beacon_node_line(node: &BeaconNodeStatus) -> String {
    let first = if node.is_first { ", asked first" } else { "" };
    let standing = match (node.is_sound, &node.problem) {
        (true, None) => "sound".to_owned(),
        (true, Some(problem)) => format!("sound, but {problem}"),
        (false, problem) => {
            let why = problem.as_deref().unwrap_or("not known yet");
            format!("NOT WAITED FOR: {why}")
        }
    };
    let head = node.head_slot.map(|slot| format!("head at slot {slot}"));
    let peers = node.peers.map(|count| format!("{count} peers"));
    let answer = node.answer_ms.map(|ms| format!("answers in {ms:.0} ms"));
    let all: Vec<String> = [head, peers, answer].into_iter().flatten().collect();
    let seen = match all.is_empty() {
        true => String::new(),
        false => format!(" ({})", all.join(", ")),
    };
    format!("{}: {standing}{first}{seen}", node.node)
}

fn record(status: &Status) -> String {
    let record = &status.record;
    match (&record.stopped, record.silent_until) {
        (Some(stopped), _) => format!("NOTHING IS SIGNED: {stopped}"),
        (None, Some(slot)) if status.slot <= slot => {
            format!("sound; votes again after slot {slot}")
        }
        (None, _) => "sound".to_owned(),
    }
}

fn peer_line(peer: &PeerStatus) -> String {
    let seen = peer.record_seen;
    let line = session_line(peer);
    if seen > 0 {
        format!("{line}; its record seen up to {seen}")
    } else {
        line
    }
}

fn session_line(peer: &PeerStatus) -> String {
    let name = &peer.name;
    if peer.connected {
        let rtt = peer
            .rtt_ms
            .map_or_else(|| "not measured".to_owned(), |ms| format!("{ms:.1} ms"));
        let offset = peer.clock_offset_ms.unwrap_or_default();
        let ours = Versions::OURS.highest().number();
        let older = peer.wire_version.filter(|version| *version < ours);
        let older = older.map_or_else(String::new, |version| {
            format!(", still of wire version {version}")
        });
        format!(
            "{name}: connected, round trip {rtt}, clock {offset:+.1} ms, {}{older}",
            peer.software
        )
    } else {
        format!(
            "{name}: {}",
            peer.problem.as_deref().unwrap_or("not connected yet")
        )
    }
}

fn exit_line(exit: &ExitStatus) -> String {
    let index = exit
        .index
        .map_or_else(String::new, |i| format!(" (index {i})"));
    let by = match exit.approved_by.is_empty() {
        true => "nobody any more".to_owned(),
        false => exit.approved_by.join(", "),
    };
    let old = match exit.too_old.is_empty() {
        true => String::new(),
        false => format!("; the programs of {} are too old", exit.too_old.join(", ")),
    };
    let opened = match exit.opened_by.is_empty() {
        true => String::new(),
        false => format!(", to be opened by {}", exit.opened_by.join(", ")),
    };
    format!(
        "validator {}{index}, epoch {}, approved by {by}{opened}: {}{old}",
        exit.validator, exit.epoch, exit.stage
    )
}

/// What the chain shows of the duties of an epoch.
fn epoch_line(of: &EpochStatus) -> String {
    let (included, owed) = (of.included, of.attestations);
    let mut text = format!("epoch {}:", of.epoch);
    if let Some(share) = of.effectiveness {
        text += &format!(
            " {:.1} % of what attestations could earn; {included} of {owed} in blocks, {} with \
             the right target, {} with the right head",
            100.0 * share,
            of.targets,
            of.heads
        );
    }
    if of.blocks > 0 {
        text += &format!("; {} of {} blocks in the chain", of.proposed, of.blocks);
    }
    if of.sync_messages > 0 {
        let (synced, all) = (of.synced, of.sync_messages);
        text += &format!("; {synced} of {all} sync committee messages in the chain");
    }
    text
}

fn duty_line(ending: &Ending) -> String {
    let Ending {
        slot,
        kind,
        signed,
        missed,
        ..
    } = ending;
    let took = ending
        .took_ms
        .map_or_else(String::new, |ms| format!(" after {ms} ms"));
    let mut text = format!("slot {slot} {kind}: {signed} signed{took}");
    if *missed > 0 {
        text += &format!(", {missed} MISSED: {}", ending.reason);
    }
    if !ending.absent.is_empty() {
        text += &format!(", without {}", ending.absent.join(", "));
    }
    text
}

/// What is signed in advance of exits; nothing before a validator is active.
fn presigned(status: &Status) -> Option<String> {
    if !status.has_exit_key {
        return Some(
            "no key for pre-signed exits: this cluster's lock was made before there was one. Only \
             t operators exit a validator: once fewer are left nobody can, so keep every backup"
                .to_owned(),
        );
    }
    let of = &status.presigned;
    if of.is_keyless {
        return Some(
            "PRE-SIGNED EXITS: this peer's share of their key cannot be used, so it seals none and \
             opens none: its log says why"
                .to_owned(),
        );
    }
    let lacking = of.lacking.iter();
    let lacking: Vec<String> = lacking
        .map(|(name, of)| format!("{name} of {of}"))
        .collect();
    let lacking = match lacking.is_empty() {
        true => String::new(),
        false => format!("; sealed parts that are not held: {}", lacking.join(", ")),
    };
    (of.active > 0).then(|| {
        format!(
            "pre-signed exits: of {} of {} active validators, opened by {} operators{lacking}",
            of.whole, of.active, of.openers
        )
    })
}

#[cfg(test)]
mod tests;
