//! What the curve work of this process costs: the operations that `dkg` counts, each times what it
//! costs here. The cost is measured once, when it is first asked for, in about 20 ms.
//!
//! The measurement is CPU time of a thread that does nothing else, the best of three: work between
//! other work, with colder caches, takes somewhat more, so the product is a lower bound and what
//! is left of the process's CPU time is no less than it is.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dkg::bls::work::{Operation, Sample, Tally};
use rustix::time::{ClockId, clock_gettime};

/// Timings of which the best counts.
const TIMINGS: usize = 3;

static COSTS: OnceLock<[f64; Operation::ALL.len()]> = OnceLock::new();

/// The curve work that was done, for whoever shows it meanwhile.
#[derive(Debug, Default)]
pub struct CurveWork([AtomicU64; Operation::ALL.len()]);

impl CurveWork {
    /// Adds what was done since.
    pub fn add(&self, tally: &Tally) {
        for (sum, operation) in self.0.iter().zip(Operation::ALL) {
            sum.fetch_add(tally.of(operation), Ordering::Relaxed);
        }
    }

    /// Seconds of CPU time that it took. The first call measures: not for an async task.
    pub fn seconds(&self) -> f64 {
        let costs = COSTS.get_or_init(measure);
        let done = self.0.iter().map(|done| done.load(Ordering::Relaxed));
        done.zip(costs).map(|(done, cost)| done as f64 * cost).sum()
    }
}

/// Seconds that one operation of each kind takes.
fn measure() -> [f64; Operation::ALL.len()] {
    let sample = Sample::default();
    Operation::ALL.map(|operation| {
        let timings = (0..TIMINGS).map(|_| {
            let before = cpu_time();
            let times = sample.perform(operation);
            (cpu_time() - before).as_secs_f64() / f64::from(times)
        });
        timings.fold(f64::INFINITY, f64::min)
    })
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).expect("CPU time is not negative");
    Duration::from_secs(seconds) + Duration::from_nanos(now.tv_nsec.unsigned_abs())
}

#[cfg(test)]
mod tests;
