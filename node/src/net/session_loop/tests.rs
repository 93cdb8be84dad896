//! Claims that prove nothing: whoever could forge an alarm could stop a peer, or have it stopped.

use std::sync::Arc;

use libp2p::swarm::ConnectionId;
use proto::session::Purpose;
use proto::{Identity, Root, Roster, Versions, WireVersion, example};
use tokio::sync::mpsc::{Receiver, channel};

use super::super::count::Meters;
use super::super::link::Shared;
use super::super::settings::{Limits, Settings};
use super::*;

const CONTEXT: Root = Root::ZERO;
const OURS: Instance = Instance([1; 16]);
const THEIRS: Instance = Instance([2; 16]);
const ANOTHER: Instance = Instance([3; 16]);

/// A session with bob, as anna has it.
struct Scene {
    secrets: Vec<Identity>,
    link: Link,
    events: Receiver<Event>,
    session_events: Receiver<SessionEvent>,
}

impl Scene {
    fn new() -> Self {
        let secrets = example::identities(3);
        let roster = Roster::new(secrets.iter().map(Identity::public).collect()).unwrap();
        let peer = |position| roster.size().peer(position).unwrap();
        let (to_events, events) = channel(8);
        let (to_session_events, session_events) = channel(8);
        let (me, other) = (peer(0), peer(1));
        let settings = Settings {
            identity: secrets[0].clone(),
            me,
            names: ["anna", "bob", "carol"].map(str::to_owned).into(),
            addresses: vec![Vec::new(); 3],
            listen: Vec::new(),
            purpose: Purpose::Duties,
            context: CONTEXT,
            limits: Limits::default(),
            roster,
        };
        let shared = Shared {
            settings,
            instance: OURS,
            started: Instant::now(),
            queues: Vec::new(),
            meters: Arc::new(Meters::new(3)),
            events: to_events,
            session_events: to_session_events,
        };
        let link = Link {
            shared: Arc::new(shared),
            peer: other,
            connection: ConnectionId::new_unchecked(1),
            dialled: true,
        };
        Self {
            secrets,
            link,
            events,
            session_events,
        }
    }

    /// What `signer` claims of these two instances in `context`.
    fn claim(&self, signer: usize, (mine, other): (Instance, Instance), context: Root) -> Claim {
        let mut claim = Claim {
            mine,
            other,
            signature: proto::IdentitySignature([0; 64]),
        };
        claim.signature = self.secrets[signer].sign_bare(&claim.statement(context));
        claim
    }

    /// What comes of a claim that bob sends after a challenge that names `challenged`, if any:
    /// whether the session goes on, whether anna is alarmed, whether the driver hears of it.
    async fn hears(&mut self, claim: Claim, challenged: Option<Instance>) -> (bool, bool, bool) {
        let hello = Hello {
            versions: Versions::OURS,
            purpose: Purpose::Duties,
            context: CONTEXT,
            peer: 1,
            instance: THEIRS,
            software: String::new(),
        };
        let mut session = SessionLoop::new(&self.link, hello, WireVersion::V2);
        session.challenged = challenged;
        let goes_on = session.judge(claim).await.is_ok();
        let alarmed = self.events.try_recv().is_ok();
        (goes_on, alarmed, self.session_events.try_recv().is_ok())
    }
}

const CUT: (bool, bool, bool) = (false, false, false);

#[tokio::test]
async fn only_ones_own_signature_of_another_program_proves_a_second_session() {
    let mut scene = Scene::new();
    let (anna, bob) = (0, 1);
    let elsewhere = Root::from([9; 32]);
    let forged = [
        scene.claim(bob, (ANOTHER, OURS), CONTEXT),
        scene.claim(anna, (ANOTHER, OURS), elsewhere),
        // What anna has said herself, and what was said of a program that ran before.
        scene.claim(anna, (OURS, OURS), CONTEXT),
        scene.claim(anna, (ANOTHER, THEIRS), CONTEXT),
    ];
    for (number, claim) in forged.into_iter().enumerate() {
        assert_eq!(scene.hears(claim, None).await, CUT, "forgery {number}");
    }
    let proof = scene.claim(anna, (ANOTHER, OURS), CONTEXT);
    assert_eq!(scene.hears(proof, None).await, (true, true, false));
}

#[tokio::test]
async fn only_an_answer_to_the_challenge_by_the_program_asked_proves_that_it_lives() {
    let mut scene = Scene::new();
    let (anna, bob, carol) = (0, 1, 2);
    let answer = scene.claim(bob, (THEIRS, ANOTHER), CONTEXT);
    let forged = [
        (answer, None),
        (answer, Some(OURS)),
        (
            scene.claim(carol, (THEIRS, ANOTHER), CONTEXT),
            Some(ANOTHER),
        ),
        (scene.claim(anna, (THEIRS, ANOTHER), CONTEXT), Some(ANOTHER)),
        (scene.claim(bob, (ANOTHER, ANOTHER), CONTEXT), Some(ANOTHER)),
    ];
    for (number, (claim, challenged)) in forged.into_iter().enumerate() {
        assert_eq!(
            scene.hears(claim, challenged).await,
            CUT,
            "forgery {number}"
        );
    }
    assert_eq!(
        scene.hears(answer, Some(ANOTHER)).await,
        (true, false, true)
    );
}
