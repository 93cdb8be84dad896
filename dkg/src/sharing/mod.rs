//! The arithmetic of one session: deal shares, check what others dealt, sum it all up.
//!
//! | file | holds |
//! |---|---|
//! | `deal` | what one peer deals, and how shares are sealed |
//! | `check` | what anybody, and a receiver, can check of a bundle |
//! | `settle` | the keys that good bundles make, and the proof that shares work |
//! | `rule` | what a peer can be convicted of |
//!
//! [`crate::ceremony`] goes through it step by step, and [`crate::blame`] judges by it. Never here:
//! how far a peer has come, and what becomes of a culprit.

pub(crate) mod check;
pub(crate) mod deal;
mod rule;
pub(crate) mod settle;

use proto::ceremony::Terms;
use proto::{ClusterSize, Identity, PeerIndex};
use zeroize::Zeroizing;

use crate::bls::{Commitments, Scalar};
use check::{POINT_BYTES, PROOF_BYTES};
use deal::{SHARE_BYTES, TAG_BYTES};

pub use rule::Rule;

/// Who this peer is and what the ceremony is about.
pub struct Participant {
    /// What all operators have agreed on.
    pub terms: Terms,
    /// This peer's place in the roster.
    pub me: PeerIndex,
    /// This peer's identity key.
    pub identity: Identity,
    /// 32 secret random bytes, durable before the machine is made and the same after a crash.
    pub seed: Zeroizing<[u8; 32]>,
}

/// What one dealer's bundle means for this peer.
pub(crate) struct Dealt {
    /// The dealer's commitments for each key.
    pub(crate) commitments: Vec<Commitments>,
    /// This peer's share of each key.
    pub(crate) shares: Vec<Scalar>,
}

/// The longest frame of a ceremony of `size` for `validators`, in bytes: two whole bundles and a
/// complaint, which is the longest accusation.
pub fn max_frame(size: ClusterSize, validators: u16) -> usize {
    // With the key for exits, of which no polynomial is longer than the others.
    let keys = usize::from(validators) + 2;
    let others = size.peers() - 1;
    let each_key = size.threshold() * POINT_BYTES + PROOF_BYTES + others * SHARE_BYTES;
    let each_peer = 32 + SHARE_BYTES + TAG_BYTES + 64;
    2 * (keys * each_key + size.peers() * each_peer + 1024)
}
