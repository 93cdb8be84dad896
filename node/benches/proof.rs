//! What a proof from a state of mainnet costs: a made-up state of 2,500,000 validators is read as
//! it would come from a beacon node, in pieces of 64 KiB, beside the bare hashing of as many nodes
//! as its trees have. CPU time. Before that, how much memory one reading takes is printed.
//! `cargo bench -p node --bench proof`

#[path = "../../dkg/benches/beside/mod.rs"]
mod beside;

use std::hint::black_box;

use criterion::{Criterion, criterion_group};
use ethereum_hashing::hash_fixed;
use node_core::proof::example::{Generated, PIECE};
use node_core::proof::layout::{Element, Kind};
use node_core::proof::outline::Step;
use node_core::proof::shape::Shape;
use node_core::proof::{StateProofs, StateReader, StateTerms, Wanted};
use proto::eth::{Genesis, ValidatorIndex};
use proto::{Slot, example};

use beside::{Beside, CpuTime};

/// Mainnet's registry, with those that have left.
const VALIDATORS: u64 = 2_500_000;
const SLOT: Slot = Slot(15_700_000);
/// What one reading may take above an idle process.
const MOST_MEMORY: u64 = 64 << 20;

fn generated() -> Generated {
    let genesis = Genesis {
        genesis_time: 1_606_824_023,
        genesis_validators_root: [0x4b; 32].into(),
        genesis_fork_version: [0; 4].into(),
    };
    let changes = [
        ("PRESET_BASE", "mainnet"),
        ("SLOTS_PER_EPOCH", "32"),
        ("FULU_FORK_EPOCH", "0"),
    ];
    let spec = example::chain_since(genesis, &changes);
    let terms = StateTerms::at(&spec, SLOT).expect("of Fulu");
    Generated::new(terms, VALIDATORS)
}

/// Reads it, and proves sixteen validators of it.
fn read(state: &Generated) -> StateProofs {
    let step = VALIDATORS / 16;
    let validators = (0..16).map(|place| ValidatorIndex(place * step));
    let wanted = Wanted {
        validators: validators.collect(),
        block_roots: [Slot(SLOT.0 - 1)].into(),
        summaries: [758].into(),
    };
    let mut reader = StateReader::new(state.terms().clone(), wanted).expect("few");
    state.each_piece(|piece| reader.push(piece).expect("a state"));
    reader.finish().expect("whole")
}

/// How many pairs of nodes are hashed over its bytes, without those of zeros.
fn hashes(state: &Generated) -> u64 {
    let values = state
        .outline()
        .steps()
        .into_iter()
        .filter_map(|step| match step {
            Step::Value(field) => Some(field),
            Step::Offset(_) => None,
        });
    let of = |field| match state.outline().field(field).kind {
        Kind::Small(shape) => inner(&shape),
        Kind::PayloadHeader => 40,
        Kind::Vector(element, _) | Kind::List(element, _) => {
            let leaves = state.size(field).div_ceil(element.leaf_size() as u64);
            let inside = match element {
                Element::Number(_) => 0,
                Element::Value(shape) => inner(&shape),
            };
            leaves.saturating_sub(1) + leaves * inside
        }
    };
    values.map(of).sum()
}

/// How many pairs are hashed in a value.
fn inner(shape: &Shape) -> u64 {
    match shape {
        Shape::Bytes(size) => (size.div_ceil(32).next_power_of_two() - 1) as u64,
        Shape::Vector(of, count) => *count as u64 * (inner(of) + 1) - 1,
        Shape::Container(fields) => {
            let own = fields.len().next_power_of_two() as u64 - 1;
            own + fields.iter().map(inner).sum::<u64>()
        }
    }
}

/// A number of kilobytes that the kernel tells of this process, in bytes.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(key));
    let mut words = line.expect("it is told").split_whitespace();
    let kilobytes: u64 = words
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a number");
    kilobytes << 10
}

fn show_memory(state: &Generated) {
    let idle = memory("VmRSS:");
    black_box(read(state));
    let more = memory("VmHWM:").saturating_sub(idle);
    println!("memory of one reading: {} KiB above idle", more >> 10);
    assert!(more <= MOST_MEMORY, "a state is to be hashed, not held");
}

fn proof(c: &mut Criterion<CpuTime>) {
    let state = generated();
    let hashes = hashes(&state);
    let filling = vec![7; PIECE];
    let mut costs = Beside::new(c, format!("proof: state of {VALIDATORS} validators"));
    costs.cost("ours", 1, || read(&state));
    costs.cost("bare hashing of its nodes", 1, || {
        let pairs = filling.as_chunks::<64>().0.iter().cycle();
        let pairs = pairs.take(hashes as usize);
        pairs.fold(0, |sum, pair| sum ^ hash_fixed(pair)[0])
    });
}

criterion_group!(
    name = benches;
    config = beside::criterion();
    targets = proof
);

fn main() {
    show_memory(&generated());
    benches();
    Criterion::default().configure_from_args().final_summary();
}
