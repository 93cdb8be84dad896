//! What each peer seals of exits in advance, and what it holds of others'.

use proto::exit::SealedExit;
use proto::frame::{LackedExit, SentSealedExit};

use super::*;
use crate::duties::Deferred;
use crate::vault::{ExitKey, Presigned};

/// From when on the validators may leave.
pub(super) const RIPE: Epoch = Epoch(64);

/// One of four peers of a cluster that signs exits in advance.
pub(super) struct Place {
    pub(super) ground: Ground,
    pub(super) exits: Exits,
    pub(super) now: u64,
}

pub(super) fn cluster() -> proto::Root {
    four::presigning_lock().hash()
}

impl Place {
    pub(super) fn new(me: usize) -> Self {
        Self::speaking(me, WireVersion::V10)
    }

    pub(super) fn speaking(me: usize, version: WireVersion) -> Self {
        let mut place = Self::without_key(me, version);
        let key = ExitKey::of(&four::presigning_lock()).unwrap().unwrap();
        let own = four::exit_share(u8::try_from(me).unwrap());
        let held = key.held(place.ground.index(me), &own);
        place.ground.vault.hold_exit_key(held);
        place
    }

    pub(super) fn without_key(me: usize, version: WireVersion) -> Self {
        let keys = keys();
        let mut history = History::default();
        history.add(Entry::Enrolled(keys.public_keys())).unwrap();
        let owner = Owner {
            cluster: cluster(),
            identity: identities()[me].public(),
        };
        let journal = Journal::create(SimulatedDisk::new(), owner, history).unwrap();
        let held = (0..2u8).map(|validator| Held {
            group_key: secret(5 + validator).public().to_bytes(),
            share: share(validator, u8::try_from(me).unwrap()),
            deposits: None,
        });
        let facts = four::facts(me, cluster(), keys);
        Self {
            ground: Ground::new(facts, version, held.collect(), &journal),
            exits: Exits::default(),
            now: BEGIN,
        }
    }

    /// One for whose exits of both validators everybody has sealed his part.
    pub(super) fn holding_all(me: usize) -> Self {
        let mut place = Self::new(me);
        place.looks(sound());
        for other in (0..4).filter(|other| *other != me) {
            for validator in [VALIDATOR, OTHER] {
                place.hears(other, &[Frame::SealedExits(vec![part(other, validator)])]);
            }
        }
        place.works();
        place
    }

    pub(super) fn act(&mut self, act: impl FnOnce(&mut Exits, &mut Step<'_>)) {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let mut step = self.ground.step(now);
        act(&mut self.exits, &mut step);
    }

    pub(super) fn passes(&mut self, seconds: u64) {
        self.now += seconds;
        self.act(|exits, step| exits.advance(step));
    }

    /// The last finalised state shows both validators so.
    pub(super) fn looks(&mut self, standing: Leaving) {
        let found = vec![(VALIDATOR, Some(standing)), (OTHER, Some(standing))];
        self.passes(0);
        self.act(|exits, step| exits.finalised(Some(found), step));
        self.works();
    }

    /// Does all that was put off.
    pub(super) fn works(&mut self) {
        let is_later = |it: &Output| matches!(it, Output::Later(Deferred::Presigned));
        while self.ground.out.iter().any(is_later) {
            self.ground.out.retain(|it| !is_later(it));
            self.act(|exits, step| exits.work(step));
        }
    }

    pub(super) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.ground.out)
    }

    pub(super) fn hears(&mut self, from: usize, frames: &[Frame]) {
        let from = self.ground.index(from);
        for frame in frames.iter().cloned() {
            self.act(|exits, step| {
                if let Frame::ExitWords(words) = frame {
                    exits.hear(from, words, step);
                } else if let Frame::ExitShare(share) = frame {
                    exits.take(from, share, step);
                } else if let Frame::SealedExits(sealed) = frame {
                    exits.hear_sealed(from, sealed, step);
                } else if let Frame::SealedExitsWanted(lacked) = frame {
                    exits.hear_lacked(from, &lacked, step);
                } else if let Frame::ExitOpening(opening) = frame {
                    exits.hear_opening(from, &opening, step);
                }
            });
        }
    }

    pub(super) fn view(&self) -> Exit {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let seen = Seen {
            facts: &self.ground.facts,
            peers: &self.ground.peers,
            now,
        };
        self.exits.view(VALIDATOR, &seen)
    }

    pub(super) fn held(&self) -> Vec<u32> {
        self.view().presigned.sealers
    }
}

pub(super) fn presigned(validator: ValidatorPosition, epoch: Epoch) -> Presigned {
    Presigned::new(&chain(), key(validator), (INDEX, epoch))
}

/// What the peer at this place seals of this exit.
pub(super) fn sealed_by(peer: usize, validator: ValidatorPosition, epoch: Epoch) -> SealedExit {
    let place = Place::new(peer);
    let exit = presigned(validator, epoch);
    place.ground.vault.seal_exit(validator, &exit).unwrap()
}

/// What a peer may pass off as that: sealed as it should be, and signed by its share of the other
/// validator.
pub(super) fn something_else(peer: u8) -> SealedExit {
    let exit = presigned(VALIDATOR, RIPE);
    let part = exit.part(cluster(), Place::new(peer.into()).ground.index(peer.into()));
    let message = dkg::bls::Message::hash(exit.signing_root());
    let lock = four::presigning_lock();
    let points = lock.exit_seal_commitment.as_ref().unwrap();
    let key = dkg::seal::exit_set(proto::ClusterSize::of(4).unwrap(), points).unwrap();
    let text = dkg::seal::SealedPartial::seal(&key, &share(1, peer), &message, part.label());
    SealedExit { part, text }
}

/// The same on its way, signed by `signer`.
pub(super) fn sent_by(
    signer: usize,
    validator: ValidatorPosition,
    sealed: SealedExit,
) -> SentSealedExit {
    SentSealedExit {
        sealer: u32::try_from(sealed.part.sealer.position()).unwrap(),
        validator,
        index: sealed.part.index,
        epoch: sealed.part.epoch,
        text: sealed.text,
        signature: identities()[signer].sign_bare(&sealed),
    }
}

/// What an honest peer sends of its own.
pub(super) fn part(peer: usize, validator: ValidatorPosition) -> SentSealedExit {
    sent_by(peer, validator, sealed_by(peer, validator, RIPE))
}

fn sealed_frames(outputs: &[Output]) -> Vec<SentSealedExit> {
    let mut all = Vec::new();
    for frame in frames(outputs) {
        if let Frame::SealedExits(sealed) = frame {
            all.extend(sealed);
        }
    }
    all
}

/// What is given to the disk last.
pub(super) fn kept(outputs: &[Output]) -> Option<Vec<SentSealedExit>> {
    let mut kept = None;
    for output in outputs {
        if let Output::KeepSealed(all) = output {
            kept = Some(all.clone());
        }
    }
    kept
}

/// What is sent behind everything else.
fn given(outputs: &[Output]) -> Vec<Frame> {
    let mut given = Vec::new();
    for output in outputs {
        if let Output::SendLast(_, frame) = output {
            given.push(Frame::decode(frame).unwrap());
        }
    }
    given
}

#[test]
fn once_its_validator_is_active_for_good_a_peer_seals_its_part_and_shows_nothing_else() {
    let mut place = Place::new(0);
    place.passes(0);
    let asks =
        |output: &Output| matches!(output, Output::Ask(Request::Final(all)) if all.len() == 2);
    assert!(place.take().iter().any(asks));
    place.looks(sound());
    place.passes(SLOT);
    let outputs = place.take();
    assert_eq!(
        sealed_frames(&outputs),
        [part(0, VALIDATOR), part(0, OTHER)]
    );
    assert_eq!(place.held(), [0]);
    let texts = kept(&outputs).expect("they are kept").into_iter();
    let texts: Vec<u8> = texts.flat_map(|one| one.text.0).collect();
    // The first exit that the chain will ever take.
    assert_eq!(place.view().presigned.epoch, Some(RIPE));
    let root = presigned(VALIDATOR, RIPE).signing_root();
    let plain = share(0, 0).sign(&dkg::bls::Message::hash(root)).to_bytes();
    let shows = |bytes: &[u8]| bytes.windows(96).any(|part| part == plain.as_bytes());
    for output in outputs {
        let bytes = if let Output::Send(_, frame) = output {
            frame
        } else {
            format!("{output:?}").into_bytes()
        };
        assert!(!shows(&bytes), "a partial signature left unsealed");
    }
    assert!(!shows(&texts), "it is not kept unsealed either");
}

#[test]
fn of_who_is_not_active_or_leaves_or_without_a_key_nothing_is_sealed() {
    let pending = Leaving {
        active: false,
        ..sound()
    };
    let leaves = Leaving {
        exit_epoch: Epoch(300),
        ..sound()
    };
    for standing in [pending, leaves] {
        let mut place = Place::new(0);
        place.looks(standing);
        assert_eq!(sealed_frames(&place.take()), []);
        assert!(place.held().is_empty());
    }
    let mut place = Place::without_key(0, WireVersion::V10);
    place.passes(0);
    assert!(place.take().is_empty());
    // One that has become active is asked about again in the next epoch.
    let mut place = Place::new(0);
    place.looks(pending);
    place.take();
    place.passes(SLOT);
    assert!(place.take().is_empty());
    place.passes(EPOCH);
    let asks = |output: &Output| matches!(output, Output::Ask(Request::Final(_)));
    assert!(place.take().iter().any(asks));
}

#[test]
fn what_others_seal_is_checked_held_and_kept_and_said_again_costs_nothing() {
    let mut place = Place::new(0);
    // Before the own beacon node shows the validator there is nothing to hold it against.
    place.hears(1, &[Frame::SealedExits(vec![part(1, VALIDATOR)])]);
    assert!(place.take().is_empty());
    place.looks(sound());
    place.take();
    let others = [part(1, VALIDATOR), part(2, VALIDATOR)];
    // One passes on what another has sealed.
    place.hears(1, &[Frame::SealedExits(others.to_vec())]);
    place.works();
    assert_eq!(place.held(), [0, 1, 2]);
    place.passes(SLOT);
    let kept = kept(&place.take()).expect("what is new is kept");
    assert!(others.iter().all(|one| kept.contains(one)) && kept.len() == 4);
    place.hears(2, &[Frame::SealedExits(others.to_vec())]);
    place.passes(SLOT);
    let outputs = place.take();
    assert_eq!(faults(&outputs), []);
    let keeps = |output: &Output| matches!(output, Output::KeepSealed(_));
    assert!(!outputs.iter().any(keeps));
    // A new process has it again, and an exit of another epoch is of no use.
    let mut next = Place::new(0);
    let facts = next.ground.facts.clone();
    let mut odd = kept.clone();
    odd.push(sent_by(3, VALIDATOR, sealed_by(3, VALIDATOR, Epoch(63))));
    next.exits.recall_sealed(odd, &facts);
    assert!(next.held().is_empty());
    next.looks(sound());
    assert_eq!(next.held(), [0, 1, 2]);
    assert_eq!(sealed_frames(&next.take()), []);
}

#[test]
fn what_is_not_what_it_is_said_to_be_is_refused_and_its_peer_named() {
    let good = sealed_by(1, VALIDATOR, RIPE);
    let mut foreign = good;
    foreign.part.lock = [9; 32].into();
    let nobody = SentSealedExit {
        sealer: 4,
        ..part(1, VALIDATOR)
    };
    let nothing = SentSealedExit {
        validator: ValidatorPosition(2),
        ..part(1, VALIDATOR)
    };
    let later = sealed_by(1, VALIDATOR, Epoch(65));
    for (sent, culprit) in [
        // The third brings it, and should have looked.
        (sent_by(2, VALIDATOR, good), 2),
        (sent_by(1, VALIDATOR, foreign), 2),
        (sent_by(1, OTHER, good), 2),
        (nobody, 2),
        (nothing, 2),
        // The second has signed it.
        (sent_by(1, VALIDATOR, later), 1),
    ] {
        let mut place = Place::new(0);
        place.looks(sound());
        place.take();
        place.hears(2, &[Frame::SealedExits(vec![sent])]);
        place.works();
        let outputs = place.take();
        assert_eq!(
            faults(&outputs),
            [(culprit, Breach::SealedExit)],
            "{sent:?}"
        );
        assert_eq!(place.held(), [0]);
    }
}

#[test]
fn what_cannot_be_opened_is_not_held_and_not_taken_again() {
    let mut garbage = sealed_by(1, VALIDATOR, RIPE);
    garbage.text.0[200] ^= 1;
    // The sealed part of another peer, or exit, passed off as the own: to have it opened.
    let mut stolen = sealed_by(1, VALIDATOR, RIPE);
    stolen.text = sealed_by(2, VALIDATOR, RIPE).text;
    let mut moved = sealed_by(1, VALIDATOR, RIPE);
    moved.text = sealed_by(1, OTHER, RIPE).text;
    for bad in [garbage, stolen, moved] {
        let mut place = Place::new(0);
        place.looks(sound());
        place.take();
        let frame = Frame::SealedExits(vec![sent_by(1, VALIDATOR, bad)]);
        place.hears(1, std::slice::from_ref(&frame));
        place.works();
        assert_eq!(faults(&place.take()), [(1, Breach::SealedExit)]);
        place.hears(1, &[frame, Frame::SealedExits(vec![part(1, VALIDATOR)])]);
        place.works();
        assert_eq!(faults(&place.take()), []);
        assert_eq!(place.held(), [0]);
    }
}

#[test]
fn of_two_that_differ_the_first_is_held_and_their_peer_named() {
    let mut place = Place::holding_all(0);
    place.take();
    // Nothing but the first tells that it is a lie.
    let second = something_else(1);
    place.hears(
        1,
        &[Frame::SealedExits(vec![sent_by(1, VALIDATOR, second)])],
    );
    place.works();
    assert_eq!(faults(&place.take()), [(1, Breach::SealedExit)]);
    place.passes(SLOT);
    let lacked = LackedExit {
        validator: VALIDATOR,
        sealers: 2,
    };
    place.hears(3, &[Frame::SealedExitsWanted(vec![lacked])]);
    assert_eq!(
        given(&place.take()),
        [Frame::SealedExits(vec![part(1, VALIDATOR)])]
    );
}

#[test]
fn what_is_lacked_is_asked_for_in_turn_and_given_once_in_a_slot() {
    let mut place = Place::new(0);
    place.looks(sound());
    let mut asked = Vec::new();
    for _ in 0..3 {
        place.take();
        place.passes(SLOT);
        for output in place.take() {
            if let Output::Send(peer, frame) = output
                && let Frame::SealedExitsWanted(lacked) = Frame::decode(&frame).unwrap()
            {
                asked.push(peer.position());
                let sealers = lacked.iter().map(|one| one.sealers);
                assert_eq!(sealers.collect::<Vec<_>>(), [0b1110, 0b1110]);
            }
        }
    }
    asked.sort_unstable();
    assert_eq!(asked, [1, 2, 3]);
    let mut full = Place::holding_all(1);
    full.passes(SLOT);
    let wanted = |output: &Output| {
        matches!(output, Output::Send(_, frame)
            if matches!(Frame::decode(frame), Ok(Frame::SealedExitsWanted(_))))
    };
    assert!(!full.take().iter().any(wanted), "it lacks nothing");
    let all = |validator| LackedExit {
        validator,
        sealers: 0b1101,
    };
    let question = Frame::SealedExitsWanted(vec![all(VALIDATOR), all(OTHER)]);
    full.hears(0, &[question.clone(), question]);
    let given = given(&full.take());
    let [Frame::SealedExits(given)] = given.as_slice() else {
        panic!("{given:?}");
    };
    assert_eq!(given.len(), 6);
    place.hears(1, &[Frame::SealedExits(given.clone())]);
    place.works();
    assert_eq!(place.held(), [0, 2, 3]);
}

#[test]
fn who_brings_more_than_an_honest_peer_ever_does_is_named() {
    let mut place = Place::new(0);
    place.looks(sound());
    place.take();
    let of = |number: u16| {
        let mut sealed = sealed_by(1, VALIDATOR, RIPE);
        sealed.text.0[..2].copy_from_slice(&number.to_le_bytes());
        sent_by(1, VALIDATOR, sealed)
    };
    let mut many: Vec<SentSealedExit> = (0..133).map(of).collect();
    // Whatever is said of the second kind was named before.
    let first = many.remove(0);
    place.hears(1, &[Frame::SealedExits(vec![first])]);
    assert_eq!(faults(&place.take()), []);
    place.hears(1, &[Frame::SealedExits(many)]);
    let told = place.take();
    let is_flood = |output: &&Output| {
        matches!(output, Output::Note(Note::Fault { detail, .. })
            if detail.contains("too many"))
    };
    assert_eq!(told.iter().filter(is_flood).count(), 1);
}

#[test]
fn peers_of_an_older_version_are_told_nothing_of_it() {
    let mut place = Place::speaking(0, WireVersion::V9);
    place.looks(sound());
    place.passes(SLOT);
    assert_eq!(place.held(), [0]);
    assert_eq!(frames(&place.take()), []);
}
