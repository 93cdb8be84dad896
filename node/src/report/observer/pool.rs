//! What the operator is told of Rocket Pool: what was seen last, what should worry, and why nothing
//! is seen.

use std::time::Instant;

use node_core::duties::pool::Looked;
use node_core::pool::alarm::Alarm;
use node_core::pool::misuse::Misuse;
use proto::DutyId;
use proto::definition::checksummed;
use tracing::{debug, error, info, warn};

use super::Observer;
use crate::report::lines::{Quiet, Subject};
use crate::report::status::{CoordinatorStatus, PoolStatus};

/// Lines that say how the key of the node account was misused.
const MISUSED: Subject = (None, "pool_misused");
/// Lines that say why nothing is seen.
const BLIND: Subject = (None, "pool_blind");
/// Lines that say what the coordinator does.
const COORDINATES: Subject = (None, "pool_coordinates");
/// Lines that say why it sends nothing.
const IDLE: Subject = (None, "pool_idle");

/// What should worry now, by what it was seen in.
#[derive(Debug, Default)]
pub(super) struct Worries {
    /// In words: how the key of the node account was misused.
    misuses: Vec<String>,
    /// In the contracts.
    seen: Vec<Alarm>,
    /// In the steps that are due, and the account that pays for them.
    of_steps: Vec<Alarm>,
}

impl Worries {
    fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.seen.iter().chain(&self.of_steps)
    }

    /// All of it, the worst first.
    fn words(&self) -> Vec<String> {
        let urgent = self.alarms().filter(|it| it.is_urgent());
        let other = self.alarms().filter(|it| !it.is_urgent());
        let alarms = urgent.chain(other).map(ToString::to_string);
        self.misuses.iter().cloned().chain(alarms).collect()
    }
}

impl Observer {
    /// It was looked at. What should worry is a line each time that it changes.
    pub(super) fn looked(&mut self, looked: &Looked) {
        let sight = &looked.sight;
        self.worries.seen = sight.alarms();
        let alarms = self.worries.words();
        let seen = PoolStatus {
            node: checksummed(&sight.node),
            version: looked.version.number,
            intent: looked.version.intent.map(|it| it.number),
            head_block: sight.head_block.number,
            finalised_block: sight.finalised_block.number,
            alarms,
            problem: None,
            is_of_one_key: looked.version.terms.node_safe.is_none(),
            coordinator: None,
        };
        let mut before = None;
        self.shown.board.change(|status| {
            let last = status.pool.take();
            let coordinator = last.as_ref().and_then(|it| it.coordinator.clone());
            status.pool = Some(PoolStatus {
                coordinator,
                ..seen.clone()
            });
            before = last;
        });
        let before = before.unwrap_or_default();
        // What is not seen beside a look is said after each: it is the same as long as it is.
        if before.problem.is_none() {
            self.lines.forget(BLIND);
        }
        debug!(head = seen.head_block, "looked at Rocket Pool");
        if before.version != seen.version {
            let version = seen.version;
            info!(
                version,
                "version {version} of the agreement on Rocket Pool is in force"
            );
        }
        self.worried(&before.alarms, &seen.alarms);
    }

    /// What should worry of the steps that are due, and of the account that pays for them.
    pub(super) fn pool_alarms(&mut self, alarms: Vec<Alarm>) {
        self.worries.of_steps = alarms;
        self.show_worries();
    }

    /// Shows what should worry in the status, and says what is new of it.
    fn show_worries(&mut self) {
        let now = self.worries.words();
        let mut before = Vec::new();
        self.shown.board.change(|status| {
            let pool = status.pool.get_or_insert_default();
            before = std::mem::replace(&mut pool.alarms, now.clone());
        });
        self.worried(&before, &now);
    }

    /// What should worry is a line once for as long as it is the same.
    fn worried(&self, before: &[String], now: &[String]) {
        let is_new = |it: &&String| !before.contains(it) && !self.worries.misuses.contains(it);
        now.iter()
            .filter(is_new)
            .for_each(|alarm| warn!("Rocket Pool: {alarm}"));
        self.shown.metrics.pool.show(self.worries.alarms());
    }

    /// How the key of the node account was misused: a line once for each time that it was, and
    /// above all else that is shown until it is mended.
    pub(super) fn misused(&mut self, misuses: &[Misuse]) {
        let words: Vec<String> = misuses.iter().map(ToString::to_string).collect();
        let quiet = Quiet::While(words.join("\n"));
        if misuses.is_empty() {
            self.lines.forget(MISUSED);
        } else if self.lines.admit(MISUSED, quiet, Instant::now()) {
            for (misuse, words) in misuses.iter().zip(&words) {
                let rule = misuse.rule();
                error!(rule, "Rocket Pool: {words}");
            }
        }
        self.worries.misuses = words;
        self.show_worries();
    }

    /// Nothing is seen of it, which is said once for each reason. Duties go on.
    pub(super) fn pool_blind(&mut self, why: &str) {
        if self
            .lines
            .admit(BLIND, Quiet::While(why.to_owned()), Instant::now())
        {
            warn!("nothing is seen of Rocket Pool, duties go on: {why}");
        }
        self.shown.board.change(|status| {
            let pool = status.pool.get_or_insert_default();
            pool.problem = Some(why.to_owned());
        });
    }

    /// A block was proposed without knowing how the node account stands.
    pub(super) fn payee_unread(&mut self, duty: DutyId) {
        if self.is_worth_a_line(None, "payee_unread") {
            warn!(
                "{duty}: nobody could say in time how the node account stands to the smoothing \
                 pool, so this peer asks for a block that pays it, which is always legal: look \
                 after the execution node"
            );
        }
    }

    /// What the coordinator does: a line each time that it is something else.
    pub(super) fn coordinates(&mut self, now: CoordinatorStatus) {
        let at = Instant::now();
        match &now.problem {
            Some(why) => {
                if self.lines.admit(IDLE, Quiet::While(why.clone()), at) {
                    error!("the coordinator sends nothing: {why}");
                }
            }
            None => self.lines.forget(IDLE),
        }
        let does = Quiet::While(now.does.clone());
        if !now.does.is_empty() && self.lines.admit(COORDINATES, does, at) {
            info!("coordinator: {}", now.does);
        }
        self.shown.board.change(|status| {
            let pool = status.pool.get_or_insert_default();
            let before = pool.coordinator.replace(now.clone()).unwrap_or_default();
            let new = now.waits.iter().filter(|it| !before.waits.contains(it));
            new.for_each(|wait| info!("coordinator, not yet: {wait}"));
        });
    }

    /// An errand was lost.
    pub(super) fn pool_busy(&mut self) {
        if self.is_worth_a_line(None, "pool_busy") {
            warn!(
                "the execution node answers too slowly: what was to be asked of Rocket Pool is \
                 not, and is asked again later. Duties go on"
            );
        }
    }
}
