//! Blinded blocks: somebody else has built the payload, and shows it when the block is signed.
//!
//! The leader's beacon node has a bid from a relay and makes a block around the header of its
//! payload. Nobody but the builder knows what is in it, so a peer votes for such a block only if it
//! has seen the bid itself (`bids.rs`): a relay that the operators have agreed on, asked by this
//! peer for our proposer, shows a bid for exactly this payload in this slot, signed by the key of
//! that relay, of no less than the leader states. Who has proposed it does not matter then, nor
//! what its beacon node says.
//!
//! *What is not checked.* Whom the payload pays: its fee recipient is the builder's, which pays the
//! proposer by a transaction inside. A relay that the operators have named can cheat: bring a
//! payload that pays less than its bid says, or keep it back when the block is signed. No peer can
//! see that before it signs. No peer can cheat in its place: what it states above the bid, changes
//! in the header or takes from a relay of its own is voted for by nobody else.
//!
//! *Where there is no bid.* The first leader of a slot that has one proposes a blinded block. What
//! it offers the others may see late or never (a relay shows the best bid of the moment); then its
//! round ends, and every later leader proposes a block of its own node. That is possible only until
//! t peers have voted: from the first record on a blinded block is the only block of its slot, as
//! every block is, and if its relay keeps the payload back the slot is lost. What f + 1 peers have
//! voted for may be forced in a later round as every value may: one of them is correct, and has
//! seen the bid.
//!
//! Source: builder-specs `electra/builder.md`, `validator.md`.
//!
//! Never here: a relay that is asked.

use proto::eth::{Block, Form, Offer};
use proto::vote::Message;
use proto::{DutyKind, Root, WireVersion};

use super::block::{self, LAYOUT_BYTES};
use super::objection::Flaw;
use super::value::Value;
use crate::pool::agreement::BuilderPolicy;

/// The version from which peers can read a blinded block. One is proposed once t know it.
pub(super) const SINCE: WireVersion = WireVersion::V8;
/// Bytes of the stated value.
pub(super) const WEI_BYTES: usize = 16;

/// A blinded block, with what it is said to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blinded {
    block: Block,
    wei: u128,
    offer: Offer,
}

impl Blinded {
    /// A block with the header of a payload that is said to pay so much; none of one with its
    /// payload.
    pub fn new(block: Block, wei: u128) -> Option<Self> {
        let offer = block.is_blinded().then(|| block.offer())?;
        Some(Self { block, wei, offer })
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// What it is said to pay, in wei.
    pub fn wei(&self) -> u128 {
        self.wei
    }

    /// What a bid for its payload has in common with it.
    pub(super) fn offer(&self) -> &Offer {
        &self.offer
    }

    pub(super) fn hash(&self) -> Root {
        block::hash_as(
            b"gantry/blinded-block-value/1",
            &self.block,
            &self.wei.to_le_bytes(),
        )
    }

    /// Its layout, what it is said to pay, and its SSZ.
    pub(super) fn encode(&self) -> Vec<u8> {
        let layout = block::layout_bytes(self.block.layout(), Form::Blinded);
        let wei = self.wei.to_le_bytes();
        [&layout[..], &wei, self.block.ssz()].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (layout, rest) = bytes.split_at_checked(LAYOUT_BYTES)?;
        let (wei, ssz) = rest.split_first_chunk::<WEI_BYTES>()?;
        let (layout, form) = block::read_layout(layout)?;
        if form != Form::Blinded {
            return None;
        }
        let block = Block::of_layout(layout, form, ssz).ok()?;
        Self::new(block, u128::from_le_bytes(*wei))
    }
}

/// From which version on peers can read this message: that of its kind of duty, but of a message
/// that carries a blinded block.
pub(super) fn since(message: &Message) -> WireVersion {
    let kind = message.scope().duty.kind;
    let body = match message {
        Message::Propose(proposal) => Some(&proposal.body),
        Message::Value { body, .. } => Some(body),
        Message::Prepare(_)
        | Message::Commit(_)
        | Message::RoundChange { .. }
        | Message::Pull { .. } => None,
    };
    let layout = body.and_then(|body| block::read_layout(body.get(..LAYOUT_BYTES)?));
    match (kind, layout) {
        (DutyKind::Block, Some((_, Form::Blinded))) => SINCE,
        (
            DutyKind::Head
            | DutyKind::Block
            | DutyKind::Aggregate
            | DutyKind::SyncMessage
            | DutyKind::Contribution(_),
            _,
        ) => kind.since(),
    }
}

/// The hard check: others build payloads only where the operators have agreed on relays, and that
/// their bids count.
pub(super) fn check(value: &Value, policy: Option<&BuilderPolicy>) -> Result<(), Flaw> {
    let is_on = policy.is_some_and(|policy| policy.boost_factor() > 0);
    match value {
        Value::Blinded(_) if !is_on => Err(Flaw::BuilderOff),
        Value::Blinded(_)
        | Value::Block(_)
        | Value::Head(_)
        | Value::Aggregates(_)
        | Value::Contribution(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
