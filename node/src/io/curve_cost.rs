//! What the curve work of this process costs: the operations that `dkg` has counted, each times
//! what it costs here. The cost is measured once, when it is first asked for, in about 20 ms.
//!
//! The measurement is CPU time of a thread that does nothing else, the best of three: work between
//! other work, with colder caches, takes somewhat more, so the product is a lower bound and what
//! is left of the process's CPU time is no less than it is.

use std::sync::OnceLock;
use std::time::Duration;

use dkg::bls::work::{Operation, Sample, done};
use rustix::time::{ClockId, clock_gettime};

/// Timings of which the best counts.
const TIMINGS: usize = 3;

static COSTS: OnceLock<[f64; Operation::ALL.len()]> = OnceLock::new();

/// Seconds of CPU time of all curve work done so far. The first call measures: not for an async
/// task.
pub fn seconds() -> f64 {
    let costs = COSTS.get_or_init(measure);
    let cost = |(operation, cost): (Operation, &f64)| done(operation) as f64 * cost;
    Operation::ALL.into_iter().zip(costs).map(cost).sum()
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

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).expect("CPU time is not negative");
    Duration::from_secs(seconds) + Duration::from_nanos(now.tv_nsec.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_time() {
        let before = seconds();
        Sample::default().perform(Operation::Hash);
        assert!(seconds() > before);
    }
}
