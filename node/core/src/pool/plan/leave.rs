//! A validator that leaves is proved to leave, in time: a late notice costs a fine, and until the
//! final balance is proved the megapool distributes nothing. One that was challenged and does not
//! leave is proved not to. Source: `RocketMegapoolManager.notifyExit`, `notifyNotExit`.

use std::fmt;

use proto::PublicKey;

use super::Facts;
use super::shown::{Idle, Shown, deed};
use super::step::{Body, Due, Kind, Need, Proven, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let shown = facts.shown();
    let step = |it: &Validator| exit(&shown, it).or_else(|_| not_exit(&shown, it)).ok();
    facts.validators().filter_map(step).collect()
}

/// A validator that the group means to leave, and that does not yet: people have to approve of its
/// exit, which no plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToLeave {
    /// Its number in the megapool.
    pub id: u32,
    /// Its key.
    pub key: PublicKey,
    /// What keeps it.
    pub kept_by: KeptBy,
}

/// What keeps a validator that is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// Nobody can leave out of the queue but by burning the key, which no plan does to it.
    Queue,
    /// It is not staked yet.
    Proof,
    /// Its operators have not approved yet.
    Approval,
}

impl fmt::Display for ToLeave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, key, kept_by } = self;
        write!(f, "validator {id} is to leave by the intent in force")?;
        match kept_by {
            KeptBy::Queue => write!(
                f,
                ", and waits in the queue. It keeps its place: to be taken out of it burns the key \
                 for ever. Once it has its ether and is staked, approve with `gantry exit {key}`, \
                 t of you. If you want its bond back as credit now, and the key burnt, let it stay \
                 (`gantry pool intent propose --stay {key}`) and aim at fewer `--validators`"
            ),
            KeptBy::Proof => write!(
                f,
                ", and has its ether. It is staked first: dissolved it would lose some of it. Then \
                 approve with `gantry exit {key}`, t of you"
            ),
            KeptBy::Approval => write!(f, ": approve of it with `gantry exit {key}`, t of you"),
        }
    }
}

/// Those that are to leave, have a bond behind them, and of whom the beacon chain does not say that
/// they do.
pub fn to_leave(facts: &Facts<'_>) -> Vec<ToLeave> {
    let stays = |it: &&Validator| {
        let key = &it.pubkey;
        facts.is_to_leave(key) && !facts.made.leaving.contains_key(key)
    };
    let of = |it: &Validator| {
        let kept_by = match it.stage {
            Stage::Queued { .. } => KeptBy::Queue,
            Stage::Prestaked { .. } => KeptBy::Proof,
            Stage::Staked => KeptBy::Approval,
            Stage::Exiting | Stage::Exited { .. } | Stage::Dissolved | Stage::Dequeued => {
                return None;
            }
        };
        Some(ToLeave {
            id: it.id,
            key: it.pubkey,
            kept_by,
        })
    };
    facts.validators().filter(stays).filter_map(of).collect()
}

/// That this validator leaves, of whatever node.
pub(in crate::pool) fn exit(shown: &Shown<'_>, validator: &Validator) -> Result<Step, Idle> {
    let id = validator.id;
    let is_staked = validator.stage == Stage::Staked;
    let leaving = shown.leaving.get(&validator.pubkey);
    let leaving = leaving.filter(|_| is_staked).ok_or(Idle::NoneLeaves)?;
    let rules = shown.view.network.megapools.as_ref();
    let before = rules.map_or(0, |rules| rules.notify_threshold_epochs);
    let last = leaving.withdrawable.0.saturating_sub(before);
    Ok(Step {
        kind: Kind::NotifyExit(id),
        deed: deed(shown.megapool()?, validator),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Needs(Need::Validator(
            shown.proven(validator, Some(Due::Epoch(last)))?,
        )),
        words: format!("validator {id} leaves: this is proved, at epoch {last} at last"),
        waits: Vec::new(),
    })
}

/// That this validator does not leave though somebody says so, of whatever node.
pub(in crate::pool) fn not_exit(shown: &Shown<'_>, validator: &Validator) -> Result<Step, Idle> {
    let id = validator.id;
    let is_staked = validator.stage == Stage::Staked;
    let stays = is_staked && !shown.leaving.contains_key(&validator.pubkey);
    let since = validator.locked_since.filter(|_| stays);
    let since = since.ok_or(Idle::NoneChallenged)?;
    Ok(Step {
        kind: Kind::NotifyNotExit(id),
        // It may be challenged again.
        deed: format!("{}:{since}", deed(shown.megapool()?, validator)),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Needs(Need::Validator(Proven {
            since: Some(since),
            ..shown.proven(validator, None)?
        })),
        words: format!(
            "validator {id} was challenged at {since} (Unix seconds) and does not leave: this is \
             proved"
        ),
        waits: Vec::new(),
    })
}
