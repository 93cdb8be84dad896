//! The core's questions, put to the own beacon nodes: to the one there is, or to all of them.
//!
//! Every request is a task of its own; what comes of it arrives in one bounded channel. Which of
//! several answers counts, and when, [`Beacons`] says; it is told here what they answer, and when.
//!
//! | module | is |
//! |---|---|
//! | `hearing` | their head events, as one stream |
//! | `probing` | how each of them is, asked once in a slot, and told to the operator |
//!
//! Never here: a decision, and a question to a node of which nobody knows that it is on the
//! cluster's chain.

mod hearing;
mod probing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use proto::definition::Chain;
use proto::eth::ChainSpec;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::asking::{Answer, Asking};
use super::relays::Relays;
use crate::beacon::HeadEvent;
use crate::clock;
use crate::report::news::News;
pub(super) use hearing::{Listened, of_the_core};
use node_core::duties::beacons::{Beacons, Chosen, Identity, Place, Poll, nothing};
use node_core::duties::{Origin, Request, Response, Submission};

/// What comes of requests, or is to be told of the nodes.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) response: Option<Response>,
    /// What the operator is told.
    pub(super) news: Option<News>,
}

/// The own beacon nodes, in the operator's order. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Nodes {
    nodes: Arc<[Asking]>,
    relays: Relays,
    said: Sender<Said>,
    shared: Arc<Mutex<Shared>>,
}

/// What the nodes have shown, and what they were told.
#[derive(Debug)]
struct Shared {
    beacons: Beacons,
    /// The newest head of each.
    heads: Vec<Option<HeadEvent>>,
    /// Why one tells of no heads, if so.
    deaf: Vec<Option<String>>,
    /// Why one has not said how it is, or is of no use, if so.
    problems: Vec<Option<String>>,
    /// What one gave nothing for last, and why.
    lacks: Vec<Option<String>>,
    /// What they are to take note of, for those that come back: the last of each kind and epoch.
    notes: Vec<Request>,
}

/// Epochs of committees that a node which comes back is told of: the present one and the next.
const NOTED_EPOCHS: usize = 2;

impl Nodes {
    /// These nodes, of which the one in `first` is known to be on the chain; what they say arrives
    /// in `said`.
    pub(super) fn new(
        nodes: Vec<Asking>,
        (chain, first): (&Arc<ChainSpec>, Place),
        said: Sender<Said>,
    ) -> Self {
        let mut beacons = Beacons::new(Arc::clone(chain), nodes.len());
        beacons.identify(first, Identity::Ours);
        let shared = Shared {
            beacons,
            heads: vec![None; nodes.len()],
            deaf: vec![None; nodes.len()],
            problems: vec![None; nodes.len()],
            lacks: vec![None; nodes.len()],
            notes: Vec::new(),
        };
        Self {
            nodes: nodes.into(),
            relays: Relays::default(),
            said,
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    /// Has several nodes asked how they are from now on, and whether they are on the chain of the
    /// definition, `ours`.
    pub(super) fn watch(&self, ours: &Chain, chain: &Arc<ChainSpec>) {
        if self.nodes.len() > 1 {
            probing::start(self, ours, chain);
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `request` in a task of its own.
    pub(super) fn ask(&self, request: Request) {
        let nodes = self.clone();
        if let Some(asking) = self.relays.ask(&request) {
            tokio::spawn(async move {
                let (response, news) = asking.await;
                nodes.say(response, news).await;
            });
            return;
        }
        if self.nodes.len() > 1 {
            tokio::spawn(nodes.poll(request));
            return;
        }
        tokio::spawn(async move {
            let Answer { response, news, .. } = nodes.node(Place(0)).put(request).await;
            nodes.say(response, news).await;
        });
    }

    /// One node, as it is to be asked now.
    fn node(&self, place: Place) -> Asking {
        let mut asking = self.nodes[place.0].clone();
        if let Some(head) = self.shared().heads[place.0] {
            asking.saw(head);
        }
        asking
    }

    async fn say(&self, response: Response, news: Option<News>) {
        let response = Some(response);
        // If the loop has ended, nobody wants it any more.
        self.said.send(Said { response, news }).await.ok();
    }

    /// Puts `request` to all nodes that may be asked, and says what they answer together. Who has
    /// not answered by then is heard out: it may be a submission, and it shows how the node is.
    async fn poll(self, request: Request) {
        self.keep(&request);
        let mut poll = self.shared().beacons.poll(&request, clock::now());
        if poll.asked().is_empty() {
            return self.say(nothing(&request), None).await;
        }
        let put_to_all = |poll: &Poll| {
            let asked = poll.asked().iter();
            let each =
                asked.map(|place| self.put(*place, self.fit(&request, *place), poll.is_short()));
            each.collect::<Vec<_>>()
        };
        let mut open: FuturesUnordered<_> = put_to_all(&poll).into_iter().collect();
        let mut told = BTreeMap::new();
        let mut late_at = None;
        while !open.is_empty() || late_at.is_some() {
            let grace = sleep_until(late_at.unwrap_or_else(Instant::now));
            let chosen = tokio::select! {
                biased;
                Some((place, answer)) = open.next() => {
                    let Answer { response, value_wei, news } = answer;
                    if told.is_empty() {
                        late_at = Some(Instant::now() + poll.grace());
                    }
                    // Beside a vote it is asked which heads are known.
                    if let (Request::HeadVote(_), Response::Knows { root, seen, .. }) =
                        (&request, &response)
                    {
                        poll.knows(*root, *seen)
                    } else {
                        told.insert(place, news);
                        poll.answered(place, response, value_wei)
                    }
                }
                () = grace, if late_at.is_some() => {
                    late_at = None;
                    if poll.begins_again() {
                        told.clear();
                        open.extend(put_to_all(&poll));
                        for doubt in poll.doubts() {
                            let asked = poll.asked().iter();
                            open.extend(asked.map(|place| self.put(*place, doubt.clone(), true)));
                        }
                        None
                    } else {
                        poll.late()
                    }
                }
            };
            if let Some(Chosen { by, response }) = chosen {
                self.note_built(by, &response);
                let news = told.remove(&by).flatten();
                self.say(response, news).await;
                break;
            }
        }
        while open.next().await.is_some() {}
    }

    /// Puts one question to one node; what it shows of itself by that is taken note of.
    async fn put(&self, place: Place, request: Request, is_short: bool) -> (Place, Answer) {
        if is_short {
            self.shared().beacons.asked(place, clock::now());
        }
        let begun = Instant::now();
        let mut answer = self.node(place).put(request).await;
        let is_sound = self.note(place, is_short.then(|| begun.elapsed()), &answer);
        // Where another one answers, that this one refuses would be told by nobody. Of a vote, and
        // of how it is, the next look tells.
        let is_told_now = is_sound && !is_short;
        let refuses = |news: &mut News| is_told_now && matches!(news, News::Lacking { .. });
        if let Some(news) = answer.news.take_if(refuses) {
            let news = Some(news);
            let response = None;
            // If the loop has ended, nobody wants it any more.
            self.said.send(Said { response, news }).await.ok();
        }
        (place, answer)
    }

    /// Takes note of what an answer shows of its node, and of how long a short one took; whether
    /// the node is waited for.
    fn note(&self, place: Place, took: Option<std::time::Duration>, answer: &Answer) -> bool {
        let mut shared = self.shared();
        if let Some(took) = took {
            shared.beacons.answered(place, took, &answer.response);
        }
        if let Some(News::Lacking { what, why, .. }) = &answer.news {
            let node = self.nodes[place.0].client.node();
            debug!(node, "nothing for {what}: {why}");
            shared.lacks[place.0] = Some(format!("nothing for {what}: {why}"));
        }
        shared.beacons.standing(place, clock::now()).is_waited_for()
    }

    /// The request as this node gets it: a block that another has built it checks as a foreign one.
    fn fit(&self, request: &Request, place: Place) -> Request {
        let mut request = request.clone();
        if let Request::Submit { submission, .. } = &mut request
            && let Submission::Block {
                contents, origin, ..
            } = submission
            && !self
                .shared()
                .beacons
                .has_built(contents.block.root(), place)
        {
            *origin = Origin::Peer;
        }
        request
    }

    fn note_built(&self, by: Place, response: &Response) {
        if let Response::Block(_, Some(produced)) = response {
            self.shared().beacons.built(produced.block().root(), by);
        }
    }

    /// Keeps what nodes are to take note of, for those that come back.
    fn keep(&self, request: &Request) {
        let kind = |request: &Request| match request {
            Request::Prepare(..) => Some((0, None)),
            Request::Subscribe(asked, _) => Some((1, Some(asked.epoch))),
            Request::SubscribeSync(asked, _) => Some((2, Some(asked.epoch))),
            Request::Chain(_)
            | Request::Validators(..)
            | Request::Attesters(..)
            | Request::Proposers(_)
            | Request::Seats(..)
            | Request::HeadVote(_)
            | Request::Block { .. }
            | Request::Bids { .. }
            | Request::Aggregates { .. }
            | Request::Contribution { .. }
            | Request::Condition
            | Request::Knows { .. }
            | Request::Submit { .. }
            | Request::Leaving(_)
            | Request::Final(_)
            | Request::SubmitExit(..)
            | Request::Register(_) => None,
        };
        let Some(same) = kind(request) else {
            return;
        };
        let mut shared = self.shared();
        shared.notes.retain(|other| kind(other) != Some(same));
        shared.notes.push(request.clone());
        let is_alike = |other: &Request| kind(other).map(|(of, _)| of) == Some(same.0);
        let alike = shared.notes.iter().filter(|it| is_alike(it)).count();
        let oldest = shared.notes.iter().position(is_alike);
        if let Some(oldest) = oldest.filter(|_| alike > NOTED_EPOCHS) {
            shared.notes.remove(oldest);
        }
    }

    /// Tells a node again what it is to take note of: it may have restarted.
    fn tell_again(&self, place: Place) {
        let notes = self.shared().notes.clone();
        let nodes = self.clone();
        tokio::spawn(async move {
            for note in notes {
                nodes.put(place, note, false).await;
            }
        });
    }
}
