//! What the plan and the ledger of a node with 100 validators and a year of events cost from a
//! local store: reading the file, checking its hashes, writing all entries anew, adding them up and
//! dividing them; and the plan of that node.
//!
//! `cargo bench -p node --bench ledger`. The memory is the most that a process of its own has ever
//! had that does this once, and that it has before it begins.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use criterion::Criterion;
use node::ledger_file::{Entries, FILE, LedgerFile};
use node_core::pool::abi::ValidatorInfo;
use node_core::pool::agreement::example::terms;
use node_core::pool::example::{World, key};
use node_core::pool::ledger::example::year;
use node_core::pool::ledger::kept::Chain;
use node_core::pool::ledger::report::{Report, Since};
use node_core::pool::plan::{Facts, Made, plan};
use node_core::pool::sight::Sight;
use proto::intent::Aims;
use proto::{PublicKey, Root};

const VALIDATORS: u32 = 100;
/// Where the file is that the process of its own reads.
const PLACE: &str = "LEDGER_OF_A_MEASUREMENT";

fn lock() -> Root {
    [1; 32].into()
}

/// A year in a file.
fn write(dir: &Path) {
    let mut chain = Chain::begin(&lock());
    let mut text = String::new();
    for period in year(VALIDATORS.into()) {
        let (line, next) = chain.line(&period);
        text.push_str(&line);
        chain = next;
    }
    fs::write(dir.join(FILE), text).expect("the disk works");
}

fn sight() -> Sight {
    let staked = ValidatorInfo {
        staked: true,
        depositValue: 32_000,
        ..ValidatorInfo::default()
    };
    let mut world = World::saturn();
    world.set_validators(&vec![staked; VALIDATORS as usize]);
    world.sight().expect("an example")
}

fn reads(dir: &Path) -> Report {
    let file = LedgerFile::open(dir, &lock(), Entries::All).expect("it was written");
    Report::of(&file.books, &terms(), Since::Ever).expect("it has a beginning")
}

fn plans(sight: &Sight, keys: &[PublicKey]) -> usize {
    let made = Made {
        deposits: &[].into(),
        leaving: &[].into(),
        pays_smoothing_pool: false,
    };
    let terms = terms();
    let aims = Aims::of(&terms.wishes);
    let facts = Facts::new(sight, (&terms, &aims), keys, made).expect("it is the example's node");
    plan(&facts).len()
}

/// The most memory that this process has had, in megabytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.expect("it is there") / 1024
}

fn alone(dir: &Path) {
    let idle = peak();
    let (sight, keys) = (sight(), (0..VALIDATORS).map(key).collect::<Vec<_>>());
    let began = Instant::now();
    let steps = plans(&sight, &keys);
    let report = black_box(reads(dir));
    let took = began.elapsed().as_millis();
    assert!(
        report.unexplained.values().all(|it| it.0 == 0),
        "all is told"
    );
    println!(
        "once: {took} ms, {steps} steps, {} MB at most, {idle} MB before",
        peak()
    );
}

fn main() {
    if let Some(dir) = env::var_os(PLACE) {
        return alone(Path::new(&dir));
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path());
    let length = fs::metadata(dir.path().join(FILE))
        .expect("it is there")
        .len();
    println!("a year of {VALIDATORS} validators: {} kB", length / 1024);
    let this = env::current_exe().expect("it runs");
    let mut child = Command::new(this);
    assert!(
        child
            .env(PLACE, dir.path())
            .status()
            .expect("it starts")
            .success()
    );
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("read, check, add up and divide", |b| {
        b.iter(|| reads(dir.path()))
    });
    let (sight, keys) = (sight(), (0..VALIDATORS).map(key).collect::<Vec<_>>());
    criterion.bench_function("plan", |b| b.iter(|| plans(&sight, &keys)));
    criterion.final_summary();
}
