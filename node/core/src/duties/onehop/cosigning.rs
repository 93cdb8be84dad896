//! What peers have signed for the Safe that is the node account, on its way to the thread that
//! looks at Rocket Pool, and what this one has, on its way to all.
//!
//! Each says what it has signed again as long as it is open, so the same from the same peer is
//! handed on once in `AGAIN` slots: what is handed on may be lost. A peer that says more in a slot
//! than an honest one could is named.
//!
//! Never here: whether a signature is good, and what to sign
//! ([`Cosign`](crate::safe::cosign::Cosign)).

use std::collections::BTreeMap;

use proto::frame::{Frame, SafeStep};
use proto::{PeerIndex, Slot};

use crate::duties::Output;
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::Note;

/// How often the same is handed on.
const AGAIN: u64 = 8;
/// What a peer may say in one slot: an honest one says two things at a look, and looks a few times.
pub const MOST_HEARD: usize = 32;

/// What was heard.
#[derive(Debug, Default)]
pub struct Cosigning {
    /// The last of each peer, its call and its nothing, and in which slot it was handed on.
    last: BTreeMap<(PeerIndex, bool), (SafeStep, Slot)>,
    /// How much of each peer came in this slot.
    heard: BTreeMap<PeerIndex, usize>,
    slot: Option<Slot>,
}

impl Cosigning {
    /// What `peer` has signed.
    pub fn hear(&mut self, peer: PeerIndex, said: SafeStep, step: &mut Step<'_>) {
        let slot = step.slot();
        if self.slot.replace(slot) != Some(slot) {
            self.heard.clear();
        }
        let heard = self.heard.entry(peer).or_default();
        *heard = heard.saturating_add(1);
        if *heard > MOST_HEARD {
            if *heard == MOST_HEARD + 1 {
                let detail = "says too much of what it has signed for the node account";
                step.note(Note::Fault {
                    peer,
                    breach: Breach::SafeStep,
                    detail: detail.to_owned(),
                });
            }
            return;
        }
        let place = (peer, said.call.is_none());
        let last = self.last.get(&place);
        let is_known = |(last, at): &(SafeStep, Slot)| *last == said && slot.0 < at.0 + AGAIN;
        if last.is_some_and(is_known) {
            return;
        }
        self.last.insert(place, (said.clone(), slot));
        step.out.push(Output::Hear(peer, Box::new(said)));
    }

    /// The own account has signed this.
    pub fn signed(&self, said: SafeStep, step: &mut Step<'_>) {
        let frame = Frame::SafeStep(said);
        step.broadcast(frame.since(), frame.encode());
    }

    /// This peer's account has not signed what it has sent.
    pub fn unsigned(&self, peer: PeerIndex, step: &mut Step<'_>) {
        step.note(Note::Fault {
            peer,
            breach: Breach::SafeStep,
            detail: "sends what its account has not signed for the node account".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests;
