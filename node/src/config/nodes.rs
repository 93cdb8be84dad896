//! The beacon nodes that a config names: one, or several in the operator's order.

use reqwest::Url;

use super::source::{HttpUrl, Sources};
use super::{Config, ConfigError};

/// The most beacon nodes of one peer.
const MOST: usize = 8;

/// The nodes of `beacon_node` or of `beacon_nodes`, of which only one can be set.
pub(super) fn of(
    one: Option<HttpUrl>,
    several: Option<Vec<HttpUrl>>,
    sources: &Sources,
) -> Result<Vec<Url>, ConfigError> {
    let refuse = |problem: &str| Err(sources.refuse(&["beacon_nodes"], problem));
    let several = match (one, several) {
        (one, None) => return Ok(one.into_iter().map(|url| url.0).collect()),
        (Some(_), Some(_)) => {
            let place = sources.place(&["beacon_node"]);
            return refuse(&format!(
                "beacon_node is set too ({place}): put all your nodes into beacon_nodes, the \
                 preferred one first, and remove beacon_node"
            ));
        }
        (None, Some(several)) => several,
    };
    let several: Vec<Url> = several.into_iter().map(|url| url.0).collect();
    if several.is_empty() {
        return refuse("is empty: name at least one node");
    }
    if several.len() > MOST {
        let count = several.len();
        return refuse(&format!(
            "names {count} nodes, and at most {MOST} are asked: remove some"
        ));
    }
    let places: Vec<Url> = several.iter().map(place).collect();
    let twice = (1..places.len()).find(|at| places[..*at].contains(&places[*at]));
    if let Some(at) = twice {
        return refuse(&format!(
            "names one node twice, the second time in place {}: its word would count twice. \
             Remove one of them",
            at + 1
        ));
    }
    Ok(several)
}

/// Where a node is, whoever asks.
fn place(url: &Url) -> Url {
    let mut place = url.clone();
    // An address of HTTP can have both, so it can be without.
    place.set_username("").ok();
    place.set_password(None).ok();
    let path = place.path().trim_end_matches('/').to_owned();
    place.set_path(&path);
    place
}

impl Config {
    /// This operator's beacon nodes, the preferred one first.
    ///
    /// # Errors
    /// If none is named.
    pub fn beacon_nodes(&self) -> Result<&[Url], ConfigError> {
        if self.beacon_nodes.is_empty() {
            let example = "beacon_node = \"http://127.0.0.1:5052\"";
            let other = format!("{example}, or set GANTRY_BEACON_NODE");
            return Err(self.lacks("beacon_node", &other));
        }
        Ok(&self.beacon_nodes)
    }
}
