//! An operator that cheats in the ceremony, with the program's own network.

use node::disk::keystore::read_identity;
use node::net::{self, Event, Limits, Settings};
use proto::ceremony::{Context, Frame, Opening, Purpose, Spoken, Terms};

use super::operators::Operators;

/// Speaks with the identity of operator `i`, and shows everybody two openings while `seen` waits.
pub fn cheat(operators: &Operators, i: usize, seen: impl FnOnce()) {
    let definition = operators.definition();
    let terms = definition.terms();
    let identity = read_identity(&operators.dir(i).join("identity.key")).unwrap();
    let me = terms.size().peer(i).unwrap();
    let ceremony = Terms {
        definition: definition.hash(),
        roster: terms.roster().clone(),
        validators: 1,
        purpose: Purpose::NewClusterWithExitKey,
    };
    let opening = |key: u8| {
        let context = Context {
            terms: ceremony.hash(),
            attempt: 0,
        };
        let opening = Opening {
            context,
            acked: Vec::new(),
            keys: vec![[key; 32]; 4],
        };
        let spoken = Spoken::Opening(identity.sign(me, opening).into_signed());
        proto::ceremony_session::Frame::Ceremony(Frame::Spoken(spoken).encode()).encode()
    };
    let words = [
        // It greets as everybody does: else it would be waited for, as if it were away.
        proto::ceremony_session::Frame::Remembered(Vec::new()).encode(),
        opening(1),
        opening(2),
    ];
    let settings = Settings {
        identity: identity.clone(),
        me,
        roster: terms.roster().clone(),
        names: terms.operators.iter().map(|o| o.name.clone()).collect(),
        addresses: operators.addresses(),
        listen: vec![operators.socket(i)],
        purpose: proto::session::Purpose::Ceremony,
        context: definition.hash(),
        limits: Limits::default(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (outbox, mut events) = net::start(settings).await.unwrap();
        let cheating = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let (Event::Up { peer, .. } | Event::Frame { peer, .. }) = event else {
                    continue;
                };
                for frame in &words {
                    outbox.send(peer, frame.clone().into());
                }
            }
        });
        // Until all have seen it: who has not heard what it remembers would wait for it.
        tokio::task::block_in_place(seen);
        cheating.abort();
    });
}
