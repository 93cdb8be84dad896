//! What terms must be, and which lock may join Rocket Pool by them.

mod safe;

use std::collections::BTreeMap;
use std::fmt;

use proto::agreement::{BuilderTerms, Member, PoolTerms, Relay, Terms, Wishes};
use proto::definition::{checksummed, keyless};
use proto::lock::Lock;
use proto::{Address, PublicKey};

use super::bad_terms::BadTerms;
use crate::pool::storage_of;

/// All shares together, in basis points.
pub const WHOLE: u64 = 10_000;
/// The most accounts from which one operator pays in.
pub const MOST_FUNDING: usize = 8;
/// The most relays: each is asked by every peer for a block that a builder made.
pub const MOST_RELAYS: usize = 8;
/// The gas limit where nothing is agreed.
pub const GAS_LIMIT: u64 = 60_000_000;
/// No chain has a lower gas limit, or will have a higher one soon: beyond is a slip.
pub(super) const LEAST_GAS: u64 = 1_000_000;
pub(super) const MOST_GAS: u64 = 10_000_000_000;
/// Rocket Pool takes no shorter timezone (`RocketNodeManager.registerNode`).
pub(super) const SHORTEST_TIMEZONE: usize = 4;
/// Longer than every name in the database of timezones.
pub(super) const LONGEST_TIMEZONE: usize = 64;

/// Whether the cluster of this lock may join Rocket Pool. `deposited` are the keys for which the
/// peer's record holds credentials.
///
/// # Errors
/// If its stake returns somewhere else.
pub fn join(lock: &Lock, deposited: &[PublicKey]) -> Result<(), BadTerms> {
    let definition = lock.definition.terms();
    if let Some(address) = definition.withdrawal.addresses().first() {
        return Err(BadTerms::Settled {
            cluster: definition.name.clone(),
            address: *address,
        });
    }
    let mut keys = lock.validators.iter().map(|it| it.public_key);
    match keys.find(|key| deposited.contains(key)) {
        Some(key) => Err(BadTerms::OnRecord(key)),
        None => Ok(()),
    }
}

/// Checks the terms of a version of the agreement of the cluster with this lock.
///
/// # Errors
/// The first rule that is broken.
pub fn check_terms(terms: &Terms, lock: &Lock) -> Result<(), BadTerms> {
    if let Some(builder) = &terms.builder {
        check_builder(builder)?;
    }
    match (&terms.pool, &terms.builder) {
        (Some(pool), _) => check_pool(pool, lock),
        (None, Some(_)) => Ok(()),
        (None, None) => Err(BadTerms::Nothing),
    }
}

/// Checks on which terms others may build blocks.
fn check_builder(terms: &BuilderTerms) -> Result<(), BadTerms> {
    if terms.relays.len() > MOST_RELAYS {
        return Err(BadTerms::Relays(terms.relays.len()));
    }
    for (at, relay) in terms.relays.iter().enumerate() {
        let key = dkg::bls::PublicPoint::from_bytes(&relay.public_key);
        if !relay.is_sound() || key.is_err() {
            return Err(BadTerms::Relay(short(&relay.named())));
        }
        let same = |it: &Relay| it.url == relay.url || it.public_key == relay.public_key;
        if terms.relays[..at].iter().any(same) {
            return Err(BadTerms::SameRelay(relay.named()));
        }
    }
    match (LEAST_GAS..=MOST_GAS).contains(&terms.gas_limit) {
        true => Ok(()),
        false => Err(BadTerms::Gas(terms.gas_limit)),
    }
}

/// What stands in a file is anybody's, and may be long.
fn short(text: &str) -> String {
    text.chars().take(2 * Relay::LONGEST_URL).collect()
}

fn check_pool(terms: &PoolTerms, lock: &Lock) -> Result<(), BadTerms> {
    join(lock, &[])?;
    let chain = &lock.definition.terms().chain;
    let storage = terms.fixed.rocket_storage;
    if let Some(known) = storage_of(chain.execution_chain_id).filter(|known| *known != storage) {
        return Err(BadTerms::Storage {
            given: storage,
            known,
            chain_id: chain.execution_chain_id,
        });
    }
    check_addresses(terms, chain.deposit_contract)?;
    if let Some(safe) = &terms.node_safe {
        safe::check(safe, terms, lock)?;
    }
    check_members(&terms.members, lock)?;
    check_wishes(&terms.wishes, lock.validators.len() as u64)
}

/// The addresses of the terms, each with what it is for.
fn addresses(terms: &PoolTerms) -> Vec<(String, Address)> {
    let mut all = vec![
        ("RocketStorage".to_owned(), terms.fixed.rocket_storage),
        ("node account".to_owned(), terms.fixed.node_account),
        ("withdrawal address".to_owned(), terms.withdrawal),
        ("RPL withdrawal address".to_owned(), terms.rpl_withdrawal),
    ];
    for member in &terms.members {
        let funding = member.funding.iter().copied();
        all.extend(funding.map(|it| (format!("account of {} to pay from", member.name), it)));
        let owner = member.owner.iter().copied();
        all.extend(owner.map(|it| (format!("account of {} that decides", member.name), it)));
    }
    all
}

fn check_addresses(terms: &PoolTerms, deposit_contract: Address) -> Result<(), BadTerms> {
    let node = terms.fixed.node_account;
    for (place, (what, address)) in addresses(terms).into_iter().enumerate() {
        let is_storage = place > 0 && address == terms.fixed.rocket_storage;
        let why = if address == Address::from([0; 20]) {
            "the zero address: whatever goes there is lost for ever. Name another one"
        } else if address == deposit_contract {
            "the deposit contract, which gives nothing back. Name another one"
        } else if is_storage {
            "that of RocketStorage. Name another one"
        } else if place > 1 && address == node {
            "the node account: who holds its key would get or decide everything. Name another one"
        } else {
            continue;
        };
        return Err(BadTerms::Address { what, address, why });
    }
    Ok(())
}

fn check_members(members: &[Member], lock: &Lock) -> Result<(), BadTerms> {
    let operators = lock.definition.terms().operators.iter();
    let expected: Vec<&str> = operators.map(|it| it.name.as_str()).collect();
    let found: Vec<&str> = members.iter().map(|it| it.name.as_str()).collect();
    if found != expected {
        // Names in a file are anybody's.
        let short = |name: &&str| name.chars().take(LONGEST_TIMEZONE).collect::<String>();
        let found: Vec<String> = found.iter().take(2 * expected.len()).map(short).collect();
        return Err(BadTerms::Members {
            found: format!("{found:?}"),
            expected: expected.join(", "),
        });
    }
    let sum = members.iter().map(|it| u64::from(it.share)).sum();
    if sum != WHOLE {
        return Err(BadTerms::Shares(sum));
    }
    let mut funding: BTreeMap<Address, &str> = BTreeMap::new();
    let mut owners: BTreeMap<Address, &str> = BTreeMap::new();
    for member in members {
        if member.funding.len() > MOST_FUNDING {
            return Err(BadTerms::Funding(member.name.clone()));
        }
        let all = member.funding.iter().map(|it| (true, *it));
        for (pays, address) in all.chain(member.owner.iter().map(|it| (false, *it))) {
            let list = if pays { &mut funding } else { &mut owners };
            if let Some(one) = list.insert(address, &member.name) {
                return Err(BadTerms::Shared {
                    one: one.to_owned(),
                    other: member.name.clone(),
                    address,
                });
            }
        }
    }
    Ok(())
}

fn check_wishes(wishes: &Wishes, there: u64) -> Result<(), BadTerms> {
    let wished = wishes.validators;
    if wished > there {
        return Err(BadTerms::Validators { wished, there });
    }
    let zone = &wishes.timezone;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"/_+-".contains(&b);
    let is_zone = (SHORTEST_TIMEZONE..=LONGEST_TIMEZONE).contains(&zone.len());
    match is_zone && zone.bytes().all(fits) {
        true => Ok(()),
        false => Err(BadTerms::Timezone(
            zone.chars().take(LONGEST_TIMEZONE).collect(),
        )),
    }
}

/// What a signer should think about: it may be meant, and costs dearly if it is not.
pub fn cautions(terms: &Terms) -> Vec<impl fmt::Display + use<>> {
    let builder = terms.builder.iter().flat_map(of_builder);
    builder.chain(terms.pool.iter().flat_map(of_pool)).collect()
}

fn of_builder(terms: &BuilderTerms) -> Vec<String> {
    let in_clear = |it: &&Relay| it.url.starts_with("http://");
    let relays = terms.relays.iter().filter(in_clear);
    let caution = |it: &Relay| {
        format!(
            "the relay {} is asked in the clear: whoever sits between reads it, and may keep its \
             bids back",
            it.url
        )
    };
    relays.map(caution).collect()
}

fn of_pool(terms: &PoolTerms) -> Vec<String> {
    let mut all = Vec::new();
    for (what, address) in addresses(terms) {
        let at = checksummed(&address);
        if let Some(why) = keyless(&address) {
            all.push(format!(
                "the {what} {at} is {why}: whatever goes there is lost for ever"
            ));
        }
    }
    let receivers = [("ether", terms.withdrawal), ("RPL", terms.rpl_withdrawal)];
    for (money, receiver) in receivers {
        let own = |it: &&Member| it.owner == Some(receiver) || it.funding.contains(&receiver);
        if let Some(member) = terms.members.iter().find(own) {
            let name = &member.name;
            all.push(format!(
                "all {money} goes to an account of {name} alone, who would have to pay the others"
            ));
        }
    }
    all
}
