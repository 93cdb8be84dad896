//! What is right, what is a gift, and what is nobody's to take.

use proto::eth::Genesis;
use proto::intent::IntentId;
use proto::{ClusterSize, Identity, example};

use super::*;
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::Agreement;
use crate::pool::agreement::example::{lock, terms};
use crate::pool::view::Block;

const SLOT: u64 = 12;
const GENESIS: u64 = 1_700_000_000;
const POOL: [u8; 20] = [0x5a; 20];
const MEGAPOOL: [u8; 20] = [0x3e; 20];
const THIEF: [u8; 20] = [0x66; 20];
const OURS: ValidatorPosition = ValidatorPosition(0);

fn facts(by_definition: Option<[u8; 20]>) -> ClusterFacts {
    let genesis = Genesis {
        genesis_time: GENESIS,
        genesis_validators_root: [3; 32].into(),
        genesis_fork_version: [0; 4].into(),
    };
    let chain = example::chain_since(genesis, &[("SLOTS_PER_EPOCH", "4")]);
    let lock = lock();
    let roster = lock.definition.terms().roster().clone();
    let size = roster.size();
    ClusterFacts {
        chain: chain.into(),
        lock: lock.hash(),
        me: size.all().next().unwrap(),
        roster: roster.into(),
        identity: Identity::from_seed(&[1; 32]),
        keys: ClusterKeys::new(size, Vec::new()),
        fee_recipients: vec![by_definition.map(Address::from)],
        seed: [0; 32],
    }
}

/// An agreement that wishes for the smoothing pool, or does not.
fn version(wishes: bool) -> PoolVersion {
    let mut terms = terms();
    terms.wishes.smoothing_pool = wishes;
    Agreement::first(lock(), terms)
        .unwrap()
        .last()
        .on_pool()
        .unwrap()
}

fn time(epoch: u64) -> u64 {
    GENESIS + epoch * 4 * SLOT
}

/// After the block of this name, at the beginning of an epoch.
fn standing((name, epoch): (u8, u64), is_in: bool, changed: Option<u64>) -> Standing {
    Standing {
        block: Block {
            number: epoch,
            hash: [name; 32].into(),
            time: time(epoch),
        },
        is_in,
        changed,
        smoothing_pool: POOL.into(),
        megapool: Some(MEGAPOOL.into()),
        said_by: [0xaa; 20].into(),
    }
}

/// With an agreement, and these read: the finalised block of epoch 8 first.
fn payees(wishes: bool, finalised: Option<Standing>, read: &[Standing]) -> Payees {
    let mut payees = Payees::default();
    payees.agree(&version(wishes));
    payees.pool.as_mut().unwrap().finalised = finalised;
    read.iter().for_each(|it| payees.stands(*it));
    payees
}

/// What is made of a block on that of this name, if it pays pool, megapool, or the thief.
fn verdicts(payees: &Payees, parent: u8) -> [Verdict; 3] {
    let facts = facts(None);
    let parent = Root::from([parent; 32]);
    [POOL, MEGAPOOL, THIEF].map(|found| payees.judge(OURS, (&parent, found.into()), &facts))
}

fn wrong(expected: [u8; 20]) -> Verdict {
    Verdict::Wrong {
        expected: expected.into(),
    }
}

const OUT: Option<u64> = None;

#[test]
fn without_an_agreement_the_definition_alone_says_whom_blocks_pay() {
    let payees = Payees::default();
    let judge = |facts: &ClusterFacts, found: [u8; 20]| {
        payees.judge(OURS, (&Root::ZERO, found.into()), facts)
    };
    let agreed = facts(Some(POOL));
    assert_eq!(judge(&agreed, POOL), Verdict::Right);
    assert_eq!(judge(&agreed, THIEF), wrong(POOL));
    assert_eq!(judge(&facts(None), POOL), Verdict::Nobody);
    assert!(payees.proposes(OURS, &agreed) && !payees.proposes(OURS, &facts(None)));
    let now = Timestamp::from_micros(0);
    assert_eq!(payees.told(OURS, now, &agreed), Some(POOL.into()));
    assert_eq!(payees.ahead(), None);
}

#[test]
fn out_of_the_smoothing_pool_it_is_a_gift_and_in_it_all_else_is_wrong() {
    let finalised = Some(standing((0, 8), false, OUT));
    let out = standing((1, 10), false, OUT);
    let in_now = standing((2, 10), true, Some(time(10)));
    let left_now = standing((3, 11), false, Some(time(11)));
    let payees = payees(false, finalised, &[out, in_now, left_now]);
    let gift = Verdict::Gift {
        expected: MEGAPOOL.into(),
    };
    assert_eq!(
        verdicts(&payees, 1),
        [gift, Verdict::Right, wrong(MEGAPOOL)]
    );
    for parent in [2, 3] {
        let expected = [Verdict::Right, wrong(POOL), wrong(POOL)];
        assert_eq!(verdicts(&payees, parent), expected);
    }
}

#[test]
fn on_a_block_that_was_not_read_others_have_to_vouch_for_the_megapool() {
    let finalised = Some(standing((0, 8), false, OUT));
    let unsure = |expected| Verdict::Unsure { expected };
    let pool = Some(Address::from(POOL));
    let read = payees(false, finalised, &[standing((1, 10), false, OUT)]);
    let expected = [Verdict::Right, unsure(pool), wrong(POOL)];
    assert_eq!(verdicts(&read, 7), expected);
    assert!(read.is_unread(&Root::from([7; 32])) && !read.is_unread(&Root::from([1; 32])));
    // Who knows no address at all goes by the others alone.
    assert_eq!(verdicts(&payees(false, None, &[]), 7), [unsure(None); 3]);
    // Once it is agreed on, the others may not have heard of it yet.
    let agreed = payees(true, finalised, &[standing((1, 10), false, OUT)]);
    assert_eq!(verdicts(&agreed, 1), expected);
    let inside = payees(true, finalised, &[standing((1, 10), true, OUT)]);
    assert_eq!(
        verdicts(&inside, 1),
        [Verdict::Right, wrong(POOL), wrong(POOL)]
    );
}

#[test]
fn a_beacon_node_is_told_by_the_newest_block_and_the_smoothing_pool_when_that_is_old() {
    let finalised = Some(standing((0, 8), false, OUT));
    let mut payees = payees(false, finalised, &[standing((1, 10), false, OUT)]);
    let facts = facts(None);
    let told = |payees: &Payees, epoch| {
        let now = Timestamp::from_unix(Duration::from_secs(time(epoch)));
        payees.told(OURS, now, &facts)
    };
    assert_eq!(told(&payees, 11), Some(MEGAPOOL.into()));
    assert_eq!(
        told(&payees, 10 + 17),
        Some(POOL.into()),
        "unread for 68 slots"
    );
    payees.stands(standing((2, 11), true, Some(time(11))));
    assert_eq!(told(&payees, 12), Some(POOL.into()));
    // What comes late of an older block is not the newest.
    payees.stands(standing((3, 9), false, OUT));
    assert_eq!(told(&payees, 12), Some(POOL.into()));
}

#[test]
fn a_block_is_asked_about_once_in_a_while_until_it_is_known() {
    let mut payees = payees(false, None, &[standing((1, 10), false, OUT)]);
    let at = |ms: u64| Timestamp::from_micros(ms * 1000);
    let (known, other) = (Root::from([1; 32]), Root::from([2; 32]));
    assert_eq!(payees.ask(known, at(0)), None);
    let asked = Some(Stand {
        subject: payees.pool.as_ref().unwrap().subject,
        at: Where::After(other),
        guess: Some([0xaa; 20].into()),
    });
    assert_eq!(payees.ask(other, at(0)), asked);
    assert_eq!(payees.ask(other, at(499)), None);
    assert_eq!(payees.ask(other, at(500)), asked);
    // Whoever proposes on many blocks makes this peer ask about a few.
    let others = (10..99).filter_map(|name| payees.ask([name; 32].into(), at(501)));
    assert_eq!(others.count(), REMEMBERED - 1);
}

#[test]
fn another_node_account_in_the_agreement_takes_nothing_over_from_the_first() {
    let mut payees = payees(false, Some(standing((0, 8), false, OUT)), &[]);
    let mut other = version(false);
    assert!(!payees.agree(&other));
    other.hash = [1; 32].into();
    assert!(payees.agree(&other));
    assert!(payees.pool.as_ref().unwrap().finalised.is_some());
    other.terms.fixed.node_account = [8; 20].into();
    payees.agree(&other);
    assert_eq!(payees.pool.as_ref().unwrap().finalised, None);
}

#[test]
fn all_have_switched_since_the_last_of_them_has() {
    let mut switched = Switched::default();
    let stands_on = |byte: u8| StandsOn {
        agreement: [byte; 32].into(),
        intent: None,
    };
    let (old, new) = (stands_on(1), stands_on(2));
    let size = ClusterSize::of(3).unwrap();
    let peers: Vec<PeerIndex> = size.all().collect();
    let since = |switched: &Switched| switched.since(new, size.all());
    for (peer, epoch) in [(0, 5), (1, 7)] {
        switched.says(peers[peer], new, Epoch(epoch));
        assert_eq!(since(&switched), None, "one has said nothing");
    }
    switched.says(peers[2], old, Epoch(5));
    assert_eq!(since(&switched), None, "one has the version before");
    // The same agreement with an intent on it is something else.
    let intent = Some(IntentId {
        number: 1,
        hash: [3; 32].into(),
    });
    switched.says(peers[2], StandsOn { intent, ..new }, Epoch(5));
    assert_eq!(since(&switched), None, "one has an intent more");
    switched.says(peers[2], new, Epoch(6));
    assert_eq!(since(&switched), Some(Epoch(7)));
    // Saying it again, in a new session, changes nothing; having another meanwhile does.
    switched.says(peers[0], new, Epoch(9));
    assert_eq!(since(&switched), Some(Epoch(7)));
    switched.says(peers[0], old, Epoch(9));
    assert_eq!(since(&switched), None);
    switched.says(peers[0], new, Epoch(10));
    assert_eq!(since(&switched), Some(Epoch(10)));
}
