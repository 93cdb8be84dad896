//! A made-up state that is made while it is read, for tests and benches: of any size, and never
//! held either.

use proto::Slot;

use super::layout::Kind;
use super::outline::{OFFSET, Outline, Step};
use super::payload;
use super::wanted::StateTerms;

/// The most bytes that are given at once.
pub const PIECE: usize = 64 << 10;
/// Bytes of a validator, and where among them its flag stands.
const VALIDATOR: usize = 121;
const SLASHED: usize = 88;
/// Where the offset of the extra data stands in a payload header.
const EXTRA_DATA: usize = 436;

/// A state with these terms.
#[derive(Debug)]
pub struct Generated {
    terms: StateTerms,
    outline: Outline,
    validators: u64,
    /// Bytes that stand for all that is not looked at.
    filling: Vec<u8>,
}

impl Generated {
    /// A state with so many validators.
    pub fn new(terms: StateTerms, validators: u64) -> Self {
        let noise = (0u64..).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8);
        Self {
            outline: Outline::new(terms.layout()),
            terms,
            validators,
            filling: noise.take(PIECE).collect(),
        }
    }

    /// What stands in it.
    pub fn terms(&self) -> &StateTerms {
        &self.terms
    }

    /// Its fields.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The bytes of a field.
    pub fn size(&self, field: usize) -> u64 {
        let it = self.outline.field(field);
        it.fixed_size().unwrap_or_else(|| match it.kind {
            Kind::List(element, _) => self.count_of(it.name) * element.size() as u64,
            Kind::PayloadHeader => payload::MOST as u64,
            Kind::Small(_) | Kind::Vector(..) => unreachable!("its size is fixed"),
        })
    }

    fn count_of(&self, name: &str) -> u64 {
        match name {
            "historical_roots" | "eth1_data_votes" => 0,
            "historical_summaries" => 1200,
            "pending_deposits" => self.validators / 80,
            "pending_partial_withdrawals" | "pending_consolidations" => 64,
            _ => self.validators,
        }
    }

    /// Gives every piece of the state.
    pub fn each_piece(&self, mut give: impl FnMut(&[u8])) {
        let steps = self.outline.steps();
        let fixed = steps.iter().map(|step| match step {
            Step::Offset(_) => OFFSET as u64,
            Step::Value(field) => self.outline.field(*field).fixed_size().unwrap_or(0),
        });
        let mut start: u64 = fixed.sum();
        for step in steps {
            match step {
                Step::Offset(field) => {
                    let offset = u32::try_from(start).expect("below 4 GiB");
                    give(&offset.to_le_bytes());
                    start += self.size(field);
                }
                Step::Value(field) => self.value(field, &mut give),
            }
        }
    }

    fn value(&self, field: usize, give: &mut impl FnMut(&[u8])) {
        match self.outline.field(field).name {
            "genesis_time" => give(&self.terms.genesis_time.to_le_bytes()),
            "genesis_validators_root" => give(self.terms.genesis_validators_root.as_bytes()),
            "slot" => {
                let Slot(slot) = self.terms.slot;
                give(&slot.to_le_bytes());
            }
            "fork" => give(&self.terms.version.as_bytes().repeat(4)),
            "latest_execution_payload_header" => {
                let mut header = self.filling[..payload::MOST].to_vec();
                let offset = (payload::LEAST as u32).to_le_bytes();
                header[EXTRA_DATA..EXTRA_DATA + OFFSET].copy_from_slice(&offset);
                give(&header);
            }
            "validators" => {
                let mut some = self.filling[..PIECE / VALIDATOR * VALIDATOR].to_vec();
                let flags = some.iter_mut().skip(SLASHED).step_by(VALIDATOR);
                flags.for_each(|flag| *flag &= 1);
                fill(&some, self.size(field), give);
            }
            _ => fill(&self.filling, self.size(field), give),
        }
    }
}

fn fill(with: &[u8], mut size: u64, give: &mut impl FnMut(&[u8])) {
    while size > 0 {
        let piece = size.min(with.len() as u64);
        give(&with[..piece as usize]);
        size -= piece;
    }
}
