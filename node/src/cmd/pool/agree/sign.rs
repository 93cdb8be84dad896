//! `gantry pool agree sign`: the newest version is read, compared with the others, and signed once.

use std::path::PathBuf;

use clap::Args;
use node_core::pool::agreement::{Agreement, join};
use proto::agreement::AccountSignature;
use proto::definition::{Fingerprint, checksummed};
use proto::{Address, Identity, IdentityKey, Root};

use super::words::signatures;
use super::{AgreeError, Home, Place, write};
use crate::checks::{agreement, lock};
use crate::cmd::dkg::SecretFlags;
use crate::cmd::{account, money, owner};
use crate::disk::keystore::{confirmed, read_identity};
use crate::pool::sending::own_account;

#[derive(Debug, Args)]
pub struct Sign {
    /// The agreement; your signature is added to this file. Without it, the one beside the lock.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Sign without asking, if the version has this hash: for scripts, once a person has read it
    /// and compared it with the others.
    #[arg(long, value_name = "HASH")]
    hash: Option<Root>,
    /// Sign also as the node account: its keystore (version 3), or its key in hex; mode 0600.
    #[arg(long, value_name = "FILE")]
    node_keystore: Option<PathBuf>,
    /// A file with the passphrase of that keystore, mode 0600; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "node_keystore")]
    node_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

/// Who has not signed the newest version yet, of those for whom this operator can.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// The operator.
    Operator,
    /// The node account, whose keystore is given.
    Node,
    /// The account with which the operator owns the node account.
    Owner,
}

/// What is to be signed.
struct Draft {
    /// The own copy with what the file has.
    agreement: Agreement,
    /// The text in which its newest version stands.
    text: String,
    /// The file that is signed beside the own copy, if another one is.
    file: Option<PathBuf>,
}

/// A version that its operator has read.
struct Read {
    home: Home,
    identity: Identity,
    name: String,
    hash: Root,
    due: Vec<Due>,
    /// What the node account signs, if that is due.
    as_node: Option<(Address, AccountSignature)>,
    /// What the operator's own account signs, if that is due.
    as_owner: Option<(Address, AccountSignature)>,
}

impl Sign {
    pub(super) fn run(self) -> Result<(), AgreeError> {
        let read = self.show()?;
        let is_asked = self.hash.is_none() && !read.due.is_empty();
        if is_asked && !confirmed(&question(&read.hash, &read.name, &read.due))? {
            return Err(AgreeError::NotSigned);
        }
        self.sign(&read)
    }

    /// Shows what is to be signed.
    fn show(&self) -> Result<Read, AgreeError> {
        let home = self.place.home()?;
        let identity = read_identity(&home.config.identity_file)?;
        let key = identity.public();
        let me = lock::peer_of(&home.lock, &home.config.lock_file, &key)?;
        let name = home.lock.definition.name_of(me).to_owned();
        let draft = self.draft(&home, &name)?;
        let due = self.due(&draft.agreement, &name);
        if !due.is_empty() {
            refuse_deposited(&home, &draft.agreement, key)?;
        }
        home.show(&draft.agreement, &money::all_without_checksum(&draft.text));
        let as_node = self.as_node(&draft.agreement, &due)?;
        let as_owner = self.as_owner(&home, &draft.agreement, (&due, &name))?;
        let hash = draft.agreement.last().hash;
        match self.hash {
            Some(given) if given != hash => Err(AgreeError::OtherHash {
                number: draft.agreement.last().content.number,
                file: draft.file.unwrap_or(home.own),
                found: hash,
                given,
            }),
            Some(_) | None => Ok(Read {
                home,
                identity,
                name,
                hash,
                due,
                as_node,
                as_owner,
            }),
        }
    }

    /// Signs what was read, in the files as they are by now: while its operator was on the
    /// telephone, copies of the others may have been taken in.
    fn sign(&self, read: &Read) -> Result<(), AgreeError> {
        let Read {
            home, name, due, ..
        } = read;
        let draft = self.draft(home, name)?;
        let mut agreement = draft.agreement;
        let file = draft.file.unwrap_or_else(|| home.own.clone());
        let number = agreement.last().content.number;
        if agreement.last().hash != read.hash {
            return Err(AgreeError::Changed { file, number });
        }
        agreement.sign(&read.identity)?;
        let mut too = String::new();
        if let Some((account, signature)) = read.as_node {
            agreement.sign_as_node(account, signature)?;
            too = format!(", and as the node account {}", checksummed(&account));
        }
        if let Some((account, signature)) = read.as_owner {
            agreement.sign_as_owner(name, (account, signature))?;
            too += &format!(", and with the account {}", checksummed(&account));
        }
        agreement.refuse_crowd()?;
        agreement::remember(&home.own, &agreement)?;
        // Where nothing is due another file may still lack what stands here.
        write(&home.own, &agreement)?;
        if file != home.own {
            write(&file, &agreement)?;
        }
        println!("{}", signatures(&agreement));
        let file = file.display();
        match due.is_empty() {
            true => eprintln!(
                "Already signed by you, {name}: version {number} in {file}. Nothing is left to \
                 sign."
            ),
            false => eprintln!("Signed version {number} in {file} as {name}{too}."),
        }
        Ok(())
    }

    /// What is still to be signed by the operator called `name`, and with the keystore.
    fn due(&self, agreement: &Agreement, name: &str) -> Vec<Due> {
        let last = agreement.last();
        let as_node = self.node_keystore.is_some() && last.node_signature.is_none();
        let all = [
            (Due::Operator, !last.signatures.contains_key(name)),
            (Due::Node, as_node),
            (Due::Owner, agreement.wants_owner(name).is_some()),
        ];
        let due = all.into_iter().filter(|(_, is_due)| *is_due);
        due.map(|(due, _)| due).collect()
    }

    /// What the operator's own account would sign, if that is due: whoever calls the others finds
    /// out before whether it opens, and is that of the agreement.
    fn as_owner(
        &self,
        home: &Home,
        agreement: &Agreement,
        (due, name): (&[Due], &str),
    ) -> Result<Option<(Address, AccountSignature)>, AgreeError> {
        if !due.contains(&Due::Owner) {
            return Ok(None);
        }
        let master = owner::master(&home.config, &self.secret)?;
        let account = own_account::open(&home.config.data_dir, &master)?;
        let signature = AccountSignature(account.sign_text(&agreement.owner_text())?);
        let signed = (account.address(), signature);
        agreement.clone().sign_as_owner(name, signed)?;
        Ok(Some(signed))
    }

    /// What the node account would sign, if that is due: whoever calls the others finds out before
    /// whether its keystore opens, and is that of the agreement.
    fn as_node(
        &self,
        agreement: &Agreement,
        due: &[Due],
    ) -> Result<Option<(Address, AccountSignature)>, AgreeError> {
        let keystore = self.node_keystore.as_ref();
        let Some(keystore) = keystore.filter(|_| due.contains(&Due::Node)) else {
            return Ok(None);
        };
        let account = account::open(keystore, self.node_passphrase_file.as_deref())?;
        let signature = AccountSignature(account.sign_text(&agreement.node_text())?);
        agreement
            .clone()
            .sign_as_node(account.address(), signature)?;
        Ok(Some((account.address(), signature)))
    }

    /// Reads what is to be signed, if the operator called `name` may.
    fn draft(&self, home: &Home, name: &str) -> Result<Draft, AgreeError> {
        let own = home.copy()?;
        let mut signed = agreement::signed(&home.own)?;
        if let Some((own, _)) = &own {
            signed.add_those_of(own, name);
        }
        let file = self.file.as_ref().filter(|file| !home.is_own(file));
        let draft = match (file, own) {
            (None, Some((agreement, text))) => Draft {
                agreement,
                text,
                file: None,
            },
            (None, None) => {
                let (agreement, text) = agreement::read_own(&home.own, &home.lock)?;
                Draft {
                    agreement,
                    text,
                    file: None,
                }
            }
            (Some(file), own) => {
                let mut both = own.map(|(agreement, _)| agreement);
                let (copy, text, _) = agreement::take_in(file, &home.own, &mut both, &home.lock)?;
                let agreement = both.expect("a copy that is taken in is there");
                signed.add_those_of(&copy, name);
                if agreement.last().hash != copy.last().hash {
                    return Err(AgreeError::Older {
                        file: file.clone(),
                        own: home.own.clone(),
                        number: copy.last().content.number + 1,
                    });
                }
                Draft {
                    agreement,
                    text,
                    file: Some(file.clone()),
                }
            }
        };
        let allowed = signed.allow(&draft.agreement);
        allowed.map_err(agreement::refused(file.unwrap_or(&home.own)))?;
        Ok(draft)
    }
}

/// Before a first version on Rocket Pool comes into force: no deposit of this cluster may ever have
/// been.
fn refuse_deposited(
    home: &Home,
    agreement: &Agreement,
    key: IdentityKey,
) -> Result<(), AgreeError> {
    let is_first = agreement.on_pool().is_err();
    if is_first && agreement.last().content.terms.pool.is_some() {
        let deposited = agreement::deposited(&home.config.data_dir, &home.lock, key)?;
        join(&home.lock, &deposited)?;
    }
    Ok(())
}

/// What is asked before a version is signed.
fn question(hash: &Root, me: &str, due: &[Due]) -> String {
    let begun = match due.contains(&Due::Operator) {
        true => format!("You would sign as {me}"),
        false => format!("You have signed as {me}, and would sign"),
    };
    let more = due.iter().filter_map(|due| match due {
        Due::Operator => None,
        Due::Node => Some("as the node account"),
        Due::Owner => Some("with your own account, as an owner of the node account"),
    });
    let more: Vec<&str> = more.collect();
    let would = match (more.is_empty(), due.contains(&Due::Operator)) {
        (true, _) => begun,
        (false, true) => format!("{begun}, and {}", more.join(" and ")),
        (false, false) => format!("{begun} {} too", more.join(" and ")),
    };
    format!(
        "{would}, for everything above.\n\
         Call every other operator, on a number that you had before and whose voice you know, and \
         read to each other:\n  {}\n\
         Are these 45 digits the same for all of them, and do you agree? Type yes to sign: ",
        Fingerprint::of_hash(hash)
    )
}

#[cfg(test)]
mod tests;
