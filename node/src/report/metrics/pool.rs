//! What should worry at Rocket Pool, as numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use node_core::pool::alarm::Alarm;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{KindLabels, Seconds};

/// Labels of what should worry at Rocket Pool, by [kind](Alarm::name).
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AlarmLabels {
    pub kind: &'static str,
    /// Whether somebody may lose money by it.
    pub urgent: &'static str,
}

/// What should worry at Rocket Pool.
#[derive(Default)]
pub struct PoolAlarms {
    /// How many there are of each kind.
    counted: Family<AlarmLabels, Gauge>,
    /// How long something may still be done, or how long it takes until it can be: the shortest of
    /// each kind; 0 if that is over.
    left: Family<KindLabels, Seconds>,
}

impl PoolAlarms {
    pub(super) fn register(&self, registry: &mut Registry) {
        let alarms = "What should worry at Rocket Pool, by kind: gantry status has the words";
        registry.register("pool_alarms", alarms, self.counted.clone());
        let left = "Time left for what has to be done, or until it can be, the shortest by kind";
        registry.register("pool_seconds_left", left, self.left.clone());
    }

    /// Shows these: all that there are.
    pub fn show<'a>(&self, alarms: impl Iterator<Item = &'a Alarm>) {
        let (mut counted, mut left) = (BTreeMap::new(), BTreeMap::new());
        for alarm in alarms {
            let urgent = match alarm.is_urgent() {
                true => "true",
                false => "false",
            };
            *counted.entry((alarm.name(), urgent)).or_insert(0) += 1;
            if let Some(term) = alarm.term() {
                let seconds = term.left.unwrap_or(0);
                let least = left.entry(alarm.name()).or_insert(seconds);
                *least = seconds.min(*least);
            }
        }
        self.counted.clear();
        for ((kind, urgent), count) in counted {
            let labels = AlarmLabels { kind, urgent };
            self.counted.get_or_create(&labels).set(count);
        }
        self.left.clear();
        for (kind, seconds) in left {
            let gauge = self.left.get_or_create(&KindLabels { kind });
            gauge.set(Duration::from_secs(seconds).as_secs_f64());
        }
    }
}
