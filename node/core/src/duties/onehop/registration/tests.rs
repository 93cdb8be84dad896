//! Four peers and their registrations: what all have agreed on is signed by all, and passed on.

use proto::{Address, Timestamp, WireVersion};

use super::*;
use crate::duties::fault::Breach;
use crate::duties::onehop::four::{self, Ground, lock, share};
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::BuilderPolicy;
use crate::pool::agreement::example::policy;
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::Held;

const SLOT: u64 = 12;
const EPOCH: u64 = 8 * SLOT;
/// When the agreement was written, in Unix seconds.
const WRITTEN: u64 = 1_000 * EPOCH;
const PAYS: [u8; 20] = [0xab; 20];

struct Peer {
    ground: Ground,
    registrations: Registrations,
    now: u64,
    /// What its beacon node was given, and in which slot.
    given: Vec<(u64, Vec<SignedValidatorRegistration>)>,
    told: Vec<RegistrationNote>,
    blamed: Vec<(PeerIndex, Breach)>,
    /// Whether its beacon node takes them.
    takes: bool,
}

impl Peer {
    fn new(me: usize) -> Self {
        let lock = lock();
        let mut facts = four::facts(me, lock.hash(), ClusterKeys::of(&lock).unwrap());
        facts.fee_recipients = vec![Some(Address::from(PAYS)); 2];
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
        let shares = [0, 1].map(|of| share(of, u8::try_from(me).unwrap()));
        let held = Held::of_lock(&lock, shares.into());
        Self {
            ground: Ground::new(facts, WireVersion::V5, held, &journal),
            registrations: Registrations::default(),
            now: WRITTEN + 5,
            given: Vec::new(),
            told: Vec::new(),
            blamed: Vec::new(),
            takes: true,
        }
    }

    fn act(&mut self, act: impl FnOnce(&mut Registrations, &mut Step<'_>)) {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let mut step = self.ground.step(now);
        act(&mut self.registrations, &mut step);
    }

    fn agree(&mut self, policy: BuilderPolicy) {
        self.ground.builders = Some(policy);
        self.registrations.look_again();
    }

    fn advance(&mut self) {
        let active = [ValidatorPosition(0), ValidatorPosition(1)];
        self.act(|it, step| it.advance(&active, step));
    }

    /// Performs one output; what of it goes to another peer.
    fn perform(&mut self, output: Output) -> Option<(PeerIndex, Frame)> {
        if let Output::Send(to, bytes) = output {
            return Some((to, Frame::decode(&bytes).unwrap()));
        } else if let Output::Later(Deferred::Registrations) = output {
            self.act(Registrations::work);
        } else if let Output::Ask(Request::Register(all)) = output {
            let (validators, signed): (Vec<_>, Vec<_>) = all.into_iter().unzip();
            self.given.push((self.now / SLOT, signed));
            let takes = self.takes;
            self.act(|it, step| it.given(&validators, takes, step));
        } else if let Output::Note(Note::Registration(note)) = output {
            self.told.push(note);
        } else if let Output::Note(Note::Fault { peer, breach, .. }) = output {
            self.blamed.push((peer, breach));
        } else {
            panic!("{output:?}");
        }
        None
    }
}

struct Cluster(Vec<Peer>);

impl Cluster {
    /// Four peers that have agreed, but for those that have not.
    fn new(without: &[usize]) -> Self {
        let mut peers: Vec<Peer> = (0..4).map(Peer::new).collect();
        for (at, peer) in peers.iter_mut().enumerate() {
            if !without.contains(&at) {
                peer.agree(policy(WRITTEN));
            }
        }
        Self(peers)
    }

    fn index(&self, peer: usize) -> PeerIndex {
        self.0[0].ground.index(peer)
    }

    /// Until nobody has anything to do.
    fn run(&mut self) {
        while let Some(from) = (0..4).find(|peer| !self.0[*peer].ground.out.is_empty()) {
            let output = self.0[from].ground.out.remove(0);
            let sent = self.0[from].perform(output);
            if let Some((to, Frame::RegistrationShares(shares))) = sent {
                let from = self.index(from);
                self.0[to.position()].act(|it, step| it.take(from, shares, step));
            }
        }
    }

    fn slot(&mut self) {
        for peer in &mut self.0 {
            peer.now += SLOT;
            peer.advance();
        }
        self.run();
    }

    fn slots(&mut self, count: u64) {
        (0..count).for_each(|_| self.slot());
    }
}

/// Whether these are the registrations of both keys by the agreement that was written then.
fn are_right(signed: &[SignedValidatorRegistration], written: u64) -> bool {
    let lock = lock();
    let is_right = |(it, validator): (&SignedValidatorRegistration, &proto::lock::Validator)| {
        let message = it.message;
        let root = message.signing_root([0, 0, 0, 1].into());
        let key = dkg::bls::PublicPoint::from_bytes(&validator.public_key).unwrap();
        let signature = dkg::bls::SignaturePoint::from_bytes(&it.signature).unwrap();
        message.pubkey == validator.public_key
            && message.fee_recipient == Address::from(PAYS)
            && (message.gas_limit, message.timestamp) == (60_000_000, written)
            && dkg::bls::verify(&key, &Message::hash(root), &signature)
    };
    signed.len() == 2 && signed.iter().zip(&lock.validators).all(is_right)
}

#[test]
fn what_all_have_agreed_on_is_signed_by_all_and_given_to_every_beacon_node() {
    let mut cluster = Cluster::new(&[]);
    cluster.slots(2);
    for peer in &cluster.0 {
        assert_eq!(peer.given.len(), 1);
        assert!(are_right(&peer.given[0].1, WRITTEN));
        assert_eq!(peer.told, [RegistrationNote::Given(2)]);
        assert_eq!(peer.blamed, []);
    }
}

#[test]
fn without_an_agreement_that_names_relays_nothing_is_signed() {
    let mut cluster = Cluster::new(&[0, 1, 2, 3]);
    cluster.slots(9);
    assert!(cluster.0.iter().all(|peer| peer.given.is_empty()));
    assert!(
        cluster
            .0
            .iter()
            .all(|peer| peer.registrations.sent().is_empty())
    );
    // Three suffice, and the fourth has what it needs once it has agreed too.
    for at in [0, 1, 3] {
        cluster.0[at].agree(policy(WRITTEN));
    }
    cluster.slots(2);
    assert!(are_right(&cluster.0[0].given[0].1, WRITTEN));
    assert!(cluster.0[2].given.is_empty());
    cluster.0[2].agree(policy(WRITTEN));
    cluster.slots(2);
    assert!(are_right(&cluster.0[2].given[0].1, WRITTEN));
}

#[test]
fn relays_forget_so_each_peer_says_it_again_in_every_epoch_in_a_slot_of_its_own() {
    let mut cluster = Cluster::new(&[]);
    cluster.slots(8 * 3 - 1);
    let mut turns = Vec::new();
    for peer in &cluster.0 {
        // Once when they were made, and then once an epoch.
        let again: Vec<u64> = peer.given[1..].iter().map(|(slot, _)| slot % 8).collect();
        assert_eq!(again.len(), 2, "{:?}", peer.given);
        assert!(again.iter().all(|turn| *turn == again[0]));
        turns.push(again[0]);
    }
    turns.sort_unstable();
    turns.dedup();
    assert_eq!(turns.len(), 4, "all at once");
}

#[test]
fn a_new_version_is_signed_and_said_at_once_and_none_before_its_time() {
    let mut cluster = Cluster::new(&[]);
    cluster.slots(2);
    let later = WRITTEN + 10 * SLOT;
    for peer in &mut cluster.0 {
        peer.agree(policy(later));
    }
    cluster.slots(6);
    assert!(cluster.0.iter().all(|peer| peer.given.len() == 1));
    cluster.slots(6);
    for peer in &cluster.0 {
        let (slot, signed) = &peer.given[1];
        assert!(are_right(signed, later));
        assert!(slot * SLOT >= later);
    }
}

#[test]
fn a_beacon_node_that_takes_none_is_given_them_again_after_a_while() {
    let mut cluster = Cluster::new(&[]);
    cluster.0[1].takes = false;
    cluster.slots(2);
    assert_eq!((cluster.0[1].given.len(), cluster.0[1].told.len()), (1, 0));
    cluster.slots(3);
    assert_eq!(cluster.0[1].given.len(), 1);
    cluster.0[1].takes = true;
    cluster.slots(2);
    assert_eq!((cluster.0[1].given.len(), cluster.0[1].told.len()), (2, 1));
}

#[test]
fn a_liar_is_named_and_costs_nothing_and_a_peer_that_comes_back_hears_all() {
    let mut cluster = Cluster::new(&[2]);
    let liar = cluster.index(3);
    for peer in &mut cluster.0 {
        peer.advance();
    }
    // What the share of the other validator signed.
    let lie = |cluster: &Cluster| {
        let shares = cluster.0[3].registrations.sent();
        let Some(Frame::RegistrationShares(mut shares)) = shares.into_iter().next() else {
            panic!("it has signed");
        };
        let both = [0, 1].map(|at: usize| shares[at].partial.signature);
        shares[0].partial.signature = both[1];
        shares[1].partial.signature = both[0];
        shares
    };
    // It signs, and nobody hears of it.
    while let Some(output) = cluster.0[3].ground.out.pop() {
        cluster.0[3].perform(output);
    }
    let shares = lie(&cluster);
    cluster.0[0].act(|it, step| it.take(liar, shares, step));
    cluster.slots(2);
    assert!(
        cluster.0[0].given.is_empty(),
        "two have signed, and one has lied"
    );
    assert_eq!(cluster.0[0].blamed, [(liar, Breach::BadShare); 2]);
    // One that was away comes back with the agreement, and brings the third.
    cluster.0[2].agree(policy(WRITTEN));
    cluster.slots(3);
    assert!(are_right(&cluster.0[0].given[0].1, WRITTEN));
    let frames = cluster.0[0].registrations.sent();
    let Some(Frame::RegistrationShares(shares)) = frames.into_iter().next() else {
        panic!("it says again what it has said");
    };
    assert_eq!(shares.len(), 2);
}

#[test]
fn the_vault_signs_no_registration_of_another_key_or_ahead_of_the_clock() {
    use crate::pool::agreement::{Order, RegisteredPayee};
    use crate::vault::Refusal;

    let mut peer = Peer::new(0);
    let lock = lock();
    let payee = RegisteredPayee {
        address: PAYS.into(),
        order: Order::First,
    };
    let of = |validator: usize, written: u64| {
        let key = lock.validators[validator].public_key;
        Signable::registration(&peer.ground.facts.chain, &policy(written), (key, payee))
    };
    let (right, late) = (of(0, WRITTEN), of(0, WRITTEN + SLOT));
    let now = Slot(WRITTEN / SLOT);
    let at = ValidatorPosition(0);
    assert_eq!(peer.ground.vault.sign(now, &right, &[at]).refused, []);
    let refused = peer
        .ground
        .vault
        .sign(now, &right, &[ValidatorPosition(1)])
        .refused;
    let why = Refusal::OtherRegistration(ValidatorPosition(1));
    assert_eq!(refused, [(ValidatorPosition(1), why)]);
    let refused = peer.ground.vault.sign(now, &late, &[at]).refused;
    assert!(matches!(refused[..], [(_, Refusal::AheadOfClock { .. })]));
}
