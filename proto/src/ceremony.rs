//! The messages of the key ceremony: what is said, what exactly is signed, and the wire form.
//!
//! Each statement names its context in its preimage: the hash of the [`Terms`] (which holds the
//! definition hash and the ordered identity keys) and the attempt. Decoding is total and keeps no
//! more than it was given; list lengths are those of the cluster. What the statements mean and
//! when they are valid stands in crate `dkg`.
//!
//! Never here: cryptography beyond hashing, decisions.

mod wire;

use sha2::{Digest as _, Sha256};

use crate::{IdentityKey, IdentitySignature, PeerIndex, Root, Roster, Signed, Statement};

pub use wire::WireError;

/// The most validators one ceremony makes keys for; more need another cluster.
pub const MAX_VALIDATORS: u16 = 1000;

/// The last attempt of one ceremony. A peer that needs more is told to sign a new definition.
pub const MAX_ATTEMPT: u32 = 100;

/// Why the ceremony is held; part of the [`Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first keys of a new cluster, and its seal key.
    NewCluster,
    /// The same and a second seal key, for pre-signed exits, which fewer peers open.
    NewClusterWithExitKey,
}

impl Purpose {
    /// The name in the preimage of the terms and in evidence files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewCluster => "new-cluster",
            Self::NewClusterWithExitKey => "new-cluster-with-exit-key",
        }
    }

    /// The purpose of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        [Self::NewCluster, Self::NewClusterWithExitKey]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// What the ceremony is about. Everybody takes it from the definition; its hash is the context of
/// every statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The hash of the definition that all operators have signed.
    pub definition: Root,
    /// The operators' identity keys in the order of the definition.
    pub roster: Roster,
    /// How many validators get a key, 1 to [`MAX_VALIDATORS`].
    pub validators: u16,
    /// Why the ceremony is held.
    pub purpose: Purpose,
}

impl Terms {
    /// The context of every statement: SHA-256 over all fields, n and t.
    pub fn hash(&self) -> Root {
        hash_of(self)
    }

    /// How many keys are made: one for each validator, then the seal key, then that for exits.
    pub fn keys(&self) -> usize {
        self.thresholds().count()
    }

    /// How many shares open each key, in order: as many coefficients its polynomials have.
    pub fn thresholds(&self) -> impl Iterator<Item = usize> + Clone {
        let size = self.roster.size();
        let sealed = usize::from(self.validators) + 1;
        let exit = match self.purpose {
            Purpose::NewCluster => None,
            Purpose::NewClusterWithExitKey => Some(size.halting()),
        };
        std::iter::repeat_n(size.threshold(), sealed).chain(exit)
    }

    /// The identity keys in order.
    pub fn identity_keys(&self) -> impl Iterator<Item = &IdentityKey> {
        self.roster.size().all().map(|peer| self.roster.key(peer))
    }
}

impl Statement for Terms {
    const PURPOSE: &'static str = "gantry/ceremony/terms/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        let size = self.roster.size();
        write(self.definition.as_bytes());
        write(&(size.peers() as u64).to_le_bytes());
        write(&(size.threshold() as u64).to_le_bytes());
        for key in self.identity_keys() {
            write(&key.to_bytes());
        }
        write(&self.validators.to_le_bytes());
        write(self.purpose.name().as_bytes());
    }
}

/// The hash of a statement: what other statements call it by.
pub fn hash_of<T: Statement>(statement: &T) -> Root {
    let mut hash = Sha256::new();
    hash.update((T::PURPOSE.len() as u64).to_le_bytes());
    hash.update(T::PURPOSE.as_bytes());
    statement.feed(&mut |bytes| hash.update(bytes));
    Root::from(<[u8; 32]>::from(hash.finalize()))
}

/// The context that every statement begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The hash of the [`Terms`].
    pub terms: Root,
    /// Which attempt, counted from 0.
    pub attempt: u32,
}

impl Context {
    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.terms.as_bytes());
        write(&self.attempt.to_le_bytes());
    }
}

fn feed_list(roots: &[Root], write: &mut dyn FnMut(&[u8])) {
    write(&(roots.len() as u64).to_le_bytes());
    for root in roots {
        write(root.as_bytes());
    }
}

fn feed_bytes(bytes: &[u8], write: &mut dyn FnMut(&[u8])) {
    write(&(bytes.len() as u64).to_le_bytes());
    write(bytes);
}

/// A peer takes part in an attempt and gives one-time keys to which its shares are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Terms and attempt.
    pub context: Context,
    /// The earlier attempts that this peer has acknowledged, ascending. By opening this attempt it
    /// promises never to acknowledge any other earlier one.
    pub acked: Vec<u32>,
    /// n one-time x25519 public keys; that at position d is for dealer d.
    pub keys: Vec<[u8; 32]>,
}

impl Statement for Opening {
    const PURPOSE: &'static str = "gantry/ceremony/opening/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        write(&(self.acked.len() as u64).to_le_bytes());
        for attempt in &self.acked {
            write(&attempt.to_le_bytes());
        }
        write(&(self.keys.len() as u64).to_le_bytes());
        for key in &self.keys {
            write(key);
        }
    }
}

/// One receiver's shares, encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealedShares {
    /// The dealer's one-time x25519 public key for this receiver.
    pub key: [u8; 32],
    /// The shares of all keys, 32 bytes each, and the tag.
    pub ciphertext: Vec<u8>,
}

/// Everything one dealer deals. The byte strings have the lengths that the dealer gave them:
/// whether they are right is judged after the signature, so that wrong ones are evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Terms and attempt.
    pub context: Context,
    /// The hash of every peer's opening, as the dealer saw them.
    pub openings: Vec<Root>,
    /// For each key, t compressed points of G1, constant term first.
    pub commitments: Vec<u8>,
    /// For each key, a compressed point of G1 and a scalar.
    pub proofs: Vec<u8>,
    /// For each peer in order its sealed shares; the dealer's own place is empty.
    pub shares: Vec<SealedShares>,
}

impl Bundle {
    /// The session this bundle belongs to: see [`session`].
    pub fn session(&self) -> Root {
        session(self.context, &self.openings)
    }
}

impl Statement for Bundle {
    const PURPOSE: &'static str = "gantry/ceremony/bundle/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        feed_list(&self.openings, write);
        feed_bytes(&self.commitments, write);
        feed_bytes(&self.proofs, write);
        write(&(self.shares.len() as u64).to_le_bytes());
        for sealed in &self.shares {
            write(&sealed.key);
            feed_bytes(&sealed.ciphertext, write);
        }
    }
}

/// The hash of context and openings: what every polynomial and encryption key is bound to.
pub fn session(context: Context, openings: &[Root]) -> Root {
    struct Session<'a>(Context, &'a [Root]);
    impl Statement for Session<'_> {
        const PURPOSE: &'static str = "gantry/ceremony/session/1";

        fn feed(&self, write: &mut dyn FnMut(&[u8])) {
            self.0.feed(write);
            feed_list(self.1, write);
        }
    }
    hash_of(&Session(context, openings))
}

/// A peer has checked every bundle, names what it saw, and shows that its shares work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// Terms and attempt.
    pub context: Context,
    /// The hash of every peer's bundle.
    pub bundles: Vec<Root>,
    /// For each key, a partial signature of the transcript.
    pub partials: Vec<u8>,
}

impl Statement for Confirm {
    const PURPOSE: &'static str = "gantry/ceremony/confirm/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        feed_list(&self.bundles, write);
        feed_bytes(&self.partials, write);
    }
}

/// A receiver says that its shares in a bundle do not decrypt or do not fit, and reveals its
/// one-time secret for that dealer, so that everybody can see who is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Terms and attempt.
    pub context: Context,
    /// Whose bundle.
    pub dealer: PeerIndex,
    /// The hash of the bundle.
    pub bundle: Root,
    /// The secret of the one-time key in the complainer's opening. No secret any more.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Complaint({}, {})", self.dealer, self.bundle)
    }
}

impl Statement for Complaint {
    const PURPOSE: &'static str = "gantry/ceremony/complaint/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        write(&(self.dealer.position() as u64).to_le_bytes());
        write(self.bundle.as_bytes());
        write(&self.secret);
    }
}

/// A peer has durably stored its shares of this transcript and will never delete them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Terms and attempt.
    pub context: Context,
    /// The transcript whose shares are stored.
    pub transcript: Root,
    /// The hash of the cluster lock that the signer made of it.
    pub lock: Root,
    /// The signer's identity signature of [`LockHash`](crate::lock::LockHash).
    pub lock_signature: IdentitySignature,
}

impl Statement for Ack {
    const PURPOSE: &'static str = "gantry/ceremony/ack/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        write(self.transcript.as_bytes());
        write(self.lock.as_bytes());
        write(&self.lock_signature.0);
    }
}

/// A peer holds everybody's acknowledgement: for it the ceremony is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Terms and attempt.
    pub context: Context,
    /// The transcript that is finished.
    pub transcript: Root,
}

impl Statement for Done {
    const PURPOSE: &'static str = "gantry/ceremony/done/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.context.feed(write);
        write(self.transcript.as_bytes());
    }
}

/// One signed statement of a ceremony, its signature not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// A peer takes part.
    Opening(Signed<Opening>),
    /// A dealer deals.
    Bundle(Signed<Bundle>),
    /// A peer agrees and its shares work.
    Confirm(Signed<Confirm>),
    /// A receiver got a bad share.
    Complaint(Signed<Complaint>),
    /// A peer has stored its shares.
    Ack(Signed<Ack>),
    /// A peer is finished.
    Done(Signed<Done>),
}

/// One message between two peers of a ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "frames are read or written one at a time"
)]
pub enum Frame {
    /// One statement, of the sender or passed on.
    Spoken(Spoken),
    /// Up to three statements that together convict somebody.
    Accusation(Vec<Spoken>),
}
