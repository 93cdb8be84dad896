//! `gantry cluster`: one operator writes the definition, each signs it, everybody can read it.

mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use proto::definition::Definition;

use super::CommandError;
use super::draft::Flags;
use crate::io::files::{self, Mode};
use crate::keystore::read_identity;
use words::{describe, signatures};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a definition that nobody has signed yet, and show it.
    ///
    /// Send the file to all operators: each reads it with `gantry cluster show`, signs it with
    /// `gantry cluster sign`, and passes it on or sends the signed copy back.
    New(Box<New>),
    /// Show a definition and add your signature to it: you agree to everything in it.
    Sign(Sign),
    /// Gather the signatures of several copies in the first of them.
    Merge(Merge),
    /// Print what a definition says, what its size means, and who has signed it.
    ///
    /// Exits with 1 if the file is refused, and with --complete also if a signature is missing.
    Show(Show),
}

#[derive(Debug, Args)]
pub(super) struct New {
    #[command(flatten)]
    flags: Flags,
    /// The file to write; one that exists is never overwritten.
    #[arg(long, value_name = "FILE", default_value = "cluster-definition.json")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The definition; your signature is added to this file.
    #[arg(value_name = "FILE", default_value = "cluster-definition.json")]
    file: PathBuf,
    /// Your data directory, with identity.key.
    #[arg(long, value_name = "DIR", env = "GANTRY_DATA_DIR", default_value = ".")]
    dir: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// Copies of one definition; the first takes the signatures of the others.
    #[arg(value_name = "FILE", required = true, num_args = 2..)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The definition.
    #[arg(value_name = "FILE", default_value = "cluster-definition.json")]
    file: PathBuf,
    /// Fail unless every operator has signed.
    #[arg(long)]
    complete: bool,
}

impl Command {
    pub fn run(self) -> Result<(), CommandError> {
        match self {
            Self::New(new) => {
                let definition = new.flags.definition()?;
                files::write_new(&new.out, definition.to_json().as_bytes(), Mode::Public)?;
                print!("{}", describe(&definition));
                eprintln!("Wrote {}.", new.out.display());
                Ok(())
            }
            Self::Sign(sign) => {
                let mut definition = read(&sign.file)?;
                let identity = read_identity(&sign.dir.join("identity.key"))?;
                let peer = definition.sign(&identity)?;
                print!("{}", describe(&definition));
                files::replace(&sign.file, definition.to_json().as_bytes(), Mode::Public)?;
                eprintln!(
                    "Signed {} as {}.",
                    sign.file.display(),
                    definition.name_of(peer)
                );
                Ok(())
            }
            Self::Merge(merge) => merge.run(),
            Self::Show(show) => {
                let definition = read(&show.file)?;
                print!("{}", describe(&definition));
                if show.complete {
                    definition.into_signed()?;
                }
                Ok(())
            }
        }
    }
}

impl Merge {
    fn run(self) -> Result<(), CommandError> {
        let (first, rest) = self
            .files
            .split_first()
            .expect("clap asks for two files or more");
        let mut definition = read(first)?;
        for file in rest {
            let copy = read(file)?;
            let merged = definition.merge(&copy);
            merged.map_err(|error| CommandError::Definition(file.clone(), error))?;
        }
        files::replace(first, definition.to_json().as_bytes(), Mode::Public)?;
        println!("{}", signatures(&definition));
        Ok(())
    }
}

/// Reads a definition file.
pub(super) fn read(path: &Path) -> Result<Definition, CommandError> {
    let text = files::read(path, Definition::MAX_BYTES)?;
    Definition::from_json(&text).map_err(|error| CommandError::Definition(path.to_owned(), error))
}
