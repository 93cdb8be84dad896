//! Names are the same wherever they stand.

use node_core::pool::plan::Kind;

use super::*;

#[test]
fn what_is_typed_is_what_stands_in_the_outbox() {
    let all = [
        (Step::Distribute, Kind::Distribute),
        (Step::Assign, Kind::Assign),
        (Step::Stake, Kind::Stake(0)),
        (Step::NotifyExit, Kind::NotifyExit(0)),
        (Step::NotifyNotExit, Kind::NotifyNotExit(0)),
        (Step::FinalBalance, Kind::FinalBalance(0)),
        (Step::RepayDebt, Kind::RepayDebt),
        (Step::Claim, Kind::Claim),
        (Step::Register, Kind::Register),
        (Step::ProposeWithdrawal, Kind::ProposeWithdrawal),
        (Step::ProposeRplWithdrawal, Kind::ProposeRplWithdrawal),
        (Step::DeployMegapool, Kind::DeployMegapool),
        (Step::JoinSmoothingPool, Kind::SmoothingPool(true)),
        (Step::LeaveSmoothingPool, Kind::SmoothingPool(false)),
        (Step::Dequeue, Kind::Dequeue(0)),
        (Step::Deposit, Kind::Deposit(Vec::new())),
    ];
    for (step, kind) in &all {
        assert_eq!(step.kind(), kind.name());
    }
    let named: Vec<Step> = all.into_iter().map(|(step, _)| step).collect();
    assert_eq!(named, Step::value_variants());
}
