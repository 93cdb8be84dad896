//! All periods, one after the other.

use thiserror::Error;

use super::account::{Balances, Entry, post};
use super::entries;
use super::holdings::{Arrivals, Holdings};
use super::period::{Blocks, Mark, Period};

/// A period cannot follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// It begins elsewhere.
    #[error("a period begins after block {found}, and the ledger ends with block {ends}")]
    Gap {
        /// Where it begins.
        found: u64,
        /// Where it would have to.
        ends: u64,
    },
    /// It begins after another block of the same number.
    #[error(
        "block {0} is another one than before, and was final: this node follows another chain than \
         the one that wrote the ledger"
    )]
    OtherBlock(u64),
    /// It ends before it begins.
    #[error("a period ends with block {0}, where it begins or before")]
    Backwards(u64),
    /// Nothing says what there was before.
    #[error("the ledger does not begin with what there was")]
    NoOpening,
    /// Where ether and RPL arrive is another place, and nothing says what was there.
    #[error("the addresses have changed at block {0}, and what was there is not said")]
    OtherArrivals(u64),
}

/// Where the books end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// With which block.
    pub mark: Mark,
    /// What there is.
    pub holdings: Holdings,
    /// Where ether and RPL arrive.
    pub arrivals: Arrivals,
}

/// The books.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// With which block they begin.
    pub began: Option<Mark>,
    /// Where they end.
    pub end: Option<End>,
    /// All entries.
    pub entries: Vec<Entry>,
    /// What each account has.
    pub balances: Balances,
    /// How many times began whose blocks could not be read.
    pub unread: u64,
}

impl Books {
    /// Takes the next period in.
    ///
    /// # Errors
    /// If it cannot follow. Nothing is changed then.
    pub fn take(&mut self, period: &Period) -> Result<(), Unfit> {
        self.check(period)?;
        let nothing = Holdings::default();
        let before = self.end.as_ref().map_or(&nothing, |end| &end.holdings);
        let entries = entries::of(before, period);
        for entry in &entries {
            post(&mut self.balances, entry);
        }
        self.entries.extend(entries);
        self.began.get_or_insert(period.to);
        self.unread += u64::from(period.blocks == Blocks::Unread);
        self.end = Some(End {
            mark: period.to,
            holdings: period.holdings.clone(),
            arrivals: period.arrivals,
        });
        Ok(())
    }

    fn check(&self, period: &Period) -> Result<(), Unfit> {
        let number = period.to.number;
        let Some(end) = &self.end else {
            return match period.after {
                None => Ok(()),
                Some(_) => Err(Unfit::NoOpening),
            };
        };
        let is_anew = period.after.is_none() && period.arrivals != end.arrivals;
        if is_anew && period.to == end.mark {
            return Ok(());
        }
        if number <= end.mark.number {
            return Err(Unfit::Backwards(number));
        }
        let Some(after) = period.after else {
            return Ok(());
        };
        if after.number != end.mark.number {
            let (found, ends) = (after.number, end.mark.number);
            return Err(Unfit::Gap { found, ends });
        }
        if after != end.mark {
            return Err(Unfit::OtherBlock(after.number));
        }
        match period.arrivals == end.arrivals {
            true => Ok(()),
            false => Err(Unfit::OtherArrivals(number)),
        }
    }
}
