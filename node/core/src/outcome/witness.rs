//! What the own beacon nodes say of a stray vote that one of them shows.
//!
//! A block names its votes by bits. Whose bit is whose say the committees, and that a block's votes
//! were checked says nothing but that a node has the block: in both a node can lie, and no
//! signature betrays it. So where there is more than one own node, all are asked.

/// What one of them says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony {
    /// It has the block, and by its committees the vote is the validator's.
    Shows,
    /// It lacks the block, or gives that place in the committees to somebody else.
    Denies,
}

/// Whether a stray vote is believed. One node's word is enough if none speaks against it: whoever
/// is not sure signs no more. Where one does, two must show it, or a single liar could end the
/// duties of any validator.
pub fn is_believed(said: impl IntoIterator<Item = Testimony>) -> bool {
    let (shows, denies): (Vec<_>, Vec<_>) =
        said.into_iter().partition(|it| *it == Testimony::Shows);
    denies.is_empty() || shows.len() >= 2
}
