//! Nothing that comes keeps a signature waiting for ever.

use futures::stream;
use node_core::duties::Response;
use proto::{ClusterSize, DutyId, DutyKind, Root, Slot};
use tokio::sync::mpsc::{Sender, channel};

use super::*;
use crate::beacon::HeadEvent;
use crate::peer::desk::tests::no_trials;

const DUTY: DutyId = DutyId {
    slot: Slot(9),
    kind: DutyKind::Head,
};
const FOR_EVER: Timestamp = Timestamp::from_micros(u64::MAX);

/// An inlet whose beacon node has a new head whenever anybody looks.
fn busy() -> (Inlet, Sender<net::Event>, Sender<Said>, Sender<Written>) {
    let head = HeadEvent {
        slot: Slot(9),
        block: Root::ZERO,
        previous_duty_dependent_root: Root::ZERO,
        current_duty_dependent_root: Root::ZERO,
        execution_optimistic: false,
    };
    let (to_events, events) = channel(1024);
    let (to_said, said) = channel(1024);
    let (to_written, written) = channel(1);
    let inlet = Inlet {
        events,
        said,
        heads: stream::select_all([stream::repeat_with(move || Listened::Head(head)).boxed()]),
        written,
        kept: channel(1).1,
        intents_kept: channel(1).1,
        pool: channel(1).1,
        builders: channel(1).1,
        outcomes: channel(1).1,
        desk: Desk::new(None, no_trials()),
        deferred: PutOff::default(),
        alarm: Alarm::new().unwrap(),
    };
    (inlet, to_events, to_said, to_written)
}

/// After how many other inputs the combination comes.
async fn wait(inlet: &mut Inlet) -> u32 {
    inlet.deferred.push(Deferred::Presign(DUTY));
    inlet.deferred.push(Deferred::Combine(DUTY));
    for others in 0..100 {
        if let Arrival::Deferred(Deferred::Combine(_)) = inlet.next(FOR_EVER).await {
            return others;
        }
    }
    panic!("shares wait while there are head events");
}

#[tokio::test]
async fn shares_are_combined_however_fast_the_head_flaps() {
    let (mut inlet, ..) = busy();
    assert!(matches!(
        inlet.next(FOR_EVER).await,
        Arrival::Heard(Listened::Head(_))
    ));
    // It yields once, so that what has arrived meanwhile may come first.
    assert!(wait(&mut inlet).await <= PATIENCE);
}

#[tokio::test]
async fn shares_are_combined_however_many_frames_and_answers_wait() {
    let (mut inlet, to_events, to_said, _written) = busy();
    let peer = ClusterSize::of(4).unwrap().peer(1).unwrap();
    for _ in 0..500 {
        let frame = bytes::Bytes::from_static(b"frame");
        to_events
            .try_send(net::Event::Frame { peer, frame })
            .unwrap();
        let response = Response::HeadVote(Slot(9), None);
        let said = Said {
            response: Some(response),
            news: None,
        };
        to_said.try_send(said).unwrap();
    }
    assert_eq!(wait(&mut inlet).await, PATIENCE);
    assert_eq!(wait(&mut inlet).await, PATIENCE);
}
