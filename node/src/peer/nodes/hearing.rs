//! The head events of the own beacon nodes as one stream.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, BoxStream, SelectAll};
use futures::{FutureExt as _, StreamExt as _};
use node_core::duties::beacons::Place;
use node_core::duties::schedule::Head;
use tokio::time::sleep;

use super::Nodes;
use crate::beacon::{BeaconError, HeadEvent, Heard};
use crate::clock;

/// What is heard of heads.
#[derive(Debug)]
pub enum Listened {
    /// From now on every new head is told.
    Begins,
    /// A new head.
    Head(HeadEvent),
    /// No node tells of heads any more, or the last one told of none.
    Ends(BeaconError),
}

impl Nodes {
    /// Every new head that counts, for ever; a stream of a node that is silent for `silence` is
    /// made again.
    pub(in crate::peer) fn listen(&self, silence: Duration) -> BoxStream<'static, Listened> {
        let streams = self
            .nodes
            .iter()
            .map(|node| node.client.head_events(silence));
        let streams = (0..).map(Place).zip(streams);
        let streams = streams.map(|(place, heard)| heard.map(move |it| (place, it)).boxed());
        let mut streams: Vec<_> = streams.collect();
        let nodes = self.clone();
        if let Some(only) = streams.pop_if(|_| self.nodes.len() == 1) {
            return only.map(move |(_, heard)| nodes.only(heard)).boxed();
        }
        let listening = Listening {
            nodes,
            streams: stream::select_all(streams),
            ready: VecDeque::new(),
        };
        stream::unfold(listening, |mut listening| async {
            let next = listening.next().await;
            Some((next, listening))
        })
        .boxed()
    }

    /// What the only node there is has said.
    fn only(&self, heard: Result<Heard, BeaconError>) -> Listened {
        match heard {
            Ok(Heard::Connected) => Listened::Begins,
            Ok(Heard::Head(head)) => {
                self.shared().heads[0] = Some(head);
                Listened::Head(head)
            }
            Err(error) => Listened::Ends(error),
        }
    }
}

/// Several streams, and what is to be said next.
struct Listening {
    nodes: Nodes,
    streams: SelectAll<BoxStream<'static, (Place, Result<Heard, BeaconError>)>>,
    ready: VecDeque<Listened>,
}

impl Listening {
    async fn next(&mut self) -> Listened {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return next;
            }
            let deadline = self.nodes.shared().beacons.deadline();
            let left = deadline.map(|at| at.since(clock::now()));
            let grace = left.map_or(futures::future::pending().boxed(), |left| {
                sleep(left).boxed()
            });
            tokio::select! {
                biased;
                Some((place, heard)) = self.streams.next() => self.take(place, heard),
                () = grace => {
                    let counts = self.nodes.shared().beacons.settle(clock::now());
                    self.tell(counts);
                }
            }
        }
    }

    fn take(&mut self, place: Place, heard: Result<Heard, BeaconError>) {
        let now = clock::now();
        if matches!(heard, Ok(Heard::Connected)) {
            self.nodes.tell_again(place);
        }
        let (counts, said) = {
            let mut shared = self.nodes.shared();
            let was_heard = shared.beacons.is_heard();
            match heard {
                Ok(Heard::Connected) => {
                    shared.deaf[place.0] = None;
                    let counts = shared.beacons.hears(place, true, now);
                    (counts, (!was_heard).then_some(Listened::Begins))
                }
                Ok(Heard::Head(head)) => {
                    shared.heads[place.0] = Some(head);
                    let counts = shared.beacons.heard(place, of_the_core(head), now);
                    (counts, None)
                }
                Err(error) => {
                    shared.deaf[place.0] = Some(error.to_string());
                    let counts = shared.beacons.hears(place, false, now);
                    let is_heard = shared.beacons.is_heard();
                    (counts, (!is_heard).then_some(Listened::Ends(error)))
                }
            }
        };
        self.ready.extend(said);
        self.tell(counts);
    }

    fn tell(&mut self, counts: Option<Place>) {
        let head = counts.and_then(|place| self.nodes.shared().heads[place.0]);
        self.ready.extend(head.map(Listened::Head));
    }
}

/// A head event in the core's words.
pub(in crate::peer) fn of_the_core(head: HeadEvent) -> Head {
    Head {
        slot: head.slot,
        block: head.block,
        previous: head.previous_duty_dependent_root,
        current: head.current_duty_dependent_root,
    }
}
