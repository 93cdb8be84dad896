//! Messages of duties whose run is not open yet: a peer's clock or beacon node is a little ahead.
//!
//! Bounded by peers, duties and [`MESSAGES`]: at most one proposal of a peer and duty is kept,
//! since it alone is large.
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
    /// Keeps a message of `peer`, unless there are too many of it. One without a signer is dropped:
    /// it asks for a value, or brings one that nobody has asked for.
    pub fn keep(&mut self, peer: PeerIndex, message: Message) {
        let kept = self.0.entry((message.scope().duty, peer)).or_default();
        let is_proposal = |message: &Message| matches!(message, Message::Propose(_));
        let is_second = is_proposal(&message) && kept.iter().any(is_proposal);
        if message.signer().is_some() && !is_second && kept.len() < MESSAGES {
            kept.push(message);
        }
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
mod tests {
    use proto::vote::{Prepare, Proposal, Propose, Scope, Vote};
    use proto::{ClusterSize, DutyKind, Identity, Root, Round};

    use super::*;

    const SCOPE: Scope = Scope {
        lock: Root::ZERO,
        duty: DutyId {
            slot: Slot(9),
            kind: DutyKind::Block,
        },
    };

    fn peer() -> PeerIndex {
        ClusterSize::of(4).unwrap().peer(2).unwrap()
    }

    fn proposal(value: u8) -> Message {
        let statement = Propose {
            scope: SCOPE,
            round: Round::FIRST,
            value: [value; 32].into(),
        };
        Message::Propose(Proposal {
            signed: Identity::from_seed(&[1; 32])
                .sign(peer(), statement)
                .into_signed(),
            body: vec![value; 1000].into(),
            justification: Vec::new(),
        })
    }

    fn vote(value: u8) -> Message {
        let statement = Prepare {
            scope: SCOPE,
            round: Round::FIRST,
            value: [value; 32].into(),
        };
        let identity = Identity::from_seed(&[1; 32]);
        Message::Prepare(Vote {
            signed: identity.sign(peer(), statement).into_signed(),
            proposal: None,
        })
    }

    #[test]
    fn a_peer_can_leave_one_proposal_and_few_votes_and_no_values() {
        let mut early = Early::default();
        for value in 0..20 {
            early.keep(peer(), proposal(value));
            early.keep(peer(), vote(value));
            let body = vec![value; 1000].into();
            early.keep(peer(), Message::Value { scope: SCOPE, body });
        }
        let kept = early.take(SCOPE.duty, peer());
        assert_eq!(kept.len(), MESSAGES);
        assert_eq!(kept[..2], [proposal(0), vote(0)]);
        assert!(kept[2..].iter().all(|m| matches!(m, Message::Prepare(_))));
    }

    #[test]
    fn a_slot_that_is_over_is_forgotten() {
        let mut early = Early::default();
        early.keep(peer(), vote(1));
        early.forget_before(Slot(10));
        assert_eq!(early.take(SCOPE.duty, peer()), []);
    }
}
