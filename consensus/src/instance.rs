//! One duty's state machine.

use proto::vote::Message;
use proto::{Root, Round, Timestamp};

use crate::{Input, Output, Setup, Value};

/// Agreement on the value of one duty, as seen by one peer.
#[derive(Debug)]
pub struct Instance<V> {
    setup: Setup,
    value: Option<V>,
}

impl<V: Value> Instance<V> {
    /// An instance in its first round. Hand it [`Input::Tick`] at once.
    pub fn new(setup: Setup) -> Self {
        Self { setup, value: None }
    }

    /// Takes one input at the moment `now` and answers with what is to be done, in order.
    pub fn handle(&mut self, now: Timestamp, input: Input<V>) -> Vec<Output<V>> {
        let _ = (now, input, &self.setup);
        Vec::new()
    }

    /// When the instance wants [`Input::Tick`] at the latest, if ever.
    pub fn deadline(&self) -> Option<Timestamp> {
        None
    }

    /// What this peer has sent to all and a peer that comes back may have missed.
    pub fn sent(&self) -> Vec<Message> {
        Vec::new()
    }

    /// The round this peer is in.
    pub fn round(&self) -> Round {
        Round::ZERO
    }

    /// The value with this hash, if this peer knows it.
    pub fn value(&self, hash: &Root) -> Option<&V> {
        self.value.as_ref().filter(|value| value.hash() == *hash)
    }
}
