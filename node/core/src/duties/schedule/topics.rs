//! What is asked of the beacon node: which question is due, which is on its way, and which answer
//! counts.
//!
//! On each topic one question is on its way at a time, and the same one is not put again before
//! [`SHORTEST`] has passed, however often its reason changes meanwhile: a beacon node that turns
//! back and forth a thousand times a second is not asked a thousand times a second. Questions are
//! numbered, and an answer to an older one never takes the place of an answer to a newer.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{Epoch, Root, Timestamp};

/// How long a question that failed waits before it is put again.
pub const RETRY: Duration = Duration::from_millis(500);
/// How long a question may stay unanswered before it counts as failed.
pub const UNANSWERED: Duration = Duration::from_secs(20);
/// The least time between two questions on one topic.
pub const SHORTEST: Duration = Duration::from_millis(250);

/// What the schedule asks the beacon node about, or tells it, for one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// What chain this is: it may have scheduled a fork since the start.
    Chain(Epoch),
    /// Which of our keys the chain knows, under which index.
    Validators(Epoch),
    /// In which slots and committees our validators attest.
    Attesters(Epoch),
    /// Who proposes in which slot.
    Proposers(Epoch),
    /// Which of our validators sit in the sync committee.
    Seats(Epoch),
    /// Tell which address our proposers want their fees sent to.
    Prepare(Epoch),
    /// Tell which committees our attesters will be in.
    Subscribe(Epoch),
    /// Tell which subcommittees of the sync committee our members will be in.
    SubscribeSync(Epoch),
}

impl Topic {
    /// The epoch it is for.
    pub fn epoch(self) -> Epoch {
        match self {
            Self::Chain(epoch)
            | Self::Validators(epoch)
            | Self::Attesters(epoch)
            | Self::Proposers(epoch)
            | Self::Seats(epoch)
            | Self::Prepare(epoch)
            | Self::Subscribe(epoch)
            | Self::SubscribeSync(epoch) => epoch,
        }
    }
}

/// A question that is to be put now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// What it is on.
    pub topic: Topic,
    /// The number of the question.
    pub number: u64,
}

/// Which question of the schedule a request or a response is; its topic stands in their kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The epoch it is for.
    pub epoch: Epoch,
    /// The number of the question.
    pub number: u64,
}

impl Asked {
    /// The question, of a request on this topic.
    pub fn on(self, topic: impl FnOnce(Epoch) -> Topic) -> Due {
        Due {
            topic: topic(self.epoch),
            number: self.number,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting {
        until: Timestamp,
    },
    /// On its way; `again` if its reason has changed since.
    Asked {
        again: bool,
    },
    Done,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    state: State,
    /// When it was asked last.
    asked_at: Option<Timestamp>,
    /// The number of the last question, 0 if there was none.
    number: u64,
    /// The number of the newest question whose answer was taken.
    taken: u64,
    /// The root that its answer was expected to depend on when the last question was put.
    bound: Option<Root>,
}

impl Progress {
    fn is_ripe(&self, now: Timestamp) -> bool {
        let ripe = match self.state {
            State::Waiting { until } => until <= now,
            State::Asked { .. } => self.asked_at.is_none_or(|at| now.since(at) >= UNANSWERED),
            State::Done => false,
        };
        // The clock was ahead and is right again: what it put off would wait for that time.
        let was_ahead = self.asked_at.is_some_and(|at| at > now + UNANSWERED);
        ripe || (was_ahead && self.state != State::Done)
    }

    /// The moment from which it may be asked again.
    fn earliest(&self) -> Timestamp {
        let zero = Timestamp::from_micros(0);
        self.asked_at.map_or(zero, |at| at + SHORTEST)
    }
}

/// The table of topics.
#[derive(Debug, Default)]
pub struct Topics {
    table: BTreeMap<Topic, Progress>,
    /// The number of the last question of all.
    last: u64,
}

impl Topics {
    /// Adds a topic that is to be asked about at once, unless it is there.
    pub fn want(&mut self, topic: Topic) {
        self.table.entry(topic).or_insert(Progress {
            state: State::Waiting {
                until: Timestamp::from_micros(0),
            },
            asked_at: None,
            number: 0,
            taken: 0,
            bound: None,
        });
    }

    /// Forgets the topics of all other epochs, those of a time far ahead among them.
    pub fn keep(&mut self, epochs: std::ops::RangeInclusive<Epoch>) {
        self.table
            .retain(|topic, _| epochs.contains(&topic.epoch()));
    }

    /// The topics of which `may` says that they can be asked about, and whose time has come: each
    /// once until it fails or is put back. `expected` is what its answer should depend on.
    pub fn due(
        &mut self,
        now: Timestamp,
        may: impl Fn(Topic) -> bool,
        expected: impl Fn(Topic) -> Option<Root>,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        for (topic, progress) in &mut self.table {
            if progress.is_ripe(now) && may(*topic) {
                self.last += 1;
                progress.state = State::Asked { again: false };
                progress.asked_at = Some(now);
                progress.number = self.last;
                progress.bound = expected(*topic);
                due.push(Due {
                    topic: *topic,
                    number: self.last,
                });
            }
        }
        due
    }

    /// When [`Topics::due`] may next have something that it has not now.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.table.values().filter_map(|progress| {
            let at = match progress.state {
                State::Waiting { until } => until,
                State::Asked { .. } => progress.asked_at? + UNANSWERED,
                State::Done => return None,
            };
            (at > now).then_some(at)
        });
        times.min()
    }

    /// The answer is not what it was any more: it is asked again, after the one on its way.
    pub fn put_back(&mut self, topic: Topic) {
        if let Some(progress) = self.table.get_mut(&topic) {
            match &mut progress.state {
                State::Asked { again } => *again = true,
                State::Done => {
                    progress.state = State::Waiting {
                        until: progress.earliest(),
                    }
                }
                State::Waiting { .. } => {}
            }
        }
    }

    /// As [`Topics::put_back`], for what the answer on its way settles by itself.
    pub fn put_back_if_done(&mut self, topic: Topic) {
        let progress = self.table.get(&topic);
        if progress.is_some_and(|progress| progress.state == State::Done) {
            self.put_back(topic);
        }
    }

    /// As [`Topics::put_back`], for all topics that `concerns` names.
    pub fn put_back_all(&mut self, concerns: impl Fn(Topic) -> bool) {
        let topics: Vec<Topic> = self
            .table
            .keys()
            .copied()
            .filter(|e| concerns(*e))
            .collect();
        topics.into_iter().for_each(|topic| self.put_back(topic));
    }

    /// The question of this number was not answered, or with an error: it is asked again in a
    /// while.
    pub fn failed(&mut self, topic: Topic, number: u64, now: Timestamp) {
        if let Some(progress) = self.table.get_mut(&topic)
            && progress.number == number
            && matches!(progress.state, State::Asked { .. })
        {
            progress.state = State::Waiting { until: now + RETRY };
        }
    }

    /// The question of this number was answered: with what it was bound to when it was put, if the
    /// answer counts, which it does not where a newer question has been answered, or where nobody
    /// has asked.
    pub fn answered(&mut self, topic: Topic, number: u64) -> Option<Option<Root>> {
        let progress = self.table.get_mut(&topic)?;
        if number <= progress.taken || number > progress.number {
            return None;
        }
        progress.taken = number;
        if number < progress.number {
            return Some(None);
        }
        progress.state = match progress.state {
            State::Asked { again: true } => State::Waiting {
                until: progress.earliest(),
            },
            State::Asked { again: false } | State::Waiting { .. } | State::Done => State::Done,
        };
        Some(progress.bound)
    }
}

/// Whether the answer hangs on who our validators are, and is worth asking again in an epoch.
pub(super) fn is_of_ours(topic: Topic) -> bool {
    match topic {
        Topic::Attesters(_)
        | Topic::Proposers(_)
        | Topic::Seats(_)
        | Topic::Prepare(_)
        | Topic::Subscribe(_)
        | Topic::SubscribeSync(_) => true,
        Topic::Chain(_) | Topic::Validators(_) => false,
    }
}
