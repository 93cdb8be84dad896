//! Messages of duties whose run is not open yet: a peer's clock or beacon node is a little ahead.
//!
//! Bounded by peers, duties and [`MESSAGES`]: at most one proposal and one COMMIT of a peer and
//! duty are kept, since these two are large.
//!
//! Never here: a signature checked. That is the run's to do.

use std::collections::BTreeMap;

use proto::vote::Message;
use proto::{DutyId, PeerIndex, Slot};

/// The most messages that are kept of one peer and duty. A correct one sends fewer.
const MESSAGES: usize = 8;

/// What came too early.
#[derive(Debug, Default)]
pub(crate) struct Early(BTreeMap<(DutyId, PeerIndex), Vec<Message>>);

impl Early {
    /// Keeps a message of `peer`, unless there are too many of it; whether it does. One without a
    /// signer is dropped: it asks for a value, or brings one that nobody has asked for.
    pub fn keep(&mut self, peer: PeerIndex, message: Message) -> bool {
        let kept = self.0.entry((message.scope().duty, peer)).or_default();
        let is_large = |of: &Message| matches!(of, Message::Propose(_) | Message::Commit(_));
        let is_same = |of: &Message| std::mem::discriminant(of) == std::mem::discriminant(&message);
        let is_second = is_large(&message) && kept.iter().any(is_same);
        let is_kept = message.signer().is_some() && !is_second && kept.len() < MESSAGES;
        if is_kept {
            kept.push(message);
        }
        is_kept
    }

    /// What `peer` has said of `duty`, in its order.
    pub fn take(&mut self, duty: DutyId, peer: PeerIndex) -> Vec<Message> {
        self.0.remove(&(duty, peer)).unwrap_or_default()
    }

    /// Forgets the duties of the slots before `slot`.
    pub fn forget_before(&mut self, slot: Slot) {
        self.0.retain(|(duty, _), _| duty.slot >= slot);
    }
}

#[cfg(test)]
mod tests;
