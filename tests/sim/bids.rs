//! A relay in the simulated world: beacon nodes make blinded blocks of what it bids, peers ask it,
//! and it shows the payload of what is signed, or cheats.

use std::collections::BTreeMap;

use dkg::bls::{Message as Hashed, SecretShare};
use node_core::duties::agreed::bids::ShownBid;
use node_core::duties::agreed::blinded::Blinded;
use node_core::duties::agreed::objection::{Doubt, Flaw, Objection};
use node_core::duties::agreed::value::Value;
use node_core::duties::note::{Miss, Note};
use node_core::duties::{Produced, Request, Response, Submission};
use node_core::pool::agreement::example::{policy, relay};
use proto::agreement::Relay;
use proto::eth::{Block, BuilderBid, SignedBuilderBid};
use proto::frame::Frame;
use proto::vote::Message;
use proto::{DutyId, Root, Slot, Versions, example};

use crate::blocks::BlockOrder;
use crate::faults::Fault;
use crate::peer::BeaconNode;
use crate::plan;
use crate::scenarios::{block, ms};
use crate::world::{FIRST, World};

/// What every bid offers, in wei.
const WEI: u128 = 1_000;
/// What its payloads have that those of beacon nodes have not.
const BUILT: u8 = 0x80;

/// How the relay behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It shows peers what it has shown the leader's node, and the payload of what is signed.
    Honest,
    /// It keeps the payload back.
    Withholds,
    /// The same, and never says so to whoever posts the block.
    Hangs,
    /// It shows peers nothing.
    Silent,
    /// It shows peers less than it has offered the leader's node.
    Cheaper,
    /// It shows peers a bid that another key has signed.
    Unsigned,
    /// It shows peers another payload, such as it would of another proposer.
    Elsewhere,
    /// The same under the hash of the one that it has offered.
    Altered,
}

/// In which manners a relay shows peers something else than the leader's node.
const CHEATING: [Manner; 5] = [
    Manner::Silent,
    Manner::Cheaper,
    Manner::Unsigned,
    Manner::Elsewhere,
    Manner::Altered,
];

/// The relay.
#[derive(Debug)]
pub struct Builder {
    manner: Manner,
    /// Whether it is honest to the peer whose node it has made an offer.
    flatters: bool,
    /// To whom it is honest as well.
    confides: Vec<usize>,
    /// What it has offered to whose node, by slot.
    bids: BTreeMap<Slot, Vec<(usize, BuilderBid)>>,
    /// Every blinded block that was made of a bid.
    made: BTreeMap<Root, Slot>,
}

impl Builder {
    pub fn new(manner: Manner) -> Self {
        Self {
            manner,
            flatters: false,
            confides: Vec::new(),
            bids: BTreeMap::new(),
            made: BTreeMap::new(),
        }
    }

    /// Whether it keeps the payload of this block back.
    pub fn withholds(&self, block: &Block) -> bool {
        block.is_blinded() && [Manner::Withholds, Manner::Hangs].contains(&self.manner)
    }

    /// Whether whoever posts this waits for ever.
    pub fn hangs(&self, request: &Request) -> bool {
        let Request::Submit { submission, .. } = request else {
            return false;
        };
        let is_blinded = matches!(submission, Submission::Block { contents, .. }
            if contents.block.is_blinded());
        is_blinded && self.manner == Manner::Hangs
    }
}

impl World {
    /// A beacon node produces a block: of a bid, where bids count and there is a relay.
    pub(crate) fn produce(&mut self, peer: usize, order: &BlockOrder, boost: u64) -> Produced {
        let Some(builder) = self.builder.as_mut().filter(|_| boost > 0) else {
            return Produced::Full(self.chain.build(peer, order, self.now));
        };
        let at = (order, self.now);
        let contents = self.chain.built_by(peer as u8 | BUILT, peer, at);
        let block = example::blinded(&contents.block);
        let bid = example::bid(&block, WEI, relay().public_key);
        builder
            .bids
            .entry(order.slot)
            .or_default()
            .push((peer, bid));
        builder.made.insert(block.root(), order.slot);
        let blinded = Blinded::new(block, WEI).expect("it is blinded");
        self.chain.note(Value::Blinded(blinded.clone()));
        Produced::Blinded(blinded)
    }

    /// What the relay shows a peer at this moment.
    pub(crate) fn show_bids(&self, peer: usize, duty: DutyId, asked: &[Relay]) -> Response {
        let Some(builder) = self.builder.as_ref().filter(|_| asked == [relay()]) else {
            return Response::Bids(duty, Vec::new());
        };
        let bids = builder.bids.get(&duty.slot).into_iter().flatten();
        let shown = bids.filter_map(|(to, bid)| {
            let is_honest = (builder.flatters && *to == peer) || builder.confides.contains(&peer);
            let manner = if is_honest {
                Manner::Honest
            } else {
                builder.manner
            };
            self.shown(manner, bid.clone())
        });
        Response::Bids(duty, shown.collect())
    }

    fn shown(&self, manner: Manner, mut bid: BuilderBid) -> Option<ShownBid> {
        let mut key = 42;
        match manner {
            Manner::Honest | Manner::Withholds | Manner::Hangs => {}
            Manner::Silent => return None,
            Manner::Cheaper => bid.value >>= 1,
            Manner::Unsigned => key = 43,
            Manner::Elsewhere => bid.header.block_hash = Root::from([0xe1; 32]),
            Manner::Altered => bid.header.gas_used += 1,
        }
        let mut secret = [0; 32];
        secret[31] = key;
        let secret = SecretShare::from_bytes(&secret).expect("it is a number of the field");
        let root = bid.signing_root(self.chain.spec.genesis().genesis_fork_version);
        let signature = secret.sign(&Hashed::hash(root)).to_bytes();
        Some(ShownBid {
            relay: relay(),
            bid: SignedBuilderBid {
                message: bid,
                signature,
            },
        })
    }

    /// Whether this frame of `from` carries a blinded block.
    pub(crate) fn is_blinded(&self, from: usize, frame: &[u8]) -> bool {
        let lock = &self.cluster.lock;
        let size = lock.definition.terms().size();
        let Ok(Frame::Vote(vote)) = Frame::decode(frame) else {
            return false;
        };
        let message = Message::decode(lock.hash(), size, self.peers[from].index, &vote);
        let body = match message {
            Ok(Message::Propose(proposal)) => proposal.body,
            Ok(Message::Value { body, .. }) => body,
            Ok(
                Message::Prepare(_)
                | Message::Commit(_)
                | Message::RoundChange { .. }
                | Message::Pull { .. },
            )
            | Err(_) => return false,
        };
        matches!(consensus::Value::decode(&body), Some(Value::Blinded(_)))
    }

    /// Whether the chain has a blinded block in this slot.
    fn is_built(&self, slot: u64) -> bool {
        let (_, root) = self.chain.head(0, Slot(slot), self.now);
        let builder = self.builder.as_ref().expect("there is a relay");
        builder.made.get(&root) == Some(&Slot(slot))
    }

    /// Who had this to say against a block of this slot.
    fn sayers(&self, slot: u64, objection: Objection) -> Vec<usize> {
        let said = |peer: &usize| self.objections.contains(&(*peer, block(slot), objection));
        (0..self.peers.len()).filter(said).collect()
    }
}

const UNSEEN: Objection = Objection::OfView(Doubt::BidUnseen);

/// A world whose peers have agreed on a relay of this manner, but for these.
pub(crate) fn with_relay(manner: Manner, seed: u64, without: &[usize]) -> World {
    let mut world = World::new(4, seed);
    world.builder = Some(Builder::new(manner));
    for (at, peer) in world.peers.iter_mut().enumerate() {
        peer.builders = (!without.contains(&at)).then(|| policy(1));
    }
    world
}

/// The slots in which it proposes once all is settled, at the end of the world.
fn run(world: &mut World) -> Vec<u64> {
    world.run_to(FIRST + 16);
    world.assert_safe();
    let slots = world.block_slots(FIRST + 1..FIRST + 15);
    assert!(slots.len() > 3, "{slots:?}");
    slots
}

#[test]
fn the_cluster_signs_the_payload_that_its_relay_shows_every_peer() {
    let mut world = with_relay(Manner::Honest, 980, &[]);
    for slot in run(&mut world) {
        assert!(world.is_built(slot), "{slot}");
        assert_eq!(world.round(0, block(slot)), 1);
    }
    world.assert_all_done(FIRST..FIRST + 15);
    assert_eq!(world.blamed, Default::default());
}

/// The leader looks first, and its own node builds at once what comes in the first round.
#[test]
fn a_leader_that_does_not_see_the_bid_itself_proposes_the_block_of_its_own_node() {
    for manner in CHEATING {
        let mut world = with_relay(manner, 981, &[]);
        for slot in run(&mut world) {
            let leader = world.leaders(Slot(slot))[0];
            assert!(!world.is_built(slot), "{manner:?}");
            assert_eq!(world.round(0, block(slot)), 1, "{manner:?}");
            assert_eq!(world.sayers(slot, UNSEEN), [leader], "{manner:?}");
        }
        world.assert_all_done(FIRST..FIRST + 15);
    }
}

/// A relay that conspires with a leader, or is only seen by it: nobody else votes, and the next one
/// proposes the block of its own node.
#[test]
fn what_no_named_relay_shows_a_peer_as_stated_is_not_voted_for_and_the_own_block_comes() {
    for manner in CHEATING {
        let mut world = with_relay(manner, 982, &[]);
        world.builder.as_mut().unwrap().flatters = true;
        for slot in run(&mut world) {
            let leader = world.leaders(Slot(slot))[0];
            let others: Vec<usize> = (0..4).filter(|peer| *peer != leader).collect();
            assert!(!world.is_built(slot), "{manner:?}");
            assert_eq!(world.round(0, block(slot)), 2, "{manner:?}");
            assert_eq!(world.sayers(slot, UNSEEN), others, "{manner:?}");
        }
        world.assert_all_done(FIRST..FIRST + 15);
    }
}

/// That others have voted for it is not enough, also for a peer whose own node is mute and that
/// takes their word for the rest.
#[test]
fn a_peer_whose_node_is_mute_votes_for_no_payload_whose_bid_it_has_not_seen() {
    let mut world = with_relay(Manner::Silent, 986, &[]);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    world.builder.as_mut().unwrap().confides = leaders[..2].to_vec();
    world.run_until(slot - 1, ms(6_000));
    world.fault(Fault::Beacon(leaders[2], BeaconNode::Hung));
    world.run_to(slot + 1);
    world.assert_safe();
    let mut unseen = leaders[2..].to_vec();
    unseen.sort_unstable();
    assert_eq!(world.sayers(slot, UNSEEN), unseen);
}

/// Whether this peer says that it misses the payload of `slot`, which a relay has, for this reason.
fn misses_payload(world: &World, (peer, slot): (usize, u64), reason: &str) -> bool {
    world.told.iter().any(|(who, duty, note)| {
        let Note::Missed { why, .. } = note else {
            return false;
        };
        let is_its = (*who, *duty) == (peer, block(slot));
        is_its && matches!(why, Miss::Withheld(why) if why.contains(reason))
    })
}

/// That no second root is signed in a slot every commit is checked for (S1).
#[test]
fn a_payload_that_is_kept_back_costs_its_slot_and_nobody_signs_a_second_block() {
    let mut world = with_relay(Manner::Withholds, 983, &[]);
    for slot in run(&mut world) {
        assert!(world.chain.missed(slot..slot + 1).contains(&block(slot)));
        for peer in 0..4 {
            let is_told = misses_payload(&world, (peer, slot), "payload");
            assert!(is_told, "peer {peer} in slot {slot}");
        }
    }
}

/// The peer whose own node says nothing at all accuses no relay.
#[test]
fn a_relay_that_hangs_with_the_payload_is_told_by_each_peer_whose_node_waits_for_it() {
    let mut world = with_relay(Manner::Hangs, 987, &[]);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let mute = world.leaders(Slot(slot))[3];
    world.run_until(slot, ms(100));
    world.fault(Fault::Beacon(mute, BeaconNode::Hung));
    world.run_to(slot + 3);
    world.assert_safe();
    for peer in 0..4 {
        let is_told = misses_payload(&world, (peer, slot), "still waits for it");
        assert_eq!(is_told, peer != mute, "peer {peer}");
    }
    assert!(world.chain.missed(slot..slot + 1).contains(&block(slot)));
}

/// Whoever died before or after it has signed: what was recorded is the only block of the slot.
#[test]
fn peers_killed_while_they_sign_a_blinded_block_sign_no_second_one() {
    for after in [20, 60, 100, 140, 180, 240, 400] {
        let mut world = with_relay(Manner::Withholds, 1_000 + after, &[]);
        let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
        world.run_until(slot, ms(after));
        let two = [world.leaders(Slot(slot))[0], world.leaders(Slot(slot))[1]];
        two.into_iter()
            .for_each(|peer| world.fault(Fault::Kill(peer)));
        world.run_until(slot, ms(after + 300));
        two.into_iter()
            .for_each(|peer| world.fault(Fault::Start(peer)));
        world.run_to(slot + 3);
        world.assert_safe();
    }
}

#[test]
fn a_peer_that_has_agreed_on_no_relay_votes_for_no_payload_of_one_and_costs_nothing() {
    let mut world = with_relay(Manner::Honest, 984, &[2]);
    let slots = run(&mut world);
    world.assert_all_done(FIRST..FIRST + 15);
    let off = Objection::OfValue(Flaw::BuilderOff);
    for slot in slots {
        let leads = world.leaders(Slot(slot))[0] == 2;
        assert_eq!(world.is_built(slot), !leads, "{slot}");
        let expected: &[usize] = if leads { &[] } else { &[2] };
        assert_eq!(world.sayers(slot, off), expected);
    }
}

/// Everything may fail at once beside it, and villains lead: see `plan`. Whatever a relay does no
/// slot has two blocks, and once all is mended only what it keeps back is missed.
#[test]
fn peers_in_trouble_stay_safe_and_recover_whatever_their_relay_does() {
    let honest = [Manner::Honest, Manner::Withholds];
    let manners = honest.into_iter().chain(CHEATING);
    let mut built = 0;
    for (seed, manner) in (0..).zip(manners.cycle().take(28)) {
        let mut world = plan::troubled_world(4, 7_000 + seed);
        world.builder = Some(Builder {
            flatters: seed % 2 == 0,
            ..Builder::new(manner)
        });
        for peer in &mut world.peers {
            peer.builders = Some(policy(1));
        }
        plan::run(&mut world);
        world.assert_safe();
        if plan::promises_duties(&world) && manner != Manner::Withholds {
            world.assert_all_done(plan::calm_slots());
        }
        let slots = FIRST..FIRST + plan::TROUBLED + plan::CALM;
        built += slots.filter(|slot| world.is_built(*slot)).count();
    }
    assert!(built > 8, "{built}");
}

#[test]
fn blinded_blocks_begin_when_t_peers_know_them_and_go_to_no_other() {
    let older = Versions::between(1, 7).unwrap();
    for (old, is_built) in [(1, true), (2, false)] {
        let mut world = with_relay(Manner::Honest, 985, &[]);
        (0..old).for_each(|peer| world.peers[peer].versions = older);
        let slots = run(&mut world);
        world.assert_all_done(FIRST..FIRST + 15);
        let new = |slot: &&u64| world.leaders(Slot(**slot))[0] >= old;
        assert!(slots.iter().filter(new).count() > 1);
        for slot in slots.iter().filter(new) {
            assert_eq!(world.is_built(*slot), is_built, "{old} old, slot {slot}");
        }
        assert_eq!(world.blamed, Default::default());
    }
}
