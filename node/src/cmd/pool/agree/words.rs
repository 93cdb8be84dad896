//! A version of the agreement in words: what an operator reads before signing.

use std::path::Path;

use node_core::pool::agreement::{Agreement, Merged, cautions};
use node_core::safe::founding::Contracts;
use proto::agreement::{BuilderTerms, Member, NodeSafe, PoolTerms, Terms, Tickets};
use proto::definition::{Fingerprint, checksummed};
use proto::{Address, ClusterSize};

use crate::cmd::money;

/// The newest version in words, and who has signed it. `unchecked` are the addresses that stand in
/// the file, or were typed, without a checksum.
pub(super) fn describe(agreement: &Agreement, unchecked: &[Address]) -> String {
    let version = agreement.last();
    let content = &version.content;
    let cluster = &agreement.lock().definition.terms().name;
    let mut lines = vec![
        format!("Agreement         version {} of {cluster}", content.number),
        format!("Lock hash         {}", content.lock),
        format!("Agreement hash    {}", version.hash),
    ];
    let fingerprint = Fingerprint::of_hash(&version.hash);
    // Three rows of fifteen digits: nobody loses the place while reading them out.
    for (row, groups) in fingerprint.groups().chunks(3).enumerate() {
        let title = if row == 0 { "  fingerprint" } else { "" };
        lines.push(format!("{title:<17} {}", groups.join(" ")));
    }
    if let Some(previous) = content.previous {
        lines.push(format!("Follows           {previous}"));
    }
    lines.extend(agreement.given_up().iter().map(|it| {
        let (number, hash) = (it.content.number, it.hash);
        format!("Gives up          version {number}, {hash}, which not all have signed")
    }));
    let entries = entries(&content.terms, agreement.lock().validators.len());
    lines.extend(entries.iter().map(Entry::line));
    let on_pool = content.terms.pool.iter();
    lines.extend(on_pool.map(|_| {
        "Each validator    one deposit of 1 ETH is signed, whatever the lock's deposits say; the \
         rest\n                  comes from Rocket Pool, and all returns to the node's megapool"
            .to_owned()
    }));
    lines.extend(money::BY_GANTRY.map(str::to_owned));
    let cautions = cautions(&content.terms);
    lines.extend(cautions.iter().map(|caution| format!("WARNING: {caution}")));
    lines.extend(unchecked.iter().map(money::unchecked));
    lines.push(String::new());
    lines.extend(changes(agreement));
    lines.join("\n") + "\n" + &signatures(agreement) + "\n"
}

/// One thing that is agreed: whose it is if it is one operator's, what, and its value.
#[derive(PartialEq, Eq)]
struct Entry<'a> {
    whose: Option<&'a str>,
    title: String,
    value: String,
}

impl Entry<'_> {
    fn line(&self) -> String {
        format!("{:<17} {}", self.title, self.value)
    }

    /// The same, where it stands alone.
    fn alone(&self) -> String {
        let (title, value) = (self.title.trim(), &self.value);
        match self.whose {
            Some(name) if name != title => format!("{name} {title}: {value}"),
            Some(_) | None => format!("{title}: {value}"),
        }
    }
}

fn entries(terms: &Terms, there: usize) -> Vec<Entry<'_>> {
    let pool = terms.pool.iter().flat_map(|it| of_pool(it, there));
    pool.chain(terms.builder.iter().flat_map(of_builder))
        .collect()
}

/// Whose bids are taken. When it was written says nothing to a person.
fn of_builder(terms: &BuilderTerms) -> Vec<Entry<'_>> {
    let entry = |title: &str, value: String| Entry {
        whose: None,
        title: title.to_owned(),
        value,
    };
    if terms.relays.is_empty() {
        return vec![entry("Blocks", "built by your own nodes only".to_owned())];
    }
    let relays = terms.relays.iter();
    let mut all: Vec<Entry<'_>> = relays.map(|it| entry("Relay", it.named())).collect();
    all.extend([
        entry("Gas limit", terms.gas_limit.to_string()),
        entry(
            "A bid counts",
            format!("{} % of what it offers", terms.boost_factor),
        ),
    ]);
    all
}

fn of_pool(terms: &PoolTerms, there: usize) -> Vec<Entry<'_>> {
    let entry = |title: &str, value: String| Entry {
        whose: None,
        title: title.to_owned(),
        value,
    };
    let mut all = vec![
        entry("RocketStorage", checksummed(&terms.fixed.rocket_storage)),
        entry("Node account", checksummed(&terms.fixed.node_account)),
        entry("Ether goes to", checksummed(&terms.withdrawal)),
        entry("RPL goes to", checksummed(&terms.rpl_withdrawal)),
        entry("Operators", terms.members.len().to_string()),
    ];
    if let Some(safe) = &terms.node_safe {
        all.splice(2..2, of_safe(safe, terms.members.len()));
    }
    for (at, member) in terms.members.iter().enumerate() {
        all.extend(of_member(member));
        let owner = terms.node_safe.as_ref().and_then(|it| it.owners.get(at));
        all.extend(owner.map(|owner| Entry {
            whose: Some(&member.name),
            title: "    signs with".to_owned(),
            value: checksummed(owner),
        }));
    }
    let wishes = &terms.wishes;
    let pool = match wishes.smoothing_pool {
        true => "in",
        false => "out",
    };
    let tickets = match wishes.tickets {
        Tickets::Use => "used whenever there is one",
        Tickets::Save => "saved",
    };
    let validators = format!("{} of the {there} in the lock", wishes.validators);
    all.extend([
        entry("Smoothing pool", pool.to_owned()),
        entry("Validators", validators),
        entry("Express tickets", tickets.to_owned()),
        entry("Timezone", wishes.timezone.clone()),
    ]);
    all
}

/// What the Safe that is the node account was made of, and who owned it then.
fn of_safe(safe: &NodeSafe, operators: usize) -> Vec<Entry<'_>> {
    let entry = |title: &str, value: String| Entry {
        whose: None,
        title: title.to_owned(),
        value,
    };
    let made = match Contracts::agreed(safe) == Contracts::canonical() {
        true => "Safe 1.4.1, by the contracts that all wallets know".to_owned(),
        false => format!(
            "code {}, factory {}, handler {}, proxy hash {}",
            checksummed(&safe.singleton),
            checksummed(&safe.factory),
            checksummed(&safe.handler),
            safe.proxy_hash
        ),
    };
    let signs = ClusterSize::of(operators).map_or(operators, ClusterSize::threshold);
    let founders: Vec<String> = safe.founders.iter().map(checksummed).collect();
    vec![
        entry(
            "  is a Safe",
            format!("of all operators: any {signs} of them act, and no fewer"),
        ),
        entry("  made as", made),
        entry("  founders", founders.join(" ")),
    ]
}

fn of_member(member: &Member) -> Vec<Entry<'_>> {
    let entry = |title: &str, value: String| Entry {
        whose: Some(&member.name),
        title: title.to_owned(),
        value,
    };
    let (whole, rest) = (member.share / 100, member.share % 100);
    let mut all = vec![entry(
        &format!("  {}", member.name),
        format!("gets {whole}.{rest:02} %"),
    )];
    let funding = member.funding.iter();
    all.extend(funding.map(|it| entry("    pays from", checksummed(it))));
    let owner = member.owner.iter();
    all.extend(owner.map(|it| entry("    decides with", checksummed(it))));
    all
}

/// What is otherwise than in the version before that all have signed.
fn changes(agreement: &Agreement) -> Vec<String> {
    let Some(before) = agreement.complete_before() else {
        return Vec::new();
    };
    let there = agreement.lock().validators.len();
    let both = [&before.content.terms, &agreement.last().content.terms];
    changed(both, there, before.content.number)
}

/// What a copy brought into the own one, which may be the same as before, in a line or none.
pub(super) fn brought(file: &Path, merged: &Merged, is_same: bool) -> String {
    let file = file.display();
    match merged {
        Merged::Level if is_same => {
            format!("{file} has brought nothing: your copy has all that stands there.\n")
        }
        Merged::Level => String::new(),
        Merged::Newer => format!("{file} has brought versions that your copy lacked.\n"),
        Merged::Older(lacking) => format!(
            "{file} is older than your copy: it lacks version {}, {lacking}. Send yours to \
             whoever sent it.\n",
            lacking.number
        ),
        Merged::InPlace(given_up) => format!(
            "{file} has another version in place of {} of your copy, {given_up}: that one is \
             given up.\n",
            given_up.number
        ),
    }
}

/// What of the second terms is otherwise than in the first, those of version `number`.
fn changed([old, new]: [&Terms; 2], there: usize, number: u64) -> Vec<String> {
    let (old, new) = (entries(old, there), entries(new, there));
    let gone = old.iter().filter(|it| !new.contains(it));
    let come = new.iter().filter(|it| !old.contains(it));
    let mut lines = vec![format!("New since version {number}:")];
    lines.extend(gone.map(|it| format!("  - {}", it.alone())));
    lines.extend(come.map(|it| format!("  + {}", it.alone())));
    lines.push(String::new());
    lines
}

/// Who has signed the newest version, and which one is in force.
pub(super) fn signatures(agreement: &Agreement) -> String {
    let number = agreement.last().content.number;
    let missing = agreement.unsigned_by();
    if missing.is_empty() {
        return format!(
            "Version {number} is signed by all: in force with everybody who has this file beside \
             the lock."
        );
    }
    let until = match agreement.in_force() {
        Ok(version) => format!("version {} stays in force", version.content.number),
        Err(_) => "nothing is in force".to_owned(),
    };
    format!(
        "Version {number} is not yet signed by {}, and until then {until}: send this file to \
         whoever gathers the copies with `gantry pool agree merge`.",
        missing.join(", ")
    )
}

#[cfg(test)]
mod tests;
