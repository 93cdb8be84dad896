//! When a proof waits, and when it does not.

use futures::FutureExt as _;

use super::*;

const FOR_EVER: Duration = Duration::from_secs(3600);

/// Whether it need not wait.
fn is_calm(calm: &mut Calm) -> bool {
    calm.come().now_or_never().is_some()
}

#[tokio::test]
async fn a_proof_waits_while_a_duty_is_under_way() {
    let (duties, mut calm) = between(FOR_EVER);
    assert!(is_calm(&mut calm));
    duties.are_under_way(true);
    let mut other = calm.clone();
    let waiting = calm.come();
    tokio::pin!(waiting);
    assert!(waiting.as_mut().now_or_never().is_none());
    duties.are_under_way(false);
    waiting.await;
    assert!(is_calm(&mut other));
}

#[tokio::test]
async fn a_duty_that_never_ends_is_waited_for_once_and_the_next_one_again() {
    let (duties, mut calm) = between(Duration::from_millis(1));
    duties.are_under_way(true);
    calm.come().await;
    // It is under way still, and said so again.
    duties.are_under_way(true);
    assert!(is_calm(&mut calm));
    duties.are_under_way(false);
    duties.are_under_way(true);
    assert!(!is_calm(&mut calm));
}

#[tokio::test]
async fn without_duties_nobody_waits() {
    let (duties, mut calm) = between(FOR_EVER);
    duties.are_under_way(true);
    drop(duties);
    assert!(is_calm(&mut calm));
    assert!(is_calm(&mut Calm::always()));
}
