//! A proposal between its arrival and the vote for it.

use proto::Root;

use crate::justify::Choice;

/// The justified proposal of the current round, and what has come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingProposal {
    pub(crate) value: Root,
    /// Whether the votes rule left no other choice.
    pub(crate) forced: bool,
    pub(crate) progress: Progress,
}

/// What has to happen before a proposal is voted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Another value might be the prepared one: wait for more answers until mid-round.
    Held,
    /// Not judged yet.
    New,
    /// The driver has been asked.
    Asked,
    /// This peer would sign it.
    Acceptable,
    /// Voted for, or refused: nothing more to do.
    Over,
}

impl PendingProposal {
    /// A proposal by another peer.
    pub(crate) fn new(value: Root, choice: &Choice) -> Self {
        let (forced, progress) = match choice {
            Choice::Forced(_) => (true, Progress::New),
            Choice::Either(_) => (true, Progress::Held),
            Choice::Free | Choice::Wait => (false, Progress::New),
        };
        Self {
            value,
            forced,
            progress,
        }
    }

    /// The same, chosen by this peer's own source just now: it need not be judged.
    pub(crate) fn own(self) -> Self {
        let progress = Progress::Acceptable;
        Self { progress, ..self }
    }

    /// The same, held until mid-round: a liar may have voted for another value.
    pub(crate) fn held(self) -> Self {
        let progress = Progress::Held;
        Self { progress, ..self }
    }

    /// Whether it waits for the middle of the round.
    pub(crate) fn is_held(&self) -> bool {
        self.progress == Progress::Held
    }
}
