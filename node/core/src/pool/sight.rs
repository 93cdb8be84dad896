//! Two views of one node, at the newest block and at the finalised one, and what differs.
//!
//! What is done already is asked at the newest block; whether money may move must hold at both. So
//! nothing here makes one view of the two.

use proto::Address;
use serde::Serialize;
use serde_json::Value;

use super::alarm::Alarm;
use super::book::shown;
use super::view::{Block, Node, View};

/// Two epochs of mainnet, in seconds. A chain of shorter slots waits longer than it had to.
const TWO_EPOCHS: u64 = 2 * 32 * 12;

/// The most letters of a value that are shown where two views differ.
const MOST_LETTERS: usize = 90;

/// What was seen of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// The chain's id.
    pub chain_id: u64,
    /// The node's account.
    #[serde(serialize_with = "shown")]
    pub node: Address,
    /// The newest block.
    pub head_block: Block,
    /// The view at it.
    pub head: View,
    /// The finalised block.
    pub finalised_block: Block,
    /// The view at it; none if there was no `RocketStorage` at that block yet.
    pub finalised: Option<View>,
}

/// How the node stands to the smoothing pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SmoothingPool {
    /// It is in.
    In,
    /// It has left, and must still pay into it: until the epoch after that in which it left is
    /// final (RPIP-43, and what the check for theft once compared).
    CoolingDown {
        /// When it left, Unix seconds.
        left: u64,
    },
    /// It is out.
    Out,
}

/// A value that differs between the two views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which value, as the path to it in the JSON form.
    pub what: String,
    /// At the newest block.
    pub head: String,
    /// At the finalised block.
    pub finalised: String,
}

impl Sight {
    /// The node at the newest block, if it is registered.
    pub fn node_at_head(&self) -> Option<&Node> {
        self.head.node.as_ref()
    }

    /// The node at the finalised block, if it was registered.
    pub fn node_at_finalised(&self) -> Option<&Node> {
        self.finalised.as_ref()?.node.as_ref()
    }

    /// How the node stands to the smoothing pool.
    pub fn smoothing_pool(&self) -> Option<SmoothingPool> {
        let account = &self.node_at_head()?.account;
        if account.in_smoothing_pool {
            return Some(SmoothingPool::In);
        }
        let final_then = self.finalised_block.time;
        let cooling = account
            .smoothing_pool_changed
            .filter(|left| final_then < left.saturating_add(TWO_EPOCHS));
        Some(match cooling {
            Some(left) => SmoothingPool::CoolingDown { left },
            None => SmoothingPool::Out,
        })
    }

    /// What should worry the operators, the worst first.
    pub fn alarms(&self) -> Vec<Alarm> {
        Alarm::all_of(self)
    }

    /// What differs between the two views; none if there is nothing to compare with.
    pub fn differences(&self) -> Option<Vec<Difference>> {
        let old = tree(self.finalised.as_ref()?);
        let mut found = Vec::new();
        differ("", (&tree(&self.head), &old), &mut found);
        Some(found)
    }
}

fn tree(view: &View) -> Value {
    serde_json::to_value(view).expect("texts and numbers have a JSON form")
}

fn differ(path: &str, (new, old): (&Value, &Value), found: &mut Vec<Difference>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            let names = new
                .keys()
                .chain(old.keys().filter(|k| !new.contains_key(*k)));
            for name in names {
                let both = (
                    new.get(name).unwrap_or(&Value::Null),
                    old.get(name).unwrap_or(&Value::Null),
                );
                differ(&below(name), both, found);
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            for index in 0..new.len().max(old.len()) {
                let both = (
                    new.get(index).unwrap_or(&Value::Null),
                    old.get(index).unwrap_or(&Value::Null),
                );
                differ(&below(&index.to_string()), both, found);
            }
        }
        (new, old) if new == old => {}
        (new, old) => found.push(Difference {
            what: path.to_owned(),
            head: short(new),
            finalised: short(old),
        }),
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
