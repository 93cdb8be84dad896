//! Which validators of a megapool leave, by the operator's own beacon nodes, for a person and for
//! scripts. Without one in the config nobody is asked.

use std::collections::BTreeMap;

use node_core::pool::sight::Sight;
use node_core::pool::view::Node;
use proto::{Epoch, PublicKey};
use serde::Serialize;

use super::lines::line;
use crate::checks::chain::UnfitNode;
use crate::checks::own_nodes::{Expected, OwnNodes};
use crate::config::Config;
use crate::pool::leaving::{Own, Seen, leaving};

/// One that leaves.
#[derive(Debug, Serialize)]
struct Exit {
    /// Its number in the megapool.
    validator: u32,
    /// Its first epoch without duties, if the beacon node says it.
    exit_epoch: Option<Epoch>,
    withdrawable_epoch: Epoch,
    /// The last epoch in which the exit is notified without a fine.
    notice_until: Epoch,
}

/// All of them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Exits {
    leaving: Vec<Exit>,
    /// What of it is not known, and why.
    not_known: Vec<String>,
}

/// Asks the config's beacon nodes about the megapool of a sight.
pub(super) async fn seen(config: &Config, sight: &Sight) -> (Seen, Exits) {
    let megapool = sight.node_at_head().and_then(Node::deployed);
    let (Ok(urls), Some(megapool)) = (config.beacon_nodes(), megapool) else {
        return (Seen::default(), Exits::default());
    };
    let expected = Expected::Execution(sight.chain_id);
    let found = async {
        let nodes = OwnNodes::connect(urls, expected).map_err(|why| why.to_string())?;
        let spec = nodes.whole(UnfitNode::may_differ, async |node| {
            Ok(node.chain_spec().await?)
        });
        let own = Own {
            nodes: &nodes,
            spec: &spec.await.map_err(|why| why.to_string())?,
        };
        let found = leaving(own, megapool, &BTreeMap::new()).await;
        found.map_err(|why| why.to_string())
    };
    let seen = match found.await {
        Ok(seen) => seen,
        Err(why) => {
            let not_known = vec![format!("it is not known which validators leave: {why}")];
            let exits = Exits {
                not_known,
                ..Exits::default()
            };
            return (Seen::default(), exits);
        }
    };
    let rules = sight.head.network.megapools.as_ref();
    let notice = rules.map_or(0, |rules| rules.notify_threshold_epochs);
    let number = |key: &PublicKey| megapool.validators.iter().find(|it| it.pubkey == *key);
    let exit = |(key, leaving): (&PublicKey, &node_core::pool::plan::Leaving)| {
        Some(Exit {
            validator: number(key)?.id,
            exit_epoch: seen.exits.get(key).copied(),
            withdrawable_epoch: leaving.withdrawable,
            notice_until: Epoch(leaving.withdrawable.0.saturating_sub(notice)),
        })
    };
    let exits = Exits {
        leaving: seen.leaving.iter().filter_map(exit).collect(),
        not_known: seen.lost.values().map(ToString::to_string).collect(),
    };
    (seen, exits)
}

/// As a part of a page.
pub(super) fn page(page: &mut String, exits: &Exits) {
    if !exits.leaving.is_empty() {
        line(page, "\nleaving");
    }
    for it in &exits.leaving {
        let from = it.exit_epoch;
        let from = from.map_or(String::new(), |epoch| format!("exits at epoch {epoch}, "));
        let (withdrawable, until) = (it.withdrawable_epoch, it.notice_until);
        line(
            page,
            format!(
                "  {:>4} {from}withdrawable from epoch {withdrawable} on; to be notified until \
                 epoch {until}",
                it.validator
            ),
        );
    }
    for why in &exits.not_known {
        line(page, format!("\n{why}"));
    }
}
