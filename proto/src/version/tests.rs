//! Programs that differ by one version.

use super::*;

fn versions(lowest: u32, highest: u32) -> Versions {
    Versions::between(lowest, highest).unwrap()
}

#[test]
fn two_programs_speak_the_highest_version_that_both_know() {
    for (ours, theirs, common) in [
        ((1, 2), (1, 1), Some(1)),
        ((1, 2), (1, 2), Some(2)),
        ((1, 2), (2, 3), Some(2)),
        ((1, 2), (1, 9), Some(2)),
        ((1, 2), (3, 4), None),
        ((2, 3), (1, 1), None),
    ] {
        let (ours, theirs) = (versions(ours.0, ours.1), versions(theirs.0, theirs.1));
        let found = ours.common(theirs).map(WireVersion::number);
        assert_eq!(found, common, "{ours} with {theirs}");
        assert_eq!(theirs.common(ours), ours.common(theirs));
    }
    assert_eq!(Versions::between(2, 1), None);
}

#[test]
fn the_version_before_ours_is_still_spoken() {
    let (lowest, highest) = (Versions::OURS.lowest(), Versions::OURS.highest());
    assert!(lowest < highest);
}
