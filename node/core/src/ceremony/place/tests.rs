//! What goes from a definition into its ceremony and from there into the lock, by version.

use proto::definition::{Draft, Version};
use proto::example;

use super::*;

fn definition(version: Version) -> SignedDefinition {
    let identities = example::identities(4);
    let draft = Draft {
        version,
        ..example::draft(&identities)
    };
    example::agreed(draft, &identities)
}

#[test]
fn the_ceremony_of_a_definition_of_version_1_is_as_it_was() {
    let first = terms(&definition(Version::V1));
    assert_eq!(first.purpose, Purpose::NewCluster);
    assert_eq!(first.thresholds().collect::<Vec<_>>(), [3, 3]);
    let second = terms(&definition(Version::V2));
    assert_eq!(second.purpose, Purpose::NewClusterWithExitKey);
    assert_eq!(second.thresholds().collect::<Vec<_>>(), [3, 3, 2]);
    assert_eq!((first.keys(), second.keys()), (2, 3));
}

/// What an unfinished ceremony has kept before there was a second seal key.
#[test]
fn keys_that_an_older_version_kept_are_read() {
    let point = format!("0x{}", "11".repeat(48));
    let hash = format!("0x{}", "22".repeat(32));
    let kept =
        format!(r#"{{"transcript_hash":"{hash}","validators":[],"seal_commitment":["{point}"]}}"#);
    let made: Made = serde_json::from_str(&kept).unwrap();
    assert_eq!(made.exit_seal_commitment, None);
    assert_eq!(serde_json::to_string(&made).unwrap(), kept);
}
