//! A beacon state as it comes from a beacon node, piece by piece: hashed, checked and forgotten,
//! except what is to be proven.
//!
//! Of each list one node a level is kept, of each other field its root. The offsets of the fields
//! of variable length come before these fields, so every length is known, and refused, before the
//! field itself comes. Only the last list ends where the state ends.
//!
//! That the bytes are the right ones shows only at the end, by the root that they make.

use std::collections::BTreeMap;

use proto::eth::{Validator, ValidatorIndex};
use proto::{Root, Slot};

use super::branch::Branch;
use super::layout::{FIELDS_DEPTH, Kind, at, slots_per_era};
use super::outline::{OFFSET, Outline, Step};
use super::payload;
use super::proofs::{Proven, StateProofs};
use super::refusal::{BadState, Rule, Unprovable};
use super::series::{Gathered, Series, Shown, with_count};
use super::shape::leaf;
use super::tree::{Grown, Node, Tree};
use super::wanted::{StateTerms, Wanted};

/// Reads one state.
#[derive(Debug)]
pub struct StateReader {
    terms: StateTerms,
    wanted: Wanted,
    outline: Outline,
    /// What comes, in its order; the first `done` of it has come.
    steps: Vec<Step>,
    done: usize,
    piece: Piece,
    /// The bytes that came.
    read: u64,
    /// By field, its root.
    roots: BTreeMap<usize, Node>,
    /// By field, the bytes and the siblings of what is to be proven of it.
    proven: BTreeMap<usize, Vec<Shown>>,
}

/// What has come of a step.
#[derive(Debug)]
enum Piece {
    Held { bytes: Vec<u8>, size: usize },
    Series(Box<Series>),
}

impl StateReader {
    /// Reads a state with these terms.
    ///
    /// # Errors
    /// If `wanted` is more than one pass gives, or the state does not have it.
    pub fn new(terms: StateTerms, wanted: Wanted) -> Result<Self, Unprovable> {
        wanted.check(&terms)?;
        let outline = Outline::new(terms.layout);
        Ok(Self {
            steps: outline.steps(),
            outline,
            terms,
            wanted,
            done: 0,
            piece: held(size_of::<u64>()), // the genesis time, with which every state begins
            read: 0,
            roots: BTreeMap::new(),
            proven: BTreeMap::new(),
        })
    }

    /// Takes the next bytes of the state, as many as there are.
    ///
    /// # Errors
    /// If they cannot be those of the state.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), BadState> {
        self.read = self.read.saturating_add(bytes.len() as u64);
        self.settle()?;
        while !bytes.is_empty() {
            bytes = match &mut self.piece {
                Piece::Series(series) => series.take(bytes)?,
                Piece::Held { bytes: held, size } => {
                    let (own, rest) = bytes.split_at((*size - held.len()).min(bytes.len()));
                    held.extend_from_slice(own);
                    rest
                }
            };
            self.settle()?;
        }
        Ok(())
    }

    /// The state's root and all that was to be proven, once it has come to its end.
    ///
    /// # Errors
    /// If it is not whole.
    pub fn finish(mut self) -> Result<StateProofs, BadState> {
        self.settle()?;
        if self.done + 1 != self.steps.len() {
            let after = self.read;
            return Err(self.outline.refused(self.field(), Rule::Ended { after }));
        }
        self.close()?;
        self.prove()
    }

    /// Closes what is whole, and opens what comes then.
    fn settle(&mut self) -> Result<(), BadState> {
        loop {
            let is_whole = match &self.piece {
                Piece::Held { bytes, size } => bytes.len() == *size,
                Piece::Series(series) => series.is_whole(),
            };
            if !is_whole {
                return Ok(());
            }
            self.close()?;
            self.done += 1;
            self.piece = self.open()?;
        }
    }

    fn field(&self) -> usize {
        match self.steps[self.done] {
            Step::Offset(field) | Step::Value(field) => field,
        }
    }

    /// Begins the step that comes.
    fn open(&self) -> Result<Piece, BadState> {
        let Step::Value(field) = self.steps[self.done] else {
            return Ok(held(OFFSET));
        };
        let it = self.outline.field(field);
        let size = self.outline.size(field);
        let (element, limit) = match it.kind {
            Kind::Vector(element, count) | Kind::List(element, count) => (element, count),
            Kind::Small(_) | Kind::PayloadHeader => {
                let size = size.and_then(|size| usize::try_from(size).ok());
                return Ok(held(size.expect("small, and not the last")));
            }
        };
        let count = size.map_or(limit, |bytes| bytes / element.size() as u64);
        let wanted = self.wanted_of(field);
        if let Some(wanted) = wanted.last().copied().filter(|last| *last >= count) {
            return Err(self.outline.refused(field, Rule::Absent { wanted, count }));
        }
        let series = Series::new((it, element, limit), size, wanted);
        Ok(Piece::Series(Box::new(series)))
    }

    /// The places in a field that are to be proven, in ascending order.
    fn wanted_of(&self, field: usize) -> Vec<u64> {
        match field {
            at::VALIDATORS => self.wanted.validators.iter().map(|it| it.0).collect(),
            at::HISTORICAL_SUMMARIES => self.wanted.summaries.iter().copied().collect(),
            at::BLOCK_ROOTS => self.slots_by_place().into_keys().collect(),
            _ => Vec::new(),
        }
    }

    /// The slots whose block roots are to be proven, by their places in the vector.
    fn slots_by_place(&self) -> BTreeMap<u64, Slot> {
        let era = slots_per_era(self.terms.layout.preset);
        let slots = self.wanted.block_roots.iter();
        slots.map(|slot| (slot.0 % era, *slot)).collect()
    }

    /// Ends the step that has come whole.
    fn close(&mut self) -> Result<(), BadState> {
        let piece = std::mem::replace(&mut self.piece, held(0));
        match (self.steps[self.done], piece) {
            (Step::Offset(field), Piece::Held { bytes, .. }) => {
                let start = bytes[..].try_into().expect("four bytes were awaited");
                self.outline.start(field, u32::from_le_bytes(start).into())
            }
            (Step::Value(field), Piece::Held { bytes, .. }) => {
                let root = match self.outline.field(field).kind {
                    Kind::Small(shape) => {
                        let meets = self.terms.met_by(field, &bytes);
                        meets.map(|()| shape.root(&bytes))
                    }
                    Kind::PayloadHeader => payload::header_root(&bytes),
                    Kind::Vector(..) | Kind::List(..) => unreachable!("elements are a series"),
                };
                let root = root.map_err(|rule| self.outline.refused(field, rule))?;
                self.roots.insert(field, root);
                Ok(())
            }
            (Step::Value(field), Piece::Series(series)) => {
                let gathered = series.finish()?;
                self.gathered(field, gathered);
                Ok(())
            }
            (Step::Offset(_), Piece::Series(_)) => unreachable!("an offset is four bytes"),
        }
    }

    fn gathered(&mut self, field: usize, mut gathered: Gathered) {
        let root = match self.outline.field(field).kind {
            Kind::List(..) => {
                let count = leaf(&gathered.count.to_le_bytes());
                for (_, siblings) in &mut gathered.proven {
                    siblings.push(count);
                }
                with_count(&gathered.root, gathered.count)
            }
            Kind::Small(_) | Kind::Vector(..) | Kind::PayloadHeader => gathered.root,
        };
        self.roots.insert(field, root);
        self.proven.insert(field, gathered.proven);
    }

    /// Puts the tree of the fields on top.
    fn prove(mut self) -> Result<StateProofs, BadState> {
        let shown = [
            at::SLOT,
            at::BLOCK_ROOTS,
            at::VALIDATORS,
            at::HISTORICAL_SUMMARIES,
        ];
        let mut tree = Tree::new(FIELDS_DEPTH, shown.map(|field| field as u64));
        self.roots.values().for_each(|root| tree.push(*root));
        let Grown { root, siblings } = tree.finish();
        let [slot, roots, registry, summaries] = <[Vec<Node>; 4]>::try_from(siblings)
            .expect("as many as are shown")
            .map(Branch::from);
        let mut below = |field: usize, above: Branch| {
            let proven = self.proven.remove(&field).unwrap_or_default().into_iter();
            proven.map(move |(bytes, it)| (bytes, Branch::from(it).then(&above)))
        };
        let roots = below(at::BLOCK_ROOTS, roots).map(|(bytes, branch)| Proven {
            value: as_root(&bytes),
            branch,
        });
        let registry = below(at::VALIDATORS, registry);
        let summaries = below(at::HISTORICAL_SUMMARIES, summaries).map(of_summary);
        let validators = self.wanted.validators.iter().zip(registry);
        let validators = validators.map(|(index, it)| Ok((*index, self.validator(*index, it)?)));
        let numbers = self.wanted.summaries.iter().copied();
        Ok(StateProofs {
            slot: self.terms.slot,
            layout: self.terms.layout,
            root: root.into(),
            bytes: self.read,
            slot_branch: slot,
            validators: validators.collect::<Result<_, _>>()?,
            block_roots: self.slots_by_place().into_values().zip(roots).collect(),
            summaries: numbers.zip(summaries).collect(),
        })
    }

    fn validator(
        &self,
        index: ValidatorIndex,
        (bytes, branch): (Vec<u8>, Branch),
    ) -> Result<Proven<Validator>, BadState> {
        let read = Validator::from_ssz(&bytes);
        let refused = |_| {
            self.outline
                .refused(at::VALIDATORS, Rule::NoValidator(index))
        };
        let value = read.map_err(refused)?;
        Ok(Proven { value, branch })
    }
}

fn held(size: usize) -> Piece {
    Piece::Held {
        bytes: Vec::new(),
        size,
    }
}

fn as_root(bytes: &[u8]) -> Root {
    Root::try_from(bytes).expect("a root's 32 bytes")
}

/// A summary is the root over an era's block roots, and that over its state roots beside it.
fn of_summary((bytes, branch): (Vec<u8>, Branch)) -> Proven<Root> {
    let (blocks, states) = bytes.split_at(32);
    Proven {
        value: as_root(blocks),
        branch: Branch::from(vec![*as_root(states).as_bytes()]).then(&branch),
    }
}
