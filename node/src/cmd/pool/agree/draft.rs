//! The flags of `gantry pool agree new`, and the terms that they make.

mod builder;
mod node_safe;

use std::str::FromStr;

use clap::{Args, ValueEnum};
use node_core::pool::storage_of;
use node_core::safe::founding::Founding;
use proto::agreement::{BadRelay, Fixed, Member, PoolTerms, Terms, Tickets, Wishes};
use proto::definition::{BadAddress, parse_address};
use proto::lock::Lock;
use proto::{Address, typed};
use thiserror::Error;

use crate::cmd::money::is_checked;
use builder::BuilderFlags;

/// Where the names of the database of timezones begin that its upkeepers want to be used; the
/// others there, such as `US/Eastern`, are old names of these.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

/// Why the flags make no terms.
#[derive(Debug, Error)]
pub enum DraftError {
    /// An address is mistyped.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The hash is mistyped.
    #[error("--safe-contracts ends with the hash of the proxy, 0x and 64 hex digits: change {0}")]
    ProxyHash(String),
    #[error(
        "the first version on Rocket Pool needs {0}: add it. (A cluster that is not at Rocket Pool \
         agrees on builders with --relay alone)"
    )]
    Missing(&'static str),
    #[error("{flag} names {name}, who is no operator of this cluster; they are {operators}")]
    Nobody {
        flag: &'static str,
        name: String,
        operators: String,
    },
    #[error("{flag} is given twice for {name}: give it once")]
    Twice { flag: &'static str, name: String },
    /// No relay is named so.
    #[error(transparent)]
    Relay(#[from] BadRelay),
    #[error("--share is NAME=POINTS, in basis points, of which 10000 are all: change {0}")]
    Share(String),
    #[error(
        "--timezone {0} is no name that Rocket Pool's other programs know: it is Continent/City of \
         the database of timezones, with capitals and _ for blanks, such as Europe/Berlin or \
         America/New_York (`timedatectl list-timezones` prints all), or Etc/UTC to say nothing of \
         where you are"
    )]
    Timezone(String),
}

/// The content of a version. What is left out is as in the version before.
#[derive(Debug, Args)]
pub struct Flags {
    /// The node account, if it is one account with a key. That key signs the agreement, and from
    /// the first deposit on the account never changes.
    #[arg(long, value_name = "ADDRESS")]
    node: Option<String>,
    /// The account with which an operator owns the node account, a Safe of all operators; what
    /// `gantry account new` printed. Once for each; later for whoever has a new one.
    #[arg(long = "account", value_name = "NAME=ADDRESS")]
    accounts: Vec<Named>,
    /// Safe's contracts of version 1.4.1 (its code, its factory, its handler) on a chain that is
    /// neither mainnet nor hoodi, if they are not at the addresses that all wallets know; and the
    /// Keccak-256 of the factory's `proxyCreationCode()` with the code's address as a word.
    #[arg(
        long,
        value_name = "CODE,FACTORY,HANDLER,HASH",
        num_args = 4,
        value_delimiter = ','
    )]
    safe_contracts: Vec<String>,
    /// RocketStorage on a chain that is neither mainnet nor hoodi.
    #[arg(long, value_name = "ADDRESS")]
    rocket_storage: Option<String>,
    /// Where ether goes.
    #[arg(long, value_name = "ADDRESS")]
    withdrawal: Option<String>,
    /// Where RPL goes; of the first version also where ether goes, unless this is given.
    #[arg(long, value_name = "ADDRESS")]
    rpl_withdrawal: Option<String>,
    /// What an operator gets, in basis points (10000 are all of it); once for each.
    #[arg(long = "share", value_name = "NAME=POINTS")]
    shares: Vec<Named>,
    /// The accounts from which an operator pays in; none if nothing stands after `=`.
    #[arg(long, value_name = "NAME=ADDRESS,…")]
    funding: Vec<Named>,
    /// The account with which an operator decides at the withdrawal address.
    #[arg(long = "owner", value_name = "NAME=ADDRESS")]
    owners: Vec<Named>,
    /// Whether the node is to be in the smoothing pool; `out` if it was never said.
    #[arg(long, value_name = "WHERE")]
    smoothing_pool: Option<SmoothingPool>,
    /// How many of the lock's validators are to be deposited; all if it was never said.
    #[arg(long, value_name = "NUMBER")]
    validators: Option<u64>,
    /// Tickets for the express queue; `use` if it was never said.
    #[arg(long, value_name = "WHAT")]
    tickets: Option<TicketsWish>,
    /// The timezone with which the node is registered, Continent/City such as Europe/Berlin;
    /// Etc/UTC if it was never said.
    #[arg(long, value_name = "NAME")]
    timezone: Option<String>,
    #[command(flatten)]
    builder: BuilderFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SmoothingPool {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TicketsWish {
    Use,
    Save,
}

/// `NAME=VALUE`, of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    value: String,
}

impl FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Flags {
    /// The terms of the first version of the cluster with this lock, or of the one that follows
    /// the version with the terms `before`. It is written at `now`, in Unix seconds.
    pub fn terms(
        &self,
        lock: &Lock,
        before: Option<&Terms>,
        now: u64,
    ) -> Result<Terms, DraftError> {
        let builder = self
            .builder
            .terms(before.and_then(|it| it.builder.as_ref()), now)?;
        let pool = before.and_then(|it| it.pool.as_ref());
        // What says something of builders alone need say nothing of Rocket Pool.
        let is_on_pool = pool.is_some() || builder.is_none() || self.says_pool();
        Ok(Terms {
            pool: is_on_pool.then(|| self.pool(lock, pool)).transpose()?,
            builder,
        })
    }

    /// Whether a flag is given that is about Rocket Pool.
    fn says_pool(&self) -> bool {
        let texts = [
            &self.node,
            &self.rocket_storage,
            &self.withdrawal,
            &self.rpl_withdrawal,
            &self.timezone,
        ];
        let lists = self.lists();
        texts.into_iter().any(Option::is_some)
            || lists.into_iter().any(|(_, list)| !list.is_empty())
            || self.smoothing_pool.is_some()
            || self.validators.is_some()
            || self.tickets.is_some()
    }

    fn pool(&self, lock: &Lock, before: Option<&PoolTerms>) -> Result<PoolTerms, DraftError> {
        let node_safe = self.node_safe(lock, before)?;
        let safe = node_safe
            .as_ref()
            .map(|safe| Founding::agreed(safe, lock).address());
        let known = safe.or(before.map(|it| it.fixed.node_account));
        let fixed = Fixed {
            rocket_storage: self.storage(lock, before)?,
            node_account: given(&self.node, known)?.ok_or(DraftError::Missing(
                "--account with an account of each operator, whose Safe is the node account (or \
                 --node with one account, on a test chain)",
            ))?,
        };
        let withdrawal = given(&self.withdrawal, before.map(|it| it.withdrawal))?
            .ok_or(DraftError::Missing("--withdrawal with where ether goes"))?;
        let rpl = given(&self.rpl_withdrawal, before.map(|it| it.rpl_withdrawal))?;
        Ok(PoolTerms {
            fixed,
            withdrawal,
            rpl_withdrawal: rpl.unwrap_or(withdrawal),
            members: self.members(lock, before)?,
            wishes: self.wishes(lock, before)?,
            node_safe,
        })
    }

    /// The addresses among the flags that were typed without a checksum.
    pub fn unchecked(&self) -> Vec<Address> {
        let single = [
            &self.node,
            &self.rocket_storage,
            &self.withdrawal,
            &self.rpl_withdrawal,
        ];
        let single = single.into_iter().flatten().map(String::as_str);
        let listed = self
            .funding
            .iter()
            .chain(&self.owners)
            .chain(&self.accounts);
        let listed = listed.flat_map(|named| named.value.split(','));
        let of_safe = self.safe_contracts.iter().take(3);
        let single = single.chain(of_safe.map(String::as_str));
        let mut found = Vec::new();
        for text in single.chain(listed).filter(|text| !is_checked(text)) {
            if let Ok(address) = parse_address(text)
                && !found.contains(&address)
            {
                found.push(address);
            }
        }
        found
    }

    fn storage(&self, lock: &Lock, before: Option<&PoolTerms>) -> Result<Address, DraftError> {
        let chain_id = lock.definition.terms().chain.execution_chain_id;
        let known = before.map(|it| it.fixed.rocket_storage);
        let known = known.or_else(|| storage_of(chain_id));
        given(&self.rocket_storage, known)?.ok_or(DraftError::Missing(
            "--rocket-storage, since gantry knows RocketStorage on mainnet and hoodi only",
        ))
    }

    fn members(&self, lock: &Lock, before: Option<&PoolTerms>) -> Result<Vec<Member>, DraftError> {
        let operators = &lock.definition.terms().operators;
        let names: Vec<&str> = operators.iter().map(|it| it.name.as_str()).collect();
        for (flag, list) in self.lists() {
            refuse_odd(flag, list, &names)?;
        }
        let member = |name: &str| {
            let old = before.and_then(|it| it.members.iter().find(|old| old.name == name));
            let of = |list: &[Named]| {
                let named = list.iter().find(|it| it.name == name);
                named.map(|it| it.value.clone())
            };
            let share = match (of(&self.shares), old) {
                (Some(text), _) => {
                    let share = text.parse();
                    share.map_err(|_| DraftError::Share(typed::shown(&text)))?
                }
                (None, Some(old)) => old.share,
                (None, None) => return Err(DraftError::Missing("--share for each operator")),
            };
            let funding = match of(&self.funding) {
                Some(list) => addresses(&list)?,
                None => old.map(|old| old.funding.clone()).unwrap_or_default(),
            };
            let owner = match of(&self.owners) {
                Some(text) if text.is_empty() => None,
                Some(text) => Some(parse_address(&text)?),
                None => old.and_then(|old| old.owner),
            };
            Ok(Member {
                name: name.to_owned(),
                share,
                funding,
                owner,
            })
        };
        names.into_iter().map(member).collect()
    }

    fn lists(&self) -> [(&'static str, &[Named]); 4] {
        [
            ("--account", &self.accounts),
            ("--share", &self.shares),
            ("--funding", &self.funding),
            ("--owner", &self.owners),
        ]
    }

    fn wishes(&self, lock: &Lock, before: Option<&PoolTerms>) -> Result<Wishes, DraftError> {
        if let Some(zone) = self.timezone.as_deref().filter(|zone| !is_zone(zone)) {
            return Err(DraftError::Timezone(typed::shown(zone)));
        }
        let old = before.map(|it| it.wishes.clone());
        let old = old.unwrap_or_else(|| Wishes {
            smoothing_pool: false,
            validators: lock.validators.len() as u64,
            tickets: Tickets::Use,
            timezone: "Etc/UTC".to_owned(),
        });
        let pool = self.smoothing_pool.map(|it| it == SmoothingPool::In);
        let tickets = self.tickets.map(|it| match it {
            TicketsWish::Use => Tickets::Use,
            TicketsWish::Save => Tickets::Save,
        });
        Ok(Wishes {
            smoothing_pool: pool.unwrap_or(old.smoothing_pool),
            validators: self.validators.unwrap_or(old.validators),
            tickets: tickets.unwrap_or(old.tickets),
            timezone: self.timezone.clone().unwrap_or(old.timezone),
        })
    }
}

/// Whether a text has the form of a timezone's name. Whether there is such a place only the
/// database knows.
fn is_zone(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_area = parts.next().is_some_and(|area| AREAS.contains(&area));
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_+-".contains(&b);
    let is_place =
        |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && part.bytes().all(fits);
    let mut places = parts.peekable();
    is_area && places.peek().is_some() && places.all(is_place)
}

/// The address that was typed, else the one that is known.
fn given(typed: &Option<String>, known: Option<Address>) -> Result<Option<Address>, BadAddress> {
    match typed {
        Some(text) => parse_address(text).map(Some),
        None => Ok(known),
    }
}

fn addresses(list: &str) -> Result<Vec<Address>, BadAddress> {
    let texts = list.split(',').filter(|text| !text.is_empty());
    texts.map(parse_address).collect()
}

/// Refuses a flag for nobody, and the same twice.
fn refuse_odd(flag: &'static str, list: &[Named], names: &[&str]) -> Result<(), DraftError> {
    for (at, named) in list.iter().enumerate() {
        let name = typed::shown(&named.name);
        if !names.contains(&named.name.as_str()) {
            let operators = names.join(", ");
            return Err(DraftError::Nobody {
                flag,
                name,
                operators,
            });
        }
        if list[..at].iter().any(|it| it.name == named.name) {
            return Err(DraftError::Twice { flag, name });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
