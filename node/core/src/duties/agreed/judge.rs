//! A proposed value on its way to a verdict: what of it the own beacon node does not confirm yet,
//! and what that is asked again until the round ends. The hard checks stand in `judging.rs`.
//!
//! What a free value builds on (the head that a vote names, the parent of a block) must be known to
//! the own beacon node, must not be of a later slot than the duty allows, and must be near the
//! node's own head: at most [`NEAR`] slots before it, or the block that it builds on. So a proposer
//! cannot make us vote for an old head, which would cost the reward, while honest peers still
//! agree:
//!
//! * a leader whose node is a block or two behind passes, also across missed slots if it is one
//!   block: refusing it would cost the duty where nobody else's head is known to a quorum;
//! * the other side of a split head passes once it is known, and so does the parent of a late head
//!   that a proposer builds around;
//! * where the own node is behind, the proposal is ahead of its head, and passes once it is known.
//!
//! A leader further behind than that loses its round, not the duty: the next one proposes.

use std::time::Duration;

use proto::agreement::Relay;
use proto::eth::{Block, HeadVote};
use proto::{DutyId, PublicKey, Root, Round, Slot, Timestamp};

use super::objection::Doubt;
use super::value::Value;
use crate::duties::Request;

/// How many slots before the own head a block may be that something is built on.
pub const NEAR: u64 = 2;
/// How long to wait before the beacon node is asked the same again.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// How long to wait before relays are, which serve thousands.
const BIDS_AGAIN: Duration = Duration::from_millis(250);

/// A proposal that waits for a verdict.
#[derive(Debug)]
pub struct Question {
    round: Round,
    value: Value,
    forced: bool,
    base: Base,
    /// What the beacon node has been asked and has not answered yet.
    asked: Vec<Want>,
    ask_again_at: Timestamp,
    bids_again_at: Timestamp,
    /// What the last look at it left in doubt.
    doubt: Option<Doubt>,
    /// What the operator has been told of that.
    told: Option<Doubt>,
    is_answered: bool,
}

/// What the own beacon node says of the block that a value builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Unknown,
    /// Known, but too far from the node's head.
    Far,
    Near,
}

/// What the own beacon node answers when it is asked for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Nothing that counts: it is silent, syncing, or has not checked its head's payload.
    Unready,
    /// It follows the chain and does not know the block, or has not checked its payload.
    Unknown,
    /// It knows the block.
    Known(Sighting),
}

/// A block that the own beacon node knows, beside the head that the node has at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The block's slot.
    pub slot: Slot,
    /// The slot of the head.
    pub head: Slot,
    /// Whether the head builds on the block.
    pub is_heads_parent: bool,
}

impl Sighting {
    /// Whether something of `slot` may build on the block.
    fn is_near(&self, newest: Slot) -> bool {
        let is_recent = self.slot.0.saturating_add(NEAR) >= self.head.0;
        self.slot <= newest && (is_recent || self.is_heads_parent)
    }
}

/// What to do with a proposal now.
#[derive(Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Sign it if a quorum does.
    Yes,
    /// Never in this round.
    No,
    /// Not yet: wait for the beacon node's answer, or until it may be asked again.
    Wait,
    /// Not yet: ask the beacon node these.
    Ask(Vec<Want>),
}

/// What the beacon node is to be asked for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Its present view of the slot.
    View,
    /// Whether it knows this block.
    Block(Root),
    /// Which bids relays show, of which one is looked for.
    Bids {
        /// The execution block that its payload builds on.
        parent_hash: Root,
        /// The hash of its payload.
        block_hash: Root,
    },
}

impl Want {
    /// Which bids relays show for the payload of this block.
    pub fn bids(block: &Block) -> Self {
        Self::Bids {
            parent_hash: block.execution_parent_hash(),
            block_hash: block.execution_block_hash(),
        }
    }

    /// The request for a duty of our validator with this key.
    pub fn request(self, duty: DutyId, of: (Option<PublicKey>, &[Relay])) -> Option<Request> {
        match self {
            Self::View => Some(Request::HeadVote(duty.slot)),
            Self::Block(root) => Some(Request::Knows { duty, root }),
            Self::Bids {
                parent_hash,
                block_hash,
            } => Some(Request::Bids {
                duty,
                parent_hash,
                block_hash,
                proposer: of.0?,
                relays: of.1.to_vec(),
            }),
        }
    }
}

impl Question {
    /// A proposal of `round`; a forced one needs no soft checks.
    pub fn new(round: Round, value: Value, forced: bool) -> Self {
        let ask_again_at = Timestamp::from_micros(0);
        Self {
            round,
            value,
            forced,
            base: Base::Unknown,
            asked: Vec::new(),
            ask_again_at,
            bids_again_at: ask_again_at,
            doubt: None,
            told: None,
            is_answered: false,
        }
    }

    /// The round of the proposal.
    pub fn round(&self) -> Round {
        self.round
    }

    /// The proposed value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether it needs no soft checks.
    pub fn is_forced(&self) -> bool {
        self.forced
    }

    /// Enough others have judged it: it needs no soft checks any more.
    pub fn waive(&mut self) {
        self.forced = true;
    }

    /// When to look at it again.
    pub fn ask_again_at(&self) -> Timestamp {
        self.ask_again_at
    }

    /// The beacon node has answered what it was asked: it may be asked the same again.
    pub fn answered(&mut self, want: Want) {
        self.asked.retain(|asked| *asked != want);
        self.is_answered = true;
    }

    /// Relays have answered, if they were asked for its sake.
    pub fn answered_bids(&mut self) {
        if let Some(want) = self.value.block().map(Want::bids) {
            self.answered(want);
        }
    }

    /// The beacon node says what it knows of `root`.
    pub fn learn(&mut self, root: Root, seen: Sight) {
        self.answered(Want::Block(root));
        if let (Sight::Known(seen), true) = (seen, root == self.value.builds_on()) {
            // The own head goes on while a question is answered: what was near may be voted for.
            if seen.is_near(self.value.newest_base()) {
                self.base = Base::Near;
            } else if self.base == Base::Unknown {
                self.base = Base::Far;
            }
        }
    }

    /// The proposed value itself.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The own view leaves this in doubt: asks for that view anew, if it is time to.
    pub fn refresh(&mut self, doubt: Doubt, now: Timestamp) -> Judgement {
        self.doubt = Some(doubt);
        let wants = match doubt {
            Doubt::OtherCheckpoints | Doubt::UnknownParent | Doubt::FarFromHead | Doubt::NoView => {
                vec![self.value.reviewed_by()]
            }
            Doubt::BidUnseen => {
                let bids = self.value.block().map(Want::bids);
                let base = (self.base != Base::Near).then(|| self.value.reviewed_by());
                bids.into_iter().chain(base).collect()
            }
            // The beacon node has nothing to say to it.
            Doubt::GiftOfFees | Doubt::FeeRecipientUnread | Doubt::OwnVoteMissing => {
                self.is_answered = true;
                Vec::new()
            }
        };
        self.ask(wants, now)
    }

    /// What is still in doubt although the beacon node was asked again, once for each doubt.
    pub fn news(&mut self) -> Option<Doubt> {
        let news = self.doubt.filter(|_| self.is_answered);
        let news = news.filter(|doubt| self.told != Some(*doubt));
        self.told = news.or(self.told);
        news
    }

    /// Asks for what is wanted, if it is time to ask again, and each only once at a time: a node
    /// that is slow already must not be asked more the slower it is.
    fn ask(&mut self, mut wants: Vec<Want>, now: Timestamp) -> Judgement {
        if now < self.ask_again_at {
            return Judgement::Wait;
        }
        self.ask_again_at = now + ASK_AGAIN;
        let is_bids = |want: &Want| matches!(want, Want::Bids { .. });
        let may_ask_relays = now >= self.bids_again_at;
        wants.retain(|want| !self.asked.contains(want) && (may_ask_relays || !is_bids(want)));
        if wants.is_empty() {
            return Judgement::Wait;
        }
        if wants.iter().any(is_bids) {
            self.bids_again_at = now + BIDS_AGAIN;
        }
        self.asked.extend(&wants);
        Judgement::Ask(wants)
    }

    /// What speaks against it when its round is over and no verdict was found.
    pub fn doubt(&self) -> Doubt {
        self.doubt.unwrap_or(Doubt::NoView)
    }

    fn is_base_near(&self, view: Option<&HeadVote>) -> bool {
        let root = self.value.builds_on();
        self.base == Base::Near || view.is_some_and(|view| view.beacon_block_root == root)
    }

    /// The soft checks of a free value: target of the own view, and a block known to it and near
    /// its head. A forced value passes.
    pub fn soft_check(&mut self, view: Option<&HeadVote>, now: Timestamp) -> Judgement {
        if self.forced {
            return Judgement::Yes;
        }
        let far = match self.base {
            Base::Far => Doubt::FarFromHead,
            Base::Unknown | Base::Near => Doubt::UnknownParent,
        };
        let base = (!self.is_base_near(view)).then_some(far);
        let target = self.value.compare(view).err();
        self.doubt = base.or(target);
        if self.doubt.is_none() {
            return Judgement::Yes;
        }
        let block = base.map(|_| Want::Block(self.value.builds_on()));
        let view = target.map(|_| Want::View);
        self.ask(block.into_iter().chain(view).collect(), now)
    }
}

#[cfg(test)]
mod tests;
