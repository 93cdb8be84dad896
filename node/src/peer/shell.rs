//! The loop of a running peer: one input into the core, its outputs performed in their order.
//!
//! Everything arrives through bounded channels; only the loop touches the core.

use std::future::Future;

use dkg::bls::work::counted;
use node_core::duties::node::Node;
use node_core::duties::{Input, Output};
use node_core::outcome::Followed;
use proto::{Machine as _, PeerIndex};
use tokio::sync::mpsc::Sender;

use super::halting::Halts;
use super::heard::in_words;
use super::inlet::Inlet;
use super::nodes::Nodes;
use crate::clock;
use crate::disk::exit_file::ExitKeeper;
use crate::disk::intent_file::IntentKeeper;
use crate::disk::sealed_exits::SealedKeeper;
use crate::disk::writer::Writer;
use crate::net::Outbox;
use crate::pool::calm::Duties;
use crate::pool::watch::Errands;
use crate::report::news::News;
use crate::report::observer::Observer;

/// A running peer with everything around it.
pub(super) struct Shell {
    pub(super) node: Node,
    pub(super) me: PeerIndex,
    /// Frames to the peers.
    pub(super) outbox: Outbox,
    /// Everything that comes.
    pub(super) inlet: Inlet,
    /// Requests to the beacon nodes.
    pub(super) nodes: Nodes,
    /// Records to be made durable.
    pub(super) writer: Writer,
    /// Words about exits to be kept.
    pub(super) keeper: ExitKeeper,
    /// Intents to be kept.
    pub(super) intents: IntentKeeper,
    pub(super) sealed_keeper: SealedKeeper,
    /// Errands to Rocket Pool; none where nobody runs them.
    pub(super) errands: Option<Errands>,
    /// Duties whose outcome is to be read; none where nobody reads it.
    pub(super) outcomes: Option<Sender<Vec<Followed>>>,
    /// Where it is kept which validators sign no more.
    pub(super) halts: Halts,
    /// Whom proofs give way to.
    pub(super) duties: Duties,
    pub(super) observer: Observer,
}

impl Shell {
    /// Runs until `stop` is ready.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        self.feed(Input::Tick);
        loop {
            let deadline = self.node.deadline().unwrap_or_else(clock::now);
            let arrival = tokio::select! {
                biased;
                () = &mut stop => break,
                arrival = self.inlet.next(deadline) => arrival,
            };
            let said = in_words(arrival, self.me);
            if let Some(news) = said.news {
                self.observer.tell(news);
            }
            if let Some(input) = said.input {
                self.feed(input);
            }
        }
        self.observer.close();
    }

    /// Hands one input to the core and performs what it answers, in order.
    fn feed(&mut self, input: Input) {
        // What is shown changes with the time and with answers; frames come by the dozen.
        let is_news = matches!(
            input,
            Input::Tick | Input::Response(_) | Input::NotRecorded | Input::SecondSession
        );
        let (outputs, done) = counted(|| self.node.handle(clock::now(), input));
        self.observer.worked(&done);
        let mut is_stuck = false;
        for output in outputs {
            is_stuck |= !self.perform(output);
        }
        if is_stuck {
            self.observer.tell(News::Stuck);
            return self.feed(Input::NotRecorded);
        }
        self.duties.are_under_way(self.node.is_busy());
        if is_news {
            self.observer.show(&self.node);
        }
    }

    /// Performs one output; whether the disk takes what it is given. What follows an
    /// [`Output::Persist`] in the list does not wait for the record.
    fn perform(&mut self, output: Output) -> bool {
        match output {
            Output::Broadcast(frame) => {
                let frame = bytes::Bytes::from(frame);
                for peer in self.node.others() {
                    self.outbox.send(peer, frame.clone());
                }
            }
            Output::Send(peer, frame) => self.outbox.send(peer, frame.into()),
            Output::SendLast(peer, frame) => self.outbox.send_last(peer, frame.into()),
            Output::Persist(records) => return self.writer.write(records).is_ok(),
            Output::Ask(request) => self.nodes.ask(request),
            Output::Later(deferred) => self.inlet.deferred.push(deferred),
            Output::Remember { peer, sequence } => {
                self.observer.tell(News::RecordSeen { peer, sequence });
            }
            Output::Keep { keeping, words } => self.keeper.keep(keeping, words),
            Output::KeepIntents { keeping, text } => self.intents.keep(keeping, text),
            Output::KeepSealed(exits) => self.sealed_keeper.keep(exits),
            Output::Answer(number, answer) => self.inlet.desk.answer(number, answer),
            Output::Errand(errand) => self.hand_on(|errands| errands.slow.try_send(errand).is_ok()),
            Output::Hear(peer, said) => {
                self.hand_on(|errands| errands.heard.try_send((peer, said)).is_ok());
            }
            Output::Stand(stand) => self.hand_on(|errands| errands.urgent.try_send(stand).is_ok()),
            Output::Follow(followed) => self.follow(followed),
            Output::Halt(validator, foreign) => self.halts.keep(validator, foreign),
            Output::Note(note) => self.observer.tell(News::Core(note)),
        }
        true
    }

    /// Has it read what becomes of these. Of what is lost since too much waits, nothing is said.
    fn follow(&self, followed: Vec<Followed>) {
        if let Some(outcomes) = &self.outcomes {
            outcomes.try_send(followed).ok();
        }
    }

    /// Hands an errand over, unless too many wait already.
    fn hand_on(&mut self, hand_over: impl FnOnce(&Errands) -> bool) {
        if self
            .errands
            .as_ref()
            .is_some_and(|errands| !hand_over(errands))
        {
            self.observer.tell(News::PoolBusy);
        }
    }
}
