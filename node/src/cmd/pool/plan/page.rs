//! What `gantry pool plan` prints for a person.

use node_core::pool::plan::{Body, Need, Repeat, Sender, ToLeave};
use proto::agreement::PoolTerms;
use proto::definition::checksummed;
use proto::intent::IntentId;

use super::{Document, Tried};
use crate::cmd::pool::exits;
use crate::cmd::pool::lines::{entry, line};
use crate::pool::simulate::Simulated;

/// The page for a person.
pub(super) fn page(document: &Document<'_>, terms: &PoolTerms, to_leave: &[ToLeave]) -> String {
    let mut page = String::new();
    let (head, finalised) = (document.head_block.number, document.finalised_block.number);
    let intent = match &document.intent {
        Some(IntentId { number, hash }) => format!(" and intent {number} on it ({hash})"),
        None => String::new(),
    };
    line(
        &mut page,
        format!(
            "by version {} of the agreement ({}){intent},\nat block {head}; finalised is \
             {finalised}",
            document.version, document.agreement
        ),
    );
    if document.steps.is_empty() {
        line(&mut page, "\nNothing is to be done.");
    }
    for (number, tried) in (1..).zip(&document.steps) {
        of_step(&mut page, (number, tried), terms);
    }
    for to_leave in to_leave {
        line(&mut page, format!("\n{to_leave}"));
    }
    exits::page(&mut page, &document.exits);
    page
}

fn of_step(page: &mut String, (number, tried): (usize, &Tried<'_>), terms: &PoolTerms) {
    let step = tried.step;
    line(page, format!("\n{number}. {}", step.words));
    let node = checksummed(&terms.fixed.node_account);
    let sender = match step.sender {
        Sender::Node => format!("the node account {node}"),
        Sender::NodeOrWithdrawal => format!(
            "the node account {node}, or {}",
            checksummed(&terms.withdrawal)
        ),
        Sender::Anybody => "anybody".to_owned(),
        Sender::Itself(account) => format!(
            "{} itself, with its own wallet: gantry never sends this",
            checksummed(&account)
        ),
    };
    entry(page, "sent by", sender);
    if step.repeat == Repeat::OncePerNonce {
        entry(page, "twice", "never: it is bound to one nonce");
    }
    match &step.body {
        Body::Call(call) => {
            let to = checksummed(&call.to.address);
            entry(page, "to", format!("{to}, {}", call.contract));
            let wei = call.value.0;
            entry(page, "value", format!("{} ETH ({wei} wei)", call.value));
            entry(page, "call", &call.spelled);
            entry(page, "data", format!("0x{}", hex::encode(&call.data)));
        }
        Body::Needs(need) => entry(page, "needs", in_words(need)),
    }
    for wait in &step.waits {
        entry(page, "waits", wait);
    }
    let simulated = match &tried.simulated {
        Simulated::Passes => "would be done".to_owned(),
        Simulated::Refused(reason) => format!("would be refused: {reason}"),
        Simulated::NotYet => return,
    };
    entry(page, "simulated", simulated);
}

fn in_words(need: &Need) -> String {
    match need {
        Need::Deposits { credentials, keys } => format!(
            "signatures of {} keys for the credentials {credentials}",
            keys.len()
        ),
        Need::Validator(it) => format!("a proof of the state of validator {}", it.pubkey),
        Need::Withdrawal { of, slot } => format!(
            "a proof of the withdrawal of validator {} in slot {slot}",
            of.pubkey
        ),
    }
}
