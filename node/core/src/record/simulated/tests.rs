//! What a power loss takes, and what it cannot.

use super::*;

#[test]
fn synced_bytes_survive_and_unsynced_ones_may_not() {
    let mut fates = std::collections::BTreeSet::new();
    for seed in 0..64 {
        let mut disk = SimulatedDisk::new();
        disk.create(LogFile::A, &[1; 2048]).unwrap();
        disk.create(LogFile::B, &[1; 2048]).unwrap();
        disk.sync([LogFile::A, LogFile::B]).unwrap();
        disk.sync_directory().unwrap();
        disk.write(LogFile::A, 1024, &[2; 1024]).unwrap();
        disk.power_loss(seed);
        let bytes = disk.bytes(LogFile::A).unwrap();
        assert_eq!(bytes[..1024], [1; 1024]);
        fates.insert(bytes);
    }
    assert!(fates.len() > 3, "only {} different fates", fates.len());
}

#[test]
fn a_failed_sync_loses_the_bytes_although_the_next_one_succeeds() {
    let mut disk = SimulatedDisk::new();
    disk.create(LogFile::A, &[1; 8]).unwrap();
    disk.create(LogFile::B, &[1; 8]).unwrap();
    disk.plan(disk.operations(), DiskFault::Broken);
    disk.sync([LogFile::A, LogFile::B]).unwrap_err();
    disk.sync_directory().unwrap();
    disk.power_loss(1);
    assert_eq!(disk.bytes(LogFile::A).as_deref(), Some(&[][..]));
    assert_eq!(disk.bytes(LogFile::B).as_deref(), Some(&[1; 8][..]));
}
