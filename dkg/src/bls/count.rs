//! How many curve operations were done, by kind: counted and never timed, since the core has no
//! clock. Counted is what duties and key files need; the ceremony's own sums (small multiples,
//! commitments) are not.
//!
//! What a thread does is noted beside the work, so that no signature of a function has to carry a
//! counter along; what comes out is a value, [`Tally`], for whoever asked with [`counted`].
//!
//! So what a new thread does is lost unless it is [credited](Tally::credit). To make that
//! impossible every signature would carry a counter, or one would count for the whole process,
//! whatever of it somebody asked about. Both are worse: this crate starts no thread, and who does
//! so around its work (the keystores of `node` are the one place) has a test that nothing is lost.

use std::cell::Cell;

/// A kind of curve operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Hashing a message to G2.
    Hash,
    /// A full multiple of G1's generator: the public key of a share.
    Key,
    /// A full multiple in G2: a signature, or the division that some combinations need.
    Multiple,
    /// Decoding a public key and checking that it is one.
    DecodeKey,
    /// Decompressing a point of G2.
    Decompress,
    /// Checking that a point of G2 lies in the group.
    Check,
    /// An addition or a doubling in G2.
    Addition,
    /// One point of a sum of points of G1 with weights of 64 bits, at what it costs in a sum of 32;
    /// a weight of 128 bits counts as two.
    WeightedKey,
    /// The same in G2.
    WeightedSignature,
    /// One verification: a product of two pairings.
    Verification,
}

impl Operation {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Hash,
        Self::Key,
        Self::Multiple,
        Self::DecodeKey,
        Self::Decompress,
        Self::Check,
        Self::Addition,
        Self::WeightedKey,
        Self::WeightedSignature,
        Self::Verification,
    ];
}

/// How many operations of each kind were done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([u64; Operation::ALL.len()]);

impl Tally {
    /// How many of this kind.
    pub fn of(&self, operation: Operation) -> u64 {
        self.0[operation as usize]
    }

    /// Counts what another thread has done for this one as if this one had.
    pub fn credit(self) {
        for operation in Operation::ALL {
            count(operation, self.of(operation));
        }
    }
}

thread_local! {
    /// What this thread has done since it began. It only grows.
    static DONE: [Cell<u64>; Operation::ALL.len()] =
        const { [const { Cell::new(0) }; Operation::ALL.len()] };
}

/// Does `work`, and tells what curve work it took: on this thread, and [credited](Tally::credit)
/// to it.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Tally) {
    let before = so_far();
    let result = work();
    let mut tally = so_far();
    for (done, earlier) in tally.0.iter_mut().zip(before.0) {
        *done -= earlier;
    }
    (result, tally)
}

fn so_far() -> Tally {
    DONE.with(|done| Tally(std::array::from_fn(|kind| done[kind].get())))
}

/// Counts operations that are about to be done.
pub(super) fn count(operation: Operation, times: u64) {
    DONE.with(|done| {
        let done = &done[operation as usize];
        done.set(done.get() + times);
    });
}

#[cfg(test)]
mod tests;
