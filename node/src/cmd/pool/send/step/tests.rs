//! Names are the same wherever they stand.

use node_core::pool::plan::Kind;

use super::*;

#[test]
fn what_is_typed_is_what_stands_in_the_outbox() {
    for step in Step::value_variants() {
        if let Some(open) = step.open() {
            assert_eq!(step.kind(), open.kind());
        }
    }
    let only = [
        (Step::Register, Kind::Register),
        (Step::ProposeWithdrawal, Kind::ProposeWithdrawal),
        (Step::ProposeRplWithdrawal, Kind::ProposeRplWithdrawal),
        (Step::DeployMegapool, Kind::DeployMegapool),
        (Step::JoinSmoothingPool, Kind::SmoothingPool(true)),
        (Step::LeaveSmoothingPool, Kind::SmoothingPool(false)),
        (Step::Dequeue, Kind::Dequeue(0)),
        (Step::Deposit, Kind::Deposit(Vec::new())),
    ];
    for (step, kind) in only {
        assert_eq!(step.kind(), kind.name());
    }
}
