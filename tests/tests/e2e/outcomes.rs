//! What a peer says of its duties is what the chain's blocks say: counted here by another program
//! from the same chain, with half an epoch in which too few peers run to sign anything.

use std::collections::BTreeMap;

use devnet::ledger::{Duties, Ledger};
use node::report::duties::{DutyRecord, Outcome};
use node::report::status::EpochStatus;
use proto::{Epoch, Slot};

use crate::stand::{Stand, until};

/// How long after the last block that may carry a duty a peer may take to say what became of it:
/// eight slots until the block is believed, and one to look.
const PATIENCE: u64 = 16;

/// Lets half of the peers of a running stand be away for half an epoch, and compares what the
/// others say of all duties of the epochs around it.
pub async fn are_those_of_the_chain(stand: &mut Stand) {
    let slots = stand.api().slots_per_epoch();
    let (count, first) = stand.count().await;
    let silent = first.first_slot(slots);
    stand.moment(Slot(silent.0 + slots / 2), 700).await;
    for i in [2, 3] {
        stand.stop(i).await;
    }
    stand.moment(Slot(silent.0 + slots), 0).await;
    for i in [2, 3] {
        let site = &stand.site;
        stand.cluster.peers[i].start(site).unwrap();
    }
    for i in [2, 3] {
        stand.connected(i).await;
        stand.may_vote(i).await;
    }
    let ledger = count.close().await;
    let missed = ledger.missed().len();
    assert!(missed > 0, "nothing is signed by two of four");
    let expected = shown_by(&ledger);
    assert!(expected.len() > stand.plan.validators);
    for i in [0, 1] {
        let mut others = expected.len();
        until(
            "the peer says what the chain says",
            stand.slots(PATIENCE),
            || {
                let seen = seen_by(stand, i);
                let is_other = |(duty, shown): &(&Duty, &Became)| seen.get(duty) != Some(shown);
                let other: Vec<_> = expected.iter().filter(is_other).collect();
                if other.len() < others {
                    others = other.len();
                    let said: Vec<_> = other.iter().map(|(duty, _)| seen.get(duty)).collect();
                    println!("{other:?} of which the peer says {said:?}");
                }
                other.is_empty()
            },
        )
        .await;
        reasons(stand, i, silent);
        sums(stand, i, &ledger).await;
    }
}

/// A duty: slot, work, index.
type Duty = (u64, String, u64);
/// What became of it, and the slot of the block that has it.
type Became = (Outcome, Option<u64>);

/// What the chain's own count says of each duty that leaves a trace in it.
fn shown_by(ledger: &Ledger) -> BTreeMap<Duty, Became> {
    let attestations = ledger.attestations().iter().map(|((slot, index), packed)| {
        let became = match packed {
            Some(slot) => (Outcome::Done, Some(slot.0)),
            None => (Outcome::Missed, None),
        };
        ((slot.0, "attestation".to_owned(), *index), became)
    });
    let proposals = ledger.proposals().iter().map(|(slot, (index, made))| {
        let became = match made {
            true => (Outcome::Done, Some(slot.0)),
            false => (Outcome::Missed, None),
        };
        ((slot.0, "block".to_owned(), *index), became)
    });
    let messages = ledger
        .sync_messages()
        .into_iter()
        .map(|((block, of), signed)| {
            let became = match signed {
                true => (Outcome::Done, Some(block.0)),
                false => (Outcome::Missed, None),
            };
            ((block.0 - 1, "sync-message".to_owned(), of), became)
        });
    attestations.chain(proposals).chain(messages).collect()
}

/// What a peer says of each duty.
fn seen_by(stand: &Stand, i: usize) -> BTreeMap<Duty, Became> {
    let records = stand.records(i, &[]);
    let became = |it: DutyRecord| ((it.slot, it.work, it.index), (it.outcome, it.included));
    records.into_iter().map(became).collect()
}

/// Every miss has a reason in words, and names who was missing.
fn reasons(stand: &Stand, i: usize, since: Slot) {
    let missed = stand.records(i, &["--missed", "--since", &since.to_string()]);
    let is_alone = |record: &DutyRecord| {
        let reason = record.reason.as_ref();
        reason.is_some_and(|why| why.contains("too few peers connected"))
    };
    assert!(missed.iter().any(is_alone), "{missed:?}");
    for record in missed {
        // Which ones there are beside it is up to when the two are back and how busy they are.
        let reason = record.reason.as_ref();
        assert!(reason.is_some_and(|why| !why.is_empty()), "{record:?}");
        assert!(
            !is_alone(&record) || record.missing.len() == 2,
            "{record:?}"
        );
    }
}

/// The sums that a peer shows for each counted epoch are the chain's, and what was never packed
/// has earned nothing.
async fn sums(stand: &Stand, i: usize, ledger: &Ledger) {
    let mut lost = 0;
    for (epoch, of) in by_epoch(stand, ledger) {
        let owed = [of.attestations.expected, of.proposals.expected];
        let kept = [of.attestations.included, of.proposals.included];
        until(
            "the sums of an epoch are the chain's",
            stand.slots(PATIENCE),
            || {
                let shown = stand.status(i).unwrap().epochs;
                shown.iter().filter(|it| it.epoch == epoch.0).any(|it| {
                    let packed = it.included as f64 / it.attestations as f64;
                    [it.attestations, it.blocks] == owed.map(|count| count as u64)
                        && [it.included, it.proposed] == kept.map(|count| count as u64)
                        && it.effectiveness.is_some_and(|share| share <= packed)
                })
            },
        )
        .await;
        lost += of.attestations.missed();
    }
    assert!(lost > 0, "two of four have signed an attestation");
    let shown = stand.status(i).unwrap().epochs;
    let is_whole = |it: &EpochStatus| it.effectiveness.is_some_and(|share| share > 0.9);
    assert!(shown.iter().any(is_whole), "{shown:?}");
}

/// The duties of each counted epoch.
fn by_epoch(stand: &Stand, ledger: &Ledger) -> BTreeMap<Epoch, Duties> {
    let slots = stand.api().slots_per_epoch();
    let seats = ledger.attestations().keys();
    let epochs = seats.map(|(slot, _)| slot.epoch(slots));
    epochs.map(|epoch| (epoch, ledger.of(epoch))).collect()
}
