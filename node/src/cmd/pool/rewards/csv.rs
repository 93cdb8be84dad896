//! Every movement as a line with commas. Nothing in it is anybody's text, so nothing is quoted.

use node_core::pool::ledger::account::{Account, Entry, Reason};
use node_core::pool::ledger::report::{Since, address_of, named};
use proto::definition::checksummed;

use super::super::lines::line;
use super::since::date;

/// The table with its head.
pub(super) fn table(entries: &[Entry], since: Since) -> String {
    let mut table = String::new();
    line(
        &mut table,
        "date,block,transaction,reason,asset,amount,from,from address,to,to address",
    );
    for entry in entries.iter().filter(|it| since.has(it)) {
        let date = date(entry.time);
        let transaction = entry.transaction.map_or(String::new(), |it| it.to_string());
        let start = format!(
            "{date},{},{transaction},{}",
            entry.block,
            word(entry.reason)
        );
        for moved in &entry.moves {
            let (from, to) = (side(&moved.from), side(&moved.to));
            let (asset, amount) = (moved.asset.unit(), moved.amount.get());
            line(&mut table, format!("{start},{asset},{amount},{from},{to}"));
        }
    }
    table
}

fn side(account: &Account) -> String {
    let address = address_of(account).map_or(String::new(), checksummed);
    format!("{},{address}", named(account))
}

/// Why, in a few words.
pub(super) fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Opening => "there before",
        Reason::PaidIn => "paid in",
        Reason::TakenBack => "taken back",
        Reason::Bonded => "bonded",
        Reason::Credited => "made credit",
        Reason::BondBack => "validator ended",
        Reason::CreditPaid => "credit paid out",
        Reason::Withdrawn => "beacon withdrawal",
        Reason::Tips => "tips",
        Reason::Sent => "sent to megapool",
        Reason::Distributed => "distributed",
        Reason::Claimed => "claimed",
        Reason::Interval => "interval rewards",
        Reason::Outstanding => "outstanding",
        Reason::Unclaimed => "unclaimed paid",
        Reason::DebtMade => "debt made",
        Reason::DebtPaid => "debt paid",
        Reason::Staked => "RPL staked",
        Reason::Unstaked => "RPL back",
        Reason::Gift => "gift",
        Reason::PaidOut => "paid out",
        Reason::Unexplained => "unexplained",
    }
}
