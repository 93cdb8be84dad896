//! Intents on one peer of four: what leaves when, what holds when, and what others may cost.

use proto::control::{Answer, IntentRequest, Intents as View};
use proto::intent::{Intent, IntentHash, SentSignature};
use proto::{Identity, Timestamp, example};

use super::*;
use crate::duties::onehop::four::{Ground, facts, lock, share};
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::example::terms;
use crate::pool::consent::example::version;
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::Held;

/// One peer, with an agreement that wishes for two validators.
struct Place {
    ground: Ground,
    intending: Intending,
    identities: Vec<Identity>,
    /// By what the others act that have said it.
    stands: Stands,
    now: Timestamp,
}

fn agreed() -> PoolVersion {
    version(&crate::pool::agreement::example::lock(), terms())
}

impl Place {
    fn new(speaks: WireVersion) -> Self {
        let lock = lock();
        let facts = facts(0, lock.hash(), ClusterKeys::of(&lock).unwrap());
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
        let now = facts.chain.start_of(Slot(8));
        let mut intending = Intending::default();
        intending.agreed(&agreed());
        let ground = Ground::new(facts, speaks, held, &journal);
        let on = StandsOn {
            agreement: agreed().hash,
            intent: None,
        };
        Self {
            stands: [1, 2].map(|peer| (ground.index(peer), on)).into(),
            ground,
            intending,
            identities: example::identities(4),
            now,
        }
    }

    fn peer(&self, at: usize) -> PeerIndex {
        self.ground.index(at)
    }

    /// Takes a step; what it asks for.
    fn step<T>(&mut self, take: impl FnOnce(&mut Intending, &mut Step<'_>) -> T) -> Vec<Output> {
        let mut step = self.ground.step(self.now);
        take(&mut self.intending, &mut step);
        std::mem::take(&mut self.ground.out)
    }

    fn order(&mut self, ticket: u64, request: IntentRequest) -> Vec<Output> {
        let stands = self.stands.clone();
        self.step(|it, step| it.order(ticket, (request, &stands), step))
    }

    fn propose(&mut self, ticket: u64, validators: u64) -> Vec<Output> {
        let aims = aims(validators);
        let on = self.holds().unwrap_or(agreed().hash);
        self.order(ticket, IntentRequest::Propose { on, aims })
    }

    fn holds(&self) -> Option<proto::Root> {
        Some(self.intending.holding()?.intent?.hash)
    }

    fn hear(&mut self, peer: usize, all: &[SentIntent]) -> Vec<Output> {
        let peer = self.peer(peer);
        self.step(|it, step| it.hear(peer, all, step))
    }

    fn kept(&mut self, keeping: u64, is_durable: bool) -> Vec<Output> {
        self.step(|it, step| it.kept(keeping, (is_durable, &Vec::new()), step))
    }

    /// The first moment of the next slot.
    fn next_slot(&mut self) -> Vec<Output> {
        self.now = self.now + self.ground.facts.chain.slot_duration();
        self.step(Intending::advance)
    }

    /// The intent of this number, with the signatures of these.
    fn signed(&self, number: u64, who: &[usize]) -> SentIntent {
        let intent = Intent {
            lock: self.ground.facts.lock,
            agreement: agreed().hash,
            number,
            previous: agreed().hash,
            aims: aims(1),
        };
        let signatures = who.iter().map(|at| SentSignature {
            operator: u32::try_from(*at).unwrap(),
            signature: self.identities[*at].sign_bare(&IntentHash(intent.hash())),
        });
        SentIntent {
            signatures: signatures.collect(),
            intent,
        }
    }
}

fn aims(validators: u64) -> Aims {
    Aims {
        validators,
        ..Aims::of(&terms().wishes)
    }
}

/// To whom intents are sent.
fn told(outputs: &[Output]) -> Vec<PeerIndex> {
    let to = outputs.iter().filter_map(|output| {
        let Output::Send(peer, bytes) = output else {
            return None;
        };
        assert!(matches!(Frame::decode(bytes), Ok(Frame::Intents(_))));
        Some(*peer)
    });
    to.collect()
}

fn keepings(outputs: &[Output]) -> Vec<u64> {
    let keeping = |output: &Output| {
        let Output::KeepIntents { keeping, .. } = output else {
            return None;
        };
        Some(*keeping)
    };
    outputs.iter().filter_map(keeping).collect()
}

fn answered(outputs: &[Output]) -> Option<Result<View, String>> {
    outputs.iter().find_map(|output| {
        let Output::Answer(_, answer) = output else {
            return None;
        };
        Some(match answer {
            Answer::Intents(view) => Ok((**view).clone()),
            Answer::Refused(why) => Err(why.clone()),
            Answer::Exits(_) | Answer::Exit(_) | Answer::Proof(_) | Answer::Presigned(_) => {
                panic!("{answer:?}")
            }
        })
    })
}

fn looks(outputs: &[Output]) -> bool {
    let looks = |output: &Output| matches!(output, Output::Errand(Errand::Look));
    outputs.iter().any(looks)
}

fn blamed(outputs: &[Output]) -> Vec<PeerIndex> {
    let fault = |output: &Output| {
        let Output::Note(Note::Fault { peer, breach, .. }) = output else {
            return None;
        };
        assert_eq!(*breach, Breach::Intent);
        Some(*peer)
    };
    outputs.iter().filter_map(fault).collect()
}

#[test]
fn nobody_hears_of_a_signature_before_it_is_durable() {
    let mut place = Place::new(SINCE);
    let outputs = place.propose(7, 1);
    assert_eq!(keepings(&outputs), [1]);
    assert_eq!((told(&outputs), answered(&outputs)), (vec![], None));
    assert_eq!(place.intending.intents.sent(), []);
    let outputs = place.kept(1, true);
    assert_eq!(told(&outputs).len(), 3);
    let view = answered(&outputs).unwrap().unwrap();
    assert_eq!(view.open[0].signers, [0]);
    assert!(!looks(&outputs));
}

#[test]
fn a_signature_that_the_disk_does_not_take_is_said_to_nobody_and_binds_all_the_same() {
    let mut place = Place::new(SINCE);
    place.propose(7, 1);
    let outputs = place.kept(1, false);
    assert_eq!(told(&outputs), []);
    let why = answered(&outputs).unwrap().unwrap_err();
    assert!(why.contains("Mend the disk"), "{why}");
    // What failed is written once more, in the next slot.
    assert_eq!(keepings(&place.next_slot()), [2]);
    place.kept(2, true);
    // The file may hold it: so no other of its number is signed.
    place.propose(8, 0);
    let view = answered(&place.kept(3, true)).unwrap().unwrap();
    assert_eq!(view.open[0].intent.number, 2);
}

#[test]
fn an_intent_holds_once_it_is_durable_and_then_rocket_pool_is_looked_at() {
    let mut place = Place::new(SINCE);
    let whole = place.signed(1, &[1, 2, 3]);
    let hash = whole.intent.hash();
    let outputs = place.hear(1, &[whole]);
    assert_eq!(keepings(&outputs), [1]);
    assert_eq!(place.holds(), None);
    assert!(!looks(&place.kept(1, false)));
    assert_eq!(place.holds(), None);
    assert_eq!(keepings(&place.next_slot()), [2]);
    let outputs = place.kept(2, true);
    assert_eq!(place.holds(), Some(hash));
    assert_eq!(place.intending.holding().unwrap().aims, aims(1));
    assert!(looks(&outputs));
    // Once.
    let outputs = place.hear(2, &[place.signed(1, &[0])]);
    assert!(!looks(&place.kept(keepings(&outputs)[0], true)));
}

#[test]
fn the_own_signature_that_was_the_last_is_written_as_what_is_in_force_before_it_holds() {
    let mut place = Place::new(SINCE);
    let open = place.signed(1, &[1, 2]);
    let hash = open.intent.hash();
    place.hear(1, &[open]);
    place.kept(1, true);
    let outputs = place.order(9, IntentRequest::Approve(hash));
    assert_eq!(keepings(&outputs), [2]);
    let outputs = place.kept(2, true);
    assert_eq!(told(&outputs).len(), 3);
    assert_eq!(keepings(&outputs), [3]);
    assert_eq!(place.holds(), None);
    assert!(looks(&place.kept(3, true)));
    assert_eq!(place.holds(), Some(hash));
}

#[test]
fn what_comes_again_costs_nothing_and_what_is_new_is_passed_on_once() {
    let mut place = Place::new(SINCE);
    let open = place.signed(1, &[1, 2]);
    let outputs = place.hear(1, std::slice::from_ref(&open));
    assert_eq!((told(&outputs).len(), keepings(&outputs)), (3, vec![1]));
    for peer in 1..4 {
        let outputs = place.hear(peer, std::slice::from_ref(&open));
        assert!(outputs.is_empty(), "{outputs:?}");
    }
}

#[test]
fn who_says_more_in_a_slot_than_there_can_be_is_named_and_not_listened_to() {
    let mut place = Place::new(SINCE);
    let most = u64::try_from(MOST_CHECKED).unwrap();
    let mut passed = 0;
    for number in 1..=most {
        let outputs = place.hear(1, &[place.signed(number, &[1])]);
        assert_eq!(blamed(&outputs), []);
        passed += usize::from(!told(&outputs).is_empty());
    }
    assert_eq!(passed, AT_ONCE);
    let over = place.signed(most + 1, &[1]);
    let outputs = place.hear(1, std::slice::from_ref(&over));
    assert_eq!(blamed(&outputs), [place.peer(1)]);
    assert_eq!(place.intending.intents.open()[0].intent().number, most);
    // The others are listened to, and in the next slot it is too; what waited is passed on.
    assert_eq!(blamed(&place.hear(2, &[place.signed(1, &[2])])), []);
    assert_eq!(told(&place.next_slot()).len(), 3);
    assert_eq!(blamed(&place.hear(1, &[over])), []);
    assert_eq!(place.intending.intents.open().len(), 2);
}

#[test]
fn a_liar_is_named_and_so_is_who_signs_two_of_one_number() {
    let mut place = Place::new(SINCE);
    let mut forged = place.signed(1, &[1]);
    forged.signatures[0].operator = 2;
    assert_eq!(blamed(&place.hear(3, &[forged])), [place.peer(3)]);
    let one = place.signed(1, &[1]);
    let mut other = one.clone();
    other.intent.aims.claims = false;
    other.signatures[0].signature = place.identities[1].sign_bare(&IntentHash(other.intent.hash()));
    assert_eq!(blamed(&place.hear(3, &[one])), []);
    assert_eq!(blamed(&place.hear(3, &[other])), [place.peer(1)]);
}

#[test]
fn who_stands_on_an_older_intent_is_told_what_is_in_force() {
    let mut place = Place::new(SINCE);
    place.hear(1, &[place.signed(2, &[1, 2, 3])]);
    let peer = place.peer(3);
    let ours = place.intending.intents.stands_on().unwrap();
    let id = |number| {
        let intent = ours.intent.unwrap();
        Some(IntentId { number, ..intent })
    };
    let older = [None, id(1)].map(|intent| StandsOn { intent, ..ours });
    for theirs in older {
        place.next_slot();
        let outputs = place.step(|it, step| it.stands(peer, (&theirs, false), step));
        assert_eq!(told(&outputs), [peer]);
        // However often it says so in one slot.
        let outputs = place.step(|it, step| it.stands(peer, (&theirs, true), step));
        assert!(outputs.is_empty());
    }
    place.next_slot();
    let newer = [id(2), id(3)].map(|intent| StandsOn { intent, ..ours });
    let elsewhere = StandsOn {
        agreement: [5; 32].into(),
        intent: None,
    };
    for theirs in newer.into_iter().chain([elsewhere]) {
        let outputs = place.step(|it, step| it.stands(peer, (&theirs, false), step));
        assert!(outputs.is_empty());
    }
}

#[test]
fn who_comes_to_the_version_of_the_agreement_is_told_what_is_open_on_it() {
    let mut place = Place::new(SINCE);
    let peer = place.peer(3);
    let ours = place.intending.intents.stands_on().unwrap();
    let outputs = place.step(|it, step| it.stands(peer, (&ours, true), step));
    assert!(outputs.is_empty());
    place.hear(1, &[place.signed(1, &[1, 2])]);
    let outputs = place.step(|it, step| it.stands(peer, (&ours, true), step));
    assert_eq!(told(&outputs), [peer]);
    let elsewhere = StandsOn {
        agreement: [5; 32].into(),
        ..ours
    };
    let outputs = place.step(|it, step| it.stands(peer, (&elsewhere, true), step));
    assert!(outputs.is_empty());
}

#[test]
fn nothing_is_signed_before_enough_others_have_told_what_they_hold() {
    let mut place = Place::new(SINCE);
    let open = place.signed(1, &[3]);
    let hash = open.intent.hash();
    place.hear(3, &[open]);
    let (all, elsewhere) = (place.stands.clone(), [5; 32].into());
    let mut other = all.clone();
    other[0].1.agreement = elsewhere;
    for few in [vec![], vec![all[0]], other] {
        place.stands = few;
        let outputs = place.propose(7, 1);
        let why = answered(&outputs).unwrap().unwrap_err();
        assert!(why.contains("once 2 have"), "{why}");
        let outputs = place.order(8, IntentRequest::Approve(hash));
        assert!(answered(&outputs).unwrap().is_err());
        assert_eq!(keepings(&outputs), Vec::<u64>::new());
        // To look costs nothing.
        assert!(
            answered(&place.order(9, IntentRequest::Show))
                .unwrap()
                .is_ok()
        );
    }
    place.stands = all;
    assert_eq!(keepings(&place.order(8, IntentRequest::Approve(hash))), [2]);
}

#[test]
fn nothing_is_signed_while_the_signing_record_is_not_trusted() {
    let mut place = Place::new(SINCE);
    place.ground.vault.meet_second();
    let why = answered(&place.propose(7, 1)).unwrap().unwrap_err();
    assert!(why.contains("this peer's identity"), "{why}");
}

#[test]
fn a_peer_of_the_version_before_is_sent_nothing() {
    let mut place = Place::new(WireVersion::V9);
    place.hear(1, &[place.signed(1, &[1, 2])]);
    assert_eq!(told(&place.kept(1, true)), []);
    let outputs = place.order(7, IntentRequest::Show);
    assert_eq!(answered(&outputs).unwrap().unwrap().too_old, [1, 2, 3]);
    // What they hold is nothing: so nothing is signed on it.
    let why = answered(&place.propose(8, 1)).unwrap().unwrap_err();
    assert!(why.contains("0 other peers"), "{why}");
    assert!(place.intending.sent().unwrap().since() > WireVersion::V9);
}

#[test]
fn where_what_was_kept_cannot_be_read_nothing_is_signed_or_written() {
    let mut place = Place::new(SINCE);
    place.intending.bar("it is torn".to_owned());
    let outputs = place.propose(7, 1);
    assert_eq!(answered(&outputs), Some(Err("it is torn".to_owned())));
    let outputs = place.hear(1, &[place.signed(1, &[1, 2, 3])]);
    assert!(outputs.is_empty());
    assert_eq!(place.holds(), None);
}
