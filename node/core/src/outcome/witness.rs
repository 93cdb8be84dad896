//! What the own beacon nodes say of a stray vote that one of them shows.
//!
//! A block names its votes by bits. Whose bit is whose say the committees, and that a block's votes
//! were checked says nothing but that a node has the block: in both a node can lie, and no
//! signature betrays it. So where there is more than one own node, all are asked.

/// Whether a stray vote is believed that so many nodes show and so many deny. Who shows it has the
/// block, and by its committees the vote is the validator's; who denies it lacks the block, or
/// gives that place in the committees to somebody else.
///
/// One node's word is enough if none speaks against it: whoever is not sure signs no more. Where
/// one does, two must show it, or a single liar could end the duties of any validator.
pub const fn is_believed(shown: usize, denied: usize) -> bool {
    denied == 0 || shown >= 2
}
