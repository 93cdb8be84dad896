//! Work costs time.

use dkg::bls::work::counted;

use super::*;

#[test]
fn work_costs_time() {
    let work = CurveWork::default();
    let before = work.seconds();
    let (_, done) = counted(|| Sample::default().perform(Operation::Hash));
    work.add(&done);
    assert!(work.seconds() > before);
}
