//! The flags of `gantry slashing`, and what is printed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::PublicKey;
use proto::eth::ChainSpec;
use proto::lock::Lock;
use thiserror::Error;

use super::runtime::{RuntimeError, complete, runtime};
use crate::beacon::BadUrl;
use crate::checks::chain::{Judge, UnfitNode, current_slot, slot_by_clock, slot_by_two};
use crate::checks::lock::{self, LockFileError};
use crate::checks::own_nodes::{Expected, NoneServes, OwnNodes};
use crate::config::{Config, ConfigError};
use crate::disk::files;
use crate::disk::keystore::{SecretFileError, read_identity};
use crate::slashing::{self, Imported, Place, Renewed, SlashingError};
use node_core::record::Owner;
use node_core::vault::interchange::Moment;

/// The record is as it was.
#[derive(Debug, Error)]
pub enum RecordCommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    BeaconUrl(#[from] BadUrl),
    /// Clock and beacon node leave open which slot it is.
    #[error("which slot it is has to be known first, and nothing was changed: {0}")]
    Slot(#[from] NoneServes<UnfitNode>),
    #[error("this command asks the beacon node which slot it is, and nothing was changed: {0}")]
    NoBeaconNode(#[source] ConfigError),
    #[error(transparent)]
    Record(#[from] SlashingError),
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Raise the marks of the signing record to those of an EIP-3076 file.
    ///
    /// Asks the beacon node of the config which slot it is: marks that are far ahead of it would
    /// keep this peer silent, and are refused.
    Import(Interchange),
    /// Write the marks of the signing record as an EIP-3076 file.
    Export(Interchange),
    /// Say that the signing record, or its newest part, is lost, and go on from now.
    ///
    /// No attestation and no block up to the end of the epoch after the next will be signed; what
    /// nobody can be slashed for is. The beacon node of the config, which has to be synced, says
    /// which epoch it is. Meanwhile this peer sees in the chain whether its old self, or anybody,
    /// still signs. Only do this if the record is really lost: then you count as one of the bad
    /// operators of the safety budget for what you signed before.
    NewRecord(Settings),
    /// Say that the signing record is the newest, although one of three operators' programs claims
    /// to have seen more of it.
    ///
    /// Only do this if no older copy of the data directory was put in place, and the third
    /// operator, called on the telephone, has seen no more of the record than there is. If the
    /// claim is true, two different votes can be signed and all of you slashed.
    KeepRecord(Claim),
    /// Say that nobody else signs for a validator any more, for which this peer signs nothing since
    /// its beacon node has shown something foreign.
    ///
    /// Only do this once the other signer is found and stopped for good: two signers of one key get
    /// it slashed. Each operator whose peer has halted the validator says it.
    Resume(Halted),
}

#[derive(Debug, Args)]
pub(super) struct Halted {
    /// The validator's public key, as `gantry status` shows it.
    #[arg(value_name = "KEY")]
    validator: PublicKey,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
pub(super) struct Claim {
    /// The operator whose program claims it, by name.
    #[arg(long, value_name = "NAME")]
    against: String,
    /// What it claims to have seen, as `gantry run` and `gantry status` say.
    #[arg(long, value_name = "NUMBER")]
    seen: u64,
    /// Deny it although the third operator's claim is denied already.
    #[arg(long)]
    against_both: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
pub(super) struct Interchange {
    /// The EIP-3076 file; an export never overwrites other marks.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// The config of this peer, which must not be running.
    #[arg(
        long,
        value_name = "FILE",
        env = "GANTRY_CONFIG",
        default_value = "gantry.toml"
    )]
    config: PathBuf,
}

impl Command {
    pub fn run(self) -> Result<(), RecordCommandError> {
        match self {
            Self::Import(interchange) => {
                let own = interchange.settings.open()?;
                let read = slashing::read(&own.place(), &interchange.file)?;
                let import = slashing::import(&own.place(), read, own.now(slot_by_clock)?.1)?;
                print_import(&import);
                println!("Now {} goes on from there.", interchange.settings.run());
            }
            Self::Export(interchange) => {
                let own = interchange.settings.open()?;
                let count = slashing::export(&own.place(), &interchange.file)?;
                println!("Wrote the marks of {count} validators.");
            }
            Self::NewRecord(settings) => {
                let own = settings.open()?;
                let keys = own.lock.group_keys();
                let (spec, now) = own.now(slot_by_two)?;
                let until = slashing::watched_until(now, spec.slots_per_epoch());
                let renewed = slashing::new_record(&own.place(), &keys, until)?;
                println!("{}", in_words(&renewed));
                println!(
                    "No attestation and no block up to slot {} and epoch {} will be signed: until \
                     then this peer sees whether somebody else signs for your validators, if it \
                     runs. Now {} goes on from there.",
                    until.slot,
                    until.epoch,
                    settings.run()
                );
            }
            Self::Resume(halted) => {
                let own = halted.settings.open()?;
                slashing::resume(&own.place(), &own.lock.group_keys(), &halted.validator)?;
                println!(
                    "Duties of validator {} begin again with {}.",
                    halted.validator,
                    halted.settings.run()
                );
            }
            Self::KeepRecord(claim) => {
                let own = claim.settings.open()?;
                let claimed = (claim.against, claim.seen);
                let denial = slashing::denial(&own.lock, &own.owner, claimed)?;
                let name = denial.operator.clone();
                let ours = slashing::keep_record(&own.place(), denial, claim.against_both)?;
                println!(
                    "The signing record, which ends at {ours}, counts as the newest, and {name}'s \
                     claim to have seen {} of it stops nothing any more. Now {} goes on.",
                    claim.seen,
                    claim.settings.run()
                );
            }
        }
        Ok(())
    }
}

/// Everything the commands need to know about this own.
struct Own {
    config: Config,
    lock: Lock,
    owner: Owner,
}

impl Settings {
    /// How this peer is started, as somebody types it.
    fn run(&self) -> String {
        format!("`gantry run --config {}`", files::typed(&self.config))
    }

    fn open(&self) -> Result<Own, RecordCommandError> {
        let config = Config::read(&self.config)?;
        let lock = lock::read(&config.lock_file)?;
        let identity = read_identity(&config.identity_file)?.public();
        lock::peer_of(&lock, &config.lock_file, &identity)?;
        let owner = Owner {
            cluster: lock.hash(),
            identity,
        };
        Ok(Own {
            config,
            lock,
            owner,
        })
    }
}

impl Own {
    fn place(&self) -> Place<'_> {
        Place {
            data: &self.config.data_dir,
            owner: self.owner,
            genesis_validators_root: self.lock.definition.terms().chain.genesis_validators_root,
        }
    }

    /// The chain, and the current slot and epoch by `judge`. Marks that are too low let a share
    /// sign twice, so a node of another chain is refused.
    fn now(&self, judge: Judge) -> Result<(ChainSpec, Moment), RecordCommandError> {
        let urls = self.config.beacon_nodes();
        let urls = urls.map_err(RecordCommandError::NoBeaconNode)?;
        let chain = Box::new(self.lock.definition.terms().chain.clone());
        let nodes = OwnNodes::connect(urls, Expected::Cluster(chain))?;
        let now = nodes.first(UnfitNode::leaves_the_clock, async |node| {
            current_slot(node, &self.lock, judge).await
        });
        let (spec, slot) = complete(runtime()?, now)?;
        let epoch = spec.epoch_of(slot);
        Ok((spec, Moment { slot, epoch }))
    }
}

fn print_import(import: &Imported) {
    if import.raised + import.unchanged + import.unknown.len() == 0 {
        println!("The file names no validator: there was nothing to import.");
        return;
    }
    println!("Raised the marks of {} validators.", import.raised);
    println!("{} were as high already.", import.unchanged);
    for key in &import.unknown {
        println!("{key} in the file is no validator of this cluster.");
    }
}

fn in_words(renewed: &Renewed) -> String {
    match renewed {
        Renewed::Continued => "The record goes on, with its marks raised.".to_owned(),
        Renewed::Begun => "There was no record: a new one begins.".to_owned(),
        Renewed::SetAside(kept) => {
            let kept = kept.display();
            format!("A new record begins; the damaged one is kept in {kept}.")
        }
    }
}
