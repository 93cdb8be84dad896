//! A peer that is cut off and returns, and a peer far away.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use devnet::cluster::Cluster;
use devnet::place::Site;
use devnet::proxy::{Way, lay};
use tokio::sync::watch;

use crate::stand::{Stand, until};

/// One way of a peer that is far away.
const FAR: Duration = Duration::from_millis(40);

/// Lays all ways between peer `i` and the others through proxies, by addresses in their configs
/// that override the definition's.
pub async fn surround(i: usize, cluster: &Cluster, site: &Site, way: &watch::Receiver<Way>) {
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let proxy = |to: usize| local(site.ports.way(to));
    for to in 0..cluster.peers.len() {
        lay(proxy(to), local(site.ports.peer(to)), way.clone())
            .await
            .unwrap();
    }
    for (from, peer) in cluster.peers.iter().enumerate() {
        let others = cluster.peers.iter().enumerate();
        let touches = |to: usize| to != from && (from == i || to == i);
        let mut config = File::options().append(true).open(peer.config()).unwrap();
        writeln!(config, "\n[peers]").unwrap();
        for (to, other) in others.filter(|(to, _)| touches(*to)) {
            writeln!(config, "{} = [\"{}\"]", other.name, proxy(to)).unwrap();
        }
    }
}

/// Peer `i` is cut off for an epoch. The others go on; when it is back it helps at once, and votes.
pub async fn cut_off_and_back(stand: &mut Stand, i: usize, way: &watch::Sender<Way>) {
    way.send_replace(Way::Cut);
    let other = (i + 1) % 4;
    let alone = stand.slots(16);
    until("the cut is noticed", alone, || stand.sessions(i) == 0).await;
    until("the others notice", alone, || stand.sessions(other) == 2).await;
    stand.helps(other).await;

    way.send_replace(Way::Clear);
    let mended = stand.api().now();
    stand.connected(i).await;
    // A slot of a real chain lasts six of these.
    let taken = stand.api().now().0 - mended.0;
    assert!(
        taken <= 6,
        "the sessions came back only after {taken} slots"
    );
    stand.helps(i).await;
    stand.cannot_spare(i, other).await;
}

/// Peer `i` is far away from the three others, and needed.
pub async fn far_away(stand: &mut Stand, i: usize, way: &watch::Sender<Way>) {
    way.send_replace(Way::Slow(FAR));
    let there_and_back_ms = 2.0 * FAR.as_secs_f64() * 1e3;
    until("the distance is measured", stand.slots(16), || {
        let peers = stand.status(i).map(|status| status.peers);
        let round_trips = peers.into_iter().flatten().map(|peer| peer.rtt_ms);
        let far = round_trips.filter(|ms| ms.is_some_and(|ms| ms >= there_and_back_ms));
        far.count() == 3
    })
    .await;
    stand.cannot_spare(i, (i + 1) % 4).await;
    way.send_replace(Way::Clear);
}
