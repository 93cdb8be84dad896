//! The part of a run that looks at bids: the own blinded block is offered once this peer has seen
//! the bid of its payload, and another's is voted for only then.
//!
//! A relay shows the bid of the moment, so one that was seen once counts to the end of the slot.
//! Whose own block finds none (its node knows a relay that is not agreed on, or the relay has a
//! better one by now) has its node build another at once.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use dkg::bls::{self, Message, PublicPoint, SignaturePoint};
use proto::Slot;
use proto::agreement::Relay;
use proto::eth::{ChainSpec, Offer, SignedBuilderBid};

use super::blinded::{self, Blinded};
use super::judge::Want;
use super::objection::{Doubt, Objection};
use super::run::Run;
use super::value::Value;
use crate::duties::facts::Step;
use crate::pool::agreement::BuilderPolicy;

/// The most bids of one slot that are remembered.
const REMEMBERED: usize = 64;

/// What a relay shows, with the relay that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownBid {
    /// Who shows it.
    pub relay: Relay,
    /// The bid, not verified.
    pub bid: SignedBuilderBid,
}

/// The bids that relays have shown this peer in one slot, by what they offer: each the highest.
#[derive(Debug, Default)]
pub(super) struct Bids(BTreeMap<Offer, U256>);

impl Bids {
    /// Takes in what relays have shown, as far as it is for this slot and signed by relays that are
    /// agreed on.
    pub(super) fn see(
        &mut self,
        shown: Vec<ShownBid>,
        policy: Option<&BuilderPolicy>,
        (chain, slot): (&ChainSpec, Slot),
    ) {
        let starts_at = chain.start_of(slot).unix_seconds();
        for ShownBid { relay, bid } in shown {
            let is_named = policy.is_some_and(|policy| policy.relays().contains(&relay));
            let is_for_slot = bid.message.header.timestamp == starts_at;
            let is_wanted = is_named && is_for_slot && self.0.len() < REMEMBERED;
            if is_wanted && is_signed(&bid, &relay, chain) {
                let known = self.0.entry(bid.message.offer()).or_default();
                *known = bid.message.value.max(*known);
            }
        }
    }

    /// Whether one of them is for the payload of this block, and of no less than is stated.
    pub(super) fn show(&self, blinded: &Blinded) -> bool {
        let shown = self.0.get(blinded.offer());
        shown.is_some_and(|wei| *wei >= U256::from(blinded.wei()))
    }
}

/// Whether the key of this relay has signed the bid.
fn is_signed(bid: &SignedBuilderBid, relay: &Relay, chain: &ChainSpec) -> bool {
    let root = bid
        .message
        .signing_root(chain.genesis().genesis_fork_version);
    let key = PublicPoint::from_bytes(&relay.public_key);
    let signature = SignaturePoint::from_bytes(&bid.signature);
    let (Ok(key), Ok(signature)) = (key, signature) else {
        return false;
    };
    bid.message.pubkey == relay.public_key && bls::verify(&key, &Message::hash(root), &signature)
}

/// What the run of a block knows of builders.
#[derive(Debug, Default)]
pub(crate) struct Bidding {
    bids: Bids,
    /// Whether somebody has made a blinded block in this slot: then nobody makes another.
    is_tried: bool,
    /// The own one, while relays are asked for its bid.
    waiting: Option<Blinded>,
}

impl Bidding {
    /// How much a bid counts when the own beacon node chooses, in percent: nothing where no relays
    /// are agreed on, or too few peers could read what comes of it, or one was tried.
    pub(super) fn boost_factor(&self, step: &Step<'_>) -> u64 {
        let may = !self.is_tried && step.peers.enough_know(blinded::SINCE);
        let policy = step.builders.filter(|_| may);
        policy.map_or(0, BuilderPolicy::boost_factor)
    }

    /// Somebody proposes this, or the own node has made it.
    pub(super) fn sees(&mut self, value: &Value) {
        self.is_tried |= matches!(value, Value::Blinded(_));
    }
}

impl Run {
    /// The soft check of a payload that somebody else has built: it is signed if a quorum has seen
    /// its bid, and voted for only by who has.
    pub(super) fn doubts_bid(&mut self, value: &Value) -> Option<Doubt> {
        let Value::Blinded(blinded) = value else {
            return None;
        };
        let block = self.kind.block();
        let is_shown = block.is_some_and(|block| block.bidding.bids.show(blinded));
        (!is_shown).then_some(Doubt::BidUnseen)
    }

    /// An own value, unless it is around a payload whose bid this peer has not seen: then relays
    /// are asked for that first.
    pub(super) fn shown(&mut self, value: Value, step: &mut Step<'_>) -> Option<Value> {
        let is_unseen = self.doubts_bid(&value).is_some();
        let (Value::Blinded(blinded), true, Some(block)) = (&value, is_unseen, self.kind.block())
        else {
            return Some(value);
        };
        let want = Want::bids(blinded.block());
        block.bidding.waiting = Some(blinded.clone());
        self.ask(vec![want], step);
        None
    }

    /// What relays have shown this peer, asked for the sake of a proposal or of its own block.
    pub(super) fn bids(&mut self, shown: Vec<ShownBid>, step: &mut Step<'_>) {
        let Some(block) = self.kind.block() else {
            return;
        };
        let at = (&*step.facts.chain, self.duty.slot);
        block.bidding.bids.see(shown, step.builders, at);
        let waiting = block.bidding.waiting.take();
        for question in self.questions() {
            question.answered_bids();
        }
        if let Some(own) = waiting {
            self.offer_if_shown(Value::Blinded(own), step);
        }
    }

    fn offer_if_shown(&mut self, own: Value, step: &mut Step<'_>) {
        let Some(doubt) = self.doubts_bid(&own) else {
            return self.weigh(own, step);
        };
        self.object(Objection::OfView(doubt), None, step);
        if step.slot() == self.duty.slot && self.stage.signed().is_none() {
            self.kind.want(step);
        }
    }
}

#[cfg(test)]
mod tests;
