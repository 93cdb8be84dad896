//! What an exit means where the validators belong to a Rocket Pool megapool: said before anybody
//! types yes.

use alloy::primitives::U256;
use node_core::pool::agreement::Deposits;
use node_core::pool::amount::Wei;
use node_core::pool::megapool::Stage;
use node_core::pool::sight::Sight;
use proto::agreement::PoolVersion;
use proto::control::Exit;
use proto::definition::checksummed;
use proto::lock::Lock;
use proto::{Address, Epoch, PublicKey};

use crate::checks::agreement;
use crate::config::Config;
use crate::execution::Patience;
use crate::pool::{Target, look};

/// What the operator's own files and execution node say of it.
#[derive(Debug)]
pub(super) enum AtPool {
    /// There is no agreement on Rocket Pool in force.
    NotAgreed,
    /// There may be one: why it cannot be read.
    Unread(String),
    /// There is one.
    Agreed {
        node: Address,
        withdrawal: Address,
        /// What the execution node says, or why it says nothing.
        seen: Result<Box<Seen>, String>,
    },
}

/// The figures.
#[derive(Debug)]
pub(super) struct Seen {
    /// The keys in the megapool.
    keys: Vec<PublicKey>,
    /// How many of its validators have duties or leave.
    staked: usize,
    /// So many epochs before it is withdrawable an exit has to be notified.
    notice: u64,
    fine: Wei,
    /// The node's ether that is free once there is one validator less.
    bond: Wei,
    debt: Wei,
    waiting: Wei,
}

impl Seen {
    fn of(sight: &Sight) -> Option<Self> {
        let megapool = sight.node_at_head()?.deployed()?;
        let rules = sight.head.network.megapools.as_ref()?;
        let needed = rules.bond_of(u64::from(megapool.active).saturating_sub(1));
        let is_staked = |stage: &Stage| matches!(stage, Stage::Staked | Stage::Exiting);
        let all = || megapool.validators.iter();
        Some(Self {
            keys: all().map(|it| it.pubkey).collect(),
            staked: all().filter(|it| is_staked(&it.stage)).count(),
            notice: rules.notify_threshold_epochs,
            fine: rules.late_notify_fine,
            bond: Wei(megapool.bond.0.saturating_sub(needed.0)),
            debt: megapool.debt,
            waiting: megapool.pending_rewards,
        })
    }
}

impl AtPool {
    /// Reads the agreement beside the lock, and asks the execution node.
    pub(super) async fn read(config: &Config, lock: &Lock) -> Self {
        let file = agreement::beside(&config.lock_file);
        if !file.exists() {
            return Self::NotAgreed;
        }
        match agreement::read(&file, lock, Deposits::UNKNOWN) {
            Err(error) => Self::Unread(error.to_string()),
            Ok(agreement) => match agreement.on_pool() {
                Ok(version) => Self::of(config, lock, &version).await,
                Err(_) => Self::NotAgreed,
            },
        }
    }

    async fn of(config: &Config, lock: &Lock, version: &PoolVersion) -> Self {
        let terms = &version.terms;
        let target = Target::agreed(lock, version);
        let seen = match config.execution_node() {
            Ok(url) => look(url.as_str(), &target, Patience::USUAL)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let no_megapool = || "the node account has no megapool yet".to_owned();
        let seen = seen.and_then(|sight| Seen::of(&sight).ok_or_else(no_megapool));
        Self::Agreed {
            node: terms.fixed.node_account,
            withdrawal: terms.withdrawal,
            seen: seen.map(Box::new),
        }
    }

    /// What must be known of it before somebody types yes.
    pub(super) fn before(&self, key: Option<&PublicKey>) -> String {
        match self {
            Self::NotAgreed => "If it belongs to a Rocket Pool megapool: from the moment the exit \
                                is notified there, the WHOLE megapool pays out no rewards until \
                                the final balance is notified."
                .to_owned(),
            Self::Unread(why) => format!(
                "Whether it belongs to a Rocket Pool megapool cannot be read: {why}. If it does: \
                 {FROZEN}"
            ),
            Self::Agreed {
                node,
                withdrawal,
                seen,
            } => {
                let (node, to) = (checksummed(node), checksummed(withdrawal));
                let of = format!("It belongs to the Rocket Pool megapool of {node}: {FROZEN}");
                match seen {
                    Ok(seen) => format!("{of}\n{}", seen.words(key, &to)),
                    Err(why) => format!(
                        "{of}\nThe exit has to be notified in good time before its withdrawable \
                         epoch, or it costs a fine; the bond comes back to {to}. How long before, \
                         and how much, is not known: {why}"
                    ),
                }
            }
        }
    }

    /// What is to be done there once the chain shows that it leaves.
    pub(super) fn after(&self, withdrawable: Epoch) -> Option<String> {
        let Self::Agreed { seen, .. } = self else {
            return None;
        };
        let until = match seen {
            Ok(seen) => format!("in epoch {} at the latest", seen.last(withdrawable)),
            Err(_) => "in good time before its withdrawable epoch".to_owned(),
        };
        Some(format!(
            "At Rocket Pool the exit is to be notified {until}, and what comes back once it is \
             paid out: the peer that coordinates does both; `gantry pool plan` shows them."
        ))
    }
}

const FROZEN: &str = "from the moment its exit is notified there, the WHOLE megapool pays out no \
                      rewards until the final balance is notified, days later.";

impl Seen {
    /// The last epoch in which a notice is not late.
    fn last(&self, withdrawable: Epoch) -> u64 {
        withdrawable.0.saturating_sub(self.notice)
    }

    fn words(&self, key: Option<&PublicKey>, to: &str) -> String {
        let is_there = key.is_some_and(|key| self.keys.contains(key));
        let others = self.staked.saturating_sub(usize::from(is_there));
        let debt = match self.debt.0 {
            U256::ZERO => String::new(),
            _ => format!(" less {} ETH that the megapool owes", self.debt),
        };
        let there = match is_there {
            true => "",
            false => "The contract does not know this key: there is nothing to notify of it.\n",
        };
        format!(
            "{there}{others} other validators of it wait with it; {} ETH that were not distributed \
             wait now.\n\
             The exit has to be notified {} epochs before its withdrawable epoch at the latest, \
             or it costs {} ETH: the peer that coordinates does it, and anybody may.\n\
             What comes back goes to the megapool: {} ETH of bond{debt} to {to}, the rest to those \
             who have lent it.",
            self.waiting, self.notice, self.fine, self.bond,
        )
    }
}

/// The key of the validator that an exit is of.
pub(super) fn key<'a>(exit: &Exit, lock: &'a Lock) -> Option<&'a PublicKey> {
    let validator = lock.validators.get(exit.validator.index());
    validator.map(|validator| &validator.public_key)
}

#[cfg(test)]
mod tests;
