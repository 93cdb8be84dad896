//! Intents at Rocket Pool in the simulated world: what operators order, what their machines keep;
//! and scripts: who approves, who is away, who lies.
//!
//! Checked at every keeping: no peer's number goes back, and none has two intents in force of one
//! number.

use std::collections::BTreeMap;

use node_core::duties::Input;
use node_core::duties::fault::Breach;
use node_core::duties::note::IntentNote;
use node_core::pool::intent::{Cluster, Intents};
use proto::control::{Answer, IntentRequest, Intents as View};
use proto::intent::{Aims, IntentHash, IntentId, SentIntent, SentSignature};
use proto::{Root, frame::Frame};

use crate::events::Event;
use crate::faults::Fault;
use crate::old;
use crate::scenarios::ms;
use crate::world::{FIRST, World};

/// What has been said and done about intents.
#[derive(Default)]
pub struct Intending {
    orders: u64,
    /// What each peer told its operator to be in force, the oldest first.
    told: BTreeMap<usize, Vec<IntentId>>,
    /// The intent of each number that is in force somewhere.
    in_force: BTreeMap<u64, Root>,
}

impl World {
    /// The operator of `peer` orders something; what its peer answers, at once or within a slot.
    fn intend(&mut self, peer: usize, request: IntentRequest) -> Answer {
        self.intending.orders += 1;
        let (number, before) = (self.intending.orders, self.exits.answers.len());
        self.feed(peer, Input::Intend(number, request));
        self.run_a_while(1_000);
        let answers = &self.exits.answers[before..];
        let answer = answers.iter().find(|(of, _)| *of == peer);
        answer.expect("an order is answered").1.clone()
    }

    fn run_a_while(&mut self, milliseconds: u64) {
        let later = self.now + ms(milliseconds);
        let slot = self.chain.spec.slot_at(later).unwrap();
        self.run_until(slot.0, later.since(self.chain.spec.start_of(slot)));
    }

    fn view(&mut self, peer: usize) -> View {
        shown(self.intend(peer, IntentRequest::Show))
    }

    /// What `peer` knows at this moment.
    fn look(&mut self, peer: usize) -> View {
        let before = self.exits.answers.len();
        self.intending.orders += 1;
        let number = self.intending.orders;
        self.feed(peer, Input::Intend(number, IntentRequest::Show));
        match &self.exits.answers[before..] {
            [(_, Answer::Intents(view))] => (**view).clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The operator of `peer` proposes what holds with this many validators.
    fn propose(&mut self, peer: usize, validators: u64) -> Root {
        let view = self.view(peer);
        let aims = Aims {
            validators,
            ..view.aims().clone()
        };
        let on = view.holds();
        let view = shown(self.intend(peer, IntentRequest::Propose { on, aims }));
        view.signed.unwrap().hash
    }

    fn sign(&mut self, peer: usize, hash: Root) -> Answer {
        self.intend(peer, IntentRequest::Approve(hash))
    }

    /// Which intent holds on `peer`, by what its file says.
    fn holds(&self, peer: usize) -> Option<IntentId> {
        let text = self.peers[peer].intents.as_ref()?;
        let intents = Intents::from_json(text, &Cluster::of(&self.cluster.lock)).unwrap();
        Some(intents.in_force()?.backed.id())
    }

    pub(crate) fn keep_intents(&mut self, peer: usize, keeping: u64, text: String) {
        let later = self.draw_ms(self.peers[peer].sync_ms);
        let life = self.peers[peer].life;
        self.at(
            self.now + later,
            Event::IntentsKept(peer, life, keeping, text),
        );
    }

    pub(crate) fn intents_kept(&mut self, peer: usize, life: u32, kept: (u64, String)) {
        if self.lives(peer, life) {
            let before = self.holds(peer).map_or(0, |it| it.number);
            let (keeping, text) = kept;
            self.peers[peer].intents = Some(text);
            if let Some(IntentId { number, hash }) = self.holds(peer) {
                assert!(number >= before, "{}", self.name());
                let one = *self.intending.in_force.entry(number).or_insert(hash);
                assert_eq!(one, hash, "two intents of one number\n{}", self.name());
            }
            self.feed(peer, Input::IntentsKept(keeping, true));
        }
    }

    pub(crate) fn hear_of_intent(&mut self, peer: usize, note: IntentNote) {
        if let IntentNote::InForce(id, _) = note {
            self.intending.told.entry(peer).or_default().push(id);
        }
    }

    /// How many validators each peer aims at.
    fn aims(&mut self) -> Vec<u64> {
        (0..self.peers.len())
            .map(|peer| self.view(peer).aims().validators)
            .collect()
    }
}

fn shown(answer: Answer) -> View {
    let Answer::Intents(view) = answer else {
        panic!("{answer:?}");
    };
    *view
}

/// A world of four with an agreement that wishes for two validators.
fn world(seed: u64) -> World {
    let mut world = World::new(4, seed);
    world.agree(true);
    world.run_until(FIRST + 1, ms(1_000));
    world
}

#[test]
fn three_of_four_sign_and_all_act_by_it() {
    let mut world = world(950);
    assert_eq!(world.aims(), [2, 2, 2, 2]);
    let hash = world.propose(0, 1);
    world.sign(1, hash);
    assert_eq!(world.aims(), [2, 2, 2, 2]);
    let open = world.view(3).open;
    assert_eq!((open.len(), open[0].signers.as_slice()), (1, &[0, 1][..]));
    world.sign(3, hash);
    assert_eq!(world.aims(), [1, 1, 1, 1]);
    for peer in 0..4 {
        assert_eq!(world.intending.told[&peer].len(), 1);
        let view = world.view(peer);
        assert_eq!(view.in_force.as_ref().unwrap().0.signers, [0, 1, 3]);
        let is_same = |(_, stands): &(u32, proto::intent::StandsOn)| {
            stands.intent.map(|it| it.hash) == Some(hash)
        };
        assert!(view.stands.len() == 3 && view.stands.iter().all(is_same));
    }
    world.run_to(FIRST + 4);
    world.assert_safe();
    assert_eq!(world.blamed, Default::default());
}

#[test]
fn who_was_away_learns_it_from_any_other_and_keeps_it() {
    let mut world = world(951);
    world.fault(Fault::Kill(2));
    let hash = world.propose(0, 1);
    world.sign(1, hash);
    world.sign(3, hash);
    // Those who have signed are away now, but one.
    world.fault(Fault::Kill(0));
    world.fault(Fault::Kill(1));
    world.fault(Fault::Start(2));
    world.run_a_while(5_000);
    assert_eq!(world.holds(2).map(|it| it.hash), Some(hash));
    // After all of them were down it holds on each by its own file.
    for peer in [2, 3] {
        world.fault(Fault::LosePower(peer));
    }
    for peer in 0..4 {
        world.fault(Fault::Start(peer));
    }
    world.run_a_while(2_000);
    assert_eq!(world.aims(), [1, 1, 1, 1]);
}

#[test]
fn a_number_that_two_and_two_have_signed_is_passed_over() {
    let mut world = world(952);
    // At one moment, so that neither knows of the other.
    let view = world.view(0);
    for (peer, validators) in [(0, 1), (2, 0)] {
        let aims = Aims {
            validators,
            ..view.aims().clone()
        };
        let on = view.holds();
        world.intending.orders += 1;
        let number = world.intending.orders;
        world.feed(
            peer,
            Input::Intend(number, IntentRequest::Propose { on, aims }),
        );
    }
    world.run_a_while(1_000);
    let open = world.view(1).open;
    let hash = |of: u32| {
        let found = open.iter().find(|it| it.signers == [of]);
        found.unwrap().intent.hash()
    };
    let (one, other) = (hash(0), hash(2));
    assert_eq!(
        open.iter().map(|it| it.intent.number).collect::<Vec<_>>(),
        [1, 1]
    );
    world.sign(1, one);
    world.sign(3, other);
    let refused = world.sign(1, other);
    assert!(matches!(&refused, Answer::Refused(why) if why.contains("one intent of each number")));
    assert_eq!(world.aims(), [2, 2, 2, 2]);
    let next = world.propose(3, 0);
    world.sign(0, next);
    world.sign(1, next);
    assert_eq!(world.aims(), [0, 0, 0, 0]);
    assert_eq!(world.view(2).in_force.unwrap().0.intent.number, 2);
}

#[test]
fn a_signature_leaves_when_it_is_durable_and_binds_after_a_loss_of_power() {
    let mut world = world(953);
    let view = world.view(0);
    let (on, aims) = (view.holds(), |validators| Aims {
        validators,
        ..view.aims().clone()
    });
    let propose = |validators| IntentRequest::Propose {
        on,
        aims: aims(validators),
    };
    world.feed(0, Input::Intend(900, propose(1)));
    // Nothing was written yet.
    world.fault(Fault::LosePower(0));
    world.run_a_while(1_000);
    world.fault(Fault::Start(0));
    world.run_a_while(3_000);
    for peer in 0..4 {
        assert_eq!(world.view(peer).open, []);
    }
    // And once it was.
    let hash = world.propose(0, 1);
    world.fault(Fault::LosePower(0));
    world.run_a_while(1_000);
    world.fault(Fault::Start(0));
    world.run_a_while(3_000);
    let view = world.view(0);
    assert_eq!(view.signed.map(|it| it.hash), Some(hash));
    assert_eq!(view.open[0].signers, [0]);
}

#[test]
fn an_old_copy_of_the_file_put_back_lets_nobody_sign_a_second_of_one_number() {
    let mut world = world(956);
    let first = world.propose(0, 1);
    world.sign(1, first);
    world.sign(3, first);
    let before = world.peers[0].intents.clone();
    world.fault(Fault::Kill(1));
    let one = world.propose(0, 0);
    let view = world.view(3);
    let propose = || IntentRequest::Propose {
        on: view.holds(),
        aims: Aims {
            validators: 2,
            ..view.aims().clone()
        },
    };
    let Answer::Intents(other) = world.intend(3, propose()) else {
        panic!("the fourth operator proposes");
    };
    let other = other.signed.unwrap();
    assert_eq!(other.number, 3);
    // All are down, and one of them comes back with what it had before, and one that knows no more.
    for peer in [0, 2, 3] {
        world.fault(Fault::Kill(peer));
    }
    world.peers[0].intents = before;
    world.fault(Fault::Start(0));
    world.fault(Fault::Start(1));
    world.run_a_while(5_000);
    let refused = world.intend(0, propose());
    assert!(matches!(&refused, Answer::Refused(why) if why.contains("old copy")));
    // From the moment on at which it would sign it knows what it has signed.
    world.fault(Fault::Start(2));
    world.fault(Fault::Start(3));
    while world.look(0).stands.len() < 2 {
        assert!(world.look(0).signed.is_none_or(|it| it.hash == first));
        world.run_a_while(1);
    }
    assert_eq!(world.look(0).signed.map(|it| it.hash), Some(one));
    world.run_a_while(5_000);
    // What comes after both is free.
    assert_eq!(world.view(0).open.len(), 2);
    let next = world.propose(0, 2);
    let signed = world.view(0).signed.unwrap();
    assert_eq!((signed.number, signed.hash), (4, next));
    world.assert_safe();
}

#[test]
fn what_a_liar_says_is_refused_and_its_peer_named() {
    let mut world = world(954);
    let hash = world.propose(0, 1);
    let intent = world.view(0).open[0].intent.clone();
    assert_eq!(intent.hash(), hash);
    // The third operator's peer says that all have signed.
    let signature = world.cluster.identities[2].sign_bare(&IntentHash(hash));
    let forged = |operator| SentSignature {
        operator,
        signature,
    };
    let frame = Frame::Intents(vec![SentIntent {
        intent,
        signatures: (0..4).map(forged).collect(),
    }]);
    world.checks.bad.insert(2);
    let liar = world.peers[2].index;
    for peer in [0, 1, 3] {
        world.feed(peer, Input::Frame(liar, frame.encode()));
    }
    world.run_a_while(1_000);
    assert_eq!(world.aims(), [2, 2, 2, 2]);
    for peer in [0, 1, 3] {
        assert!(world.blamed.contains(&(peer, 2, Breach::Intent)));
    }
    world.assert_safe();
}

#[test]
fn a_peer_of_an_older_version_is_told_nothing_of_it() {
    let mut world = World::new(4, 955);
    world.agree(true);
    world.peers[2].versions = old::VERSIONS;
    world.run_until(FIRST + 1, ms(1_000));
    let hash = world.propose(0, 1);
    world.sign(1, hash);
    world.sign(3, hash);
    for peer in [0, 1, 3] {
        assert_eq!(world.holds(peer).map(|it| it.hash), Some(hash));
        assert_eq!(world.view(peer).too_old, [2]);
    }
    assert_eq!(world.holds(2), None);
    world.run_to(FIRST + 4);
    world.assert_safe();
}
