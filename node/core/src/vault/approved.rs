//! That enough operators have approved of an exit: without it there is nothing to sign.
//!
//! Never here: who was asked, or whether the chain would take the exit.

use proto::exit::ExitWord;
use proto::{Epoch, PeerSet, PublicKey, Root, Roster, Signed};

/// The exit of one validator in one epoch, of which t operators of its cluster have approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovedExit {
    validator: PublicKey,
    epoch: Epoch,
}

impl ApprovedExit {
    /// The exit that all of `words` approve of at `now`, in Unix seconds, if t operators of
    /// `roster` say so of the cluster of `lock`. Every signature is checked here: whatever is wrong
    /// elsewhere, no exit is signed that people have not approved.
    pub fn by<'a>(
        (roster, lock): (&Roster, Root),
        words: impl IntoIterator<Item = &'a Signed<ExitWord>>,
        now: u64,
    ) -> Option<Self> {
        let mut exit = None;
        let mut operators = PeerSet::EMPTY;
        for signed in words {
            let word = &signed.statement;
            let epoch = word.approves(now)?;
            let said = Self {
                validator: word.validator,
                epoch,
            };
            let is_sound = word.lock == lock && word.is_within_bounds();
            if !is_sound || signed.check(roster).is_err() || *exit.get_or_insert(said) != said {
                return None;
            }
            operators.insert(signed.signer);
        }
        exit.filter(|_| operators.len() >= roster.size().threshold())
    }

    /// The group key of the validator that leaves.
    pub fn validator(&self) -> PublicKey {
        self.validator
    }

    /// The first epoch in which the exit is valid.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}
