//! The two tables of what became of duties, which the web server reads while the memory's thread
//! writes.
//!
//! Whoever calls this may wait for ever on a disk that hangs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Weak};

use proto::{DutyKind, Root};
use sled::Tree;

use super::outcomes::{Contribution, Row, Seen};

/// How many rows are kept: the duties of 14 days where every slot has some, more than a year of
/// one validator.
const ROWS: usize = 100_000;
/// How many counts of an epoch and a peer are kept: a year of the largest cluster.
const COUNTS: usize = 13 * 225 * 366;
/// After how many new rows it is looked if there are too many.
const OFTEN: usize = 1024;

/// The tables, to be read as long as the memory is open: its end waits for no reader, and no reader
/// for the end of files that hang.
#[derive(Debug, Clone)]
pub struct OutcomeBook(Weak<Tables>);

impl OutcomeBook {
    pub(super) fn of(tables: &Arc<Tables>) -> Self {
        Self(Arc::downgrade(tables))
    }

    /// The rows of these slots, the newest first. Those that cannot be read are passed over.
    pub fn within(&self, slots: Range<u64>) -> impl Iterator<Item = Row> + use<> {
        let rows = self.0.upgrade().map(|tables| tables.within(slots));
        rows.into_iter().flatten()
    }

    /// What each peer, by its position, has contributed from this epoch on.
    pub fn contributions(&self, since: u64) -> BTreeMap<u8, Contribution> {
        let sums = self.0.upgrade().map(|tables| tables.contributions(since));
        sums.unwrap_or_default()
    }
}

/// Both tables.
#[derive(Debug)]
pub(super) struct Tables {
    rows: Tree,
    /// By epoch and peer.
    counts: Tree,
}

impl Tables {
    /// Those of this cluster.
    pub(super) fn open(db: &sled::Db, cluster: Root) -> Result<Self, sled::Error> {
        let book = Self {
            rows: db.open_tree(format!("outcomes of {cluster}"))?,
            counts: db.open_tree(format!("contributions to {cluster}"))?,
        };
        book.forget_oldest()?;
        Ok(book)
    }

    /// Enters rows, then what the chain shows of rows that are there, then what peers gave.
    pub(super) fn enter(&self, news: &News) -> Result<(), sled::Error> {
        for row in &news.rows {
            self.put(row)?;
        }
        let mut by_slot: BTreeMap<u64, Vec<Seen>> = BTreeMap::new();
        for seen in &news.seen {
            by_slot.entry(seen.slot).or_default().push(seen.clone());
        }
        for (slot, seen) in by_slot {
            for mut row in self.within(slot..slot.saturating_add(1)) {
                let before = row.clone();
                row.enter(&seen);
                if row != before {
                    self.put(&row)?;
                }
            }
        }
        for ((epoch, peer), more) in &news.contributions {
            let key = [&epoch.to_be_bytes()[..], &[*peer]].concat();
            let mut count = self.count_at(&key)?;
            count.add(*more);
            self.counts.insert(key, in_json(&count))?;
        }
        Ok(())
    }

    /// Whether enough has been entered to look for what is to be forgotten.
    pub(super) fn forget_after(&self, entered: usize) -> Result<bool, sled::Error> {
        let is_time = entered >= OFTEN;
        if is_time {
            self.forget_oldest()?;
        }
        Ok(is_time)
    }

    pub(super) fn within(&self, slots: Range<u64>) -> impl Iterator<Item = Row> + use<> {
        let keys = slots.start.to_be_bytes()..slots.end.to_be_bytes();
        let rows = self.rows.range(keys).values().rev();
        rows.filter_map(|bytes| serde_json::from_slice(&bytes.ok()?).ok())
    }

    fn contributions(&self, since: u64) -> BTreeMap<u8, Contribution> {
        let mut sums: BTreeMap<u8, Contribution> = BTreeMap::new();
        let counts = self.counts.range(since.to_be_bytes()..);
        for (key, bytes) in counts.filter_map(Result::ok) {
            if let (Some(peer), Ok(count)) = (key.get(8), serde_json::from_slice(&bytes)) {
                sums.entry(*peer).or_default().add(count);
            }
        }
        sums
    }

    fn put(&self, row: &Row) -> Result<(), sled::Error> {
        // A kind of a later version would have a code that this one does not know.
        let kind = DutyKind::from_name(&row.kind).map_or(u8::MAX, DutyKind::code);
        let key = [&row.slot.to_be_bytes()[..], &[kind]].concat();
        self.rows.insert(key, in_json(row))?;
        Ok(())
    }

    fn count_at(&self, key: &[u8]) -> Result<Contribution, sled::Error> {
        let bytes = self.counts.get(key)?;
        let count = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(count.unwrap_or_default())
    }

    fn forget_oldest(&self) -> Result<(), sled::Error> {
        keep_newest(&self.rows, ROWS)?;
        keep_newest(&self.counts, COUNTS)
    }
}

/// Forgets the first ones of a table that holds more than so many.
pub(super) fn keep_newest(table: &Tree, most: usize) -> Result<(), sled::Error> {
    let surplus = table.len().saturating_sub(most);
    for key in table.iter().keys().take(surplus) {
        table.remove(key?)?;
    }
    Ok(())
}

fn in_json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and texts have a JSON form")
}

/// What is to be entered together.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) rows: Vec<Row>,
    pub(super) seen: Vec<Seen>,
    pub(super) contributions: BTreeMap<(u64, u8), Contribution>,
}
