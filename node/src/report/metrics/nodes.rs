//! How each of several beacon nodes is, as numbers.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Seconds;
use crate::report::status::BeaconNodeStatus;

/// Labels of one of several beacon nodes: its place in the operator's order and its address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct NodeLabels {
    pub node: String,
}

/// What is counted of each of several beacon nodes.
#[derive(Default)]
pub struct BeaconNodes {
    sound: Family<NodeLabels, Gauge>,
    first: Family<NodeLabels, Gauge>,
    head_slot: Family<NodeLabels, Gauge>,
    answer: Family<NodeLabels, Seconds>,
}

impl BeaconNodes {
    pub(super) fn register(&self, registry: &mut Registry) {
        let sound = "1 while the beacon node is waited for";
        registry.register("beacon_node_sound", sound, self.sound.clone());
        let first = "1 while the beacon node comes before the others";
        registry.register("beacon_node_first", first, self.first.clone());
        let head = "Slot of its newest head";
        registry.register("beacon_node_head_slot", head, self.head_slot.clone());
        let answer = "Average time of its short answers";
        registry.register("beacon_node_answer_seconds", answer, self.answer.clone());
    }

    /// Shows how one of them is.
    pub fn show(&self, status: &BeaconNodeStatus) {
        let labels = NodeLabels {
            node: status.node.clone(),
        };
        let set = |gauge: &Family<NodeLabels, Gauge>, value: i64| {
            gauge.get_or_create(&labels).set(value);
        };
        set(&self.sound, i64::from(status.is_sound));
        set(&self.first, i64::from(status.is_first));
        if let Some(slot) = status.head_slot {
            set(&self.head_slot, i64::try_from(slot).unwrap_or(i64::MAX));
        }
        if let Some(ms) = status.answer_ms {
            self.answer.get_or_create(&labels).set(ms / 1e3);
        }
    }
}
