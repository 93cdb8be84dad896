//! The ledger for a person.

use node_core::pool::ledger::account::{Amount, Reason};
use node_core::pool::ledger::report::{Part, Report, There};

use super::super::lines::{entry, line};
use super::csv::word;
use super::since::date;

/// All of it.
pub(super) fn page(report: &Report, agreement: u64) -> String {
    let mut page = String::new();
    let (began, to) = (&report.began, &report.to);
    line(
        &mut page,
        format!(
            "Ledger from block {} ({}) to the finalised block {} ({})\n",
            began.number,
            date(began.time),
            to.number,
            date(to.time)
        ),
    );
    line(&mut page, "what moved:");
    for total in report
        .totals
        .iter()
        .filter(|it| it.reason != Reason::Unexplained)
    {
        let amount = format!("{} {}", total.amount, total.asset.unit());
        let way = format!("{amount:<28} {} -> {}", total.from, total.to);
        entry(&mut page, word(total.reason), way);
    }
    line(&mut page, "\nwhat is there, by the chain:");
    for there in &report.there {
        at(&mut page, there);
    }
    unexplained(&mut page, report);
    line(
        &mut page,
        format!(
            "\nparts: earnings by the shares of version {agreement} of the agreement, principal \
             that\ncame back by what was paid in; how much an operator has signed does not count"
        ),
    );
    for part in &report.parts {
        operator(&mut page, part);
    }
    if report.lost != Amount::ZERO {
        let lost = report.lost.wei();
        let words = format!("{lost} ETH, divided by no rule that is agreed on");
        entry(&mut page, "lost", words);
    }
    page
}

fn at(page: &mut String, there: &There) {
    let amount = format!("{} {}", there.amount, there.asset.unit());
    entry(page, there.account, amount);
}

fn unexplained(page: &mut String, report: &Report) {
    let all = report.unexplained.iter();
    let all: Vec<String> = all.map(|(unit, sum)| format!("{sum} {unit}")).collect();
    line(page, format!("\nunexplained: {}", all.join(", ")));
    for there in &report.unexplained_in {
        at(page, there);
    }
    if report.unread > 0 {
        let times = report.unread;
        line(
            page,
            format!(
                "  {times} times there was more to read than is read at once: what came then from \
                 the\n  beacon chain or by many small payments is in it"
            ),
        );
    }
}

fn operator(page: &mut String, part: &Part) {
    let name = part.name.as_deref().unwrap_or("nobody declared");
    let wei = |amount: Amount| amount.wei();
    let mut words = format!(
        "paid in {} ETH, principal back {} ETH, earned {} ETH",
        wei(part.paid_in),
        part.principal,
        wei(part.earned)
    );
    let more = [
        (part.earned_rpl, "RPL earned"),
        (part.sent, "ETH sent to the Safe"),
        (part.received, "ETH paid by the Safe"),
    ];
    for (amount, what) in more.into_iter().filter(|(it, _)| *it != Amount::ZERO) {
        words.push_str(&format!(", {} {what}", wei(amount)));
    }
    entry(page, name, words);
}
