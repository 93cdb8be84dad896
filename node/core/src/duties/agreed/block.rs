//! Blocks: what our proposer of a slot signs. Only one peer at a time can supply the value, which
//! needs the proposer's RANDAO reveal, so the rounds have leaders from the first on.

use std::time::Duration;

use consensus::Opening;
use dkg::bls::{self, Message, SignaturePoint};
use proto::eth::{
    Block, BlockContents, ChainSpec, ForkName, Form, Layout, PresetBase, ValidatorIndex,
};
use proto::{
    Address, DutyId, DutyKind, Epoch, Root, SignatureBytes, Slot, Timestamp, ValidatorPosition,
};
use sha2::{Digest as _, Sha256};

use super::bids::Bidding;
use super::blobs::Passing;
use super::judge::Sight;
use super::kind::Fresh;
use super::objection::{Doubt, Flaw};
use super::paying::Paying;
use super::value::Value;
use crate::duties::facts::{ClusterFacts, Owners, Step};
use crate::duties::note::Miss;
use crate::duties::schedule::{Schedule, Topic};
use crate::duties::{Origin, Produced, Request, Submission};
use crate::vault::Signable;

pub(super) const OPENING: Opening = Opening::Led;

/// In front of a block's SSZ in a value: its preset, and its fork and form, one byte each.
pub(super) const LAYOUT_BYTES: usize = 2;

/// The block of this slot.
pub(crate) const fn of_slot(slot: Slot) -> DutyId {
    DutyId {
        slot,
        kind: DutyKind::Block,
    }
}

/// The first round begins with the slot, and waits for nobody.
pub(super) fn begin(slot: Slot, chain: &ChainSpec) -> (Timestamp, Duration) {
    (due_at(slot, chain), Duration::ZERO)
}

/// Blocks are due with their slot.
pub(super) fn due_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.start_of(slot)
}

/// What tells whose duties those of `epoch` are.
pub(super) fn topic(epoch: Epoch) -> Topic {
    Topic::Proposers(epoch)
}

/// Whose duty it is in `slot`, if one of ours has it.
pub(super) fn owners(slot: Slot, schedule: &Schedule) -> Option<Owners> {
    let validator = schedule.proposer(slot)?;
    let index = schedule.registered(validator)?.index;
    Some(Owners::Proposer { validator, index })
}

/// What the run of a block knows beside what every run does.
#[derive(Debug)]
pub(crate) struct BlockDuty {
    pub(super) duty: DutyId,
    /// Blocks with their blobs: those that the own beacon node has built, one for each round that
    /// this peer leads, and what others gave of the one that is signed.
    pub(super) contents: Vec<BlockContents>,
    /// The proposer's RANDAO reveal, once it is whole.
    reveal: Option<SignatureBytes>,
    judged_reveal: JudgedReveal,
    own: OwnBlock,
    /// Whom the beacon node is told once more that our proposer pays, before it builds.
    pays: Option<(ValidatorIndex, Address)>,
    pub(super) paying: Paying,
    /// Whether the beacon node has said in this duty, and last, that it follows the chain.
    follows: bool,
    pub(super) passing: Passing,
    pub(super) bidding: Bidding,
}

/// Whether this peer's rounds want a block of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OwnBlock {
    Unwanted,
    /// The beacon node is asked as soon as the reveal is there.
    Wanted,
    Asked,
}

impl BlockDuty {
    pub(super) fn new(duty: DutyId) -> Self {
        Self {
            duty,
            contents: Vec::new(),
            reveal: None,
            judged_reveal: JudgedReveal::default(),
            own: OwnBlock::Unwanted,
            pays: None,
            paying: Paying::default(),
            follows: false,
            passing: Passing::default(),
            bidding: Bidding::default(),
        }
    }

    /// A round of this peer wants a block, or the beacon node gave none when it was asked.
    pub(super) fn want(&mut self, step: &mut Step<'_>) {
        self.own = OwnBlock::Wanted;
        self.ask(step);
    }

    /// The proposer's reveal is whole.
    pub(super) fn reveal(&mut self, reveal: SignatureBytes, step: &mut Step<'_>) {
        self.reveal = Some(reveal);
        self.ask(step);
    }

    fn ask(&mut self, step: &mut Step<'_>) {
        if let (OwnBlock::Wanted, Some(randao_reveal)) = (self.own, self.reveal) {
            self.own = OwnBlock::Asked;
            step.ask(Request::Block {
                slot: self.duty.slot,
                randao_reveal,
                pays: self.pays,
                boost_factor: self.bidding.boost_factor(step),
            });
        }
    }

    /// The own beacon node has produced this. An earlier one may still be signed: it stays.
    pub(super) fn keep(&mut self, produced: Produced) -> Value {
        self.follows = true;
        let value = match produced {
            Produced::Full(contents) => {
                let block = contents.block.clone();
                self.contents.push(contents);
                Value::Block(block)
            }
            Produced::Blinded(blinded) => Value::Blinded(blinded),
        };
        self.bidding.sees(&value);
        value
    }

    /// The own beacon node has answered what it knows of a block.
    pub(super) fn looked(&mut self, seen: Sight) {
        self.follows = match seen {
            Sight::Unready => false,
            Sight::Unknown | Sight::Known(_) => true,
        };
    }

    /// The own beacon node is to build another block, which pays this one.
    pub(super) fn rebuild(&mut self, pays: (ValidatorIndex, Address)) {
        self.pays = Some(pays);
    }

    /// The slot went to another proposer: reveal and block were the other one's.
    pub(super) fn disown(&mut self) {
        self.reveal = None;
        self.pays = None;
        self.contents.clear();
        self.bidding = Bidding::default();
        self.passing.abandon();
        if self.own == OwnBlock::Asked {
            self.own = OwnBlock::Wanted;
        }
    }

    /// Why there is no value.
    pub(super) fn no_value(&self) -> Miss {
        match self.reveal {
            None => Miss::NoReveal,
            Some(_) => Miss::NoValue,
        }
    }

    /// The hard checks of the value alone.
    pub(super) fn check(
        &mut self,
        value: &Value,
        owners: &Owners,
        facts: &ClusterFacts,
    ) -> Result<(), Flaw> {
        let (Some(block), &Owners::Proposer { validator, index }) = (value.block(), owners) else {
            return Err(Flaw::OtherDuty);
        };
        let epoch = facts.chain.epoch_of(self.duty.slot);
        let fork = facts.chain.fork_at(epoch).map_err(|_| Flaw::OtherDuty)?;
        let expected = ExpectedBlock {
            proposer: index,
            layout: Layout {
                preset: facts.chain.preset(),
                fork,
            },
        };
        check_block(block, self.duty, expected)?;
        let (reveal, slot) = (block.randao_reveal(), self.duty.slot);
        let is_right = match self.reveal {
            Some(expected) => expected == reveal,
            None => self.judged_reveal.is_right((validator, reveal), || {
                is_reveal(&reveal, slot, validator, facts)
            }),
        };
        is_right.then_some(()).ok_or(Flaw::WrongRandao)
    }

    /// The own beacon node must follow the chain: a validator whose node has not checked its head's
    /// payload must not propose (consensus specs, `sync/optimistic.md`). A node that says nothing
    /// is spared that.
    pub(super) fn check_view(&self, is_spared: bool) -> Result<(), Doubt> {
        if self.follows || is_spared {
            Ok(())
        } else {
            Err(Doubt::NoView)
        }
    }

    /// The signed block with its blobs, if they are here; else they are to be had from others.
    pub(super) fn submission(
        &mut self,
        block: &Block,
        fresh: &Fresh<'_>,
        step: &Step<'_>,
    ) -> Option<Submission> {
        let signature = fresh.signatures.first()?.1;
        self.passing.serving.begin(block.root(), step.now);
        let Some(contents) = self.contents_of(block) else {
            self.lack_blobs((block, signature), fresh.proposer, step);
            return None;
        };
        Some(Submission::Block {
            contents: Box::new(contents),
            signature,
            origin: Origin::Own,
        })
    }
}

/// The reveal of the last block that was judged before the right one was known here. A proposal may
/// wait through many events, and is judged at each: its signature is verified once.
#[derive(Debug, Default)]
struct JudgedReveal(Option<((ValidatorPosition, SignatureBytes), bool)>);

impl JudgedReveal {
    /// Whether this reveal of this validator is right, by `verify` if that is not known yet.
    fn is_right(
        &mut self,
        of: (ValidatorPosition, SignatureBytes),
        verify: impl FnOnce() -> bool,
    ) -> bool {
        match self.0 {
            Some((known, is_right)) if known == of => is_right,
            Some(_) | None => self.0.insert((of, verify())).1,
        }
    }
}

/// Whether `signature` is the RANDAO reveal of `validator` for `slot`.
fn is_reveal(
    signature: &SignatureBytes,
    slot: Slot,
    validator: ValidatorPosition,
    facts: &ClusterFacts,
) -> bool {
    let keys = facts
        .keys
        .get(validator)
        .expect("the schedule knows only our validators");
    let message = Message::hash(Signable::randao(&facts.chain, slot).signing_root());
    SignaturePoint::from_bytes(signature)
        .is_ok_and(|point| bls::verify(&keys.group, &message, &point))
}

/// What a block of ours must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExpectedBlock {
    /// The index of our proposer.
    proposer: ValidatorIndex,
    /// The containers of the chain at this slot.
    layout: Layout,
}

/// The hard checks of a block, except the RANDAO reveal, which needs the group key, and the address
/// that gets its fees, which others know.
fn check_block(block: &Block, duty: DutyId, expected: ExpectedBlock) -> Result<(), Flaw> {
    if block.slot() != duty.slot || block.layout() != expected.layout {
        return Err(Flaw::OtherDuty);
    }
    if block.proposer_index() != expected.proposer {
        return Err(Flaw::OtherProposer);
    }
    Ok(())
}

/// What votes name. It covers the layout too: the same bytes are a block of Electra and one of Fulu
/// with the same root, and only one of them may be signed.
pub(super) fn hash(block: &Block) -> Root {
    hash_as(b"gantry/block-value/1", block, &[])
}

/// The same for a value with this name, of which the block and what stands beside it are all.
pub(super) fn hash_as(name: &[u8], block: &Block, beside: &[u8]) -> Root {
    let hash = Sha256::new_with_prefix(name)
        .chain_update(layout_bytes(block.layout(), block.form()))
        .chain_update(block.root().as_bytes())
        .chain_update(beside);
    Root::from(<[u8; 32]>::from(hash.finalize()))
}

/// The layout and the SSZ.
pub(super) fn encode(block: &Block) -> Vec<u8> {
    [&layout_bytes(block.layout(), block.form()), block.ssz()].concat()
}

pub(super) fn decode(bytes: &[u8]) -> Option<Block> {
    let (layout, ssz) = bytes.split_at_checked(LAYOUT_BYTES)?;
    let (layout, form) = read_layout(layout).filter(|(_, form)| *form == Form::Full)?;
    Block::of_layout(layout, form, ssz).ok()
}

pub(super) fn layout_bytes(layout: Layout, form: Form) -> [u8; LAYOUT_BYTES] {
    let preset = match layout.preset {
        PresetBase::Mainnet => 0,
        PresetBase::Minimal => 1,
    };
    let fork = match (layout.fork, form) {
        (ForkName::Electra, Form::Full) => 0,
        (ForkName::Fulu, Form::Full) => 1,
        (ForkName::Electra, Form::Blinded) => 2,
        (ForkName::Fulu, Form::Blinded) => 3,
    };
    [preset, fork]
}

pub(super) fn read_layout(bytes: &[u8]) -> Option<(Layout, Form)> {
    let of = |preset| {
        [ForkName::Electra, ForkName::Fulu]
            .into_iter()
            .flat_map(move |fork| {
                let layout = Layout { preset, fork };
                [Form::Full, Form::Blinded].map(|form| (layout, form))
            })
    };
    let mut all = [PresetBase::Mainnet, PresetBase::Minimal]
        .into_iter()
        .flat_map(of);
    all.find(|(layout, form)| layout_bytes(*layout, *form) == bytes)
}

#[cfg(test)]
mod tests;
