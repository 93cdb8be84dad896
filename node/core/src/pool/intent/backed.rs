//! An intent, and who has signed it: every signature in it is valid.

use std::collections::BTreeMap;

use proto::intent::{Intent, IntentHash, IntentId, SentIntent, SentSignature};
use proto::{IdentitySignature, PeerIndex, Roster, Signed};

use super::refused::BadSent;

/// An intent with valid signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backed {
    intent: Intent,
    id: IntentId,
    signatures: BTreeMap<PeerIndex, IdentitySignature>,
}

impl Backed {
    /// One that nobody has signed.
    pub(super) fn unsigned(intent: Intent) -> Self {
        Self {
            id: intent.id(),
            intent,
            signatures: BTreeMap::new(),
        }
    }

    /// What is signed.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Its number and hash.
    pub fn id(&self) -> IntentId {
        self.id
    }

    /// Its hash.
    pub fn hash(&self) -> proto::Root {
        self.id.hash
    }

    /// How many have signed it.
    pub fn count(&self) -> usize {
        self.signatures.len()
    }

    /// Who has signed it, in the order of the definition.
    pub fn signers(&self) -> impl Iterator<Item = PeerIndex> {
        self.signatures.keys().copied()
    }

    /// Whether this peer has.
    pub fn is_signed_by(&self, peer: PeerIndex) -> bool {
        self.signatures.contains_key(&peer)
    }

    /// Adds a signature, if it is one.
    pub(super) fn add(
        &mut self,
        peer: PeerIndex,
        signature: IdentitySignature,
        roster: &Roster,
    ) -> Result<(), BadSent> {
        let signed = Signed {
            statement: IntentHash(self.id.hash),
            signer: peer,
            signature,
        };
        signed.check(roster).map_err(|_| BadSent::Signature(peer))?;
        self.signatures.insert(peer, signature);
        Ok(())
    }

    /// Adds the signatures of the same intent.
    pub(super) fn merge(&mut self, other: &Self) {
        self.signatures.extend(&other.signatures);
    }

    pub(super) fn merge_maybe(&mut self, other: Option<&Self>) {
        other.into_iter().for_each(|other| self.merge(other));
    }

    pub(super) fn remove(&mut self, peer: PeerIndex) {
        self.signatures.remove(&peer);
    }

    /// As it goes to the peers.
    pub fn sent(&self) -> SentIntent {
        let signatures = self.signatures.iter();
        let sent = |(peer, signature): (&PeerIndex, &IdentitySignature)| SentSignature {
            operator: peer.number(),
            signature: *signature,
        };
        SentIntent {
            intent: self.intent.clone(),
            signatures: signatures.map(sent).collect(),
        }
    }
}
