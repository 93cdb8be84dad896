//! What operators have said about exits: of each about each validator the word that counts.
//!
//! So it is bounded by operators times validators. Every word in it was signed by its operator.

use std::collections::{BTreeMap, BTreeSet};

use proto::exit::{ExitWord, Says};
use proto::frame::{Frame, MAX_EXIT_WORDS, SentExitWord};
use proto::{Epoch, PeerIndex, Signed, ValidatorPosition, Verified};

/// All words that count.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeMap<ValidatorPosition, OfOperators>);

type OfOperators = BTreeMap<PeerIndex, Verified<ExitWord>>;

impl Words {
    /// What `operator` says about the exit of `validator`.
    pub(super) fn of(&self, validator: ValidatorPosition, operator: PeerIndex) -> Option<ExitWord> {
        Some(self.0.get(&validator)?.get(&operator)?.statement)
    }

    /// The same, as it was signed.
    pub(super) fn signed(
        &self,
        validator: ValidatorPosition,
        operator: PeerIndex,
    ) -> Option<Verified<ExitWord>> {
        self.0.get(&validator)?.get(&operator).cloned()
    }

    /// Takes a word in, if it counts more than what its operator said before: whether it does.
    pub(super) fn take(&mut self, validator: ValidatorPosition, word: Verified<ExitWord>) -> bool {
        let before = self.of(validator, word.signer);
        let counts = before.is_none_or(|before| word.statement.replaces(&before));
        if counts {
            let words = self.0.entry(validator).or_default();
            words.insert(word.signer, word);
        }
        counts
    }

    /// Forgets what says nothing any more at `now`, in Unix seconds.
    pub(super) fn forget(&mut self, now: u64) {
        self.0.retain(|_, words| {
            words.retain(|_, word| word.statement.ends_at() > now);
            !words.is_empty()
        });
    }

    /// The validators about which something is said.
    pub(super) fn validators(&self) -> BTreeSet<ValidatorPosition> {
        self.0.keys().copied().collect()
    }

    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who approves of the exit of `validator` at `now`, for which epoch and until when.
    pub(super) fn approvals(
        &self,
        validator: ValidatorPosition,
        now: u64,
    ) -> impl Iterator<Item = (PeerIndex, Epoch, u64)> {
        self.about(validator).filter_map(move |word| {
            let until = word.statement.ends_at();
            Some((word.signer, word.statement.approves(now)?, until))
        })
    }

    /// The epoch for which most operators approve at `now`, and how many: of equal ones the lower.
    pub(super) fn leading(&self, validator: ValidatorPosition, now: u64) -> Option<(Epoch, usize)> {
        let mut counts: BTreeMap<Epoch, usize> = BTreeMap::new();
        for (_, epoch, _) in self.approvals(validator, now) {
            *counts.entry(epoch).or_default() += 1;
        }
        // Of equal ones the last is taken.
        counts.into_iter().rev().max_by_key(|(_, count)| *count)
    }

    /// The words that approve of the exit of `validator` in `epoch` at `now`.
    pub(super) fn approving(
        &self,
        validator: ValidatorPosition,
        (epoch, now): (Epoch, u64),
    ) -> impl Iterator<Item = &Signed<ExitWord>> {
        let words = self.about(validator).map(|word| &**word);
        words.filter(move |word| word.statement.approves(now) == Some(epoch))
    }

    /// Who lets what was signed in advance of the exit of `validator` be opened at `now`, and until
    /// when.
    pub(super) fn openers(
        &self,
        validator: ValidatorPosition,
        now: u64,
    ) -> impl Iterator<Item = (PeerIndex, u64)> {
        let words = self.opening(validator, now);
        words.map(|word| (word.signer, word.statement.ends_at()))
    }

    /// The words that say so.
    pub(super) fn opening(
        &self,
        validator: ValidatorPosition,
        now: u64,
    ) -> impl Iterator<Item = &Signed<ExitWord>> {
        let words = self.about(validator).map(|word| &**word);
        words.filter(move |word| word.statement.opens(now))
    }

    /// All of them, to be kept or passed on.
    pub(super) fn sent(&self) -> Vec<SentExitWord> {
        let all = self.0.iter();
        let of = |(validator, words): (&ValidatorPosition, &OfOperators)| {
            let words = words.values();
            words.map(|word| sent(*validator, word)).collect::<Vec<_>>()
        };
        all.flat_map(of).collect()
    }

    fn about(&self, validator: ValidatorPosition) -> impl Iterator<Item = &Verified<ExitWord>> {
        let words = self.0.get(&validator);
        words.into_iter().flat_map(BTreeMap::values)
    }
}

/// Words in frames, those of a later version in frames of their own.
pub(super) fn frames(words: Vec<SentExitWord>) -> Vec<Frame> {
    let opens = |word: &SentExitWord| matches!(word.says, Says::Opens { .. });
    let (later, first): (Vec<_>, Vec<_>) = words.into_iter().partition(opens);
    let all = first
        .chunks(MAX_EXIT_WORDS)
        .chain(later.chunks(MAX_EXIT_WORDS));
    all.map(|some| Frame::ExitWords(some.to_vec())).collect()
}

/// A word in the form in which it travels.
pub(super) fn sent(validator: ValidatorPosition, word: &Verified<ExitWord>) -> SentExitWord {
    SentExitWord {
        operator: word.signer.number(),
        validator,
        said_at: word.statement.said_at,
        says: word.statement.says,
        signature: word.signature,
    }
}
