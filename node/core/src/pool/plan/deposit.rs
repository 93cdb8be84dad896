//! The lock's keys are deposited, as many as are wished for: the bond of each goes to Rocket Pool.
//!
//! Each validator brings exactly what is required of it, and the requirement goes on with every
//! entry of one call. What the node has as credit, or others have put in for it, is used first, and
//! the call carries the rest: with more than the bond it would end in a panic. A ticket for the
//! express queue is used whenever there is one, unless they are to be saved.
//!
//! Only one call is planned at a time: what the next one costs follows from it. What anybody brings
//! about while it is under way, a wei that is put in or a ticket that is provided, changes its
//! bytes, and so does another key that is signed: what was sent before that is kept. Source:
//! `RocketNodeDeposit`, `RocketMegapoolDelegate.getNewValidatorBondRequirement`.

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use proto::PublicKey;
use proto::agreement::Tickets;
use proto::eth::DepositData;

use super::Facts;
use super::calls::{Deposits, NodeDeposit};
use super::ground;
use super::step::{Body, Call, Kind, Need, Repeat, Sender, Step, Wait};
use crate::pool::account::Account;
use crate::pool::amount::Wei;
use crate::pool::contracts::Contract;
use crate::pool::megapool::Deployed;
use crate::pool::network::MegapoolRules;

/// The most deposits of one call. Each costs 530,000 gas beside 920,000 if the pool can assign at
/// once, and a transaction has 16,777,216 (EIP-7825).
pub const MOST_AT_ONCE: usize = 25;
/// One ether, in wei.
const ETHER: u128 = 1_000_000_000_000_000_000;

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let Some(megapool) = facts.megapool() else {
        return Vec::new();
    };
    let is_known = |key: &&PublicKey| megapool.validators.iter().any(|it| it.pubkey == **key);
    let fresh = facts.wished().filter(|key| !is_known(key));
    let (signed, unsigned): (Vec<&PublicKey>, Vec<&PublicKey>) =
        fresh.partition(|key| facts.made.deposits.contains_key(*key));
    let waits = ground::new_money(facts);
    let signing = (!unsigned.is_empty()).then(|| signing(megapool, &unsigned, waits.clone()));
    let paying = paying(facts, megapool, (&signed, waits));
    paying.into_iter().chain(signing).collect()
}

/// Deposits that the cluster still has to sign.
fn signing(megapool: &Deployed, keys: &[&PublicKey], waits: Vec<Wait>) -> Step {
    let keys: Vec<PublicKey> = keys.iter().map(|key| **key).collect();
    Step {
        kind: Kind::Deposit(keys.clone()),
        deed: deed(keys.first()),
        sender: Sender::Node,
        repeat: Repeat::OncePerNonce,
        words: format!(
            "deposits of 1 ETH for {} keys have to be signed first",
            keys.len()
        ),
        body: Body::Needs(Need::Deposits {
            credentials: megapool.credentials,
            keys,
        }),
        waits,
    }
}

/// The next call that deposits.
fn paying(
    facts: &Facts<'_>,
    megapool: &Deployed,
    (keys, mut waits): (&[&PublicKey], Vec<Wait>),
) -> Option<Step> {
    let account = &facts.node()?.account;
    let to = facts.contracts().at(Contract::NodeDeposit)?;
    let rules = facts.sight.head.network.megapools.as_ref()?;
    let bonds = bonds(megapool, rules, keys.len().min(MOST_AT_ONCE));
    let tickets = tickets(facts, account);
    let entries: Vec<NodeDeposit> = (0..)
        .zip(keys.iter().zip(&bonds))
        .filter_map(|(at, (key, bond))| {
            let deposit = facts.made.deposits.get(*key)?;
            Some(entry(deposit, *bond, at < tickets))
        })
        .collect();
    let total = entries
        .iter()
        .fold(U256::ZERO, |sum, it| sum.saturating_add(it.bondAmount));
    // What is missing, and no wei more.
    let value = Wei(total.saturating_sub(account.credit.usable.0));
    if account.balance < value {
        waits.push(Wait::Ether(Wei(value.0 - account.balance.0)));
    }
    let spelled: Vec<String> = entries.iter().map(in_words).collect();
    let spelled: Vec<&str> = spelled.iter().map(String::as_str).collect();
    let call = match entries.as_slice() {
        [] => return None,
        [one] if value.0 == total => Call::of(to, &single(one), &spelled),
        [one] => Call::of(to, &with_credit(one), &spelled),
        several => Call::of(to, &multi(several), &spelled),
    };
    let count = entries.len();
    Some(Step {
        kind: Kind::Deposit(keys[..count].iter().map(|key| **key).collect()),
        deed: deed(keys.first().copied()),
        sender: Sender::Node,
        repeat: Repeat::OncePerNonce,
        body: Body::Call(Call {
            akin: akin(&entries, facts.aims.tickets),
            ..call.with(value)
        }),
        words: format!(
            "{count} of the lock's keys are deposited, with bonds of {} ETH together, {} ETH of it \
             from what the node has at Rocket Pool",
            Wei(total),
            Wei(total - value.0)
        ),
        waits,
    })
}

/// The bytes of the calls that deposit these keys, or the first of them, by what else could have
/// been planned a moment before: of so many keys, with so many tickets.
fn akin(entries: &[NodeDeposit], tickets: Tickets) -> Vec<Vec<u8>> {
    let planned = (1..=entries.len()).flat_map(|count| {
        let most = match tickets {
            Tickets::Use => count,
            Tickets::Save => 0,
        };
        (0..=most).map(move |tickets| (count, tickets))
    });
    let bytes = planned.flat_map(|(count, tickets)| {
        let first = (0..).zip(&entries[..count]);
        let first = first.map(|(at, entry)| NodeDeposit {
            useExpressTicket: at < tickets,
            ..entry.clone()
        });
        data(&first.collect::<Vec<_>>())
    });
    bytes.collect()
}

/// The bytes of each call that deposits these.
fn data(entries: &[NodeDeposit]) -> Vec<Vec<u8>> {
    match entries {
        [one] => vec![single(one).abi_encode(), with_credit(one).abi_encode()],
        several => vec![multi(several).abi_encode()],
    }
}

/// A key is deposited once for ever, so the first one names them.
fn deed(first: Option<&PublicKey>) -> String {
    first.map(ToString::to_string).unwrap_or_default()
}

/// How many tickets may be used.
fn tickets(facts: &Facts<'_>, account: &Account) -> u64 {
    match facts.aims.tickets {
        Tickets::Use => account.tickets.as_ref().map_or(0, |tickets| tickets.count),
        Tickets::Save => 0,
    }
}

/// The bonds of the next validators. Where the contract asks for another one than what follows from
/// its rules, only that one is known.
fn bonds(megapool: &Deployed, rules: &MegapoolRules, count: usize) -> Vec<U256> {
    let ether = U256::from(ETHER);
    let mut held = megapool.bond.0.saturating_add(megapool.queued_bond.0);
    let mut active = u64::from(megapool.active);
    let mut bonds = Vec::new();
    for _ in 0..count {
        active += 1;
        let missing = required(rules, active).saturating_sub(held);
        let bond = missing.clamp(ether, U256::from(32) * ether);
        held = held.saturating_add(bond);
        bonds.push(bond);
    }
    let asked = megapool.next_bond.0;
    match bonds.first() {
        Some(first) if *first != asked => vec![asked],
        Some(_) | None => bonds,
    }
}

/// The bond of so many validators together.
fn required(rules: &MegapoolRules, count: u64) -> U256 {
    let base = &rules.base_bonds;
    let place = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    if let Some(bond) = base.get(place) {
        return bond.0;
    }
    let last = base.last().map_or(U256::ZERO, |bond| bond.0);
    let more = count.saturating_sub(base.len() as u64);
    last.saturating_add(rules.reduced_bond.0.saturating_mul(U256::from(more)))
}

fn entry(deposit: &DepositData, bond: U256, express: bool) -> NodeDeposit {
    NodeDeposit {
        bondAmount: bond,
        useExpressTicket: express,
        validatorPubkey: Bytes::copy_from_slice(deposit.pubkey.as_bytes()),
        validatorSignature: Bytes::copy_from_slice(deposit.signature.as_bytes()),
        depositDataRoot: (*deposit.root().as_bytes()).into(),
    }
}

fn in_words(entry: &NodeDeposit) -> String {
    let queue = match entry.useExpressTicket {
        true => "express",
        false => "standard",
    };
    format!(
        "{} ETH {queue} {}",
        Wei(entry.bondAmount),
        entry.validatorPubkey
    )
}

fn single(entry: &NodeDeposit) -> Deposits::depositCall {
    let entry = entry.clone();
    Deposits::depositCall {
        bond: entry.bondAmount,
        express: entry.useExpressTicket,
        pubkey: entry.validatorPubkey,
        signature: entry.validatorSignature,
        root: entry.depositDataRoot,
    }
}

fn multi(entries: &[NodeDeposit]) -> Deposits::depositMultiCall {
    let deposits = entries.to_vec();
    Deposits::depositMultiCall { deposits }
}

fn with_credit(entry: &NodeDeposit) -> Deposits::depositWithCreditCall {
    let entry = entry.clone();
    Deposits::depositWithCreditCall {
        bond: entry.bondAmount,
        express: entry.useExpressTicket,
        pubkey: entry.validatorPubkey,
        signature: entry.validatorSignature,
        root: entry.depositDataRoot,
    }
}
