//! Where the parts of a state start and end, as its offsets say it.
//!
//! The fields of fixed length come first. In the place of each other field stands the byte at which
//! it starts; the first one starts where the fixed part ends, and each ends where the next starts.
//!
//! Source: consensus-specs `ssz/simple-serialize.md`, "Containers".

use proto::eth::Layout;

use super::layout::{Field, Kind, fields};
use super::payload;
use super::refusal::{BadState, Rule};

/// The fields of a state, and where those of variable length start, as far as that is known.
#[derive(Debug)]
pub struct Outline {
    fields: Vec<Field>,
    starts: Vec<(usize, u64)>,
}

/// Something that comes in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Where this field starts, which is of variable length.
    Offset(usize),
    /// The field itself.
    Value(usize),
}

/// Bytes of an offset.
pub const OFFSET: usize = 4;

impl Outline {
    /// The outline of a state before any of it has come.
    pub fn new(layout: Layout) -> Self {
        Self {
            fields: fields(layout),
            starts: Vec::new(),
        }
    }

    /// A field by its place.
    pub fn field(&self, field: usize) -> &Field {
        &self.fields[field]
    }

    /// What comes, in its order.
    pub fn steps(&self) -> Vec<Step> {
        let is_fixed = |field: &usize| self.fields[*field].fixed_size().is_some();
        let first = (0..self.fields.len()).map(|field| match is_fixed(&field) {
            true => Step::Value(field),
            false => Step::Offset(field),
        });
        let last = (0..self.fields.len()).filter(|field| !is_fixed(field));
        first.chain(last.map(Step::Value)).collect()
    }

    /// The bytes of a field; none if it ends where the state ends.
    pub fn size(&self, field: usize) -> Option<u64> {
        self.fields[field].fixed_size().or_else(|| {
            let place = self.starts.iter().position(|(it, _)| *it == field)?;
            let (_, end) = self.starts.get(place + 1)?;
            Some(end - self.starts[place].1)
        })
    }

    /// A field of variable length starts at this byte; so the one before it ends there.
    ///
    /// # Errors
    /// If it cannot start there, or the one before it cannot have that many bytes.
    pub fn start(&mut self, field: usize, start: u64) -> Result<(), BadState> {
        let before = self.starts.last().copied();
        self.starts.push((field, start));
        let Some((before, earlier)) = before else {
            let sizes = self.fields.iter();
            let sizes = sizes.map(|it| it.fixed_size().unwrap_or(OFFSET as u64));
            let expected = sizes.sum();
            let rule = Rule::Start {
                got: start,
                expected,
            };
            return self.hold(start == expected, field, rule);
        };
        let rule = Rule::Backwards {
            got: start,
            before: self.fields[before].name,
            earlier,
        };
        self.hold(start >= earlier, field, rule)?;
        self.may_have(before, start - earlier)
    }

    /// Whether a field of variable length may have so many bytes.
    fn may_have(&self, field: usize, bytes: u64) -> Result<(), BadState> {
        match self.fields[field].kind {
            Kind::List(element, limit) => {
                let size = element.size() as u64;
                let is_even = bytes.is_multiple_of(size);
                self.hold(is_even, field, Rule::Uneven { bytes, size })?;
                let count = bytes / size;
                self.hold(count <= limit, field, Rule::TooMany { count, limit })
            }
            Kind::PayloadHeader => {
                let (least, most) = (payload::LEAST as u64, payload::MOST as u64);
                let fits = (least..=most).contains(&bytes);
                self.hold(fits, field, Rule::Size { bytes, least, most })
            }
            Kind::Small(_) | Kind::Vector(..) => unreachable!("its length is fixed"),
        }
    }

    fn hold(&self, holds: bool, field: usize, rule: Rule) -> Result<(), BadState> {
        match holds {
            true => Ok(()),
            false => Err(self.refused(field, rule)),
        }
    }

    /// That a rule does not hold of a field.
    pub fn refused(&self, field: usize, rule: Rule) -> BadState {
        BadState {
            field: self.fields[field].name,
            rule,
        }
    }
}
