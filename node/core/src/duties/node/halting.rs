//! When a node signs no duty of a validator any more: its own beacon node shows that the chain has
//! slashed it, or something that somebody else has signed for it. Nobody's word is taken for it,
//! and the duties of the others go on.
//!
//! What somebody else has signed is kept beyond this run: only an operator's word ends it. Of a
//! slashed validator the beacon node tells every run anew.

use dkg::bls::{self, Message, SignaturePoint};
use proto::ValidatorPosition;
use proto::eth::{ValidatorIndex, hash_tree_root};

use super::Node;
use crate::duties::Output;
use crate::duties::note::{Halt, Note};
use crate::outcome::{Bears, Foreign, Stray};
use crate::vault::Signable;

impl Node {
    /// No duty of this validator is signed: an earlier run has seen something foreign of it, and no
    /// operator has said since that duties may begin again. To be called before the first input.
    pub fn keep_halted(&mut self, validator: ValidatorPosition) {
        self.vault.halt(validator);
        self.schedule.halt(validator);
    }

    /// Ends the duties of those of which the own beacon node shows that they are slashed: whoever
    /// has signed what it was slashed for may sign more, and what is signed for it earns nothing.
    pub(super) fn halt_slashed(&mut self) {
        let known = self.schedule.known();
        let slashed = known.filter(|(_, found)| found.slashed);
        let slashed: Vec<_> = slashed.map(|(at, found)| (at, found.index)).collect();
        for (validator, index) in slashed {
            self.halt(validator, index, Halt::Slashed);
        }
    }

    /// The chain has something of one of our validators of which it is not known that it was signed
    /// here. (Whoever has its key can have it slashed; this peer gives no occasion.)
    pub(super) fn look_at(&mut self, stray: &Stray) {
        let index = stray.owed.index;
        let mut known = self.schedule.known();
        let found = known.find(|(_, found)| found.index == index);
        let Some(validator) = found.map(|(validator, _)| validator) else {
            return;
        };
        drop(known);
        let size = self.facts.roster.size();
        if !self.heard.is_foreign(stray, validator, size) || !self.bears_out(stray, validator) {
            return;
        }
        let foreign = Foreign {
            owed: stray.owed,
            block: stray.block,
        };
        if self.halt(validator, index, Halt::Foreign(foreign)) {
            self.out.push(Output::Halt(validator, foreign));
        }
    }

    /// Whether the signature of a block is there and the validator's; that of a vote can be checked
    /// by nobody who does not know all who have voted so.
    fn bears_out(&self, stray: &Stray, validator: ValidatorPosition) -> bool {
        let Bears::Block(header, signature) = &stray.bears else {
            return true;
        };
        let (Some(keys), Ok(signature)) = (
            self.facts.keys.get(validator),
            SignaturePoint::from_bytes(signature),
        ) else {
            return false;
        };
        let root = Signable::block(&self.facts.chain, header).signing_root();
        hash_tree_root(header) == stray.block
            && bls::verify(&keys.group, &Message::hash(root), &signature)
    }

    /// Ends the duties of a validator; whether that is news.
    fn halt(&mut self, validator: ValidatorPosition, index: ValidatorIndex, why: Halt) -> bool {
        let is_news = self.vault.halt(validator);
        self.schedule.halt(validator);
        let keys = self.facts.keys.get(validator).filter(|_| is_news);
        if let Some(key) = keys.map(|keys| keys.public_key) {
            self.note(Note::Halted {
                validator,
                index,
                key,
                why,
            });
            self.own();
        }
        is_news
    }
}
