//! The numbers a peer shows at `/metrics`, and where each comes from.
//!
//! Phases are intervals of one duty on this peer, in seconds; the shell measures them with the
//! monotonic clock, from one [`Note::Reached`](node_core::duties::note::Note) to the next.

mod nodes;
mod pool;

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

use super::curve_cost::CurveWork;
use super::status::EpochStatus;
use crate::disk::duty_history::Contribution;
use nodes::BeaconNodes;
use pool::PoolAlarms;

/// Labels of a phase: `kind` is `head` or `block`, `phase` one of
/// [`INTERVALS`](super::observer::INTERVALS).
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PhaseLabels {
    pub kind: &'static str,
    pub phase: &'static str,
}

/// Labels of a duty's end: `outcome` is `signed`, `accepted`, `refused`, `missed` or, of those that
/// were missed since the own beacon node refused them, `taken_elsewhere`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabels {
    pub kind: &'static str,
    pub outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FaultLabels {
    pub peer: String,
    pub rule: &'static str,
}

/// Labels of what a peer sent and this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UnknownLabels {
    pub peer: String,
    /// What it was of: a session message, a frame, a kind of duty.
    pub what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PeerLabels {
    pub peer: String,
}

/// Labels of a validator: its position in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ValidatorLabels {
    pub validator: u32,
}

/// Labels of what this peer did not sign.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RuleLabels {
    pub rule: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ForkLabels {
    pub fork: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KindLabels {
    pub kind: &'static str,
}

/// Labels of the duties of an epoch: `outcome` is `owed`, `included`, `target` or `head` of
/// attestations, `owed` or `proposed` of blocks, `owed` or `included` of sync committee messages
/// of slots that a block came after.
pub type EpochLabels = OutcomeLabels;

/// What each peer has contributed since this one began.
#[derive(Debug, Default)]
pub struct Contributions {
    /// Duties that there were.
    duties: Family<PeerLabels, Counter>,
    /// Those to which it gave its share in time.
    shares: Family<PeerLabels, Counter>,
    /// Those of which it proposed the value.
    led: Family<PeerLabels, Counter>,
    /// Those of which its own beacon node bore out a value.
    saw: Family<PeerLabels, Counter>,
}

impl Contributions {
    /// Counts what a peer gave to one duty.
    pub fn add(&self, of: &PeerLabels, more: Contribution) {
        let Contribution {
            duties,
            shares,
            led,
            saw,
        } = more;
        let counters = [
            (&self.duties, duties),
            (&self.shares, shares),
            (&self.led, led),
            (&self.saw, saw),
        ];
        for (family, more) in counters {
            family.get_or_create(of).inc_by(more);
        }
    }

    fn register(&self, registry: &mut Registry) {
        let duties = "Duties that the peer could contribute to";
        registry.register("peer_duties", duties, self.duties.clone());
        let shares = "Duties to which the peer gave its share in time";
        registry.register("peer_shares", shares, self.shares.clone());
        let led = "Duties of which the peer proposed the value that was signed";
        registry.register("peer_led", led, self.led.clone());
        let saw = "Duties of which the peer's own beacon node bore out a value";
        registry.register("peer_saw", saw, self.saw.clone());
    }
}

type Seconds = Gauge<f64, AtomicU64>;

fn unknown() -> Seconds {
    let gauge = Seconds::default();
    gauge.set(f64::NAN);
    gauge
}

pub struct Metrics {
    registry: Registry,
    /// Validators served, by how it ended.
    pub duties: Family<OutcomeLabels, Counter>,
    /// Refusals of the vault by [rule](node_core::vault::Refusal::rule).
    pub refusals: Family<RuleLabels, Counter>,
    /// Values of others that this peer would not sign, by
    /// [rule](node_core::duties::agreed::objection::Objection::rule).
    pub objections: Family<RuleLabels, Counter>,
    pub faults: Family<FaultLabels, Counter>,
    /// What peers sent of a later version, and was passed over.
    pub unknown: Family<UnknownLabels, Counter>,
    /// 1 while nothing is signed, whatever the reason: `gantry status` has it.
    pub signing_stopped: Gauge,
    /// The first epoch of a scheduled fork that this version cannot sign for, by its name.
    pub unserved_fork: Family<ForkLabels, Gauge>,
    /// Validators with duties that this version does not perform, by kind: `sync_committee`.
    pub not_performed: Family<KindLabels, Gauge>,
    /// Validators for which no duty is signed any more.
    pub halted: Gauge,
    /// Of how many peers the sealed part of its exit is held, of each validator that was active.
    sealed: Family<ValidatorLabels, Gauge>,
    /// 1 while a session to the peer is up.
    pub connected: Family<PeerLabels, Gauge>,
    /// 1 while a peer's beacon node, or the own one, gives it no sight of the chain.
    pub blind: Family<PeerLabels, Gauge>,
    /// Round trip time to the peer.
    pub rtt: Family<PeerLabels, Seconds>,
    /// How far the peer's clock is ahead.
    pub clock_offset: Family<PeerLabels, Seconds>,
    /// Bytes of TCP payload sent to all peers.
    pub sent_bytes: Counter,
    /// Bytes of TCP payload received from all peers.
    pub received_bytes: Counter,
    pub peer_sent_bytes: Family<PeerLabels, Counter>,
    pub peer_received_bytes: Family<PeerLabels, Counter>,
    pub contributions: Contributions,
    /// The share of what attestations could earn that was earned, in the last epoch that is known.
    effectiveness: Seconds,
    /// That epoch.
    effective_epoch: Gauge,
    /// What became of its duties.
    epoch_duties: Family<EpochLabels, Gauge>,
    /// The curve operations done.
    pub curve_work: CurveWork,
    /// CPU time of the curve operations, as last asked for.
    pub bls_cpu_seconds: Counter<f64, AtomicU64>,
    /// Each of several beacon nodes.
    pub nodes: BeaconNodes,
    /// What should worry at Rocket Pool.
    pub pool: PoolAlarms,
    phases: Family<PhaseLabels, Histogram>,
    fdatasync: Histogram,
}

/// From 0.1 ms to 10 s in steps of 15 %: a quantile read from the buckets is at most 15 % off.
fn latency_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 1.15, 83))
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("gantry");
        let metrics = Self {
            duties: Family::default(),
            refusals: Family::default(),
            objections: Family::default(),
            faults: Family::default(),
            unknown: Family::default(),
            signing_stopped: Gauge::default(),
            unserved_fork: Family::default(),
            not_performed: Family::default(),
            halted: Gauge::default(),
            sealed: Family::default(),
            connected: Family::default(),
            blind: Family::default(),
            rtt: Family::default(),
            clock_offset: Family::default(),
            sent_bytes: Counter::default(),
            received_bytes: Counter::default(),
            peer_sent_bytes: Family::default(),
            peer_received_bytes: Family::default(),
            contributions: Contributions::default(),
            // No number, rather than the worst one, until an epoch is known.
            effectiveness: unknown(),
            effective_epoch: Gauge::default(),
            epoch_duties: Family::default(),
            curve_work: CurveWork::default(),
            bls_cpu_seconds: Counter::default(),
            nodes: BeaconNodes::default(),
            pool: PoolAlarms::default(),
            phases: Family::new_with_constructor(latency_histogram),
            fdatasync: latency_histogram(),
            registry: Registry::default(),
        };
        let m = &metrics;
        registry.register("duties", "Validator duties by outcome", m.duties.clone());
        registry.register(
            "refusals",
            "Refusals of the vault by rule",
            m.refusals.clone(),
        );
        let objections = "Values that this peer would not sign by rule";
        registry.register("objections", objections, m.objections.clone());
        m.register_peers(&mut registry);
        m.nodes.register(&mut registry);
        m.register_epoch(&mut registry);
        m.pool.register(&mut registry);
        let stopped = "1 while nothing is signed: gantry status says why";
        registry.register("signing_stopped", stopped, m.signing_stopped.clone());
        m.register_validators(&mut registry);
        registry.register(
            "sent_bytes",
            "TCP payload sent to peers",
            m.sent_bytes.clone(),
        );
        let received = "TCP payload received from peers";
        registry.register("received_bytes", received, m.received_bytes.clone());
        let bls = "CPU time of curve operations: counted, times the cost of each measured alone \
                   on this machine, so a lower bound";
        registry.register("bls_cpu_seconds", bls, m.bls_cpu_seconds.clone());
        registry.register("phase_seconds", "Intervals of a duty", m.phases.clone());
        let fdatasync = "Time to make one append to the signing record durable";
        registry.register("record_fdatasync_seconds", fdatasync, m.fdatasync.clone());
        Self {
            registry,
            ..metrics
        }
    }

    /// Adds what is known of our validators beside their duties.
    fn register_validators(&self, registry: &mut Registry) {
        let unserved = "First epoch of a fork that this version cannot sign for: upgrade before";
        registry.register("unserved_fork_epoch", unserved, self.unserved_fork.clone());
        let not_performed = "Validators with duties that this version does not perform";
        registry.register("not_performed", not_performed, self.not_performed.clone());
        let halted = "Validators for which no duty is signed any more: gantry status says why";
        registry.register("halted_validators", halted, self.halted.clone());
        let sealed =
            "Sealed parts held of the pre-signed exit: t are needed, one of each peer is all";
        registry.register("sealed_exit_parts", sealed, self.sealed.clone());
    }

    /// Adds what is read in the chain.
    fn register_epoch(&self, registry: &mut Registry) {
        let share = "Share of what the attestations of the last known epoch could earn, 0 to 1";
        registry.register("effectiveness", share, self.effectiveness.clone());
        let epoch = "The last epoch whose duties the chain shows";
        registry.register("effectiveness_epoch", epoch, self.effective_epoch.clone());
        let duties = "What became of the duties of that epoch in the chain";
        registry.register("epoch_duties", duties, self.epoch_duties.clone());
    }

    /// Shows what became of the duties of the last epoch that is known.
    pub fn epoch(&self, of: &EpochStatus) {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.effective_epoch.set(whole(of.epoch));
        if let Some(share) = of.effectiveness {
            self.effectiveness.set(share);
        }
        let counted = [
            ("attestation", "owed", of.attestations),
            ("attestation", "included", of.included),
            ("attestation", "target", of.targets),
            ("attestation", "head", of.heads),
            ("block", "owed", of.blocks),
            ("block", "proposed", of.proposed),
            ("sync_message", "owed", of.sync_messages),
            ("sync_message", "included", of.synced),
        ];
        for (kind, outcome, count) in counted {
            let labels = EpochLabels { kind, outcome };
            self.epoch_duties.get_or_create(&labels).set(whole(count));
        }
    }

    /// Adds what is counted for each peer.
    fn register_peers(&self, registry: &mut Registry) {
        registry.register("faults", "Faults of peers by rule", self.faults.clone());
        self.contributions.register(registry);
        let unknown = "What peers sent of a later version and was passed over";
        registry.register("unknown", unknown, self.unknown.clone());
        let connected = "1 while a session is up";
        registry.register("peer_connected", connected, self.connected.clone());
        let blind = "1 while its beacon node gives it no sight of the chain: it leads no round";
        registry.register("peer_blind", blind, self.blind.clone());
        let rtt = "Round trip time to the peer";
        registry.register("peer_rtt_seconds", rtt, self.rtt.clone());
        let offset = "How far the peer's clock is ahead";
        let name = "peer_clock_offset_seconds";
        registry.register(name, offset, self.clock_offset.clone());
        let sent = "Bytes of frames sent by peer";
        registry.register("peer_sent_bytes", sent, self.peer_sent_bytes.clone());
        let received = "Bytes of frames received by peer";
        let name = "peer_received_bytes";
        registry.register(name, received, self.peer_received_bytes.clone());
    }

    /// Shows of how many peers the sealed part of the exit of this validator is held.
    pub fn sealed(&self, validator: u32, held: usize) {
        let labels = ValidatorLabels { validator };
        let held = i64::try_from(held).unwrap_or(i64::MAX);
        self.sealed.get_or_create(&labels).set(held);
    }

    /// Counts something of a later version that `peer` sent.
    pub fn passed_over(&self, peer: String, what: &'static str) {
        self.unknown
            .get_or_create(&UnknownLabels { peer, what })
            .inc();
    }

    /// Counts one interval of one duty.
    pub fn phase(&self, kind: &'static str, phase: &'static str, took: Duration) {
        self.phases
            .get_or_create(&PhaseLabels { kind, phase })
            .observe(took.as_secs_f64());
    }

    pub fn fdatasync(&self, took: Duration) {
        self.fdatasync.observe(took.as_secs_f64());
    }

    /// The text form that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String cannot fail");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
