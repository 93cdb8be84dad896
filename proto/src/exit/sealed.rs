//! Exits that are signed in advance: each peer's partial signature, sealed to the seal key that
//! n - t + 1 peers open.
//!
//! Never here: the seal key, and whether anybody may open it.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::eth::ValidatorIndex;
use crate::{Epoch, PeerIndex, PublicKey, Root, Statement};

/// What one peer signs in advance: that one validator leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitPart {
    /// The lock's hash, which names the cluster and its shares.
    pub lock: Root,
    /// The validator's group key.
    pub validator: PublicKey,
    /// Its index on the chain.
    pub index: ValidatorIndex,
    /// The first epoch in which the chain takes its exit.
    pub epoch: Epoch,
    /// The 32 bytes that are signed, which the fork version goes into. It does not travel: whoever
    /// hears of a part makes it by its own view of the chain, so that one signed for another fork
    /// is told from it before it is needed.
    pub signing_root: Root,
    /// Whose share signs.
    pub sealer: PeerIndex,
}

/// A partial signature that was sealed: a point of G1, 96 hidden bytes, a point of G2. Nothing says
/// that they are such.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedText(pub [u8; Self::LENGTH]);

/// What a peer says that it has sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedExit {
    /// What for.
    pub part: ExitPart,
    /// The signature.
    pub text: SealedText,
}

impl SealedText {
    /// Bytes of one.
    pub const LENGTH: usize = 48 + 96 + 96;

    /// By what it is told from others.
    pub fn hash(&self) -> Root {
        let mut hash = Sha256::new();
        hash.update(b"gantry/sealed-text/1");
        hash.update(self.0);
        Root::from(<[u8; 32]>::from(hash.finalize()))
    }
}

impl fmt::Debug for SealedText {
    /// The first bytes, which differ.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "SealedText({a:02x}{b:02x}{c:02x}{d:02x})")
    }
}

impl ExitPart {
    /// What binds a sealed signature to all of this.
    pub fn label(&self) -> Root {
        let mut hash = Sha256::new();
        hash.update(b"gantry/exit-part/1");
        self.feed(&mut |bytes| hash.update(bytes));
        Root::from(<[u8; 32]>::from(hash.finalize()))
    }

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.lock.as_bytes());
        write(self.validator.as_bytes());
        write(&self.index.0.to_le_bytes());
        write(&self.epoch.0.to_le_bytes());
        write(self.signing_root.as_bytes());
        write(&(self.sealer.position() as u64).to_le_bytes());
    }
}

impl Statement for SealedExit {
    const PURPOSE: &'static str = "gantry/sealed-exit/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.part.feed(write);
        write(&self.text.0);
    }
}
