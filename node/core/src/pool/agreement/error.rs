//! Why an agreement is refused, and what to do then.

use std::fmt;

use proto::agreement::{BadFile, MAX_VERSIONS};
use proto::definition::checksummed;
use proto::{Address, IdentityKey, Root};
use thiserror::Error;

use super::backing::MOST_ALONE;
use super::bad_terms::BadTerms;

/// A version that another one stands against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its number.
    pub number: u64,
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
    /// There is no node account.
    #[error(
        "version {0} says nothing of Rocket Pool, so no node account signs it: leave out \
         --node-keystore"
    )]
    NoNode(u64),
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
         may have left. If none of you has ever signed a deposit, all of you may remove \
         `pool-agreement.json`, `pool-agreement-in-force` and the folder `pool-agreement-signed`, \
         and begin again"
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
        "version {number} is still to be signed by {missing}: a new one comes after that. To \
         give it up, write the next one in its place with --instead"
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
    /// Too many versions that nobody has signed.
    #[error(
        "nobody has signed the versions {first} to {last}, and more than {MOST_ALONE} such are \
         not taken: anybody can have written them. If it was one of you, that one signs the newest \
         (`gantry pool agree sign`) and sends the file again"
    )]
    Bare {
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
    },
    /// Too many versions that too few have signed.
    #[error(
        "the versions {first} to {last} are signed by {names} alone, and more than {most} such are \
         not taken, or nothing would fit behind them. To go on, another operator writes the next \
         version (`gantry pool agree new --instead`), signs it and sends the file"
    )]
    Crowd {
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
        /// Who has signed one of them.
        names: String,
        /// How many are taken.
        most: usize,
    },
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
    /// There is no Safe.
    #[error("version {0} names no Safe as node account, so no account signs it as its owner")]
    NoSafe(u64),
    /// Another account has signed as an owner.
    #[error(
        "this is the key of the account {signer}, and by version {number} {name} is to own the \
         Safe with {agreed}: take that account's key, or write the next version with yours \
         (`gantry pool agree new --instead --account {name}=ADDRESS`)",
        signer = checksummed(.signer), agreed = checksummed(.agreed)
    )]
    NotTheOwner {
        /// The operator.
        name: String,
        /// Whose key it is.
        signer: Address,
        /// The account that is agreed on.
        agreed: Address,
        /// Of which version.
        number: u64,
    },
    /// A signature that is not that of an owner's account.
    #[error(
        "what stands as signature of the account of {name:?} in version {number} is not that of \
         the account with which {name:?} is to own the Safe, for this version: remove it, and let \
         {name:?} sign again (`gantry pool agree sign`)"
    )]
    OwnerSignature {
        /// Of which version.
        number: u64,
        /// Whose it is said to be.
        name: String,
    },
    /// Two versions with one number, and nobody can say which one holds.
    #[error(
        "there are two versions {}, and only one can hold: {} and {}. {} Read both to each other \
         on the telephone. Nobody can sign both: write the next one in place of both (`gantry pool \
         agree new --instead`), which all of you take in and sign",
        .0[0].number, .0[0], .0[1], both(.0)
    )]
    Conflict(Box<[Claim; 2]>),
    /// Two versions with one number that all have signed.
    #[error(
        "there are two versions {}, and all have signed both: {} and {}. {} No gantry signs two \
         versions of one number, unless what it remembers was removed. Nothing is done at Rocket \
         Pool while nobody can say which one holds: settle on the telephone which one, and each \
         of you puts that one in place of the other and removes `pool-agreement-in-force`",
        .0[0].number, .0[0], .0[1], both(.0)
    )]
    TwoComplete(Box<[Claim; 2]>),
    /// Another branch, which does not hold.
    #[error(
        "it is older than your copy, or less is signed of it, and has another version {}, {}, \
         where yours has {} and goes on to version {last}: whoever wrote it lacked yours. Nothing \
         was taken of it. Send them your copy, which they take in with `gantry pool agree merge`; \
         what they want new comes after it", .both[0].number, .both[1], .both[0]
    )]
    Behind {
        /// What stands in ours, and in the other in its place.
        both: Box<[Claim; 2]>,
        /// The newest version of ours.
        last: u64,
    },
    /// Something else was signed.
    #[error(
        "you have signed version {signed_number} with the hash {signed}, so you cannot sign \
         version {number} with the hash {hash}: all of you might then have signed both, and \
         nobody could say which one holds. Take in the newest copy (`gantry pool agree merge`); \
         to give up what you have signed, write the next version in its place (`gantry pool agree \
         new --instead`)"
    )]
    SignedOther {
        /// What is to be signed.
        number: u64,
        /// Its hash.
        hash: Root,
        /// What was signed.
        signed_number: u64,
        /// Its hash.
        signed: Root,
    },
    /// The copy is older than what its operator has signed.
    #[error(
        "it lacks version {number} with the hash {hash}, which you have signed and which may be in \
         force by now: get the newest copy from the others and take it in (`gantry pool agree \
         merge FILE`). To give it up for a later version that you were sent, sign that one \
         (`gantry pool agree sign FILE`)"
    )]
    Lacks {
        /// The version.
        number: u64,
        /// Its hash.
        hash: Root,
    },
    /// What was in force is in force no more.
    #[error(
        "version {number} with the hash {hash} was in force here, and by this copy it is not: it \
         lacks that version or a signature of it, and no older one holds again. Get the newest \
         copy from the others and take it in (`gantry pool agree merge FILE`)"
    )]
    Forgets {
        /// The version.
        number: u64,
        /// Its hash.
        hash: Root,
    },
    /// What is in force is about builders alone.
    #[error(
        "version {0} is in force and says nothing of Rocket Pool: agree on that first (`gantry \
         pool agree new --node ADDRESS …`)"
    )]
    NotOnPool(u64),
    /// Nothing is in force yet.
    #[error(
        "not yet in force: version {number} lacks the signature of {missing}. Who has not signed \
         signs (`gantry pool agree sign`) and sends the file to the others, who take it in \
         (`gantry pool agree merge FILE`)"
    )]
    NotInForce {
        /// The last version.
        number: u64,
        /// Who has not signed.
        missing: String,
    },
}

/// Who has signed two versions with one number.
fn both([ours, theirs]: &[Claim; 2]) -> String {
    let has_signed_theirs = |name: &&String| theirs.signers.contains(name);
    let names = ours.signers.iter().filter(has_signed_theirs);
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.as_slice() {
        [] => "Nobody has signed both.".to_owned(),
        names => format!("Signed both: {}.", names.join(", ")),
    }
}
