//! An operator loses the folder of its ceremony, and all others have started anew since they heard
//! it. They remember what it said: it is stopped, or opens another attempt, and nobody ever waits
//! for the other half of two.

use proto::ceremony::{Frame as Said, Spoken};
use proto::ceremony_session::Frame;
use proto::example::NAMES;

use super::disk::{Refusal, Simulated, disks};
use crate::ceremony::example::{Cut, Disk as _, VICTIM, World, peer, place};
use crate::ceremony::{Alarm, Halt, Note};

/// An operator that stores no keys.
const LATE: usize = 3;

impl World<Simulated> {
    /// Whose program still runs is ended, and all are started again.
    fn restart_all(&mut self) {
        self.peers = [const { None }; 4];
        for at in 0..4 {
            self.start(at, false);
        }
    }

    /// The victim goes on as if nobody had told it anything.
    fn go_on_deaf(&mut self) {
        for at in [0, 2, LATE] {
            self.tell(at, VICTIM, &Frame::Remembered(Vec::new()));
        }
        self.run(|_, to, frame| to == VICTIM && matches!(frame, Frame::Remembered(_)));
    }

    /// Everybody but `lost` is still content with everybody, and nobody is convicted.
    fn assert_nobody_minds(&self, lost: usize, when: &str) {
        for at in (0..4).filter(|at| *at != lost) {
            self.assert_complains_of_nothing(at, when);
        }
        assert_eq!(self.blames, [], "{when}");
    }

    /// `lost` was told that it has acknowledged.
    fn is_forgotten(&self, lost: usize) -> bool {
        match &self.stopped[lost] {
            Some(Refusal::Halt(Halt::Forgotten(_))) => true,
            None => false,
            other => panic!("{}: {other:?}", NAMES[lost]),
        }
    }
}

fn is_confirm(frame: &Frame) -> bool {
    let Frame::Ceremony(bytes) = frame else {
        return false;
    };
    let said = Said::decode(place(0).size(), bytes).unwrap();
    matches!(said, Said::Spoken(Spoken::Confirm(_)))
}

/// All but one have acknowledged, and nobody has a lock.
fn all_but_one_acknowledged() -> World<Simulated> {
    let mut world = World::started(disks());
    world.run(|_, to, frame| to == LATE && is_confirm(frame));
    for at in 0..4 {
        let position = world.disks[at].written.position.clone();
        let acked = position.is_some_and(|position| !position.acked.is_empty());
        assert_eq!((acked, world.disks[at].lock()), (at != LATE, None));
    }
    world
}

#[test]
fn who_acknowledged_and_lost_its_folder_is_stopped_though_all_others_have_restarted() {
    let mut world = all_but_one_acknowledged();
    let kept = world.live_on(VICTIM, Simulated::new(VICTIM, 100));
    world.restart_all();
    world.run(|_, _, _| false);
    assert!(world.is_forgotten(VICTIM));
    world.assert_nobody_blames("without its folder");
    world.live_on(VICTIM, kept);
    world.start(VICTIM, false);
    world.run(|_, _, _| false);
    world.assert_all_have_the_same("with its folder put back");
}

#[test]
fn who_lost_its_folder_before_it_acknowledged_opens_another_attempt() {
    let mut world = all_but_one_acknowledged();
    world.live_on(LATE, Simulated::new(LATE, 100));
    world.restart_all();
    world.run(|_, _, _| false);
    world.assert_all_have_the_same("in another attempt");
    let recalled = |note: &Note| matches!(note, Note::Recalled { attempt: 1, .. });
    assert!(world.notes[LATE].iter().any(recalled));
}

#[test]
fn who_does_not_listen_is_named_and_convicted_of_nothing() {
    let mut world = all_but_one_acknowledged();
    let kept = world.live_on(VICTIM, Simulated::begun(VICTIM, 100, 0));
    world.restart_all();
    world.go_on_deaf();
    for at in [0, 2, LATE] {
        let mut alarms = world.notes[at].iter().filter_map(|note| {
            let Note::Alarm(peer, Alarm::Contradiction(how)) = note else {
                return None;
            };
            Some((*peer, how.to_string()))
        });
        let (named, words) = alarms.next().expect("it is told");
        assert_eq!((named, alarms.next()), (peer(VICTIM), None));
        assert!(
            words.contains("put the newest copy of the folder back"),
            "{words}"
        );
    }
    assert_eq!(world.blames, []);
    world.live_on(VICTIM, kept);
    world.start(VICTIM, false);
    world.run(|_, _, _| false);
    assert_eq!(world.blames, []);
    let lock = world.disks[0].lock();
    assert!(lock.is_some() && world.disks.iter().all(|disk| disk.lock() == lock));
}

#[test]
fn whenever_a_peer_that_heard_it_loses_power_who_lost_its_folder_is_stopped_or_all_go_on() {
    const LOST: usize = 2;
    let mut stopped = 0;
    for operation in 0.. {
        let disks = disks().map(|disk| match disk.is_of(VICTIM) {
            true => disk.cut_before(operation),
            false => disk,
        });
        let mut world = World::until(Cut::Never, disks);
        if !world.is_cut() {
            break;
        }
        let when = format!("before operation {operation}");
        let kept = world.live_on(LOST, Simulated::new(LOST, 100));
        world.restart_all();
        world.run(|_, _, _| false);
        world.assert_nobody_minds(LOST, &when);
        if world.is_forgotten(LOST) {
            stopped += 1;
            world.live_on(LOST, kept);
            world.start(LOST, false);
            world.run(|_, _, _| false);
        }
        world.assert_all_have_the_same(&when);
    }
    assert!(
        stopped > 5,
        "{stopped} is too few to be all that acknowledged"
    );
}
