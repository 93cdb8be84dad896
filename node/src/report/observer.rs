//! All [`News`], told to the operator: log lines, metrics, and the status that `gantry status`
//! shows. One `info` line per finished duty.

mod beacon;
mod claims;
mod deposits;
mod disk;
mod endings;
mod exits;
mod intents;
mod outcomes;
mod outlook;
mod peers;
mod pool;
mod registrations;
mod sessions;
mod standing;
mod words;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use consensus::Evidence;
use dkg::bls::work::Tally;
use proto::{ClusterSize, DutyId, PeerIndex, PeerSet, Round, Slot, ValidatorPosition};
use tracing::{debug, info, warn};

use super::lines::{Lines, Quiet};
use super::metrics::{FaultLabels, OutcomeLabels, RuleLabels};
use super::news::News;
use super::shown::Shown;
use crate::disk::duty_history::{DutyHistory, Ending};
use crate::disk::evidence_log::EvidenceLog;
use node_core::duties::agreed::objection::Objection;
use node_core::duties::fault::Breach;
use node_core::duties::note::{Miss, Note, Phase};
use node_core::vault::Refusal;

/// The intervals of a duty: name, from, to. `signed` is all of them but `value` and `submit`. Where
/// the own record is durable after t others have signed, there is no `commit`.
pub const INTERVALS: [(&str, Phase, Phase); 7] = [
    ("value", Phase::Trigger, Phase::ValueReady),
    ("prepare", Phase::ValueReady, Phase::PrepareQuorum),
    ("record", Phase::PrepareQuorum, Phase::RecordDurable),
    ("commit", Phase::RecordDurable, Phase::CommitQuorum),
    ("verify", Phase::CommitQuorum, Phase::SignatureVerified),
    ("signed", Phase::ValueReady, Phase::SignatureVerified),
    ("submit", Phase::SignatureVerified, Phase::Accepted),
];

/// Duties whose times are kept at most.
const TIMELINES: usize = 64;

/// How long a peer's faults of one rule are only counted after one was logged.
const FAULT_PAUSE: Duration = Duration::from_secs(10);

/// The same for what this peer would not sign by one rule: while it is stopped, or its target epoch
/// is still the one it was renewed in, that is every value of every duty.
const REFUSAL_PAUSE: Duration = Duration::from_secs(60);

/// One duty's times on this peer.
#[derive(Debug, Default)]
struct Timeline {
    reached: BTreeMap<Phase, Instant>,
    signed: usize,
    missed: usize,
    reasons: Vec<String>,
    absent: Vec<String>,
}

/// Those of the newest duties, [`TIMELINES`] at most.
#[derive(Debug, Default)]
struct Timelines(BTreeMap<DutyId, Timeline>);

impl Timelines {
    /// That of one duty, begun if there is none.
    fn of(&mut self, duty: DutyId) -> &mut Timeline {
        if self.0.len() >= TIMELINES && !self.0.contains_key(&duty) {
            self.0.pop_first();
        }
        self.0.entry(duty).or_default()
    }

    fn get(&self, duty: DutyId) -> Option<&Timeline> {
        self.0.get(&duty)
    }
}

/// Tells the operator.
pub struct Observer {
    shown: Shown,
    history: DutyHistory,
    evidence_log: Option<EvidenceLog>,
    timelines: Timelines,
    lines: Lines,
    worries: pool::Worries,
    size: ClusterSize,
    slots_per_epoch: u64,
}

impl Observer {
    /// Contradictions of peers are kept in `evidence_log`, if it could be opened.
    pub fn new(
        shown: Shown,
        history: DutyHistory,
        evidence_log: Option<EvidenceLog>,
        (size, slots_per_epoch): (ClusterSize, u64),
    ) -> Self {
        let board = &shown.board;
        board.change(|status| status.slots_per_epoch = slots_per_epoch);
        Self {
            size,
            slots_per_epoch,
            shown,
            history,
            evidence_log,
            timelines: Timelines::default(),
            lines: Lines::default(),
            worries: pool::Worries::default(),
        }
    }

    /// Remembers the record sequence that `peer` has shown, or says, not too often, why not.
    fn record_seen(&mut self, peer: PeerIndex, sequence: u64) {
        if let Err(error) = self.history.remember_sequence(peer, sequence)
            && self.is_worth_a_line(None, "sequence_not_remembered")
        {
            warn!(%error, "cannot remember a peer's record sequence");
        }
        self.peer(peer, |status| status.record_seen = sequence);
    }

    /// Counts curve work that was done.
    pub fn worked(&self, tally: &Tally) {
        self.shown.metrics.curve_work.add(tally);
    }

    /// The peer has stopped: has what is to be remembered written down, or says that it may not be.
    pub fn close(self) {
        if let Err(error) = self.history.close() {
            warn!(
                "what was remembered of the last duties may be lost: {error}. No signature \
                 depended on it"
            );
        }
        info!("stopped: what was signed is on record");
    }

    pub fn tell(&mut self, news: News) {
        match news {
            News::Core(note) => self.note(note),
            News::Up {
                peer,
                software,
                version,
            } => self.up(peer, software, version),
            News::Down { peer, reason } => self.down(peer, &reason),
            News::Measured {
                peer,
                rtt,
                clock_offset_micros,
            } => self.measured(peer, rtt, clock_offset_micros),
            News::Refused { peer, reason } => self.refused(peer, &reason),
            News::SecondSession { peer, is_me } => self.second_session(peer, is_me),
            News::RecordSeen { peer, sequence } => self.record_seen(peer, sequence),
            News::Head(slot) => self.head(slot),
            News::Lacking { what, why, slot } => self.lacking(what, &why, slot),
            News::NoBid { slot, why } => self.no_bid(slot, &why),
            News::BeaconNodes(nodes) => self.beacon_nodes(nodes),
            News::NoHeads(error) => self.no_heads(&error),
            News::Durable(took) => self.shown.metrics.fdatasync(took),
            News::NotDurable(error) => Self::not_durable(&error),
            News::Stuck => Self::stuck(),
            News::ExitsNotKept(error) => self.exits_not_kept(&error),
            News::IntentsNotKept(error) => self.intents_not_kept(&error),
            News::Misused(misuses) => self.misused(&misuses),
            News::PoolAlarms(alarms) => self.pool_alarms(alarms),
            News::PoolBlind(why) => self.pool_blind(&why),
            News::Coordinates(status) => self.coordinates(status),
            News::PoolBusy => self.pool_busy(),
            News::Seen { duties, effects } => self.seen(&duties, &effects),
            News::Disputed(vote) => self.disputed(&vote),
            News::NotRead(error) => self.not_read(&error),
        }
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Reached { duty, phase } => self.reached(duty, phase),
            Note::Signed {
                duty,
                validators,
                round,
                missing,
            } => self.signed(duty, validators, round, missing),
            Note::Missed {
                duty,
                validators,
                why,
            } => self.missed(duty, validators, why),
            Note::Accepted { duty, validators } => self.count(duty, "accepted", validators),
            Note::NotTaken {
                duty, index, why, ..
            } => self.not_taken(duty, index, &why),
            Note::Pulled { duty, from } => self.pulled(duty, from),
            Note::Moved { duty, validators } => Self::moved(duty, validators.len()),
            Note::Absent { duty, peers } => self.absent(duty, peers),
            Note::Ended { duty, ended } => self.ended(duty, &ended),
            Note::Objected {
                duty,
                objection,
                by,
            } => self.objected(duty, objection, by),
            Note::PayeeUnread(duty) => self.payee_unread(duty),
            Note::Refused {
                duty,
                validator,
                refusal,
            } => self.vault_refused(duty, validator, refusal),
            Note::RandaoRefused {
                slot,
                validator,
                refusal,
            } => self.randao_refused(slot, validator, &refusal),
            Note::RolledBack {
                witness: by,
                seen,
                held,
            } => self.rolled_back(by, seen, held),
            Note::Exit(validator, note) => self.exit(validator, note),
            Note::Intent(note) => self.intent(&note),
            Note::Deposit(note) => self.deposit(note),
            Note::Registration(note) => self.registration(note),
            Note::DiskHangs { waited } => self.disk_hangs(waited.as_secs()),
            Note::OtherChain { from } => Self::other_chain(from),
            Note::UnservedFork(fork) => self.unserved(&fork),
            Note::Seats {
                seats,
                are_performed,
            } => self.seats(&seats, are_performed),
            Note::Halted {
                index, key, why, ..
            } => self.halted(index, &key, why),
            Note::Fault {
                peer,
                breach,
                detail,
            } => self.fault(peer, breach, &detail),
            Note::Unknown { peer, what } => self.passed_over(peer, what),
            Note::OtherGenesis { peer, ours, theirs } => self.other_genesis(peer, ours, theirs),
            Note::Evidence(evidence) => self.contradiction(&evidence),
            Note::Connected { peer, up } => self.connected(peer, up),
            Note::Looked(looked) => self.looked(&looked),
            Note::Sight { peer, is_blind } => self.sight(peer, is_blind),
        }
    }

    fn contradiction(&mut self, evidence: &Evidence) {
        let peer = evidence.culprit();
        let words = "signed two statements that contradict";
        self.fault(peer, Breach::Contradiction, words);
        self.keep(evidence);
    }

    fn randao_refused(&mut self, slot: Slot, validator: ValidatorPosition, refusal: &Refusal) {
        let of = format!("slot {slot}, validator {}", validator.0);
        self.say_refused("randao", &format!("{of}: no RANDAO reveal: {refusal}"));
    }

    /// Once in a while by each rule a warning, else for who wants to know everything.
    fn say_refused(&mut self, rule: &'static str, words: &str) {
        if self.is_worth_a_line(None, rule) {
            warn!(rule, "{words}");
        } else {
            debug!(rule, "{words}");
        }
    }

    fn signed(&mut self, duty: DutyId, validators: usize, round: Round, missing: PeerSet) {
        let took_ms = self.took_ms(duty);
        let missing = self.names_of(missing);
        info!(
            kind = duty.kind.name(),
            slot = duty.slot.0,
            validators,
            round = round.number(),
            took_ms,
            ?missing,
            "signed"
        );
        self.count(duty, "signed", validators);
        let timeline = self.timelines.of(duty);
        timeline.signed += validators;
        timeline.absent = missing;
        self.end(duty);
    }

    fn vault_refused(&mut self, duty: DutyId, validator: ValidatorPosition, refusal: Refusal) {
        let rule = refusal.rule();
        let of = format!("{duty}, validator {}", validator.0);
        self.say_refused(rule, &format!("{of}: the vault refuses: {refusal}"));
        let labels = RuleLabels { rule };
        self.shown.metrics.refusals.get_or_create(&labels).inc();
    }

    fn objected(&mut self, duty: DutyId, objection: Objection, by: Option<PeerIndex>) {
        let rule = objection.rule();
        let by = by.map(|by| format!(" that {} proposes", self.name(by)));
        let detail = objection.detail().map(|detail| format!(": {detail}"));
        let (by, detail) = (by.unwrap_or_default(), detail.unwrap_or_default());
        let words = format!("{duty}: this peer would not sign the value{by}{detail}");
        self.say_refused(rule, &words);
        let labels = RuleLabels { rule };
        self.shown.metrics.objections.get_or_create(&labels).inc();
    }

    fn reached(&mut self, duty: DutyId, phase: Phase) {
        debug!(%duty, ?phase, "reached");
        let timeline = self.timelines.of(duty);
        let now = *timeline.reached.entry(phase).or_insert_with(Instant::now);
        for (name, from, to) in INTERVALS {
            if let (true, Some(begun)) = (to == phase, timeline.reached.get(&from)) {
                self.shown
                    .metrics
                    .phase(duty.kind.name(), name, now.duration_since(*begun));
            }
        }
    }

    fn missed(&mut self, duty: DutyId, validators: usize, why: Miss) {
        if let Miss::NotTaken { by, .. } = &why
            && !by.is_empty()
        {
            self.count(duty, "taken_elsewhere", validators);
        }
        let reason = words::of_miss(why, |peers| self.names_of(peers));
        let slot = duty.slot.0;
        warn!(
            kind = duty.kind.name(),
            slot, validators, "missed: {reason}"
        );
        self.count(duty, "missed", validators);
        let timeline = self.timelines.of(duty);
        timeline.missed += validators;
        timeline.reasons.push(reason);
        self.end(duty);
    }

    /// Keeps what is known of a duty that has ended, for now or for good.
    fn end(&mut self, duty: DutyId) {
        debug!(%duty, "kept in the history");
        let took_ms = self.took_ms(duty);
        let timeline = self.timelines.of(duty);
        let ending = Ending {
            slot: duty.slot.0,
            kind: duty.kind.name().to_owned(),
            signed: timeline.signed,
            missed: timeline.missed,
            took_ms,
            reason: timeline.reasons.join("; "),
            absent: timeline.absent.clone(),
        };
        if let Err(error) = self.history.remember_ending(&ending)
            && self.is_worth_a_line(None, "duty_not_remembered")
        {
            warn!(%error, "cannot remember a duty");
        }
        self.shown.board.ended(ending);
    }

    fn fault(&mut self, peer: PeerIndex, breach: Breach, detail: &str) {
        let rule = breach.name();
        let name = self.name(peer);
        if self.is_worth_a_line(Some(peer), rule) {
            warn!(peer = name, rule, "a peer broke a rule: {detail}");
        }
        let peer = name;
        self.shown
            .metrics
            .faults
            .get_or_create(&FaultLabels { peer, rule })
            .inc();
    }

    fn is_worth_a_line(&mut self, peer: Option<PeerIndex>, rule: &'static str) -> bool {
        let pause = peer.map_or(REFUSAL_PAUSE, |_| FAULT_PAUSE);
        let subject = (peer, rule);
        self.lines.admit(subject, Quiet::For(pause), Instant::now())
    }

    fn keep(&mut self, evidence: &Evidence) {
        let Some(evidence_log) = &mut self.evidence_log else {
            return;
        };
        match evidence_log.keep(evidence) {
            Ok(true) => {
                let peer = self.name(evidence.culprit());
                let claim = evidence.claim();
                warn!(peer, "{claim}: the evidence is in evidence.jsonl");
            }
            Ok(false) => {}
            Err(error) => warn!(%error, "cannot keep the evidence of a contradiction"),
        }
    }

    fn count(&self, duty: DutyId, outcome: &'static str, validators: usize) {
        let labels = OutcomeLabels {
            kind: duty.kind.name(),
            outcome,
        };
        self.shown
            .metrics
            .duties
            .get_or_create(&labels)
            .inc_by(validators as u64);
    }

    fn took_ms(&self, duty: DutyId) -> Option<u64> {
        let reached = &self.timelines.get(duty)?.reached;
        let begun = reached
            .get(&Phase::Trigger)
            .or(reached.get(&Phase::ValueReady))?;
        let signed = reached.get(&Phase::SignatureVerified)?;
        u64::try_from(signed.duration_since(*begun).as_millis()).ok()
    }

    /// The operator's name of a peer.
    fn name(&self, peer: PeerIndex) -> String {
        self.shown.names[peer.position()].clone()
    }

    fn names_of(&self, peers: PeerSet) -> Vec<String> {
        peers.iter().map(|peer| self.name(peer)).collect()
    }
}

#[cfg(test)]
mod tests;
