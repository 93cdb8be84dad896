//! What a config may not say, and what is said about it at the start because it may be meant.

use std::net::SocketAddr;

use proto::PeerIndex;
use proto::definition::{Operator, PeerAddress, Terms};

use super::source::Sources;
use super::{Config, ConfigError};

impl Config {
    /// Nobody reaches a peer whose port the system chooses anew at each start, and two doors
    /// cannot be at one place.
    pub(super) fn check_sockets(&self, sources: &Sources) -> Result<(), ConfigError> {
        let refuse = |key, problem| Err(sources.refuse(&[key], problem));
        if self.listen.is_empty() {
            return refuse("listen", "is empty: give at least one address");
        }
        if self.listen.iter().any(|address| address.port() == 0) {
            let problem = "has port 0, with which the system would choose another at each start: \
                           name the port that the others know, such as 3610";
            return refuse("listen", problem);
        }
        if self.metrics.port() == 0 {
            let problem = "has port 0, with which nobody could find it: name a port, such as 3620";
            return refuse("metrics", problem);
        }
        if self.listen.iter().any(|one| overlap(one, &self.metrics)) {
            let problem = "is where peers are listened for (`listen`): choose another port, such \
                           as 3620";
            return refuse("metrics", problem);
        }
        Ok(())
    }

    /// Addresses in place of the definition's must be such as somebody can be reached at.
    pub(super) fn check_peers(&self, sources: &Sources) -> Result<(), ConfigError> {
        let mut before: Vec<(&String, &PeerAddress)> = Vec::new();
        for (name, addresses) in &self.peers {
            let refuse = |problem: String| Err(sources.refuse(&["peers", name], &problem));
            if let Some((other, _)) = before.iter().find(|(o, _)| o.eq_ignore_ascii_case(name)) {
                return refuse(format!(
                    "is set for `{other}` too, and capitals tell no operators apart: remove one \
                     of them"
                ));
            }
            for address in addresses {
                if let Some(why) = address.unreachable() {
                    return refuse(format!("{address} is {why}: write the one of this peer"));
                }
                let same = before
                    .iter()
                    .find(|(_, other)| other.is_same_place(address));
                if let Some((other, _)) = same {
                    return refuse(format!(
                        "{address} is the address of `{other}` too: each peer has one of its own"
                    ));
                }
            }
            before.extend(addresses.iter().map(|address| (name, address)));
        }
        Ok(())
    }

    /// What the operator of `me` should know about this config.
    pub fn cautions(&self, terms: &Terms, me: PeerIndex) -> Vec<String> {
        let mut cautions = Vec::new();
        if self.is_marked {
            cautions.push(format!(
                "{} begins with a byte order mark, which is passed over: save it as UTF-8 without \
                 one",
                self.file.display()
            ));
        }
        let own = &terms.operators[me.position()].name;
        if self.peer(own).is_some() {
            cautions.push(format!(
                "`peers.{own}` is this peer itself, and nothing comes of it here: the others need \
                 it in their configs, and `listen` says where this peer listens"
            ));
        }
        let others = terms.operators.iter().filter(|other| other.name != *own);
        let mut before: Vec<(&Operator, &PeerAddress)> = Vec::new();
        for operator in others {
            let addresses = self.peer(&operator.name).unwrap_or(&operator.addresses);
            cautions.extend(about(operator, addresses, &before));
            before.extend(addresses.iter().map(|address| (operator, address)));
        }
        cautions
    }
}

/// What is odd about the addresses of one peer, beside those of the peers before it.
fn about(
    operator: &Operator,
    addresses: &[PeerAddress],
    before: &[(&Operator, &PeerAddress)],
) -> Vec<String> {
    let name = &operator.name;
    if addresses.is_empty() {
        return vec![format!(
            "there is no address of {name}: only {name} can connect to this peer. If you know one, \
             put it into the config's `[peers]`"
        )];
    }
    let mut cautions = Vec::new();
    for address in addresses {
        if let Some(why) = address.unreachable() {
            cautions.push(format!(
                "the address {address} of {name} is {why}: put the right one into the config's \
                 `[peers]`"
            ));
        }
        let same = before
            .iter()
            .find(|(_, other)| other.is_same_place(address));
        if let Some((other, _)) = same {
            cautions.push(format!(
                "{address} is said to be the address of {} and of {name}, and can be that of only \
                 one: correct it in the config's `[peers]`",
                other.name
            ));
        }
    }
    cautions
}

/// Whether both cannot be listened on.
fn overlap(one: &SocketAddr, other: &SocketAddr) -> bool {
    let (a, b) = (one.ip().to_canonical(), other.ip().to_canonical());
    one.port() == other.port() && (a == b || a.is_unspecified() || b.is_unspecified())
}
