//! The operators agree on Rocket Pool, each with the commands that README tells them to type.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proto::Root;
use proto::agreement::{AgreementFile, Version};
use proto::definition::checksummed;

use super::{NodeAccount, RocketPool, Who};
use crate::Error;
use crate::children::output;
use crate::cluster::Cluster;
use crate::peer::Peer;
use crate::place::Site;

/// All of what the node earns, in basis points.
const ALL: usize = 10_000;
/// The agreement's file in a peer's directory.
const FILE: &str = "pool-agreement.json";

impl RocketPool {
    /// The operators agree on Rocket Pool. The first of them signs as the node account too, unless
    /// it is a Safe: then each signs with the account that owns it.
    pub fn agree(&mut self, cluster: &Cluster, site: &Site) -> Result<(), Error> {
        let mut terms = vec![
            (
                "--rocket-storage",
                self.contracts.at("rocketStorage").to_owned(),
            ),
            ("--withdrawal", Who::Withdrawal.account().address.to_owned()),
            (
                "--rpl-withdrawal",
                Who::RplWithdrawal.account().address.to_owned(),
            ),
        ];
        for (share, peer) in shares(cluster.peers.len()).zip(&cluster.peers) {
            terms.push(("--share", format!("{}={share}", peer.name)));
        }
        let mut node = Vec::new();
        match &self.node {
            NodeAccount::Key => {
                terms.push(("--node", Who::Node.account().address.to_owned()));
                let (keystore, password) = self.node_keystore()?;
                node = vec![
                    ("--node-keystore", keystore),
                    ("--node-passphrase-file", password),
                ];
            }
            NodeAccount::Safe { owners, .. } => {
                let named = cluster.peers.iter().zip(owners);
                let named = named.map(|(peer, owner)| format!("{}={owner}", peer.name));
                terms.extend(named.map(|it| ("--account", it)));
            }
        }
        agree_on((cluster, site), &terms, &node)?;
        if let NodeAccount::Safe { address, .. } = &mut self.node {
            *address = node_of(&file(&cluster.peers[0]))?;
        }
        Ok(())
    }
}

/// One operator writes the agreement, all sign a copy of it, the first one with these flags more,
/// and one gathers what the others have signed. In the end each has the whole.
///
/// # Errors
/// If a command fails.
pub fn agree_on(
    (cluster, site): (&Cluster, &Site),
    terms: &[(&str, String)],
    first_signs: &[(&str, PathBuf)],
) -> Result<(), Error> {
    let (first, others) = cluster.peers.split_first().expect("a cluster has peers");
    let mut new = agree(first, site, &["new"]);
    for (flag, value) in terms {
        new.args([flag, value.as_str()]);
    }
    output("gantry pool agree new", &mut new)?;
    let hash = hash_of(&file(first))?.to_string();
    for peer in others {
        copy(&file(first), &file(peer))?;
    }
    for peer in &cluster.peers {
        let mut sign = agree(peer, site, &["sign", "--hash", &hash]);
        if peer.name == first.name {
            for (flag, path) in first_signs {
                sign.arg(flag).arg(path);
            }
        }
        output("gantry pool agree sign", &mut sign)?;
    }
    let mut merge = agree(first, site, &["merge"]);
    merge.args(cluster.peers.iter().map(file));
    output("gantry pool agree merge", &mut merge)?;
    for peer in others {
        copy(&file(first), &file(peer))?;
    }
    for peer in &cluster.peers {
        let mut show = agree(peer, site, &["show", "--complete"]);
        output("gantry pool agree show", &mut show)?;
    }
    Ok(())
}

/// The newest version.
fn newest(file: &Path) -> Result<Version, Error> {
    let text = fs::read_to_string(file).map_err(Error::file(file))?;
    let unexpected = |problem: String| Error::Unexpected(format!("{}: {problem}", file.display()));
    let read = AgreementFile::from_json(&text).map_err(|error| unexpected(error.to_string()))?;
    let last = read.versions.into_iter().next_back();
    last.ok_or_else(|| unexpected("no version".to_owned()))
}

/// The hash of the newest version: what is signed.
fn hash_of(file: &Path) -> Result<Root, Error> {
    newest(file).map(|version| version.hash)
}

/// The node account of the newest version.
fn node_of(file: &Path) -> Result<String, Error> {
    let found = newest(file)?.on_pool();
    let none = || Error::Unexpected(format!("{}: no node account", file.display()));
    let node = found.ok_or_else(none)?.terms.fixed.node_account;
    Ok(checksummed(&node))
}

/// What each of so many operators gets, in basis points: the first one what cannot be divided.
fn shares(operators: usize) -> impl Iterator<Item = usize> {
    let each = ALL / operators;
    (0..operators).map(move |i| match i {
        0 => ALL - each * (operators - 1),
        _ => each,
    })
}

fn file(peer: &Peer) -> PathBuf {
    peer.dir.join(FILE)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(Error::file(to))
}

fn agree(peer: &Peer, site: &Site, words: &[&str]) -> Command {
    let mut command = Command::new(site.place.gantry());
    command.args(["pool", "agree"]).args(words);
    command.arg("--config").arg(peer.config());
    command
}
