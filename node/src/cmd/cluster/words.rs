//! A definition in words: what an operator reads before signing.

use proto::definition::{
    Chain, Definition, FeeRecipient, Fingerprint, Gwei, Operator, Terms, Withdrawal, checksummed,
};
use proto::{Address, ClusterSize};

use crate::cmd::money;

/// The definition in words. `unchecked` are the addresses that stand in the file without a
/// checksum.
pub(in crate::cmd) fn describe(definition: &Definition, unchecked: &[Address]) -> String {
    content(definition, unchecked) + &signatures(definition) + "\n"
}

/// The definition in words, without who has signed it: it ends with an empty line.
pub(in crate::cmd) fn content(definition: &Definition, unchecked: &[Address]) -> String {
    let terms = definition.terms();
    let mut lines = vec![
        format!("Cluster           {}", terms.name),
        format!("Definition hash   {}", definition.hash()),
    ];
    let fingerprint = Fingerprint::of_hash(&definition.hash());
    // Three rows of fifteen digits: nobody loses the place while reading them out.
    for (row, groups) in fingerprint.groups().chunks(3).enumerate() {
        let title = if row == 0 { "  fingerprint" } else { "" };
        lines.push(format!("{title:<17} {}", groups.join(" ")));
    }
    lines.extend(chain_in_words(&terms.chain));
    lines.push(format!("Operators         {}", terms.operators.len()));
    lines.extend(terms.operators.iter().flat_map(operator_in_words));
    lines.extend(money_in_words(terms));
    lines.extend(warnings(terms, unchecked));
    lines.push(String::new());
    lines.extend(budget(terms.size()));
    if terms.version.has_exit_key() {
        lines.push(format!(
            "Any {} together can halt the cluster, and open the exits that are signed in advance.",
            terms.size().halting()
        ));
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

fn operator_in_words(operator: &Operator) -> [String; 3] {
    let addresses: Vec<String> = operator.addresses.iter().map(ToString::to_string).collect();
    let addresses = match addresses.as_slice() {
        [] => "no address given".to_owned(),
        some => some.join(", "),
    };
    let key = &operator.identity_key;
    [
        format!("  {:<15} {key}", operator.name),
        format!("    fingerprint   {}", Fingerprint::of_key(key)),
        format!("    reached at    {addresses}"),
    ]
}

/// The chain, and who vouches for it.
fn chain_in_words(chain: &Chain) -> Vec<String> {
    let mut lines = vec![
        format!("Chain             {}", chain.name),
        format!("  execution id    {}", chain.execution_chain_id),
        format!("  genesis fork    {}", chain.genesis_fork_version),
        format!("  genesis root    {}", chain.genesis_validators_root),
        format!("  deposits to     {}", checksummed(&chain.deposit_contract)),
    ];
    if !chain.is_known() {
        let words = [
            &format!(
                "  NOTE: gantry does not know this chain (it knows {}), whatever its name says.",
                Chain::KNOWN.join(" and ")
            ),
            "  Its values are the writer's of this file, and a false contract takes the stake.",
            "  Before you sign, ask your own nodes:",
            "    execution id    eth_chainId of your execution node",
            "    genesis fork    genesis_fork_version at /eth/v1/beacon/genesis",
            "    genesis root    genesis_validators_root at /eth/v1/beacon/genesis",
            "    deposits to     DEPOSIT_CONTRACT_ADDRESS at /eth/v1/config/spec",
        ];
        lines.extend(words.map(str::to_owned));
    }
    lines
}

/// How many validators, what is deposited, who is paid.
fn money_in_words(terms: &Terms) -> Vec<String> {
    let amounts: Vec<String> = terms
        .deposit_amounts
        .iter()
        .map(ToString::to_string)
        .collect();
    let each = Gwei(terms.deposit_amounts.iter().map(|amount| amount.0).sum());
    let all = Gwei(each.0.saturating_mul(terms.validators as u64));
    let mut lines = vec![format!("Validators        {}", terms.validators)];
    let is_later = matches!(terms.withdrawal, Withdrawal::Later);
    if is_later {
        let words = "1 ETH, later, through Rocket Pool; the rest comes from there";
        lines.push(format!("Deposits of each  {words}"));
    } else {
        lines.push(format!("Deposits of each  {}", amounts.join(" + ")));
        lines.push(format!(
            "  of all          {all} ({} × {each})",
            terms.validators
        ));
    }
    if each < Gwei::FULL && !is_later {
        let note = "                  less than 32 ETH: no validator starts until the rest is paid";
        lines.push(note.to_owned());
    }
    let validators = terms.validators;
    match &terms.withdrawal {
        Withdrawal::Later => {
            let words = "settled after the ceremony with `gantry pool agree`; nothing can be \
                         deposited until then";
            lines.push(format!("Stake returns to  {words}"));
        }
        Withdrawal::One(_) | Withdrawal::Each(_) => {
            let list = terms.withdrawal.addresses();
            lines.extend(money::listed("Stake returns to", list, validators));
        }
    }
    match &terms.fee_recipient {
        FeeRecipient::Later => {
            let words = "settled after the ceremony; no block is proposed until then";
            lines.push(format!("Blocks pay        {words}"));
        }
        FeeRecipient::One(_) | FeeRecipient::Each(_) => {
            let list = terms.fee_recipient.addresses();
            lines.extend(money::listed("Blocks pay", list, validators));
        }
    }
    lines.extend(money::BY_GANTRY.map(str::to_owned));
    lines
}

/// What nobody should sign, and what may be meant and costs dearly if it is not.
fn warnings(terms: &Terms, unchecked: &[Address]) -> Vec<String> {
    let unfit = terms.fit_to_sign().err();
    let unfit = unfit.map(|unfit| format!("REFUSED: nobody can sign this: {unfit}"));
    let cautions = terms.cautions();
    let cautions = cautions.iter().map(|caution| format!("WARNING: {caution}"));
    let unchecked = unchecked.iter().map(money::unchecked);
    unfit.into_iter().chain(cautions).chain(unchecked).collect()
}

/// What a cluster of this size stands, in words.
fn budget(size: ClusterSize) -> Vec<String> {
    let (n, t, margin) = (size.peers(), size.threshold(), size.safety_margin());
    let mut lines = vec![
        format!("With {n} operators, {t} must sign (this follows from {n} and cannot be changed):"),
        format!("  - {} may be offline, and duties go on;", size.silent()),
        format!(
            "  - {} may be malicious or have lost the signing record, whatever else happens,",
            margin - 1
        ),
        format!("    and nothing slashable can be signed; it takes {margin} of them together;"),
        format!(
            "  - {} may lie while duties still go on, as long as the others are online.",
            size.faulty()
        ),
    ];
    if size.safety_margin() == 1 {
        let note = "  NOTE: one bad operator, or one who loses the signing record, is enough to be \
                    slashed.";
        lines.push(note.to_owned());
        let words = [
            "  And if one operator's program claims, truly or not, that your signing record is an",
            "  old copy, yours signs nothing until you have called the others and told it so.",
            "  Take 4 operators or more for real money.",
        ];
        lines.extend(words.map(str::to_owned));
    }
    if size.has_ambiguous_quorums() {
        lines.push(format!(
            "  NOTE: {n} is a multiple of 3. If an operator falls silent at the wrong moment and \
             returns late,"
        ));
        lines.push(
            "  or withholds votes, a single duty can be lost (never slashed). Other sizes do not \
             have this."
                .to_owned(),
        );
    }
    lines
}

/// Who has signed, who has not.
pub(super) fn signatures(definition: &Definition) -> String {
    let missing = definition.unsigned_by();
    if missing.is_empty() {
        "Signed by all operators: ready for the ceremony. Every operator needs this file, and runs \
         `gantry dkg` with it."
            .to_owned()
    } else {
        format!(
            "Not yet signed by {}: pass this file on, or send it to whoever gathers the copies \
             with `gantry cluster merge`.",
            missing.join(", ")
        )
    }
}

#[cfg(test)]
mod tests;
