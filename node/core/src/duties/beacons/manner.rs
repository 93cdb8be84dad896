//! What is asked of beacon nodes, by the manner in which several of them answer it.

use std::time::Duration;

use proto::eth::ValidatorIndex;

use crate::duties::agreed::judge::Sight;
use crate::duties::schedule::Topic;
use crate::duties::sight::Condition;
use crate::duties::{Request, Response, Submission};

/// The manner of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Something for all of them to take: one that has is enough.
    Told,
    /// Whether any of them is sound.
    Sound,
    /// What to vote for, which nodes that are right see alike a moment after each other.
    Vote,
    /// What nodes that are right all see alike, now.
    View,
    /// The same of what stands for a while.
    Fact,
    /// What each of them makes in its own way.
    Built,
}

impl Manner {
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::Prepare(..)
            | Request::Subscribe(..)
            | Request::SubscribeSync(..)
            | Request::Submit { .. }
            | Request::SubmitExit(..)
            | Request::Register(_) => Self::Told,
            Request::Condition => Self::Sound,
            Request::HeadVote(_) => Self::Vote,
            Request::Knows { .. } => Self::View,
            Request::Chain(_)
            | Request::Validators(..)
            | Request::Attesters(..)
            | Request::Proposers(_)
            | Request::Seats(..)
            | Request::Leaving(_)
            | Request::Final(_) => Self::Fact,
            Request::Block { .. }
            | Request::Bids { .. }
            | Request::Aggregates { .. }
            | Request::Contribution { .. } => Self::Built,
        }
    }

    /// How long the others are waited for once one has answered.
    pub(super) fn grace(self, slot: Duration) -> Duration {
        match self {
            Self::Sound | Self::Vote | Self::View => slot / 60,
            Self::Built => slot / 40,
            Self::Told | Self::Fact => slot / 12,
        }
    }

    /// Whether a node that follows the chain answers at once: how long it takes shows how it is.
    pub(super) fn is_short(self) -> bool {
        match self {
            Self::Sound | Self::Vote | Self::View => true,
            Self::Told | Self::Fact | Self::Built => false,
        }
    }

    /// Whether a majority that says the same settles it.
    pub(super) fn is_settled_by_majority(self) -> bool {
        match self {
            Self::Vote | Self::View | Self::Fact => true,
            Self::Told | Self::Sound | Self::Built => false,
        }
    }
}

/// What a question of the schedule is on, if its answer depends on a block.
pub(super) fn topic(request: &Request) -> Option<Topic> {
    if let Request::Attesters(asked, _) = request {
        return Some(Topic::Attesters(asked.epoch));
    }
    if let Request::Proposers(asked) = request {
        return Some(Topic::Proposers(asked.epoch));
    }
    None
}

/// What an answer is worth by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// It says nothing.
    Nothing,
    /// It may be taken, beside others.
    Something,
    /// No other can be better.
    Enough,
}

pub(super) fn worth(response: &Response) -> Worth {
    let of = |says: bool| match says {
        true => Worth::Something,
        false => Worth::Nothing,
    };
    let taken = |is_taken: bool| match is_taken {
        true => Worth::Enough,
        false => Worth::Something,
    };
    match response {
        Response::Chain(_, spec) => of(spec.is_some()),
        Response::Validators(_, found) => of(found.is_some()),
        Response::Attesters(_, drawn) => of(drawn.is_some()),
        Response::Proposers(_, drawn) => of(drawn.is_some()),
        Response::Seats(_, seats) => of(seats.is_some()),
        Response::Prepare(_, noted)
        | Response::Subscribe(_, noted)
        | Response::SubscribeSync(_, noted) => taken(noted.is_some()),
        Response::HeadVote(_, view) => of(view.is_some()),
        Response::SplitVote(_, views) => of(!views.is_empty()),
        Response::Block(_, contents) => of(contents.is_some()),
        Response::Aggregates(_, all) => of(!all.is_empty()),
        Response::Contribution(_, found) => of(found.is_some()),
        Response::Bids(_, shown) => of(!shown.is_empty()),
        Response::Condition(condition) => match condition {
            Condition::Sound => Worth::Enough,
            Condition::Behind => Worth::Something,
            Condition::Mute => Worth::Nothing,
        },
        Response::Knows { seen, .. } => of(*seen != Sight::Unready),
        Response::Submit { refused, .. } => taken(refused.is_empty()),
        Response::Leaving(found) | Response::Final(found) => of(found.is_some()),
        Response::SubmitExit(_, refused) => taken(refused.is_none()),
        Response::Register(_, is_taken) => taken(*is_taken),
    }
}

/// The response that says nothing to a question, where there is nobody to ask.
pub fn nothing(request: &Request) -> Response {
    const NOBODY: &str = "none of your beacon nodes has said yet that it is on the cluster's chain";
    match request {
        Request::Chain(asked) => Response::Chain(*asked, None),
        Request::Validators(asked, _) => Response::Validators(*asked, None),
        Request::Attesters(asked, _) => Response::Attesters(*asked, None),
        Request::Proposers(asked) => Response::Proposers(*asked, None),
        Request::Seats(asked, _) => Response::Seats(*asked, None),
        Request::Prepare(asked, _) => Response::Prepare(*asked, None),
        Request::Subscribe(asked, _) => Response::Subscribe(*asked, None),
        Request::SubscribeSync(asked, _) => Response::SubscribeSync(*asked, None),
        Request::HeadVote(slot) => Response::HeadVote(*slot, None),
        Request::Block { slot, .. } => Response::Block(*slot, None),
        Request::Aggregates { slot, .. } => Response::Aggregates(*slot, Vec::new()),
        Request::Contribution { duty, .. } => Response::Contribution(*duty, None),
        Request::Bids { duty, .. } => Response::Bids(*duty, Vec::new()),
        Request::Condition => Response::Condition(Condition::Mute),
        Request::Knows { duty, root } => Response::Knows {
            duty: *duty,
            root: *root,
            seen: Sight::Unready,
        },
        Request::Submit { duty, submission } => {
            let owners = owners(submission).into_iter();
            Response::Submit {
                duty: *duty,
                accepted: Vec::new(),
                refused: owners.map(|of| (of, NOBODY.to_owned())).collect(),
            }
        }
        Request::Leaving(_) => Response::Leaving(None),
        Request::Final(_) => Response::Final(None),
        Request::SubmitExit(validator, _) => {
            Response::SubmitExit(*validator, Some(NOBODY.to_owned()))
        }
        Request::Register(all) => {
            Response::Register(all.iter().map(|(at, _)| *at).collect(), false)
        }
    }
}

/// Whose parts a submission has.
fn owners(submission: &Submission) -> Vec<ValidatorIndex> {
    match submission {
        Submission::Attestations(all) => all.iter().map(|one| one.attester_index).collect(),
        Submission::SyncMessages(all) => all.iter().map(|one| one.validator_index).collect(),
        Submission::Contributions(all) => all.iter().map(|one| one.aggregator_index).collect(),
        Submission::Aggregates(all) => all.iter().map(|one| one.aggregator_index).collect(),
        Submission::Block { contents, .. } => vec![contents.block.proposer_index()],
    }
}
