//! What `gantry pool plan` and `gantry pool status` say, as far as the devnet waits for it.

use std::collections::BTreeSet;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::{RocketPool, Who, apart};
use crate::Error;
use crate::children::output;
use crate::peer::Peer;
use crate::place::Site;

/// A step of the plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Planned {
    pub words: String,
    kind: Kind,
    sender: Sender,
    body: Body,
    waits: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Kind {
    is: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Sender {
    is: String,
    at: Option<String>,
}

/// What is sent, unless something has to be made first.
#[derive(Debug, Clone, Deserialize)]
struct Body {
    call: Option<Call>,
}

#[derive(Debug, Clone, Deserialize)]
struct Call {
    to: String,
    value: String,
    data: String,
}

/// What a person is shown for the own wallet: to, value in wei, data in hex.
#[derive(Debug, Clone)]
pub struct Shown {
    pub from: Who,
    pub to: String,
    pub wei: u128,
    pub data: String,
}

/// What the node account does before anything can be deposited.
const FOUNDING: [&str; 7] = [
    "create_safe",
    "register",
    "propose_rpl_withdrawal",
    "confirm_rpl_withdrawal",
    "propose_withdrawal",
    "confirm_withdrawal",
    "deploy_megapool",
];

impl Planned {
    /// Whether it is part of the founding.
    pub fn founds(&self) -> bool {
        FOUNDING.contains(&self.kind.is.as_str())
    }

    /// What one of the devnet's people has to send by hand, with what is shown of it.
    pub fn by_hand(&self) -> Option<Shown> {
        let at = self
            .sender
            .at
            .as_deref()
            .filter(|_| self.sender.is == "itself")?;
        let is_at = |who: &Who| who.account().address.eq_ignore_ascii_case(at);
        let from = Who::ALL.into_iter().find(is_at)?;
        let call = self.body.call.as_ref()?;
        let is_ready = self.waits.is_empty();
        is_ready.then(|| Shown {
            from,
            to: call.to.clone(),
            wei: call.value.parse().unwrap_or_default(),
            data: call.data.clone(),
        })
    }
}

/// The megapool as `gantry pool status` shows it at the newest block.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Where it is, once it is made.
    pub megapool: Option<String>,
    /// Each validator's stage.
    pub stages: Vec<String>,
    /// What is urgent.
    pub alarms: Vec<String>,
}

impl Seen {
    /// How many validators are at which stage, and what is urgent: `1 prestaked, 3 queued`.
    pub fn words(&self) -> String {
        let names: BTreeSet<&str> = self.stages.iter().map(String::as_str).collect();
        let count = |name: &str| format!("{} {name}", self.at(&[name]));
        let counted: Vec<String> = names.into_iter().map(count).collect();
        let all = [vec![counted.join(", ")], self.alarms.clone()].concat();
        let said: Vec<String> = all.into_iter().filter(|it| !it.is_empty()).collect();
        said.join("; ")
    }

    /// How many validators are at one of these stages.
    pub fn at(&self, stages: &[&str]) -> usize {
        let found = self.stages.iter();
        found.filter(|it| stages.contains(&it.as_str())).count()
    }

    fn read(document: &Value) -> Self {
        let node = &document["head"]["node"]["megapool"];
        let deployed = &node["deployed"];
        let validators = deployed["validators"].as_array().into_iter().flatten();
        let stage = |it: &Value| it["stage"]["is"].as_str().map(str::to_owned);
        let alarms = document["alarms"].as_array().into_iter().flatten();
        let urgent = alarms.filter(|alarm| alarm["urgent"] == true);
        let text = |alarm: &Value| alarm["text"].as_str().map(str::to_owned);
        Self {
            megapool: deployed["address"].as_str().map(str::to_owned),
            stages: validators.filter_map(stage).collect(),
            alarms: urgent.filter_map(text).collect(),
        }
    }
}

impl RocketPool {
    /// What `peer`'s operator reads of the plan.
    pub async fn plan(&self, site: &Site, peer: &Peer) -> Result<Vec<Planned>, Error> {
        let mut command = Command::new(site.place.gantry());
        command
            .args(["pool", "plan", "--json", "--config"])
            .arg(peer.config());
        let document = asked("gantry pool plan", command).await?;
        let steps = document["steps"].clone();
        serde_json::from_value(steps)
            .map_err(|error| Error::Unexpected(format!("gantry pool plan: {error}: {document}")))
    }

    /// What `peer`'s operator reads of the node, which is registered.
    pub async fn status(&self, site: &Site, peer: &Peer) -> Result<Seen, Error> {
        let mut command = Command::new(site.place.gantry());
        command
            .args(["pool", "status", "--json", "--node", self.node()])
            .args([
                "--rocket-storage",
                self.contracts.at("rocketStorage"),
                "--config",
            ])
            .arg(peer.config());
        Ok(Seen::read(&asked("gantry pool status", command).await?))
    }
}

async fn asked(name: &'static str, mut command: Command) -> Result<Value, Error> {
    let printed = apart(move || output(name, &mut command)).await?;
    serde_json::from_str(&printed)
        .map_err(|error| Error::Unexpected(format!("{name} printed {printed:?}: {error}")))
}
