//! The megapool and the minipools of a node, as `gantry pool status` prints them.

use node_core::pool::megapool::{Deployed, Megapool, Stage, Validator};
use node_core::pool::minipool::{self, Minipool};
use node_core::pool::queue::Lane;
use proto::definition::checksummed;

use super::lines::{entry, line};

pub(super) fn megapool(page: &mut String, megapool: &Megapool) {
    let at = checksummed(&megapool.expected);
    let Some(deployed) = &megapool.deployed else {
        return line(
            page,
            format!("\nmegapool: not deployed, it would be at {at}"),
        );
    };
    line(page, format!("\nmegapool {at}"));
    entry(page, "credentials", deployed.credentials);
    let counts = format!(
        "{}, {} active, {} exiting, {} locked",
        deployed.count, deployed.active, deployed.exiting, deployed.locked
    );
    entry(page, "validators", counts);
    let (bond, queued) = (deployed.bond, deployed.queued_bond);
    entry(page, "bond", format!("{bond} ETH, {queued} in the queue"));
    let (users, queued) = (deployed.user_capital, deployed.queued_user_capital);
    entry(
        page,
        "of others",
        format!("{users} ETH, {queued} in the queue"),
    );
    entry(page, "next bond", format!("{} ETH", deployed.next_bond));
    let (assigned, refund) = (deployed.assigned, deployed.refund);
    let held = format!(
        "{} ETH, {assigned} to stake, {refund} refund",
        deployed.balance
    );
    entry(page, "held", held);
    entry(page, "debt", format!("{} ETH", deployed.debt));
    rewards(page, deployed);
    let delegate = &deployed.delegate;
    let version = delegate.version.map_or("-".to_owned(), |it| it.to_string());
    let at = delegate.effective.as_ref();
    let at = at.map_or("none".to_owned(), checksummed);
    let newest = if delegate.follows_newest {
        ", follows the newest"
    } else {
        ""
    };
    entry(page, "code", format!("{at}, version {version}{newest}"));
    for validator in &deployed.validators {
        line(page, one(validator));
    }
}

fn rewards(page: &mut String, deployed: &Deployed) {
    let pending = deployed.pending_rewards;
    let split = match &deployed.split {
        Some(it) => format!(
            " (node {}, voters {}, protocol {}, rETH {})",
            it.node, it.voters, it.protocol, it.reth
        ),
        None => String::new(),
    };
    let last = match deployed.distributed {
        Some(time) => format!("last distributed {time}"),
        None => "never distributed".to_owned(),
    };
    entry(page, "rewards", format!("{pending} ETH{split}, {last}"));
}

fn one(validator: &Validator) -> String {
    let stage = match validator.stage {
        Stage::Queued {
            lane,
            ahead,
            before,
        } => {
            let lane = match lane {
                Lane::Express => "express",
                Lane::Standard => "standard",
            };
            let before = match before {
                Some(before) => format!("{before} assignments come first"),
                None => "too many come first to be counted".to_owned(),
            };
            format!("in the {lane} queue, at most {ahead} before it there, at most {before}")
        }
        Stage::Prestaked { dissolvable, .. } => {
            format!("prestaked, to be staked until {dissolvable}")
        }
        Stage::Staked => "staked".to_owned(),
        Stage::Exiting => "exiting".to_owned(),
        Stage::Exited { balance } => format!("exited with {balance} ETH"),
        Stage::Dissolved => "dissolved".to_owned(),
        Stage::Dequeued => "dequeued: its key is burnt".to_owned(),
    };
    let locked = match validator.locked_since {
        Some(since) => format!(", locked since {since}"),
        None => String::new(),
    };
    let bond = validator.bond;
    let (id, key) = (validator.id, validator.pubkey);
    format!("  {id:>4} {key} bond {bond}: {stage}{locked}")
}

pub(super) fn minipools(page: &mut String, minipools: &[Minipool]) {
    if minipools.is_empty() {
        return line(page, "\nminipools: none");
    }
    line(page, format!("\nminipools: {}", minipools.len()));
    for minipool in minipools {
        let key = minipool
            .pubkey
            .map_or("no key".to_owned(), |key| key.to_string());
        line(
            page,
            format!("  {} {key}", checksummed(&minipool.place.address)),
        );
        let since = minipool.since;
        let vacant = if minipool.is_vacant { ", vacant" } else { "" };
        line(
            page,
            format!("    {}{vacant} since {since}", stage(minipool)),
        );
        let share = match &minipool.node_share {
            Some(share) => format!(", of the rest {share} for the node"),
            None => String::new(),
        };
        let (bond, fee) = (minipool.bond, minipool.fee);
        let held = format!(
            "{} ETH, {} refund{share}",
            minipool.balance, minipool.refund
        );
        let penalties = minipool.penalties;
        line(
            page,
            format!("    bond {bond}, commission {fee}, holds {held}, penalties {penalties}"),
        );
        if let Some(reduction) = minipool.reduction {
            let state = if reduction.is_cancelled {
                "cancelled"
            } else {
                "not cancelled"
            };
            let began = reduction.began;
            line(page, format!("    bond reduction begun {began}, {state}"));
        }
    }
}

fn stage(minipool: &Minipool) -> String {
    match minipool.stage {
        minipool::Stage::Queued { ahead: Some(ahead) } => format!("queued, {ahead} before it"),
        minipool::Stage::Queued { ahead: None } => "queued".to_owned(),
        minipool::Stage::Prelaunch {
            can_stake,
            can_promote,
            ready,
            dissolvable,
        } => {
            let can = match (can_stake, can_promote) {
                (true, _) => "can be staked".to_owned(),
                (false, true) => "can be promoted".to_owned(),
                (false, false) => format!("ready from {ready} on"),
            };
            format!("prelaunch, {can}, until {dissolvable}")
        }
        minipool::Stage::Staking => "staking".to_owned(),
        minipool::Stage::Withdrawable => "withdrawable".to_owned(),
        minipool::Stage::Dissolved => "dissolved".to_owned(),
        minipool::Stage::Finalised => "finalised".to_owned(),
    }
}
