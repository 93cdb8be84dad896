//! What comes from peers: words of operators, and shares.

use std::collections::BTreeSet;

use proto::exit::ExitWord;
use proto::frame::{ExitShare, SentExitWord};
use proto::{PeerIndex, ValidatorPosition};

use super::{Exits, epoch, named, spread};
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::{ExitNote, Note};

/// How far the clock of an operator's machine may be ahead of ours, in seconds: far more than that
/// of one that performs duties.
const AHEAD: u64 = 15 * 60;

impl Exits {
    /// Words that `peer` says or passes on. It has checked them too, so one that is not its
    /// operator's is its fault.
    pub fn hear(&mut self, peer: PeerIndex, words: Vec<SentExitWord>, step: &mut Step<'_>) {
        for word in words {
            self.hear_one(peer, word, step);
        }
        let due = self.pace.due();
        self.pass_on(due, step);
    }

    /// Passes on and keeps what these operators say about these validators.
    pub(super) fn pass_on(
        &mut self,
        due: BTreeSet<(ValidatorPosition, PeerIndex)>,
        step: &mut Step<'_>,
    ) {
        let words: Vec<_> = due
            .into_iter()
            .filter_map(|(validator, of)| Some((validator, self.words.signed(validator, of)?)))
            .collect();
        if !words.is_empty() {
            spread(&words, step);
            self.keep(step);
            self.ask(step);
        }
    }

    fn hear_one(&mut self, peer: PeerIndex, word: SentExitWord, step: &mut Step<'_>) {
        let validator = word.validator;
        let Some(signed) = named(word, step.facts) else {
            accuse(
                peer,
                "names an operator or validator that there is not",
                step,
            );
            return;
        };
        let (said, now) = (signed.statement, step.now.unix_seconds());
        if !said.is_within_bounds() {
            accuse(peer, "holds longer than an approval may", step);
            return;
        }
        let before = self.words.of(validator, signed.signer);
        // What is known or over needs no check: peers say again whatever another may have missed.
        let is_over = said.ends_at() <= now;
        if is_over || before.is_some_and(|before| !said.replaces(&before)) {
            return;
        }
        if !self.pace.may_check(peer, step.facts) {
            accuse(peer, "is one of too many in one slot", step);
            return;
        }
        let operator = signed.signer;
        let Ok(word) = signed.verify(&step.facts.roster) else {
            accuse(
                peer,
                "is not signed by the operator whose it is said to be",
                step,
            );
            return;
        };
        if is_ahead(&said, step) {
            step.note(Note::Exit(validator, ExitNote::Ahead(operator)));
            let of = (validator, operator);
            let before = self.ahead.get(&of);
            if before.is_none_or(|before| said.replaces(&before.statement)) {
                self.ahead.insert(of, word);
            }
            return;
        }
        self.words.take(validator, word);
        self.pace.heard(validator, operator);
        self.settle(validator, step);
    }

    /// Words from a time that was to come count when it has: nobody says them again before.
    pub(super) fn catch_up(&mut self, step: &mut Step<'_>) {
        let now = step.now.unix_seconds();
        self.ahead.retain(|_, word| word.statement.ends_at() > now);
        let ahead = std::mem::take(&mut self.ahead).into_iter();
        let (still, ripe): (Vec<_>, Vec<_>) =
            ahead.partition(|(_, word)| is_ahead(&word.statement, step));
        self.ahead = still.into_iter().collect();
        for ((validator, operator), word) in ripe {
            if self.words.take(validator, word) {
                self.pace.heard(validator, operator);
                self.settle(validator, step);
            }
        }
    }

    /// A peer's share. It may come before the words that it is for; of epochs that have not begun
    /// and of validators that are not ours none is kept.
    pub fn take(&mut self, peer: PeerIndex, share: ExitShare, step: &mut Step<'_>) {
        let validator = share.partial.validator;
        if step.facts.keys.get(validator).is_none() || share.epoch > epoch(step).next() {
            return;
        }
        let said = (share.epoch, share.partial.signature);
        if self.shares.insert((validator, peer), said) != Some(said) {
            self.settle(validator, step);
        }
    }
}

/// Whether this is from a time to come, or for an epoch of it.
fn is_ahead(said: &ExitWord, step: &Step<'_>) -> bool {
    let (now, later) = (step.now.unix_seconds(), epoch(step).next());
    said.said_at > now + AHEAD || said.approves(now).is_some_and(|epoch| epoch > later)
}

fn accuse(peer: PeerIndex, what: &str, step: &mut Step<'_>) {
    step.note(Note::Fault {
        peer,
        breach: Breach::ExitWord,
        detail: format!("a word about an exit {what}"),
    });
}
