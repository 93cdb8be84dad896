//! `gantry cluster`: one operator writes the definition, each signs it, everybody can read it.

mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use proto::definition::{BadDefinition, Definition, Fingerprint, Unfit};
use proto::{Address, Identity, PeerIndex, Root};
use thiserror::Error;

use super::draft::{DraftError, Flags};
use super::money;
use crate::checks::definition::{self, DefinitionFileError};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{SecretFileError, confirmed, read_identity};
pub(super) use words::content;
use words::{describe, signatures};

/// A definition was not written, signed or shown.
#[derive(Debug, Error)]
pub enum ClusterError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Definition(#[from] DefinitionFileError),
    /// What was typed makes no definition.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Nobody should sign this definition.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The operators have not agreed, or this peer is none of them.
    #[error(transparent)]
    Agreement(#[from] BadDefinition),
    #[error(
        "{} has the hash {found}, and you gave {given}: it is not the definition that you have \
         read and compared, so it is not signed. Read it with `gantry cluster show`",
        .file.display()
    )]
    OtherHash {
        file: PathBuf,
        found: Root,
        given: Root,
    },
    #[error(
        "nothing was signed: while you were asked, another definition came into {}. Read that one, \
         and compare it with the others, before you sign (`gantry cluster sign`)", .0.display()
    )]
    Changed(PathBuf),
    #[error("nothing was signed: the answer was not yes")]
    NotSigned,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a definition that nobody has signed yet, and show it.
    ///
    /// Send the file to all operators: each reads it with `gantry cluster show`, signs it with
    /// `gantry cluster sign`, and passes it on or sends the signed copy back.
    New(Box<New>),
    /// Show a definition and add your signature to it: you agree to everything in it.
    ///
    /// Before, read its fingerprint to every other operator on the telephone: if all 45 digits are
    /// the same, all of you hold the same definition, with the same keys in it.
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
    /// Sign without asking, if the definition has this hash: for scripts, once a person has read
    /// the definition and compared it with the others.
    #[arg(long, value_name = "HASH")]
    hash: Option<Root>,
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
    pub fn run(self) -> Result<(), ClusterError> {
        match self {
            Self::New(new) => new.run(),
            Self::Sign(sign) => sign.run(),
            Self::Merge(merge) => merge.run(),
            Self::Show(show) => {
                let (definition, unchecked) = read_to_show(&show.file)?;
                print!("{}", describe(&definition, &unchecked));
                if show.complete {
                    definition.into_signed()?;
                }
                Ok(())
            }
        }
    }
}

impl New {
    fn run(self) -> Result<(), ClusterError> {
        let unchecked = self.flags.unchecked();
        let definition = self.flags.definition()?;
        files::write_new(&self.out, definition.to_json().as_bytes(), Mode::Public)?;
        print!("{}", describe(&definition, &unchecked));
        let out = self.out.display();
        eprintln!(
            "Wrote {out}. Send it to all operators: each compares its fingerprint with every other \
             one on the telephone and signs it with `gantry cluster sign`."
        );
        Ok(())
    }
}

/// A definition that its operator has read.
struct Read {
    definition: Definition,
    identity: Identity,
    me: PeerIndex,
}

impl Read {
    fn name(&self) -> &str {
        self.definition.name_of(self.me)
    }

    /// Whether the operator had signed it before it was read.
    fn has_signed(&self) -> bool {
        !self.definition.unsigned_by().contains(&self.name())
    }
}

impl Sign {
    fn run(self) -> Result<(), ClusterError> {
        let read = self.show()?;
        let is_asked = self.hash.is_none() && !read.has_signed();
        if is_asked && !confirmed(&question(&read.definition, read.name()))? {
            return Err(ClusterError::NotSigned);
        }
        self.sign(&read)
    }

    /// Shows what is to be signed.
    fn show(&self) -> Result<Read, ClusterError> {
        let (definition, unchecked) = read_to_show(&self.file)?;
        let identity = read_identity(&self.dir.join("identity.key"))?;
        let me = definition.peer_of(&identity.public())?;
        print!("{}", describe(&definition, &unchecked));
        definition.terms().fit_to_sign()?;
        match self.hash {
            Some(given) if given != definition.hash() => Err(ClusterError::OtherHash {
                found: definition.hash(),
                file: self.file.clone(),
                given,
            }),
            Some(_) | None => Ok(Read {
                definition,
                identity,
                me,
            }),
        }
    }

    /// Signs what was read, in the file as it is by now: while its operator was on the telephone,
    /// signatures of the others may have come into it.
    fn sign(&self, read: &Read) -> Result<(), ClusterError> {
        let mut definition = definition::read(&self.file)?;
        if definition.hash() != read.definition.hash() {
            return Err(ClusterError::Changed(self.file.clone()));
        }
        definition.sign(&read.identity)?;
        files::replace(&self.file, definition.to_json().as_bytes(), Mode::Public)?;
        println!("{}", signatures(&definition));
        let (file, name) = (self.file.display(), read.name());
        match read.has_signed() {
            true => eprintln!("Already signed by you, {name}: {file}. Nothing is left to sign."),
            false => eprintln!("Signed {file} as {name}."),
        }
        Ok(())
    }
}

/// What is asked before a definition is signed.
fn question(definition: &Definition, me: &str) -> String {
    format!(
        "You would sign as {me}, for everything above.\n\
         Call every other operator, on a number that you had before and whose voice you know, and \
         read to each other:\n  {}\n\
         Are these 45 digits the same for all of them, and do you agree? Type yes to sign: ",
        Fingerprint::of_hash(&definition.hash())
    )
}

impl Merge {
    fn run(self) -> Result<(), ClusterError> {
        let (first, rest) = self
            .files
            .split_first()
            .expect("clap asks for two files or more");
        let mut definition = definition::read(first)?;
        for file in rest {
            let copy = definition::read(file)?;
            let merged = definition.merge(&copy);
            merged.map_err(definition::refused(file))?;
        }
        files::replace(first, definition.to_json().as_bytes(), Mode::Public)?;
        println!("{}", signatures(&definition));
        Ok(())
    }
}

/// A definition file, and the addresses in it that stand there without a checksum.
fn read_to_show(path: &Path) -> Result<(Definition, Vec<Address>), ClusterError> {
    let (definition, text) = definition::read_with_text(path)?;
    Ok((definition, money::without_checksum(&text)))
}

#[cfg(test)]
mod tests;
