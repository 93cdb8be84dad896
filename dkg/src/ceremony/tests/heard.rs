//! What a peer has heard of others outlives its program. Whoever then contradicts it is named with
//! what to do, is not followed, and is convicted of nothing: with its memory it goes on.

mod acks;

use proto::ceremony::{Spoken, Terms};
use proto::{PeerIndex, Root};

use super::crash::all_but_one_acknowledged;
use super::world::{Told, World, participant};
use crate::ceremony::*;
use crate::sharing::deal::open;

impl World {
    /// Everybody loses power.
    fn crash_all(&mut self) {
        for peer in self.size.all() {
            self.crash(peer);
        }
    }

    fn start_all(&mut self, positions: &[usize]) {
        for position in positions {
            self.start(self.peer(*position));
        }
        self.run();
    }

    /// The folder of `peer` is lost; gives what was in it.
    fn empty(&mut self, peer: PeerIndex) -> (Position, Vec<Spoken>) {
        self.reseeded.insert(peer);
        let disk = self.disks.get_mut(&peer).unwrap();
        (
            std::mem::take(&mut disk.position),
            std::mem::take(&mut disk.heard),
        )
    }

    /// It is put back.
    fn restore(&mut self, peer: PeerIndex, kept: (Position, Vec<Spoken>)) {
        self.crash(peer);
        self.reseeded.remove(peer);
        let disk = self.disks.get_mut(&peer).unwrap();
        (disk.position, disk.heard) = kept;
        self.start(peer);
        self.run();
    }

    /// These peers have told this of `peer`, once, and nobody has convicted anybody.
    fn assert_told(&self, by: &[usize], peer: PeerIndex, how: Contradiction) {
        for position in by {
            let told = &self.heard[&self.peer(*position)].contradictions;
            assert_eq!(*told, [(peer, how)], "by {position}");
        }
        self.assert_nobody_convicts();
    }

    fn assert_nobody_convicts(&self) {
        assert!(self.heard.values().all(|told| told.blames.is_empty()));
    }

    /// Everybody has finished, on the same keys.
    fn assert_all_finish(&self) {
        for (peer, told) in &self.heard {
            assert!(told.finished.is_some(), "{peer} at {:?}", told.progress);
        }
        self.assert_agreement();
    }

    fn acked(&self, peer: PeerIndex) -> Root {
        self.disks[&peer].position.acked[0].transcript
    }
}

/// What `peer` acknowledged, as it is kept.
fn ack_of(kept: &[Spoken], peer: PeerIndex) -> Ack {
    let acks = kept.iter().filter_map(|spoken| {
        let Spoken::Ack(ack) = spoken else {
            return None;
        };
        Some(ack)
    });
    let ack = acks.into_iter().find(|ack| ack.signer == peer);
    ack.unwrap().statement.clone()
}

#[test]
fn who_forgets_what_it_acknowledged_is_named_and_goes_on_with_its_memory() {
    let mut world = all_but_one_acknowledged(0);
    let forgetful = world.peer(1);
    let acked = world.acked(forgetful);
    world.crash_all();
    let kept = world.empty(forgetful);
    world.start_all(&[1, 2, 3]);
    let how = Contradiction::Denied { attempt: 0, acked };
    world.assert_told(&[2, 3], forgetful, how);
    // Nor does it lead anybody into another attempt.
    world.open_next(forgetful);
    world.run();
    world.assert_told(&[2, 3], forgetful, how);
    for position in [2, 3] {
        assert_eq!(world.disks[&world.peer(position)].position.attempt, 0);
    }
    world.restore(forgetful, kept);
    world.start_all(&[0]);
    world.assert_nobody_convicts();
    world.assert_all_finish();
}

#[test]
fn who_begins_anew_an_attempt_that_others_acknowledged_is_named_and_goes_on_with_its_memory() {
    let mut world = all_but_one_acknowledged(0);
    let (forgetful, acked) = (world.peer(0), world.acked(world.peer(1)));
    world.crash_all();
    let kept = world.empty(forgetful);
    world.start_all(&[0, 1, 2, 3]);
    let how = Contradiction::Begun { attempt: 0, acked };
    world.assert_told(&[1, 2, 3], forgetful, how);
    world.restore(forgetful, kept);
    world.assert_nobody_convicts();
    world.assert_all_finish();
}

#[test]
fn who_begins_anew_may_open_another_attempt_and_all_follow() {
    let mut world = all_but_one_acknowledged(0);
    let forgetful = world.peer(0);
    world.crash_all();
    world.empty(forgetful);
    world.start_all(&[0, 1, 2, 3]);
    world.open_next(forgetful);
    world.run();
    world.assert_nobody_convicts();
    world.assert_all_finish();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}

/// A world in which the second peer acknowledged other keys of the first attempt, as the first one
/// heard before everybody else lost everything.
fn dealt_anew() -> (World, Root) {
    let mut before = World::started(4, 1, 8);
    before.run();
    let (one, other) = (before.peer(0), before.peer(1));
    let acked = before.acked(other);
    let heard = before.disks.remove(&one).unwrap().heard;
    let of_other = |spoken: &Spoken| spoken.signer() == other && matches!(spoken, Spoken::Ack(_));
    let mut world = World::new(4, 1, 8);
    world.reseeded.insert(world.peer(3));
    let disk = world.disks.get_mut(&one).unwrap();
    disk.heard = heard.into_iter().filter(of_other).collect();
    assert_eq!(disk.heard.len(), 1);
    (world, acked)
}

#[test]
fn keys_are_not_stored_where_another_has_acknowledged_others_and_a_new_attempt_may_be_opened() {
    let (mut world, acked) = dealt_anew();
    world.start_all(&[0, 1, 2, 3]);
    let (one, other) = (world.peer(0), world.peer(1));
    let here = world.acked(other);
    assert_ne!(acked, here);
    let how = Contradiction::Dealt {
        attempt: 0,
        acked,
        here,
    };
    world.assert_told(&[0], other, how);
    assert!(world.disks[&one].keys.is_empty());
    let progress = world.heard[&one].progress.unwrap();
    assert_eq!(progress.step, Step::Contradicted);
    let told = how.to_string();
    for root in [acked, here] {
        assert!(told.contains(&hex::encode(&root.as_bytes()[..4])), "{told}");
    }
    assert!(told.contains("--retry") && told.contains("no signing record"));

    // Also after a restart.
    world.crash(one);
    world.start(one);
    world.give(one, Input::Retry);
    world.run();
    world.assert_nobody_convicts();
    world.assert_all_finish();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}

#[test]
fn of_two_openings_of_one_attempt_the_one_that_was_taken_is_told() {
    let mut before = World::started(4, 1, 18);
    before.run();
    let (one, other) = (before.peer(0), before.peer(1));
    let heard = before.disks.remove(&one).unwrap().heard;
    // It began anew before anything hung on what it had said first.
    let mut world = World::new(4, 1, 18);
    world.reseeded.insert(other);
    let is_first = |it: &Spoken| it.signer() == other && matches!(it, Spoken::Opening(_));
    let first: Vec<Spoken> = heard.into_iter().filter(is_first).collect();
    world.disks.get_mut(&one).unwrap().heard = first.clone();
    world.start_all(&[0, 1, 2, 3]);
    world.assert_all_finish();
    let taken = world.machines[&one].attempt.said.openings[&other].clone();
    let taken = Spoken::Opening(taken.into_signed());
    assert_ne!(first[0], taken);
    assert_eq!(world.machines[&one].said_by(other)[0], taken);
}

#[test]
fn only_what_other_operators_have_signed_in_this_ceremony_is_read() {
    let mut world = World::started(4, 1, 10);
    world.run();
    let (one, other) = (world.peer(0), world.peer(1));
    let kept = world.disks[&one].heard.clone();
    assert_eq!(kept.len(), 6, "an opening and an acknowledgement of each");
    let read = |terms: &Terms, statements: &[Spoken]| {
        Heard::read(terms, one, statements.iter().cloned()).map(drop)
    };
    assert_eq!(read(&world.terms, &kept), Ok(()));
    let foreign = super::world::terms(4, 2);
    assert_eq!(read(&foreign, &kept), Err(NotHeard));
    let of_one = world.disks[&other].heard.clone();
    assert_eq!(read(&world.terms, &of_one), Err(NotHeard), "its own words");
    for spoken in &kept {
        let mut forged = spoken.clone();
        match &mut forged {
            Spoken::Opening(said) => said.signature.0[0] ^= 1,
            Spoken::Ack(said) => said.signature.0[0] ^= 1,
            Spoken::Bundle(_) | Spoken::Confirm(_) | Spoken::Complaint(_) | Spoken::Done(_) => {
                panic!("nobody keeps it")
            }
        }
        assert_eq!(read(&world.terms, &[forged]), Err(NotHeard));
    }
    let done = world.machines[&other].attempt.said.dones[&other].clone();
    let done = Spoken::Done(done.into_signed());
    assert_eq!(read(&world.terms, &[done]), Err(NotHeard));
    // An acknowledgement whose signature of the lock is not its signer's.
    let who = participant(&world.terms, other);
    let mut ack = ack_of(&kept, other);
    ack.lock_signature.0[0] ^= 1;
    let ack = who.identity.sign(other, ack).into_signed();
    assert_eq!(read(&world.terms, &[Spoken::Ack(ack)]), Err(NotHeard));
}

#[test]
fn what_is_stored_rests_on_words_that_are_remembered() {
    let mut world = World::started(4, 1, 11);
    while world.deliver() {
        for peer in world.size.all() {
            let disk = &world.disks[&peer];
            if disk.keys.is_empty() {
                continue;
            }
            let others = world.size.all().filter(|other| *other != peer);
            for other in others {
                let who = participant(&world.terms, other);
                let context = Context {
                    terms: world.terms.hash(),
                    attempt: 0,
                };
                let opening = who.identity.sign(other, open(&who, context, Vec::new()));
                let opening = Spoken::Opening(opening.into_signed());
                assert!(disk.heard.contains(&opening));
            }
        }
    }
    world.assert_all_finished();
}
