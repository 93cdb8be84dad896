//! What peers have signed for the node account is handed on, and nobody can fill the way.

use proto::agreement::AccountSignature;
use proto::{Timestamp, WireVersion};

use super::*;
use crate::duties::onehop::four::{self, Ground, lock, share};
use crate::partials::keys::ClusterKeys;
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::Held;

struct Place {
    ground: Ground,
    cosigning: Cosigning,
    slot: u64,
}

impl Place {
    fn new(version: WireVersion) -> Self {
        let lock = lock();
        let facts = four::facts(0, lock.hash(), ClusterKeys::of(&lock).unwrap());
        let owner = Owner {
            cluster: lock.hash(),
            identity: facts.identity.public(),
        };
        let disk = SimulatedDisk::new();
        let mut history = History::default();
        let keys = lock.validators.iter().map(|it| it.public_key).collect();
        history.add(Entry::Enrolled(keys)).unwrap();
        Journal::create(disk.clone(), owner, history).unwrap();
        let journal = Journal::open(disk, owner).unwrap();
        let held = Held::of_lock(&lock, [0, 1].map(|of| share(of, 0)).into());
        Self {
            ground: Ground::new(facts, version, held, &journal),
            cosigning: Cosigning::default(),
            slot: 9,
        }
    }

    fn act(&mut self, act: impl FnOnce(&mut Cosigning, &mut Step<'_>)) -> Vec<Output> {
        let start = self.ground.facts.chain.start_of(Slot(self.slot));
        let now = Timestamp::from_micros(start.micros() + 1);
        act(&mut self.cosigning, &mut self.ground.step(now));
        std::mem::take(&mut self.ground.out)
    }

    fn hear(&mut self, peer: usize, said: &SafeStep) -> Vec<Output> {
        let peer = self.ground.index(peer);
        self.act(|cosigning, step| cosigning.hear(peer, said.clone(), step))
    }
}

fn said(nonce: u64) -> SafeStep {
    SafeStep {
        nonce,
        call: None,
        signature: AccountSignature([1; 65]),
    }
}

fn is_handed_on(out: &[Output]) -> bool {
    matches!(out, [Output::Hear(..)])
}

#[test]
fn the_same_of_the_same_peer_is_handed_on_once_in_a_while() {
    let mut place = Place::new(WireVersion::V9);
    assert!(is_handed_on(&place.hear(1, &said(4))));
    assert!(place.hear(1, &said(4)).is_empty());
    assert!(is_handed_on(&place.hear(2, &said(4))));
    assert!(is_handed_on(&place.hear(1, &said(5))));
    place.slot += AGAIN - 1;
    assert!(place.hear(2, &said(4)).is_empty());
    place.slot += 1;
    assert!(is_handed_on(&place.hear(2, &said(4))));
}

#[test]
fn who_says_more_than_an_honest_peer_could_is_named_once_and_heard_no_more_in_that_slot() {
    let mut place = Place::new(WireVersion::V9);
    let most = MOST_HEARD as u64;
    for nonce in 0..most {
        assert!(is_handed_on(&place.hear(1, &said(nonce))));
    }
    let named = place.hear(1, &said(most));
    assert!(matches!(
        named[..],
        [Output::Note(Note::Fault {
            breach: Breach::SafeStep,
            ..
        })]
    ));
    assert!(place.hear(1, &said(most + 1)).is_empty());
    assert!(is_handed_on(&place.hear(2, &said(0))));
    place.slot += 1;
    assert!(is_handed_on(&place.hear(1, &said(most + 1))));
}

#[test]
fn what_the_own_account_has_signed_goes_to_those_who_know_it() {
    for (version, count) in [(WireVersion::V8, 0), (WireVersion::V9, 3)] {
        let mut place = Place::new(version);
        let out = place.act(|cosigning, step| cosigning.signed(said(1), step));
        assert_eq!(out.len(), count);
    }
}
