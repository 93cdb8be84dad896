//! What is typed: which aims, and which open intent.

use std::str::FromStr;

use clap::{ArgGroup, Args, ValueEnum};
use proto::agreement::Tickets;
use proto::control::Shown;
use proto::intent::Aims;
use proto::lock::Lock;
use proto::{PublicKey, Root};

use super::IntentError;
use crate::cmd::chosen::{Chosen, NoSuchKey};

/// What can be named to be another than now.
const CHANGES: [&str; 6] = [
    "validators",
    "tickets",
    "smoothing_pool",
    "claims",
    "exit",
    "stay",
];

/// The aims that are to be others than now.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("aims").required(true).multiple(true).args(CHANGES).arg("keep"))]
pub(super) struct Asked {
    /// How many of the lock's validators are to be deposited, the first ones.
    #[arg(long, value_name = "NUMBER")]
    validators: Option<u64>,
    /// Tickets for the express queue.
    #[arg(long, value_name = "WHAT")]
    tickets: Option<TicketsAim>,
    /// Whether the node is to be in the smoothing pool.
    #[arg(long, value_name = "WHERE")]
    smoothing_pool: Option<SmoothingPool>,
    /// Whether the plan claims rewards: distributes them, and has them paid out.
    #[arg(long, value_name = "YES|NO")]
    claims: Option<Claims>,
    /// A validator that is to leave: its public key (0x…), or its place in the lock (lock:0). It
    /// exits once t operators approve that with `gantry exit`; no bond is put behind it any more.
    #[arg(long, value_name = "VALIDATOR")]
    exit: Vec<Chosen>,
    /// A validator that is not to leave after all.
    #[arg(long, value_name = "VALIDATOR")]
    stay: Vec<Chosen>,
    /// What holds, said anew: once it has its signatures, nothing that is open now comes into force
    /// any more.
    #[arg(long, conflicts_with_all = CHANGES)]
    keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SmoothingPool {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TicketsAim {
    Use,
    Save,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Claims {
    Yes,
    No,
}

impl Asked {
    /// What is aimed at then, if this was before.
    pub(super) fn aims(&self, before: &Aims, lock: &Lock) -> Result<Aims, IntentError> {
        let mut exits = before.exits.clone();
        for chosen in &self.exit {
            exits.push(key(*chosen, lock)?);
        }
        for chosen in &self.stay {
            let key = key(*chosen, lock)?;
            exits.retain(|other| *other != key);
        }
        exits.sort_unstable();
        exits.dedup();
        let tickets = self.tickets.map(|it| match it {
            TicketsAim::Use => Tickets::Use,
            TicketsAim::Save => Tickets::Save,
        });
        let pool = self.smoothing_pool.map(|it| it == SmoothingPool::In);
        let claims = self.claims.map(|it| it == Claims::Yes);
        Ok(Aims {
            validators: self.validators.unwrap_or(before.validators),
            tickets: tickets.unwrap_or(before.tickets),
            smoothing_pool: pool.unwrap_or(before.smoothing_pool),
            claims: claims.unwrap_or(before.claims),
            exits,
        })
    }
}

/// The key of a validator of this lock.
fn key(chosen: Chosen, lock: &Lock) -> Result<PublicKey, IntentError> {
    let all = &lock.validators;
    match chosen {
        Chosen::Index(index) => Err(IntentError::ByIndex(index)),
        Chosen::Place(place) => {
            let at = usize::try_from(place).ok().and_then(|at| all.get(at));
            let found = at.map(|validator| validator.public_key);
            found.ok_or(IntentError::NoSuchPlace(place))
        }
        Chosen::Key(key) => match all.iter().any(|it| it.public_key == key) {
            true => Ok(key),
            false => Err(NoSuchKey(key).into()),
        },
    }
}

/// An open intent, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhichIntent {
    Number(u64),
    Hash(Root),
}

impl FromStr for WhichIntent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().map(Self::Number);
        number.or_else(|_| text.parse().map(Self::Hash)).map_err(
            |_| "expected the number of an open intent, or its hash (0x and 64 hex digits)",
        )
    }
}

/// The open intent that is meant.
pub(super) fn choose(which: Option<WhichIntent>, open: &[Shown]) -> Result<&Shown, IntentError> {
    let is_meant = |shown: &&Shown| match which {
        None => true,
        Some(WhichIntent::Number(number)) => shown.intent.number == number,
        Some(WhichIntent::Hash(hash)) => shown.intent.hash() == hash,
    };
    let meant: Vec<&Shown> = open.iter().filter(is_meant).collect();
    match (meant.as_slice(), which) {
        ([one], _) => Ok(one),
        ([], None) => Err(IntentError::NoneOpen),
        ([], Some(_)) => Err(IntentError::NotOpen),
        (several, _) => Err(IntentError::SeveralOpen(several.len())),
    }
}
