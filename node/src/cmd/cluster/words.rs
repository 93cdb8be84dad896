//! A definition in words: what an operator reads before signing.

use proto::definition::{Chain, Definition, FeeRecipient, Gwei, Terms, Withdrawal, checksummed};
use proto::{Address, ClusterSize};

/// The definition in words.
pub(in crate::cmd) fn describe(definition: &Definition) -> String {
    let terms = definition.terms();
    let mut lines = vec![
        format!("Cluster           {}", terms.name),
        format!("Definition hash   {}", definition.hash()),
    ];
    lines.extend(chain_in_words(&terms.chain));
    lines.push(format!("Operators         {}", terms.operators.len()));
    for operator in &terms.operators {
        let addresses: Vec<String> = operator.addresses.iter().map(ToString::to_string).collect();
        let addresses = match addresses.as_slice() {
            [] => "no address given".to_owned(),
            some => some.join(", "),
        };
        lines.push(format!("  {:<15} {}", operator.name, operator.identity_key));
        lines.push(format!("  {:<15} {addresses}", ""));
    }
    lines.extend(money(terms));
    lines.push(String::new());
    lines.extend(budget(terms.size()));
    lines.push(String::new());
    lines.push(signatures(definition));
    lines.join("\n") + "\n"
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
fn money(terms: &Terms) -> Vec<String> {
    let amounts: Vec<String> = terms
        .deposit_amounts
        .iter()
        .map(ToString::to_string)
        .collect();
    let sum: u64 = terms.deposit_amounts.iter().map(|amount| amount.0).sum();
    let mut lines = vec![
        format!("Validators        {}", terms.validators),
        format!("Deposits of each  {}", amounts.join(" + ")),
    ];
    if sum < Gwei::FULL.0 {
        let note = "                  less than 32 ETH: no validator starts until the rest is paid";
        lines.push(note.to_owned());
    }
    match &terms.withdrawal {
        Withdrawal::Later => {
            let words = "settled after the ceremony; nothing can be deposited until then";
            lines.push(format!("Stake returns to  {words}"));
        }
        Withdrawal::One(_) | Withdrawal::Each(_) => {
            lines.extend(listed("Stake returns to", terms.withdrawal.addresses()));
        }
    }
    match &terms.fee_recipient {
        FeeRecipient::One(_) | FeeRecipient::Each(_) => {
            lines.extend(listed("Blocks pay", terms.fee_recipient.addresses()));
        }
    }
    lines
}

fn listed(title: &str, addresses: &[Address]) -> Vec<String> {
    let line = |(i, address)| match i {
        0 if addresses.len() == 1 => format!("{title:<17} {}", checksummed(address)),
        0 => format!("{title:<17} {} (validator 0)", checksummed(address)),
        i => format!("{:<17} {} (validator {i})", "", checksummed(address)),
    };
    addresses.iter().enumerate().map(line).collect()
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
        lines.push("  Take 4 operators or more for real money.".to_owned());
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
        "Signed by all operators: ready for the ceremony.".to_owned()
    } else {
        format!("Not yet signed by {}.", missing.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(n: usize) -> String {
        budget(ClusterSize::of(n).unwrap()).join("\n")
    }

    #[test]
    fn the_budget_of_four_is_one_offline_and_one_bad() {
        let text = words(4);
        assert!(text.contains("3 must sign"), "{text}");
        assert!(text.contains("- 1 may be offline"), "{text}");
        assert!(text.contains("- 1 may be malicious"), "{text}");
        assert!(!text.contains("NOTE"), "{text}");
    }

    #[test]
    fn a_chain_that_is_not_known_is_called_so_and_can_be_checked() {
        let identities = proto::example::identities(4);
        let shown = |change: fn(&mut Chain)| {
            let mut draft = proto::example::draft(&identities);
            change(&mut draft.chain);
            describe(&Definition::unsigned(Terms::new(draft).unwrap()))
        };
        assert!(!shown(|_| {}).contains("NOTE"));
        let own = shown(|chain| {
            chain.name = "Ethereum".to_owned();
            chain.execution_chain_id = 1337;
            chain.genesis_fork_version = [0; 4].into();
            chain.genesis_validators_root = [1; 32].into();
        });
        assert!(own.contains("gantry does not know this chain"), "{own}");
        assert!(own.contains("(it knows mainnet and hoodi)"), "{own}");
        assert!(
            own.contains("DEPOSIT_CONTRACT_ADDRESS at /eth/v1/config/spec"),
            "{own}"
        );
    }

    #[test]
    fn multiples_of_three_are_told_what_they_can_lose() {
        for n in 3..=13 {
            assert_eq!(words(n).contains("a multiple of 3"), n % 3 == 0, "n = {n}");
            assert_eq!(words(n).contains("enough to be slashed"), n == 3, "n = {n}");
        }
    }
}
