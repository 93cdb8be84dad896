//! What ours costs beside what the bare operations cost, in CPU time, and the ratio of the two.
//!
//! CPU time of the whole process: other work on the machine does not count, and every thread of
//! ours does. The ratio is that of the fastest samples, which were disturbed least.

#![allow(dead_code)] // no bench needs all of it

use std::fmt::Display;
use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use rustix::time::{ClockId, clock_gettime};

/// Samples of each figure: few, so that all benches together take minutes.
const SAMPLES: usize = 10;
/// Fewer samples than this give no ratio: `cargo bench -- --test` runs everything once.
const ENOUGH: usize = 3;

/// CPU time of this process.
pub struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = u64::try_from(now.tv_sec).expect("CPU time is not negative");
        let nanos = u32::try_from(now.tv_nsec).expect("below a second");
        Duration::new(seconds, nanos)
    }

    fn end(&self, start: Duration) -> Duration {
        self.start() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Criterion with this measurement.
pub fn criterion() -> Criterion<CpuTime> {
    let patience = Duration::from_millis(300);
    Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(SAMPLES)
        .warm_up_time(patience)
        .measurement_time(3 * patience)
}

/// One thing's costs: ours, and those whose name begins with "bare".
pub struct Beside<'a> {
    group: BenchmarkGroup<'a, CpuTime>,
    name: String,
    costs: Vec<(String, f64)>,
}

impl<'a> Beside<'a> {
    /// The costs of `name`.
    pub fn new(criterion: &'a mut Criterion<CpuTime>, name: impl Display) -> Self {
        let name = name.to_string();
        let mut group = criterion.benchmark_group(&name);
        group.sampling_mode(SamplingMode::Flat);
        Self {
            group,
            name,
            costs: Vec::new(),
        }
    }

    /// Measures `work`, which is so many `parts`, and reports the cost of one part.
    pub fn cost<R>(&mut self, name: &str, parts: u32, mut work: impl FnMut() -> R) {
        self.measure(name, |times| {
            let began = CpuTime.start();
            for _ in 0..times {
                black_box(work());
            }
            CpuTime.end(began) / parts
        });
    }

    /// As [`Beside::cost`] of work that uses something up, which `supply` makes anew, unmeasured.
    pub fn cost_with<S, R>(
        &mut self,
        name: &str,
        parts: u32,
        (mut supply, mut work): (impl FnMut() -> S, impl FnMut(S) -> R),
    ) {
        self.measure(name, |times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                let supplied = supply();
                let began = CpuTime.start();
                black_box(work(supplied));
                took += CpuTime.end(began);
            }
            took / parts
        });
    }

    fn measure(&mut self, name: &str, mut took: impl FnMut(u64) -> Duration) {
        let mut samples = Vec::new();
        self.group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let took = took(times);
                samples.push(took.as_secs_f64() / times as f64);
                took
            });
        });
        if samples.len() >= ENOUGH {
            let fastest = samples.iter().copied().fold(f64::INFINITY, f64::min);
            self.costs.push((name.to_owned(), fastest));
        }
    }
}

impl Drop for Beside<'_> {
    /// Says what each cost of ours is in terms of each bare one.
    fn drop(&mut self) {
        let (bare, ours): (Vec<_>, Vec<_>) = self
            .costs
            .iter()
            .partition(|(name, _)| name.starts_with("bare"));
        for (name, cost) in ours {
            for (other, bare) in &bare {
                let ratio = cost / bare;
                println!("ratio {}: {name} / {other} = {ratio:.2}", self.name);
            }
        }
    }
}
