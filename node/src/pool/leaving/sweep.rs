//! Finds the block in which the sweep of withdrawals came to a validator, without reading all.
//!
//! The sweep goes through the registry in one direction and begins anew behind its end. The last
//! withdrawal of a full block is the sweep's (what others have asked for stands before it, and
//! never fills a block), so it shows how far the sweep has come. A sweep that leaves room in its
//! blocks goes through 16,384 validators a slot, and has come to everybody within the first slots.
//!
//! Source: consensus-specs `electra/beacon-chain.md` (`get_expected_withdrawals`).

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
}

/// Whether a sweep that was at `from` and is at `to` has come past `index` on the way.
fn has_passed(from: u64, to: u64, index: u64) -> bool {
    match from <= to {
        true => from < index && index <= to,
        false => index > from || index <= to,
    }
}

/// The search for one validator, by its index, in the blocks of some slots.
pub struct Search<F> {
    pub index: u64,
    /// The first slot and the last one.
    pub slots: [u64; 2],
    /// The block of a slot, if there is one.
    pub block: F,
}

impl<E, F: AsyncFnMut(u64) -> Result<Option<Paid>, E>> Search<F> {
    /// The first block that paid the validator.
    ///
    /// # Errors
    /// As the blocks.
    pub async fn find(mut self) -> Result<Option<u64>, E> {
        let [first, last] = self.slots;
        let mut position = None;
        for slot in first..=last.min(first + ONE_BY_ONE) {
            match (self.block)(slot).await? {
                Some(Paid { is_it: true, .. }) => return Ok(Some(slot)),
                Some(paid) => position = paid.position.or(position),
                None => {}
            }
        }
        let (mut at, Some(mut place)) = (first + ONE_BY_ONE, position) else {
            return Ok(None);
        };
        while at < last {
            let next = last.min(at + (at - first) / FURTHER);
            let Some(there) = self.position_before(next, at).await? else {
                return Ok(None);
            };
            if has_passed(place, there, self.index) {
                return self.between((at, place), next).await;
            }
            (at, place) = (next, there);
        }
        Ok(None)
    }

    /// The slot behind `from` and up to `to` whose block paid the validator.
    async fn between(
        &mut self,
        (mut from, place): (u64, u64),
        mut to: u64,
    ) -> Result<Option<u64>, E> {
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            let there = self.position_before(middle, from).await?;
            match there.is_some_and(|there| has_passed(place, there, self.index)) {
                true => to = middle,
                false => from = middle,
            }
        }
        let paid = (self.block)(to).await?;
        Ok(paid.filter(|paid| paid.is_it).map(|_| to))
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
