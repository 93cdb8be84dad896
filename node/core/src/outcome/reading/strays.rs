//! What bears the signature of our validators in the chain, and is not what is known to be signed.

use proto::Root;
use proto::eth::{AttestationData, Committee};

use super::{Reading, hold};
use crate::outcome::seats::Seats;
use crate::outcome::{Bears, Owed, Signed, Stray, Work};

impl Reading {
    /// What bears the signature of our validators and is not what is known to be signed, of the
    /// duties that are open: the first of each, once.
    pub fn strays(&mut self) -> Vec<Stray> {
        let open = self.open().map(|(owed, _)| *owed);
        let found: Vec<Stray> = open.filter_map(|owed| self.stray(owed)).collect();
        for stray in &found {
            self.signed.remove(&stray.owed);
        }
        found
    }

    /// Whether a stray is its validator's by these committees of its slot too; none if they seat
    /// that nowhere. Of a block they say nothing: that bears its signature.
    pub fn is_its_by(&self, stray: &Stray, committees: &[Committee]) -> Option<bool> {
        let Bears::Vote(data) = stray.bears else {
            return None;
        };
        let seats = Seats::of(committees, &[stray.owed.index]);
        if !seats.has(stray.owed.index) {
            return None;
        }
        let all = self.links.within(stray.owed.slot.next()..=self.head);
        let carries = all
            .map(|(_, link)| link)
            .find(|link| link.root == stray.block);
        let mut votes = carries
            .into_iter()
            .flat_map(|link| link.votes.iter().flatten());
        Some(votes.any(|votes| votes.data == data && hold(votes, &stray.owed, &seats)))
    }

    fn stray(&self, owed: Owed) -> Option<Stray> {
        let signed = *self.signed.get(&owed)?;
        let (block, bears) = match owed.work {
            Work::Attestation => {
                let (block, data) = self.other_vote(&owed, signed)?;
                (block, Bears::Vote(data))
            }
            Work::Block => {
                let made = self.links.at(owed.slot)?;
                let is_ours = made.header.proposer_index == owed.index;
                let is_other = is_ours && signed != Some(Signed::Block(made.root));
                let signature = made.signature.filter(|_| is_other)?;
                (made.root, Bears::Block(made.header, signature))
            }
            Work::Aggregate | Work::SyncMessage | Work::Contribution => return None,
        };
        Some(Stray { owed, block, bears })
    }

    /// The first vote of this validator that is not what was signed, and the block that carries it.
    fn other_vote(&self, owed: &Owed, signed: Option<Signed>) -> Option<(Root, AttestationData)> {
        let seats = self.seats_of(owed)?;
        let last = self.last_block(owed).min(self.believed());
        let blocks = self.links.within(owed.slot.next()..=last);
        let mut votes = blocks.flat_map(|(_, link)| {
            let votes = link.votes.iter().flatten();
            votes.map(move |votes| (link.root, votes))
        });
        let found = votes.find(|(_, votes)| {
            signed != Some(Signed::Vote(votes.data)) && hold(votes, owed, seats)
        });
        found.map(|(block, votes)| (block, votes.data))
    }
}
