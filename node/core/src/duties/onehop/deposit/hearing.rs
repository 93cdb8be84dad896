//! What comes from peers: demands, shares, refusals.

use proto::PeerIndex;
use proto::frame::{DepositRefusal, DepositShares};

use super::{Deposits, tell};
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::{DepositNote, Note};
use crate::pool::consent::Demand;

/// How many demands and refusals of a peer may come in one slot: an honest one says both again when
/// it comes back, and demands anew when its coordinator plans anew.
pub(super) const MOST_HEARD: usize = 8;

impl Deposits {
    /// What `peer` demands.
    pub fn hear(&mut self, peer: PeerIndex, demand: Demand, step: &mut Step<'_>) {
        if self.may_hear(peer, step) {
            self.take_up(peer, demand, step);
        }
    }

    /// What `peer` demands of one that does not look at Rocket Pool.
    pub fn turn_away(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        if self.may_hear(peer, step) {
            let words = "it has no agreement on Rocket Pool, or no execution node in its config";
            tell(peer, ("not_watched", words.to_owned()), step);
        }
    }

    /// The shares of `peer`. They may come before this one has consented. Of validators that are
    /// not ours none is kept.
    pub fn take(&mut self, peer: PeerIndex, shares: DepositShares, step: &mut Step<'_>) {
        for partial in shares.shares {
            let validator = partial.validator;
            if step.facts.keys.get(validator).is_some() {
                let said = (shares.credentials, partial.signature);
                self.shares.insert((validator, peer), said);
            }
        }
        self.put_off(step);
    }

    /// Why `peer` gives no share of what this one demands. The operator is told what is new of it.
    pub fn refused(&mut self, peer: PeerIndex, why: DepositRefusal, step: &mut Step<'_>) {
        let is_news = self.refusals.get(&peer) != Some(&why);
        if self.own.is_none() || !self.may_hear(peer, step) || !is_news {
            return;
        }
        let shown = |letter: char| match letter {
            ' '..='~' => letter,
            _ => '?',
        };
        let words = why.words.chars().map(shown).collect();
        let rule = why.rule.clone();
        self.refusals.insert(peer, why);
        step.note(Note::Deposit(DepositNote::RefusedBy { peer, rule, words }));
    }

    /// Whether `peer` may say one more thing in this slot; names it once if not.
    fn may_hear(&mut self, peer: PeerIndex, step: &mut Step<'_>) -> bool {
        let heard = self.heard.entry(peer).or_default();
        *heard += 1;
        if *heard == MOST_HEARD + 1 {
            step.note(Note::Fault {
                peer,
                breach: Breach::DepositDemand,
                detail: "says too much about deposits in one slot".to_owned(),
            });
        }
        *heard <= MOST_HEARD
    }
}
