//! What `gantry pool status` prints for a person: alarms first, then the node at the newest block,
//! then what is otherwise at the finalised one.

use node_core::pool::account::{Account, Staking};
use node_core::pool::alarm::Alarm;
use node_core::pool::amount::Wei;
use node_core::pool::network::Network;
use node_core::pool::sight::{Sight, SmoothingPool};
use node_core::pool::view::{Block, Node};
use proto::Address;
use proto::definition::checksummed;

use super::holdings;
use super::lines::{entry, line};

/// The most differences that are shown.
const MOST_DIFFERENCES: usize = 40;

/// The page for a person.
pub fn page(sight: &Sight, alarms: &[Alarm]) -> String {
    let mut page = String::new();
    let chain = match sight.chain_id {
        1 => "mainnet".to_owned(),
        560_048 => "hoodi".to_owned(),
        other => format!("chain {other}"),
    };
    let protocol = &sight.head.contracts.protocol;
    let node = checksummed(&sight.node);
    line(
        &mut page,
        format!("node {node} on {chain}, protocol {protocol}"),
    );
    line(
        &mut page,
        format!(
            "at block {}; finalised is {}",
            named(&sight.head_block),
            named(&sight.finalised_block)
        ),
    );
    worries(&mut page, alarms);
    match sight.node_at_head() {
        Some(node) => all_of(&mut page, sight, node),
        None => line(
            &mut page,
            "\nIt is no registered node at the newest block, and was one at the finalised.",
        ),
    }
    differences(&mut page, sight);
    page
}

fn named(block: &Block) -> String {
    format!("{} ({}, time {})", block.number, block.hash, block.time)
}

fn worries(page: &mut String, alarms: &[Alarm]) {
    if alarms.is_empty() {
        return line(page, "\nNothing to worry about was found.");
    }
    line(page, "");
    for alarm in alarms {
        let weight = if alarm.is_urgent() { "ALARM" } else { "note" };
        line(page, format!("{weight}: {alarm}"));
    }
}

fn all_of(page: &mut String, sight: &Sight, node: &Node) {
    addresses(page, sight, &node.account);
    money(page, &node.account);
    if let Some(megapool) = &node.megapool {
        holdings::megapool(page, megapool);
    }
    holdings::minipools(page, &node.minipools);
    network(page, &sight.head.network);
    line(page, "\ncontracts");
    for found in sight.head.contracts.found() {
        let version = found.version.map_or("-".to_owned(), |it| it.to_string());
        let at = checksummed(&found.place.address);
        line(page, format!("  {at}  {version:>3}  {}", found.name()));
    }
}

fn or_none(address: Option<&Address>) -> String {
    address.map_or("none".to_owned(), checksummed)
}

fn addresses(page: &mut String, sight: &Sight, account: &Account) {
    line(page, "\naddresses");
    entry(page, "withdrawal", checksummed(&account.withdrawal));
    let pending = account.pending_withdrawal.as_ref();
    entry(page, "  pending", or_none(pending));
    let rpl = account.rpl_withdrawal.as_ref();
    let rpl = rpl.map_or("not set: as withdrawal".to_owned(), checksummed);
    entry(page, "RPL withdrawal", rpl);
    let pending = account.pending_rpl_withdrawal.as_ref();
    entry(page, "  pending", or_none(pending));
    entry(page, "timezone", &account.timezone);
    let rules = &sight.head.network;
    let next = account
        .smoothing_pool_changed
        .map_or(0, |changed| changed.saturating_add(rules.rewards.length));
    let state = match sight.smoothing_pool() {
        Some(SmoothingPool::In) => "in".to_owned(),
        Some(SmoothingPool::CoolingDown { left }) => format!("cooling down since {left}"),
        Some(SmoothingPool::Out) | None => "out".to_owned(),
    };
    let may = match (rules.may_switch_smoothing_pool, next) {
        (false, _) => "may not be changed now".to_owned(),
        (true, next) if next > sight.head_block.time => format!("may be changed from {next} on"),
        (true, _) => "may be changed".to_owned(),
    };
    entry(page, "smoothing pool", format!("{state}, {may}"));
    let distributor = &account.distributor;
    let is_made = if distributor.is_made {
        ""
    } else {
        " (not made)"
    };
    let at = checksummed(&distributor.place.address);
    entry(page, "fee distributor", format!("{at}{is_made}"));
}

fn money(page: &mut String, account: &Account) {
    let eth = |wei: &Wei| format!("{wei} ETH");
    line(page, "\nmoney");
    entry(page, "in the account", eth(&account.balance));
    let credit = &account.credit;
    let usable = &credit.usable_credit;
    entry(
        page,
        "credit",
        format!("{} ETH, usable {usable}", credit.credit),
    );
    let usable = &credit.usable;
    entry(page, "put in by others", eth(&credit.ether));
    entry(
        page,
        "for deposits",
        format!("{} ETH, usable {usable}", credit.credit_and_ether),
    );
    let held = &account.distributor;
    let shares = match (&held.node_share, &held.user_share) {
        (Some(node), Some(users)) => format!(" (node {node}, others {users})"),
        (Some(_) | None, Some(_) | None) => String::new(),
    };
    entry(
        page,
        "fees of minipools",
        format!("{} ETH{shares}", held.balance),
    );
    if let Some(unclaimed) = &account.unclaimed {
        entry(page, "unclaimed", eth(unclaimed));
    }
    entry(page, "outstanding", eth(&account.outstanding));
    if let Some(outstanding) = &account.rpl_outstanding {
        entry(page, "  of the RPL address", eth(outstanding));
    }
    entry(
        page,
        "intervals unclaimed",
        in_ranges(&account.unclaimed_intervals),
    );
    if let Some(tickets) = &account.tickets {
        let more = if tickets.are_provisioned {
            ""
        } else {
            ", some not provisioned yet"
        };
        entry(page, "express tickets", format!("{}{more}", tickets.count));
    }
    entry(page, "average commission", account.average_fee);
    staking(page, account);
}

fn staking(page: &mut String, account: &Account) {
    let held = format!("{} RPL", account.rpl_balance);
    entry(
        page,
        "in the account",
        format!("{held}, {} allowed", account.rpl_allowance),
    );
    match &account.staking {
        Staking::Saturn {
            staked,
            megapool,
            legacy,
            unstaking,
            unstaking_since,
            locked,
            may_lock,
            bonded,
            borrowed,
        } => {
            let parts = format!("(megapool {megapool}, legacy {legacy})");
            entry(page, "staked", format!("{staked} RPL {parts}"));
            let since = format!("since {unstaking_since}");
            entry(page, "unstaking", format!("{unstaking} RPL {since}"));
            let may = if *may_lock { "allowed" } else { "not allowed" };
            entry(page, "locked", format!("{locked} RPL, locking is {may}"));
            let both = format!("{bonded} and {borrowed} ETH");
            entry(page, "bonded and borrowed", both);
        }
        Staking::Houston {
            staked,
            minimum,
            maximum,
            locked,
            may_lock,
            matched,
            matched_limit,
        } => {
            let bounds = format!("(earns from {minimum} to {maximum})");
            entry(page, "staked", format!("{staked} RPL {bounds}"));
            let may = if *may_lock { "allowed" } else { "not allowed" };
            entry(page, "locked", format!("{locked} RPL, locking is {may}"));
            let both = format!("{matched} of at most {matched_limit} ETH");
            entry(page, "matched", both);
        }
    }
}

/// Numbers, with those that follow each other as one range.
fn in_ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*number) => *end = *number,
            Some(_) | None => ranges.push((*number, *number)),
        }
    }
    let shown = |(from, to): &(u64, u64)| match from == to {
        true => from.to_string(),
        false => format!("{from} to {to}"),
    };
    match ranges.is_empty() {
        true => "none".to_owned(),
        false => ranges.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

fn network(page: &mut String, network: &Network) {
    let may = |may: bool| if may { "yes" } else { "no" };
    line(page, "\nnetwork");
    let (register, deposit) = (may(network.may_register), may(network.may_deposit));
    let assign = may(network.may_assign);
    let enabled = format!("register {register}, deposit {deposit}, assign {assign}");
    entry(page, "enabled", enabled);
    let takes = network.pool_takes;
    entry(
        page,
        "deposit pool",
        format!("{} ETH, takes {takes}", network.pool_balance),
    );
    if let Some(queues) = &network.queues {
        let lengths = format!(
            "{} minipools, {} express, {} standard",
            queues.minipools, queues.express, queues.standard
        );
        let top = if queues.can_assign {
            "the top can be assigned"
        } else {
            "the top waits"
        };
        entry(page, "queues", format!("{lengths}; {top}"));
    }
    let rewards = &network.rewards;
    let interval = format!("{} since {}", rewards.index, rewards.began);
    entry(
        page,
        "rewards interval",
        format!("{interval}, {} s long", rewards.length),
    );
    if let Some(rules) = &network.megapools {
        let term = rules.time_before_dissolve;
        let penalty = rules.dissolve_penalty;
        entry(
            page,
            "stake within",
            format!("{term} s, else {penalty} ETH"),
        );
        let notify = rules.notify_threshold_epochs;
        let fine = rules.late_notify_fine;
        let notify = format!("{notify} epochs before withdrawable, else {fine} ETH");
        entry(page, "notify an exit", notify);
    }
}

fn differences(page: &mut String, sight: &Sight) {
    let number = sight.finalised_block.number;
    let Some(differences) = sight.differences() else {
        let text = format!("\nAt the finalised block {number} there was no RocketStorage yet.");
        return line(page, text);
    };
    if differences.is_empty() {
        let text = format!("\nAt the finalised block {number} all of this is the same.");
        return line(page, text);
    }
    line(
        page,
        format!("\nat the finalised block {number} it is otherwise"),
    );
    for it in differences.iter().take(MOST_DIFFERENCES) {
        line(
            page,
            format!("  {}: {}, now {}", it.what, it.finalised, it.head),
        );
    }
    if let Some(more) = differences
        .len()
        .checked_sub(MOST_DIFFERENCES)
        .filter(|it| *it > 0)
    {
        line(
            page,
            format!("  and {more} more: --json shows both views whole"),
        );
    }
}
