//! What a peer's claim to have seen more of this peer's record than there was comes to.

use proto::{ClusterSize, PeerIndex};

use node_core::vault::Refusal;

/// The words for the operator, with the operators called by these names: `witness` says that it has
/// seen `seen` of the record, which ended at `held`.
pub(super) fn in_words(names: &[String], witness: PeerIndex, (seen, held): (u64, u64)) -> String {
    let size = ClusterSize::of(names.len()).expect("a definition names 3 to 13 operators");
    let name = &names[witness.position()];
    match size.faulty() {
        0 => Refusal::Claimed {
            ours: held,
            claimant: witness,
            claimed: seen,
        }
        .in_words(names),
        others => format!(
            "{name} says that it has seen {seen} of this peer's signing record, which ended at \
             {held} when gantry started. When {} peers say so, nothing more is signed. Was an old \
             copy put in place? Then stop gantry, and put the newest record back or run `gantry \
             slashing new-record`",
            others + 1
        ),
    }
}
