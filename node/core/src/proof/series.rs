//! Elements of one field as they come: each is hashed and forgotten, except those to be proven.

use super::layout::{Element, Field};
use super::refusal::{BadState, Rule};
use super::shape::leaf;
use super::tree::{Grown, Node, Tree, parent};

/// The elements of a vector or list, of which some bytes have come.
#[derive(Debug)]
pub struct Series {
    name: &'static str,
    element: Element,
    /// How many elements there may be.
    limit: u64,
    tree: Tree,
    /// The beginning of a leaf whose end is to come.
    held: Vec<u8>,
    /// The bytes that came.
    taken: u64,
    /// All bytes of the field; none if the field ends where the state does.
    whole: Option<u64>,
    /// Places of the elements that are to be proven, those first that come last.
    wanted: Vec<u64>,
    kept: Vec<Vec<u8>>,
}

/// The bytes of an element that is to be proven, and its siblings.
pub type Shown = (Vec<u8>, Vec<Node>);

/// A series to its end.
#[derive(Debug)]
pub struct Gathered {
    /// How many elements came.
    pub count: u64,
    /// The root over them, without their number.
    pub root: Node,
    /// What is to be proven, in the order of its places.
    pub proven: Vec<Shown>,
}

impl Series {
    /// The elements of `field`, of which those at `wanted`, in ascending order, are to be proven.
    pub fn new(
        (field, element, limit): (&Field, Element, u64),
        whole: Option<u64>,
        wanted: Vec<u64>,
    ) -> Self {
        Self {
            name: field.name,
            element,
            limit,
            tree: Tree::new(element.depth(limit), wanted.iter().copied()),
            held: Vec::new(),
            taken: 0,
            whole,
            wanted: wanted.into_iter().rev().collect(),
            kept: Vec::new(),
        }
    }

    /// Whether all of it has come, as far as that is known.
    pub fn is_whole(&self) -> bool {
        self.whole == Some(self.taken)
    }

    /// Takes what belongs to it, and returns the rest.
    ///
    /// # Errors
    /// If there are more elements than may be.
    pub fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], BadState> {
        let left = self.whole.map_or(u64::MAX, |whole| whole - self.taken);
        let fits = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (mut own, rest) = bytes.split_at(fits);
        self.taken += own.len() as u64;
        let count = self.taken.div_ceil(self.element.size() as u64);
        if count > self.limit {
            let limit = self.limit;
            return Err(self.refused(Rule::TooMany { count, limit }));
        }
        let size = self.element.leaf_size();
        if !self.held.is_empty() {
            let (head, tail) = own.split_at((size - self.held.len()).min(own.len()));
            self.held.extend_from_slice(head);
            own = tail;
            if self.held.len() == size {
                let whole = std::mem::take(&mut self.held);
                self.add(&whole);
                self.held = whole;
                self.held.clear();
            }
        }
        let (leaves, tail) = own.split_at(own.len() - own.len() % size);
        leaves.chunks_exact(size).for_each(|leaf| self.add(leaf));
        self.held.extend_from_slice(tail);
        Ok(rest)
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.wanted.last() == Some(&self.tree.count()) {
            self.wanted.pop();
            self.kept.push(bytes.to_vec());
        }
        self.tree.push(match self.element {
            Element::Number(_) => leaf(bytes),
            Element::Value(shape) => shape.root(bytes),
        });
    }

    /// The root over all that came.
    ///
    /// # Errors
    /// If the last element has not come whole.
    pub fn finish(mut self) -> Result<Gathered, BadState> {
        let size = self.element.size() as u64;
        if !self.taken.is_multiple_of(size) {
            let bytes = self.taken;
            return Err(self.refused(Rule::Uneven { bytes, size }));
        }
        if !self.held.is_empty() {
            let last = std::mem::take(&mut self.held);
            self.add(&last);
        }
        let Grown { root, siblings } = self.tree.finish();
        Ok(Gathered {
            count: self.taken / size,
            root,
            proven: self.kept.into_iter().zip(siblings).collect(),
        })
    }

    fn refused(&self, rule: Rule) -> BadState {
        BadState {
            field: self.name,
            rule,
        }
    }
}

/// The root of a list: that of its elements with their number beside it.
pub fn with_count(root: &Node, count: u64) -> Node {
    parent(root, &leaf(&count.to_le_bytes()))
}
