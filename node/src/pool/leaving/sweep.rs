//! Finds the block in which the sweep of withdrawals came to a validator, without reading all.
//!
//! The sweep goes through the registry in one direction and begins anew behind its end. The last
//! withdrawal of a full block is the sweep's (what others have asked for stands before it, and
//! never fills a block), so it shows how far the sweep has come. A sweep that leaves room in its
//! blocks goes through 16,384 validators a slot, and has come to everybody within the first slots.
//!
//! A beacon node answers alike for a slot that was missed and for a block that it does not have.
//! So nothing is found unless the first block is seen to follow one from before the first slot, and
//! each of the first ones the one before it: a small withdrawal later on would stand for the true
//! one else. Behind them a block that lacks can hide no whole turn of the sweep.
//!
//! Source: consensus-specs `electra/beacon-chain.md` (`get_expected_withdrawals`).

use proto::Root;

/// So many slots are looked at one by one.
const ONE_BY_ONE: u64 = 64;
/// How much further the next look is than all slots before it: an eighth. A sweep that has not come
/// to the validator yet cannot begin anew within that.
const FURTHER: u64 = 8;
/// How many slots in a row may be missed, or have room left, before the search gives up.
const MOST_EMPTY: u64 = 64;

/// What of a block matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// Whether it paid the validator.
    pub is_it: bool,
    /// How far the sweep had come, if the block is full.
    pub position: Option<u64>,
    /// The block, and the one that it follows.
    pub root: Root,
    pub parent: Root,
}

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The slot of the first block that paid the validator.
    At(u64),
    /// No block up to the last slot did.
    NotYet,
    /// The blocks behind this slot do not show it.
    Lost(u64),
}

/// Whether a sweep that was at `from` and is at `to` has come past `index` on the way.
fn has_passed(from: u64, to: u64, index: u64) -> bool {
    match from <= to {
        true => from < index && index <= to,
        false => index > from || index <= to,
    }
}

/// The search for one validator, by its index, in the blocks of some slots.
pub struct Search<F, G> {
    pub index: u64,
    /// The first slot and the last one, which has a block.
    pub slots: [u64; 2],
    /// The block of a slot, if there is one.
    pub block: F,
    /// The slot of a block, if it is there.
    pub slot_of: G,
}

/// What the first slots show.
enum First {
    Over(Found),
    /// The last block of them, and how far the sweep had come by then.
    Seen {
        at: u64,
        place: u64,
    },
}

impl<E, F, G> Search<F, G>
where
    F: AsyncFnMut(u64) -> Result<Option<Paid>, E>,
    G: AsyncFnMut(Root) -> Result<Option<u64>, E>,
{
    /// The first block that paid the validator.
    ///
    /// # Errors
    /// As the blocks.
    pub async fn find(mut self) -> Result<Found, E> {
        let [first, last] = self.slots;
        let (mut at, mut place) = match self.one_by_one().await? {
            First::Over(found) => return Ok(found),
            First::Seen { at, place } => (at, place),
        };
        while at < last {
            let next = last.min(at + (at - first) / FURTHER);
            let Some(there) = self.position_before(next, at).await? else {
                return Ok(Found::Lost(at));
            };
            if has_passed(place, there, self.index) {
                return self.between((at, place), next).await;
            }
            (at, place) = (next, there);
        }
        Ok(Found::NotYet)
    }

    /// Looks at the first slots, whose blocks have to follow each other.
    async fn one_by_one(&mut self) -> Result<First, E> {
        let [first, last] = self.slots;
        let (mut seen, mut position) = (None, None);
        for slot in first..=last.min(first + ONE_BY_ONE) {
            let Some(paid) = (self.block)(slot).await? else {
                continue;
            };
            let follows = match seen {
                Some((_, root)) => paid.parent == root,
                None => {
                    let before = (self.slot_of)(paid.parent).await?;
                    before.is_some_and(|before| before < first)
                }
            };
            if !follows {
                let behind = seen.map_or(first, |(slot, _)| slot);
                return Ok(First::Over(Found::Lost(behind)));
            }
            if paid.is_it {
                return Ok(First::Over(Found::At(slot)));
            }
            seen = Some((slot, paid.root));
            position = paid.position.or(position);
        }
        Ok(match (seen, position) {
            _ if last <= first + ONE_BY_ONE => First::Over(Found::NotYet),
            (Some((at, _)), Some(place)) => First::Seen { at, place },
            (Some((at, _)), None) => First::Over(Found::Lost(at)),
            (None, _) => First::Over(Found::Lost(first)),
        })
    }

    /// The slot behind `from` and up to `to` whose block paid the validator.
    async fn between(&mut self, (mut from, place): (u64, u64), mut to: u64) -> Result<Found, E> {
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            let there = self.position_before(middle, from).await?;
            match there.is_some_and(|there| has_passed(place, there, self.index)) {
                true => to = middle,
                false => from = middle,
            }
        }
        let paid = (self.block)(to).await?;
        Ok(match paid.is_some_and(|paid| paid.is_it) {
            true => Found::At(to),
            false => Found::Lost(from),
        })
    }

    /// How far the sweep had come at this slot, by the last full block up to it, if there is one
    /// behind `after`.
    async fn position_before(&mut self, slot: u64, after: u64) -> Result<Option<u64>, E> {
        let empty = usize::try_from(MOST_EMPTY).unwrap_or(usize::MAX);
        for slot in (after + 1..=slot).rev().take(empty) {
            let paid = (self.block)(slot).await?;
            if let Some(there) = paid.and_then(|paid| paid.position) {
                return Ok(Some(there));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
