//! Which alarms a sight raises.

use super::{Alarm, Term};
use crate::pool::account::{Account, Staking, planted};
use crate::pool::amount::Wei;
use crate::pool::megapool::{self, Deployed};
use crate::pool::minipool::{self, Minipool};
use crate::pool::network::Network;
use crate::pool::sight::{Sight, SmoothingPool};
use crate::pool::view::{Node, View};

/// So many penalties of a minipool cost a part of its bond, and the node its part in the smoothing
/// pool.
const COSTLY_PENALTIES: u64 = 3;
/// With a finalised block that is older than this, seconds, proofs of final states may come too
/// late: the contracts take none older than an hour.
const OLD_FINALITY: u64 = 1_800;
/// With this much in a minipool, wei, its owner's call to distribute can end it for good.
const MINIPOOL_ENDS_FROM: u128 = 8_000_000_000_000_000_000;

impl Alarm {
    /// All that there is to say about a node, what is urgent first.
    pub(in crate::pool) fn all_of(sight: &Sight) -> Vec<Self> {
        let mut all = Vec::new();
        if let Some(node) = sight.node_at_head() {
            let now = sight.head_block.time;
            of_account(&node.account, &mut all);
            all.extend(of_rpl(&node.account, &sight.head.network, now));
            let not_final = not_final(&sight.head, sight.finalised.as_ref());
            if !not_final.is_empty() {
                all.push(Self::NotFinal(not_final));
            }
            if let Some(SmoothingPool::CoolingDown { left }) = sight.smoothing_pool() {
                all.push(Self::CoolingDown(left));
            }
            if let Some(megapool) = node.deployed() {
                of_megapool(megapool, now, &mut all);
            }
            for minipool in &node.minipools {
                of_minipool(minipool, now, &mut all);
            }
        }
        of_protocol(sight, &mut all);
        for found in sight.head.contracts.found().filter(|it| !it.is_known) {
            all.push(Self::UnknownVersion(found.name(), found.version));
        }
        all.sort_by_key(|alarm| !alarm.is_urgent());
        all
    }
}

/// What is the same for every node.
fn of_protocol(sight: &Sight, all: &mut Vec<Alarm>) {
    let now = sight.head_block.time;
    let age = now.saturating_sub(sight.finalised_block.time);
    if age > OLD_FINALITY {
        all.push(Alarm::NothingFinal(age));
    }
    let upgrades = sight.head.network.upgrades.iter().cloned();
    all.extend(upgrades.map(|it| Alarm::Upgrade(it.clone(), Term::new(it.from, now))));
}

/// RPL that is on its way out.
fn of_rpl(account: &Account, network: &Network, now: u64) -> Option<Alarm> {
    match &account.staking {
        Staking::Saturn {
            unstaking,
            unstaking_since,
            ..
        } if !unstaking.is_zero() => {
            let period = network.megapools.as_ref()?.unstaking_period;
            let from = unstaking_since.saturating_add(period);
            Some(Alarm::RplWaits(*unstaking, Term::new(from, now)))
        }
        Staking::Saturn { .. } | Staking::Houston { .. } => None,
    }
}

fn of_account(account: &Account, all: &mut Vec<Alarm>) {
    if let Some(pending) = planted(account.pending_withdrawal, account.withdrawal) {
        all.push(Alarm::PendingWithdrawal(pending));
    }
    let rpl_owner = account.rpl_withdrawal.unwrap_or(account.withdrawal);
    if let Some(pending) = planted(account.pending_rpl_withdrawal, rpl_owner) {
        all.push(Alarm::PendingRplWithdrawal(pending));
    }
    if account.withdrawal == account.node {
        all.push(Alarm::NodeIsOwner);
    }
    if account.rpl_withdrawal.is_none() {
        all.push(Alarm::RplUnset);
    }
    if !account.outstanding.is_zero() {
        all.push(Alarm::Outstanding(account.withdrawal, account.outstanding));
    }
    let of_rpl = account.rpl_outstanding.filter(|wei| !wei.is_zero());
    if let (Some(wei), Some(owner)) = (of_rpl, account.rpl_withdrawal) {
        all.push(Alarm::Outstanding(owner, wei));
    }
}

/// Names of what money goes by, and that is otherwise at the finalised block.
fn not_final(head: &View, finalised: Option<&View>) -> Vec<&'static str> {
    let Some(new) = &head.node else {
        return Vec::new();
    };
    let Some(old) = finalised.and_then(|view| view.node.as_ref()) else {
        return vec!["the registration"];
    };
    let megapool = |node: &Node| {
        let it = node.megapool.as_ref();
        it.map(|it| (it.expected, it.deployed.is_some()))
    };
    let (a, b) = (&new.account, &old.account);
    let compared = [
        ("the withdrawal address", a.withdrawal == b.withdrawal),
        (
            "the pending withdrawal address",
            a.pending_withdrawal == b.pending_withdrawal,
        ),
        (
            "the RPL withdrawal address",
            a.rpl_withdrawal == b.rpl_withdrawal,
        ),
        (
            "the pending RPL withdrawal address",
            a.pending_rpl_withdrawal == b.pending_rpl_withdrawal,
        ),
        (
            "the smoothing pool",
            a.in_smoothing_pool == b.in_smoothing_pool,
        ),
        ("the megapool", megapool(new) == megapool(old)),
        (
            "the contracts' addresses",
            finalised.is_some_and(|view| view.contracts.places() == head.contracts.places()),
        ),
    ];
    let other = compared.into_iter().filter(|(_, is_same)| !is_same);
    other.map(|(name, _)| name).collect()
}

fn of_megapool(megapool: &Deployed, now: u64, all: &mut Vec<Alarm>) {
    if !megapool.debt.is_zero() {
        all.push(Alarm::Debt(megapool.debt));
    }
    if megapool.exiting > 0 {
        all.push(Alarm::Exiting(megapool.exiting));
    }
    let delegate = &megapool.delegate;
    match delegate.expires {
        _ if delegate.follows_newest => {}
        _ if delegate.has_expired => all.push(Alarm::DelegateExpired),
        Some(until) => all.push(Alarm::DelegateExpires(Term::new(until, now))),
        None => {}
    }
    for validator in &megapool.validators {
        if let Some(since) = validator.locked_since {
            all.push(Alarm::Locked(validator.id, since));
        }
        match validator.stage {
            megapool::Stage::Prestaked { dissolvable, .. } => all.push(Alarm::StakeDue(
                validator.id,
                validator.pubkey,
                Term::new(dissolvable, now),
            )),
            megapool::Stage::Dissolved => all.push(Alarm::Dissolved(validator.id)),
            megapool::Stage::Queued { .. }
            | megapool::Stage::Staked
            | megapool::Stage::Exiting
            | megapool::Stage::Exited { .. }
            | megapool::Stage::Dequeued => {}
        }
    }
}

fn of_minipool(minipool: &Minipool, now: u64, all: &mut Vec<Alarm>) {
    let address = minipool.place.address;
    match minipool.penalties {
        0 => {}
        few @ 1..COSTLY_PENALTIES => all.push(Alarm::Warned(address, few)),
        many => all.push(Alarm::Penalised(address, many)),
    }
    match minipool.stage {
        minipool::Stage::Prelaunch { dissolvable, .. } => {
            all.push(Alarm::MinipoolDue(address, Term::new(dissolvable, now)));
        }
        minipool::Stage::Dissolved => all.push(Alarm::MinipoolDissolved(address)),
        minipool::Stage::Staking => {
            if minipool.user_may_distribute {
                all.push(Alarm::UserDistribution(address));
            }
            let rest = minipool.balance.0.saturating_sub(minipool.refund.0);
            if rest >= alloy_primitives::U256::from(MINIPOOL_ENDS_FROM) {
                all.push(Alarm::MinipoolFull(address, Wei(rest)));
            }
        }
        minipool::Stage::Queued { .. }
        | minipool::Stage::Withdrawable
        | minipool::Stage::Finalised => {}
    }
}
