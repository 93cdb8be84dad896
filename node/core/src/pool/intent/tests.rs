//! The rules of the chain, tried by four operators of whom three are enough.

use proto::agreement::Tickets;
use proto::definition::Withdrawal;
use proto::intent::{MAX_EXITS, SentSignature};
use proto::{Identity, IdentitySignature};

use super::*;
use crate::pool::agreement::example::{identities, lock, lock_with, terms};
use crate::pool::consent::example::version;

mod ending;

const NOW: u64 = 1_700_000_000;

/// The operators, each with what his peer knows.
struct Group {
    cluster: Cluster,
    version: PoolVersion,
    identities: Vec<Identity>,
    peers: Vec<Intents>,
}

impl Group {
    fn new() -> Self {
        let lock = lock();
        let version = version(&lock, terms());
        let mut peers = vec![Intents::default(); 4];
        for peer in &mut peers {
            assert!(peer.agreed(&version));
        }
        Self {
            cluster: Cluster::of(&lock),
            version,
            identities: identities(),
            peers,
        }
    }

    fn index(&self, peer: usize) -> PeerIndex {
        self.cluster.roster.size().peer(peer).unwrap()
    }

    /// The operator signs this by his key alone, whatever his peer would say.
    fn forge(&self, peer: usize, intent: &Intent) -> SentIntent {
        let identity = &self.identities[peer];
        let mut intents = self.peers[peer].clone();
        intents.signed.clear();
        intents.sign(intent, identity, self.index(peer)).unwrap()
    }

    /// His peer signs this, and knows that it has.
    fn sign(&mut self, peer: usize, intent: &Intent) -> Result<SentIntent, Refused> {
        let me = self.index(peer);
        let signed = self.peers[peer].sign(intent, &self.identities[peer], me)?;
        self.hear(peer, &signed).unwrap();
        Ok(signed)
    }

    fn hear(&mut self, peer: usize, sent: &SentIntent) -> Result<Taken, BadSent> {
        self.peers[peer].hear(sent, &self.cluster, NOW)
    }

    fn propose(&self, peer: usize, aims: Aims) -> Intent {
        let intents = &self.peers[peer];
        intents
            .propose(aims, intents.stands_at(), &self.cluster)
            .unwrap()
    }

    /// These sign it, and all hear of it.
    fn agree(&mut self, who: &[usize], intent: &Intent) {
        for peer in who {
            let signed = self.sign(*peer, intent).unwrap();
            for other in 0..4 {
                self.hear(other, &signed).unwrap();
            }
        }
    }

    fn holds(&self, peer: usize) -> Option<IntentId> {
        self.peers[peer].stands_on().unwrap().intent
    }
}

fn aims(validators: u64) -> Aims {
    Aims {
        validators,
        tickets: Tickets::Save,
        smoothing_pool: false,
        claims: false,
        exits: Vec::new(),
    }
}

fn sent(intent: &Intent, signatures: &[&SentIntent]) -> SentIntent {
    SentIntent {
        intent: intent.clone(),
        signatures: signatures
            .iter()
            .flat_map(|it| it.signatures.clone())
            .collect(),
    }
}

#[test]
fn what_the_agreement_wishes_for_holds_until_three_of_four_have_signed() {
    let mut group = Group::new();
    let wishes = Aims::of(&group.version.terms.wishes);
    let intent = group.propose(0, aims(1));
    assert_eq!(intent.number, 1);
    assert_eq!(intent.previous, group.version.hash);
    for who in [0, 1] {
        group.agree(&[who], &intent);
        assert_eq!(group.holds(3), None);
        assert_eq!(group.peers[3].aims(), Some(&wishes));
        assert_eq!(group.peers[3].holding(group.version.clone()), group.version);
    }
    group.agree(&[2], &intent);
    for peer in 0..4 {
        assert_eq!(group.holds(peer), Some(intent.id()));
        assert_eq!(group.peers[peer].aims(), Some(&aims(1)));
        assert_eq!(group.peers[peer].open(), Vec::<&Backed>::new());
        let holding = group.peers[peer].holding(group.version.clone());
        assert_eq!(
            (&holding.aims, holding.intent),
            (&aims(1), Some(intent.id()))
        );
        assert_eq!(holding.terms, group.version.terms);
    }
    // The next one names it.
    let next = group.propose(3, aims(2));
    assert_eq!((next.number, next.previous), (2, intent.hash()));
    // Who signs later than needed is shown as one who has.
    group.agree(&[3], &intent);
    assert_eq!(group.peers[0].in_force().unwrap().backed.count(), 4);
}

#[test]
fn one_operator_is_one_operator_however_often_he_signs() {
    let mut group = Group::new();
    let intent = group.propose(0, aims(1));
    let [first, second] = [0, 1].map(|peer| group.forge(peer, &intent));
    let twice = sent(&intent, &[&first, &second, &second]);
    let refused = BadSent::Twice(group.index(1));
    assert_eq!(group.hear(3, &twice), Err(refused));
    for _ in 0..3 {
        group.hear(3, &sent(&intent, &[&first, &second])).unwrap();
    }
    assert_eq!(group.holds(3), None);
    // What is known costs nothing.
    assert_eq!(group.peers[3].unknown(&first, &group.cluster), 0);
    assert_eq!(group.hear(3, &first), Ok(Taken::default()));
}

#[test]
fn a_signature_that_is_not_its_operators_counts_for_nobody() {
    let mut group = Group::new();
    let intent = group.propose(0, aims(1));
    let mut all = [0, 1, 2].map(|peer| group.forge(peer, &intent));
    all[2].signatures[0].operator = 3;
    let refused = BadSent::Signature(group.index(3));
    assert_eq!(
        group.hear(3, &sent(&intent, &[&all[0], &all[1], &all[2]])),
        Err(refused)
    );
    all[2].signatures[0].operator = 4;
    let refused = BadSent::Stranger(4);
    assert_eq!(group.hear(3, &sent(&intent, &[&all[2]])), Err(refused));
    // Somebody who is no operator at all.
    let stranger = Identity::from_seed(&[99; 32]);
    let signature = stranger.sign_bare(&proto::intent::IntentHash(intent.hash()));
    let forged = SentIntent {
        intent: intent.clone(),
        signatures: vec![SentSignature {
            operator: 0,
            signature,
        }],
    };
    let refused = BadSent::Signature(group.index(0));
    assert_eq!(group.hear(3, &forged), Err(refused));
    // That of another intent.
    let other = group.forge(0, &group.propose(0, aims(2)));
    assert_eq!(group.hear(3, &sent(&intent, &[&other])), Err(refused));
    assert_eq!(group.peers[3].open(), Vec::<&Backed>::new());
}

#[test]
fn what_no_lock_allows_is_taken_from_nobody() {
    let mut group = Group::new();
    let good = group.propose(0, aims(1));
    let ours = group.cluster.keys.clone();
    type Change = Box<dyn Fn(&mut Intent)>;
    let changes: [(Change, BadSent); 6] = [
        (
            Box::new(|it| it.lock = [9; 32].into()),
            BadSent::OtherCluster([9; 32].into()),
        ),
        (Box::new(|it| it.number = 0), BadSent::Zero),
        (
            Box::new(|it| it.aims.validators = 3),
            BadSent::Validators {
                wished: 3,
                there: 2,
            },
        ),
        (
            Box::new(|it| it.aims.exits = vec![[7; 48].into()]),
            BadSent::NotOurs([7; 48].into()),
        ),
        (
            Box::new(move |it| {
                it.aims.exits.clone_from(&ours);
                it.aims.exits.sort_unstable();
                it.aims.exits.reverse();
            }),
            BadSent::Exits,
        ),
        (
            Box::new(|it| it.number = MOST_AHEAD + 1),
            BadSent::Ahead(MOST_AHEAD + 1),
        ),
    ];
    for (change, refused) in changes {
        let mut intent = good.clone();
        change(&mut intent);
        let signed = group.forge(0, &intent);
        assert_eq!(group.hear(3, &signed), Err(refused));
    }
    let many = Aims {
        exits: vec![group.cluster.keys[0]; MAX_EXITS + 1],
        ..aims(1)
    };
    let on = group.version.hash;
    let refused = group.peers[0].propose(many, on, &group.cluster);
    assert_eq!(refused, Err(Refused::Bad(BadSent::Exits)));
}

#[test]
fn an_intent_on_another_version_of_the_agreement_is_none_here() {
    let mut group = Group::new();
    let mut intent = group.propose(0, aims(1));
    intent.agreement = [5; 32].into();
    let all = [0, 1, 2].map(|peer| group.forge(peer, &intent));
    let heard = group.hear(3, &sent(&intent, &[&all[0], &all[1], &all[2]]));
    assert_eq!(heard, Ok(Taken::default()));
    assert_eq!(group.holds(3), None);
    assert_eq!(
        group.peers[3].approve(&intent.hash()),
        Err(Refused::NotOpen)
    );
}

#[test]
fn an_intent_that_follows_something_else_is_signed_by_nobody() {
    let mut group = Group::new();
    let first = group.propose(0, aims(1));
    group.agree(&[0, 1, 2], &first);
    // As if the first had never been.
    let mut fork = group.propose(0, aims(2));
    fork.previous = group.version.hash;
    let signed = group.forge(0, &fork);
    assert_eq!(group.hear(3, &signed), Ok(Taken::default()));
    assert_eq!(group.peers[3].approve(&fork.hash()), Err(Refused::NotOpen));
    // And what was looked at is what is signed on.
    let stale = group.peers[3].propose(aims(2), group.version.hash, &group.cluster);
    assert_eq!(stale, Err(Refused::Moved));
    let same = group.peers[3].propose(aims(1), first.hash(), &group.cluster);
    assert_eq!(same, Err(Refused::Unchanged));
}

#[test]
fn of_one_number_a_peer_signs_one_intent() {
    let mut group = Group::new();
    let (one, other) = (group.propose(0, aims(1)), group.propose(1, aims(2)));
    assert_eq!((one.number, other.number), (1, 1));
    group.sign(0, &one).unwrap();
    let refused = Refused::Signed {
        number: 1,
        signed: 1,
        hash: one.hash(),
    };
    assert_eq!(group.sign(0, &other), Err(refused));
    let heard = group.forge(1, &other);
    group.hear(0, &heard).unwrap();
    assert_eq!(group.peers[0].approve(&other.hash()), Err(refused));
    // The same again is the same.
    assert!(group.sign(0, &one).is_ok());
    // After a restart too, and if only the others still know of it.
    let text = group.peers[0].to_json(group.cluster.lock);
    let mut back = Intents::from_json(&text, &group.cluster).unwrap();
    back.agreed(&group.version);
    assert_eq!(back.may_sign(other.id()), Err(refused));
    let mut lost = Intents::default();
    lost.agreed(&group.version);
    assert_eq!(lost.may_sign(other.id()), Ok(()));
    lost.hear(&group.forge(0, &one), &group.cluster, NOW)
        .unwrap();
    assert!(lost.recover(group.index(0)));
    assert_eq!(lost.may_sign(other.id()), Err(refused));
}

#[test]
fn a_number_without_enough_signatures_is_passed_over_and_can_never_outdo_the_next() {
    let mut group = Group::new();
    let (one, other) = (group.propose(0, aims(1)), group.propose(2, aims(2)));
    group.agree(&[0, 1], &one);
    group.agree(&[2, 3], &other);
    assert_eq!(group.holds(0), None);
    // Nobody can sign the other one: the next number is for all.
    let next = group.propose(0, aims(2));
    assert_eq!((next.number, next.previous), (2, group.version.hash));
    group.agree(&[0, 2], &next);
    // Whoever has signed it goes back to none before.
    assert!(matches!(group.sign(2, &one), Err(Refused::Signed { .. })));
    group.agree(&[3], &next);
    assert_eq!(group.holds(1), Some(next.id()));
    // Should somebody find a third signature of the first all the same.
    let late = [0, 1, 3].map(|peer| group.forge(peer, &one));
    let late = sent(&one, &[&late[0], &late[1], &late[2]]);
    assert_eq!(group.hear(1, &late), Ok(Taken::default()));
    assert_eq!(group.holds(1), Some(next.id()));
}

#[test]
fn an_older_intent_holds_no_more_whoever_brings_it_and_after_a_restart() {
    let mut group = Group::new();
    let first = group.propose(0, aims(1));
    group.agree(&[0, 1, 2], &first);
    let replayed = group.peers[0].sent();
    let second = group.propose(0, aims(2));
    group.agree(&[1, 2, 3], &second);
    for sent in &replayed {
        assert_eq!(group.hear(0, sent), Ok(Taken::default()));
    }
    let text = group.peers[0].to_json(group.cluster.lock);
    let mut back = Intents::from_json(&text, &group.cluster).unwrap();
    back.agreed(&group.version);
    assert_eq!(back, group.peers[0]);
    for sent in &replayed {
        back.hear(sent, &group.cluster, NOW).unwrap();
    }
    assert_eq!(back.stands_on().unwrap().intent, Some(second.id()));
}

#[test]
fn who_was_away_believes_three_signatures_without_the_intents_between() {
    let mut group = Group::new();
    for (validators, who) in [(1, [0, 1, 2]), (2, [0, 1, 2]), (0, [1, 2, 0])] {
        let intent = group.peers[0]
            .propose(aims(validators), group.peers[0].stands_at(), &group.cluster)
            .unwrap();
        for peer in who {
            let signed = group.sign(peer, &intent).unwrap();
            for other in 0..3 {
                group.hear(other, &signed).unwrap();
            }
        }
    }
    assert_eq!(group.holds(3), None);
    for sent in group.peers[1].sent() {
        group.hear(3, &sent).unwrap();
    }
    assert_eq!(group.holds(3), group.holds(0));
    assert_eq!(group.holds(3).unwrap().number, 3);
}

#[test]
fn a_new_version_of_the_agreement_begins_anew() {
    let mut group = Group::new();
    let first = group.propose(0, aims(1));
    group.agree(&[0, 1, 2], &first);
    let open = group.propose(0, aims(0));
    group.agree(&[0], &open);
    let mut next = group.version.clone();
    (next.number, next.hash) = (2, [2; 32].into());
    let peer = &mut group.peers[0];
    assert!(peer.agreed(&next));
    assert!(!peer.agreed(&next));
    assert_eq!(peer.stands_on().unwrap().intent, None);
    assert_eq!(peer.aims(), Some(&Aims::of(&next.terms.wishes)));
    assert_eq!(peer.open(), Vec::<&Backed>::new());
    assert_eq!(peer.holding(next.clone()), next);
    let intent = peer.propose(aims(1), next.hash, &group.cluster).unwrap();
    assert_eq!((intent.number, intent.previous), (1, next.hash));
    // What was signed on the version before is not forgotten with it.
    let mut back = Intents::from_json(&peer.to_json(group.cluster.lock), &group.cluster).unwrap();
    back.agreed(&group.version);
    assert_eq!(back.signed(), Some(open.id()));
}

#[test]
fn of_each_operator_the_newest_is_kept() {
    let mut group = Group::new();
    let first = group.propose(0, aims(1));
    for number in 1..=64 {
        let intent = Intent {
            number,
            ..first.clone()
        };
        let signed = group.forge(0, &intent);
        assert!(group.hear(3, &signed).unwrap().is_news);
        let open = group.peers[3].open();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].intent().number, number);
    }
    // One before it brings nothing back.
    let signed = group.forge(0, &first);
    assert!(!group.hear(3, &signed).unwrap().is_news);
    // Who proposes now takes a number that nobody has.
    assert_eq!(group.propose(3, aims(2)).number, 1);
    group.peers[3].signed.insert(
        group.version.hash,
        IntentId {
            number: MOST_AHEAD,
            hash: Root::ZERO,
        },
    );
    let none = group.peers[3].propose(aims(2), group.version.hash, &group.cluster);
    assert_eq!(none, Err(Refused::NoNumber));
}

#[test]
fn who_signs_two_intents_of_one_number_is_named_and_helps_neither_twice() {
    let mut group = Group::new();
    let (one, other) = (group.propose(0, aims(1)), group.propose(0, aims(2)));
    let [first, second] = [&one, &other].map(|intent| group.forge(0, intent));
    assert_eq!(group.hear(3, &first).unwrap().doubles, []);
    let taken = group.hear(3, &second).unwrap();
    assert_eq!(taken.doubles, [group.index(0)]);
    assert!(!taken.is_news);
    assert_eq!(group.peers[3].open().len(), 1);
    // With two honest ones it is in force all the same, where these are counted.
    let more = [1, 2].map(|peer| group.forge(peer, &other));
    let whole = sent(&other, &[&second, &more[0], &more[1]]);
    let taken = group.hear(3, &whole).unwrap();
    assert!(taken.came_into_force);
    assert_eq!(taken.doubles, [group.index(0)]);
}

#[test]
fn what_is_kept_is_verified_when_it_is_read() {
    let mut group = Group::new();
    let first = group.propose(0, aims(1));
    group.agree(&[0, 1, 2], &first);
    let open = group.propose(3, aims(2));
    group.agree(&[3], &open);
    let text = group.peers[0].to_json(group.cluster.lock);
    assert!(text.len() < MAX_BYTES);
    let read = |text: &str| Intents::from_json(text, &group.cluster);
    let mut back = read(&text).unwrap();
    back.agreed(&group.version);
    assert_eq!(back, group.peers[0]);
    // Other aims under the same signatures.
    let other = text.replacen("\"validators\": 1", "\"validators\": 0", 1);
    assert!(matches!(
        read(&other),
        Err(BadKept::Bad(BadSent::Signature(_)))
    ));
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(read(&newer), Err(BadKept::Newer(2))));
    assert!(matches!(read("{}"), Err(BadKept::Shape(_))));
    assert!(matches!(
        read(&text[..text.len() / 2]),
        Err(BadKept::Shape(_))
    ));
    let elsewhere = Cluster::of(&lock_with(Withdrawal::One([1; 20].into())));
    let refused = Intents::from_json(&text, &elsewhere);
    assert!(matches!(refused, Err(BadKept::OtherCluster(_))));
    // Two signatures are no three.
    let mut few = group.peers[0].clone();
    let backed = &mut few.in_force.as_mut().unwrap().backed;
    backed.remove(group.index(2));
    let few = few.to_json(group.cluster.lock);
    assert!(matches!(read(&few), Err(BadKept::NotInForce(1))));
}

#[test]
fn the_last_signature_that_was_written_before_it_counted_counts_after_a_restart() {
    let mut group = Group::new();
    let intent = group.propose(0, aims(1));
    group.agree(&[0, 1], &intent);
    let mut written = group.peers[2].clone();
    let (cluster, me) = (group.cluster.clone(), group.index(2));
    let own = written.sign(&intent, &group.identities[2], me).unwrap();
    let mut backed = written.open[&intent.hash()].clone();
    let IdentitySignature(bytes) = own.signatures[0].signature;
    backed
        .add(me, IdentitySignature(bytes), &cluster.roster)
        .unwrap();
    written.open.insert(intent.hash(), backed);
    let mut back = Intents::from_json(&written.to_json(cluster.lock), &cluster).unwrap();
    back.agreed(&group.version);
    assert_eq!(back.stands_on().unwrap().intent, Some(intent.id()));
    assert_eq!(back.in_force().unwrap().since, None);
}
