//! The flags of `gantry slashing`, and what is printed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::eth::ChainSpec;
use proto::lock::Lock;
use proto::{PublicKey, Slot, Timestamp};

use super::chain::{UnsureSlot, check_chain, slot_by_clock, slot_by_two};
use super::slashing::{self, Imported, Place, Renewed};
use super::{CommandError, lock, runtime};
use crate::config::Config;
use crate::io::beacon::{BeaconClient, SyncStatus};
use crate::io::clock;
use crate::journal::Owner;
use crate::keystore::read_identity;
use crate::vault::interchange::Moment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Raise the marks of the signing record to those of an EIP-3076 file.
    Import(Interchange),
    /// Write the marks of the signing record as an EIP-3076 file.
    Export(Interchange),
    /// Say that the signing record, or its newest part, is lost, and go on from now.
    ///
    /// Nothing up to the current epoch will be signed. Only do this if the record is really lost:
    /// then you count as one of the bad operators of the safety budget for what you signed before.
    NewRecord(Settings),
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
    pub fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Import(interchange) => {
                let peer = interchange.settings.open()?;
                let read = slashing::read(&peer.place(), &interchange.file)?;
                let import = slashing::import(&peer.place(), read, peer.now(slot_by_clock)?)?;
                print_import(&import);
            }
            Self::Export(interchange) => {
                let peer = interchange.settings.open()?;
                let count = slashing::export(&peer.place(), &interchange.file)?;
                println!("Wrote the marks of {count} validators.");
            }
            Self::NewRecord(settings) => {
                let peer = settings.open()?;
                let keys: Vec<PublicKey> =
                    peer.lock.validators.iter().map(|v| v.public_key).collect();
                let now = peer.now(slot_by_two)?;
                let renewed = slashing::new_record(&peer.place(), &keys, now)?;
                println!("{}", in_words(&renewed));
                println!(
                    "Nothing up to slot {} and epoch {} will be signed.",
                    now.slot, now.epoch
                );
            }
        }
        Ok(())
    }
}

/// Everything the commands need to know about this peer.
struct Peer {
    config: Config,
    lock: Lock,
    owner: Owner,
}

impl Settings {
    fn open(&self) -> Result<Peer, CommandError> {
        let config = Config::read(&self.config)?;
        let lock = lock::read(&config.lock_file)?;
        let identity = read_identity(&config.identity_file)?.public();
        lock::peer_of(&lock, &config.lock_file, &identity)?;
        let owner = Owner {
            cluster: lock.hash(),
            identity,
        };
        Ok(Peer {
            config,
            lock,
            owner,
        })
    }
}

impl Peer {
    fn place(&self) -> Place<'_> {
        Place {
            data: &self.config.data_dir,
            owner: self.owner,
            genesis_validators_root: self.lock.definition.terms().chain.genesis_validators_root,
        }
    }

    /// The current slot and epoch by `judge`, from the beacon node's genesis, slot length and head
    /// and this clock. Marks that are too low let a share sign twice, so a node of another chain is
    /// refused.
    fn now(&self, judge: Judge) -> Result<Moment, CommandError> {
        let beacon = BeaconClient::connect(self.config.beacon_node()?.as_str())?;
        let runtime = runtime()?;
        let spec = runtime.block_on(beacon.chain_spec())?;
        check_chain(&self.lock, &spec)?;
        let node = runtime.block_on(beacon.sync_status())?;
        let slot = judge(&spec, &node, clock::now())?;
        let epoch = spec.epoch_of(slot);
        Ok(Moment { slot, epoch })
    }
}

/// Whom to believe about the slot.
type Judge = fn(&ChainSpec, &SyncStatus, Timestamp) -> Result<Slot, UnsureSlot>;

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
