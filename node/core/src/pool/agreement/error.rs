//! Why an agreement is refused, and what to do then.

use std::fmt;

use proto::agreement::{BadFile, MAX_VERSIONS};
use proto::definition::checksummed;
use proto::{Address, IdentityKey, PublicKey, Root};
use thiserror::Error;

use super::rules::{LONGEST_TIMEZONE, MOST_FUNDING, SHORTEST_TIMEZONE, WHOLE};

/// What of the terms cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadTerms {
    /// The stake of this cluster returns somewhere else already.
    #[error(
        "the stake of the cluster {cluster:?} returns to {at} by its lock, and that of Rocket \
         Pool's validators to the megapool: this cluster cannot join. Make another one, with new \
         data directories, whose definition leaves it open (`gantry cluster new --withdrawal \
         later`)", at = checksummed(.address)
    )]
    Settled {
        /// The cluster's name.
        cluster: String,
        /// The first address.
        address: Address,
    },
    /// A deposit was signed for a key of this cluster.
    #[error(
        "your signing record holds a deposit for {0}, signed before there was an agreement: the \
         credentials of a key never change, so this cluster cannot join. Make another one, with \
         new data directories"
    )]
    OnRecord(PublicKey),
    /// Another `RocketStorage` than that of the chain.
    #[error(
        "RocketStorage is to be {given}, and on chain {chain_id} it is {known}: leave it out, and \
         gantry takes the right one", given = checksummed(.given), known = checksummed(.known)
    )]
    Storage {
        /// What is asked for.
        given: Address,
        /// What is right.
        known: Address,
        /// The chain.
        chain_id: u64,
    },
    /// An address that must not be in this place.
    #[error("the {what} {at} is {why}", at = checksummed(.address))]
    Address {
        /// What it is for.
        what: String,
        /// The address.
        address: Address,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// One account of two operators.
    #[error(
        "{one} and {other} give the same account {at}: nobody could tell whose money comes from \
         it, or who decides. Each gives one of their own", at = checksummed(.address)
    )]
    Shared {
        /// An operator.
        one: String,
        /// Another one.
        other: String,
        /// The account.
        address: Address,
    },
    /// Other people than the operators.
    #[error(
        "the agreement is of {found}, and the cluster's operators are {expected}: name each of \
         them once, in this order"
    )]
    Members {
        /// Who stands in it.
        found: String,
        /// Who has to.
        expected: String,
    },
    /// The shares are not all of it.
    #[error(
        "the shares add up to {0} basis points, and all together are {WHOLE}: give each operator a \
         part of that"
    )]
    Shares(u64),
    /// Too many accounts.
    #[error("{0} gives more than {MOST_FUNDING} accounts to pay from: leave some out")]
    Funding(String),
    /// More validators than there are.
    #[error(
        "{wished} validators are wished for, and the lock has keys of {there}: wish for at most as \
         many"
    )]
    Validators {
        /// How many are wished for.
        wished: u64,
        /// How many keys there are.
        there: u64,
    },
    /// No timezone as Rocket Pool takes it.
    #[error(
        "a timezone is {SHORTEST_TIMEZONE} to {LONGEST_TIMEZONE} ASCII letters, digits or /_+-, \
         such as Europe/Berlin or Etc/UTC: change {0:?}"
    )]
    Timezone(String),
}

/// One of two versions with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its hash.
    pub hash: Root,
    /// Who has signed it.
    pub signers: Vec<String>,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signers.as_slice() {
            [] => write!(f, "{} (signed by nobody)", self.hash),
            names => write!(f, "{} (signed by {})", self.hash, names.join(", ")),
        }
    }
}

/// Why an agreement, or a step in it, is refused.
#[derive(Debug, Error)]
pub enum BadAgreement {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] BadFile),
    /// Terms that cannot be.
    #[error("version {number}: {error}")]
    Terms {
        /// Of which version.
        number: u64,
        /// What is wrong.
        error: BadTerms,
    },
    /// It is another cluster's.
    #[error(
        "this is the agreement of the cluster with the lock {found}, and yours is {expected}: take \
         your own cluster's agreement"
    )]
    OtherLock {
        /// The lock it names.
        found: Root,
        /// The peer's lock.
        expected: Root,
    },
    /// A version is missing, or not in its place.
    #[error(
        "the agreement has version {found} in the place of version {expected}: versions were taken \
         out or put into another order. Take the file as it was signed"
    )]
    Number {
        /// What stands there.
        found: u64,
        /// What has to.
        expected: u64,
    },
    /// A version that follows another one.
    #[error(
        "version {0} of the agreement does not follow the one before it, which has another hash: \
         one of them was changed. Take the file as it was signed"
    )]
    Previous(u64),
    /// A version that came before it was agreed.
    #[error(
        "version {number} of the agreement lacks the signature of {missing}, and another version \
         follows it: take the file as it was signed"
    )]
    Followed {
        /// Which.
        number: u64,
        /// Who has not signed.
        missing: String,
    },
    /// A signature that is not its operator's.
    #[error(
        "the signature of {name:?} does not fit version {number} of the agreement: it was made for \
         something else. Remove it from the file and ask {name:?} to sign again"
    )]
    Signature {
        /// Of which version.
        number: u64,
        /// Whose it is said to be.
        name: String,
    },
    /// A signature of somebody else.
    #[error(
        "version {number} of the agreement has a signature of {name:?}, who is no operator of this \
         cluster: remove it"
    )]
    UnknownSigner {
        /// Of which version.
        number: u64,
        /// Whose it is said to be.
        name: String,
    },
    /// A signature that is not the node account's.
    #[error(
        "what stands as signature of the node account in version {0} is not that of this account \
         for this version: remove it, and let the account sign (`gantry pool agree sign \
         --node-keystore FILE`)"
    )]
    NodeSignature(u64),
    /// A part that is fixed has changed.
    #[error(
        "version {number} changes {what}, and that stands since version {since}: deposits return \
         to the megapool of one node account for ever, and gantry takes it that a share of one \
         may have left. If none of you has ever signed a deposit, all of you may remove the file \
         and begin again with version 1"
    )]
    Fixed {
        /// Of which version.
        number: u64,
        /// What has changed.
        what: &'static str,
        /// From which version on it stands.
        since: u64,
    },
    /// The last version is not agreed yet.
    #[error(
        "version {number} is still to be signed by {missing}: a new one comes after that. If you \
         all give it up, write another in its place with --instead"
    )]
    Open {
        /// Which.
        number: u64,
        /// Who has not signed.
        missing: String,
    },
    /// Nothing is new.
    #[error("the new version says what version {0} says: name what is to change")]
    Unchanged(u64),
    /// No more versions fit.
    #[error("an agreement has at most {MAX_VERSIONS} versions, and this one has as many")]
    Full,
    /// Somebody wants to sign who is no operator.
    #[error(
        "your identity key {0} is none of the operators of this cluster: check that you use the \
         right data directory"
    )]
    NotAnOperator(Box<IdentityKey>),
    /// Another account has signed.
    #[error(
        "this is the key of the account {signer}, and the node account of version {number} is \
         {node}: take the node account's own keystore",
        signer = checksummed(.signer), node = checksummed(.node)
    )]
    NotTheNode {
        /// Whose key it is.
        signer: Address,
        /// The node account.
        node: Address,
        /// Of which version.
        number: u64,
    },
    /// Two versions with one number.
    #[error(
        "there are two versions {number}, and only one can hold: {ours} and {theirs}. {}",
        both(.ours, .theirs)
    )]
    Conflict {
        /// Their number.
        number: u64,
        /// One of them.
        ours: Claim,
        /// The other one.
        theirs: Claim,
    },
    /// Nothing is in force yet.
    #[error("not yet in force: version {number} lacks the signature of {missing}")]
    NotInForce {
        /// The last version.
        number: u64,
        /// Who has not signed.
        missing: String,
    },
}

/// Who has signed two versions with one number, and what to do.
fn both(ours: &Claim, theirs: &Claim) -> String {
    let has_signed_theirs = |name: &&String| theirs.signers.contains(name);
    let names: Vec<&String> = ours.signers.iter().filter(has_signed_theirs).collect();
    let last = "Read both to each other on the telephone, keep one, and remove the other";
    if names.is_empty() {
        return format!("Nobody has signed both. {last}");
    }
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    format!("Signed both: {}. {last}", names.join(", "))
}
