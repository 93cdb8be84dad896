//! Every peer on a machine of its own, as far as its network goes: it listens on an address of its
//! own and reaches the others and its beacon node over a cable that can be pulled.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use devnet::children::{Child, shield};
use devnet::cluster::Cluster;
use devnet::load::StandIn;
use devnet::place::Site;
use devnet::plan::Plan;
use node::disk::duty_history::Ending;
use node::report::status::Status;
use proto::{DutyKind, Slot};

use crate::lan::{Cable, Lan, inside};
use crate::stand::{founded, moment, site, stood_in, until};

/// One of them attests in every slot.
const VALIDATORS: usize = 32;
/// As on mainnet: what the sessions wait for does not shrink with the slots.
const SLOT_MS: u64 = 12_000;
/// Peers' port in each namespace.
const PORT: u16 = 3610;
/// The beacon node's port.
const BEACON_PORT: u16 = 5052;
/// How long the peers may take to find each other.
const START: Duration = Duration::from_secs(30);
/// The chain has begun long ago, so that an epoch begins while a peer is cut off.
const AGE_SLOTS: u64 = 5 * 32 - 4;

#[test]
fn a_peer_whose_cable_was_pulled_takes_part_by_the_next_slot() {
    let name = "namespaces::a_peer_whose_cable_was_pulled_takes_part_by_the_next_slot";
    inside(name, async {
        let mut town = Town::build().await;
        // All four.
        let first = town.now().next();
        town.ends(first).await;
        assert_eq!(town.lost(first, first), [0; 0]);

        // Three.
        town.lan.plug(3, Cable::Out);
        let cut = first.next();
        town.ends(Slot(cut.0 + 2)).await;
        let last = Slot(cut.0 + 3);
        for i in 0..3 {
            assert_eq!(town.sessions(i), 2, "peer {}", i + 1);
        }
        assert_eq!(town.sessions(3), 0);

        // The cable is back at the last moment of a slot, and in the next one nothing can be
        // signed without the share of the peer that was away.
        town.moment(last, 990).await;
        town.lan.plug(3, Cable::In);
        town.lan.plug(1, Cable::Out);
        let next = last.next();
        town.ends(next).await;
        // Before anything else: what is signed after this moment is too late.
        assert_eq!(town.lost(cut, next), [0; 0]);
        for i in [0, 2, 3] {
            let ending = town.ending(i, next);
            assert_eq!(ending.missed, 0, "peer {}: {ending:?}", i + 1);
        }
        // Who gave no share is known when the duty is over, not when t shares are there.
        let over = Duration::from_millis(3 * SLOT_MS);
        until("the absent peer is named by all", over, || {
            let names = |i| town.ending(i, next).absent;
            [0, 2, 3].into_iter().all(|i| names(i) == ["peer2"])
        })
        .await;
        for peer in &mut town.running {
            peer.must_run().unwrap();
        }
    });
}

/// Four peers in four namespaces, and a stand-in beacon node in the middle.
struct Town {
    site: Site,
    cluster: Cluster,
    node: StandIn,
    running: Vec<Child>,
    lan: Lan,
}

impl Town {
    /// Everything started, and every peer connected with the three others.
    async fn build() -> Self {
        let plan = Plan {
            slot_ms: SLOT_MS,
            ..stood_in(VALIDATORS)
        };
        let site = site(&plan, "namespaces");
        let lan = Lan::lay(&site.children, plan.size.peers()).await;
        let beacon = SocketAddr::from((Lan::middle(), BEACON_PORT));
        let place = (beacon, AGE_SLOTS);
        let (cluster, node) = founded(&plan, &site, place, |world| world).await;
        let mut town = Self {
            node,
            running: Vec::new(),
            site,
            cluster,
            lan,
        };
        town.running = (0..4).map(|i| town.start(i)).collect();
        until("all are connected", START, || {
            (0..4).all(|i| town.sessions(i) == 3)
        })
        .await;
        town
    }

    /// Starts peer `i` in its namespace. What its config says of addresses is overridden.
    fn start(&self, i: usize) -> Child {
        let at = |i| SocketAddr::from((IpAddr::from(Lan::address(i)), PORT));
        let peer = &self.cluster.peers[i];
        let mut command = self.lan.at(i, self.site.place.gantry());
        command
            .args(["run", "--config"])
            .arg(peer.config())
            .current_dir(&peer.dir)
            .env("GANTRY_LISTEN", format!("[\"{}\"]", at(i)));
        for (other, peer) in self.cluster.peers.iter().enumerate() {
            let variable = format!("GANTRY_PEERS__{}", peer.name.to_uppercase());
            command.env(variable, format!("[\"{}\"]", at(other)));
        }
        self.site.children.start(&peer.name, command).unwrap()
    }

    fn now(&self) -> Slot {
        self.node.world.slot_at(devnet::load::now())
    }

    /// Waits for a moment of `slot`, in thousandths of the slot.
    async fn moment(&self, slot: Slot, thousandths: u64) {
        let after = Duration::from_millis(SLOT_MS * thousandths / 1000);
        moment(self.node.world.start_of(slot) + after).await;
    }

    /// Waits for the end of `slot`.
    async fn ends(&self, slot: Slot) {
        self.moment(slot.next(), 0).await;
    }

    /// The slots from `first` to `last` of which the beacon node has not received every duty.
    fn lost(&self, first: Slot, last: Slot) -> Vec<u64> {
        let is_lost = |slot: &u64| self.node.count.in_slot(Slot(*slot)).missed() > 0;
        (first.0..=last.0).filter(is_lost).collect()
    }

    /// What peer `i` says of itself, if it runs.
    fn status(&self, i: usize) -> Option<Status> {
        let config = self.cluster.peers[i].config();
        let mut command = self.lan.at(i, self.site.place.gantry());
        command.args(["status", "--json", "--config"]).arg(config);
        shield(&mut command);
        let shown = command.output().unwrap();
        let is_running = shown.status.success();
        is_running.then(|| serde_json::from_slice(&shown.stdout).unwrap())
    }

    /// With how many others peer `i` is connected.
    fn sessions(&self, i: usize) -> usize {
        let peers = self.status(i).map(|status| status.peers);
        let connected = peers.into_iter().flatten().filter(|peer| peer.connected);
        connected.count()
    }

    /// How the attestation of `slot` ended on peer `i`. Whether there is a contribution too is up
    /// to the keys, and who was away when its selection proof was made cannot help with it.
    fn ending(&self, i: usize, slot: Slot) -> Ending {
        let head = DutyKind::Head.name();
        let mut duties = self.status(i).unwrap().duties.into_iter();
        let found = duties.find(|ending| ending.slot == slot.0 && ending.kind == head);
        found.unwrap()
    }
}
