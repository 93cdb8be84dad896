//! What was said in one attempt, for every round of it: a peer that is ahead says later things
//! early, and one that comes back is shown earlier ones late.

use std::collections::BTreeMap;

use proto::ceremony::{Ack, Bundle, Confirm, Context, Done, Opening, Spoken};
use proto::{PeerIndex, Verified};

/// The verified statements of one attempt, at most one of a kind and peer.
pub(in crate::ceremony) struct Said {
    pub(in crate::ceremony) context: Context,
    pub(in crate::ceremony) openings: BTreeMap<PeerIndex, Verified<Opening>>,
    pub(in crate::ceremony) bundles: BTreeMap<PeerIndex, Verified<Bundle>>,
    pub(in crate::ceremony) confirms: BTreeMap<PeerIndex, Verified<Confirm>>,
    pub(in crate::ceremony) acks: BTreeMap<PeerIndex, Verified<Ack>>,
    pub(in crate::ceremony) dones: BTreeMap<PeerIndex, Verified<Done>>,
}

impl Said {
    /// Nothing is said yet.
    pub(in crate::ceremony) fn nothing(context: Context) -> Self {
        Self {
            context,
            openings: BTreeMap::new(),
            bundles: BTreeMap::new(),
            confirms: BTreeMap::new(),
            acks: BTreeMap::new(),
            dones: BTreeMap::new(),
        }
    }

    /// Every opening, to be shown.
    pub(in crate::ceremony) fn all_openings(&self) -> Vec<Spoken> {
        let openings = self.openings.values().cloned();
        openings.map(|s| Spoken::Opening(s.into_signed())).collect()
    }

    /// Every bundle, to be shown.
    pub(in crate::ceremony) fn all_bundles(&self) -> Vec<Spoken> {
        let bundles = self.bundles.values().cloned();
        bundles.map(|s| Spoken::Bundle(s.into_signed())).collect()
    }
}
