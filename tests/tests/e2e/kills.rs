//! SIGKILL in mid-slot, again and again.

use crate::stand::Stand;

/// When in the slot, in thousandths: at its start, shortly before the vote is due, around the
/// votes, the record and the shares, and when all is done.
const MOMENTS: [u64; 7] = [10, 300, 336, 345, 360, 400, 700];

/// Peer `i` is killed and started again until it was hit at every moment. Each time it helps at
/// once, also where the restart rule forbids its vote.
pub async fn again_and_again(stand: &mut Stand, i: usize) {
    for moment in MOMENTS {
        let slot = stand.api().now().next();
        stand.moment(slot, moment).await;
        stand.cluster.peers[i].kill_now();
        stand.start(i).await;
        stand.helps(i).await;
    }
    stand.cannot_spare(i, (i + 1) % 4).await;
}
