//! Two programs with one identity are an alarm; one program that restarted is none.

use super::*;

async fn alarm(running: &mut Running) -> PeerIndex {
    running
        .until(|event| match event {
            Event::SecondSession { peer } => Some(peer),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_second_program_with_one_identity_alarms_its_peers_and_both_programs() {
    let world = World::of(3);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let (mut a, mut first) = (world.start(0).await, world.start(1).await);
    a.up(bob).await;
    first.up(anna).await;
    let mut copy = world.outgoing(1);
    copy.listen = vec![free_socket()];
    let mut second = Running::with(copy).await;
    assert_eq!(alarm(&mut a).await, bob);
    assert_eq!(alarm(&mut first).await, bob);
    assert_eq!(alarm(&mut second).await, bob);
    // The first session goes on.
    first.outbox.send(anna, Bytes::from_static(b"still here"));
    assert_eq!(a.frame(bob).await, "still here");
}

#[tokio::test]
async fn a_restarted_peer_whose_old_connection_is_half_dead_is_no_alarm() {
    let mut world = World::of(3);
    // Half of it is the time of a living program to prove that it lives.
    world.limits.silence = Duration::from_secs(20);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let line = Line::to(world.sockets[1]).await;
    let mut far = world.settings(0);
    far.addresses[1] = vec![line.socket.into()];
    let mut a = Running::with(far).await;
    let mut b = world.start(1).await;
    a.up(bob).await;
    b.up(anna).await;
    line.cut();
    drop(b); // Anna hears nothing of it.
    let mut moved = world.outgoing(1);
    moved.listen = vec![free_socket()];
    let mut b = Running::with(moved).await;
    let reason = a.down(bob).await;
    assert!(matches!(reason, Disconnect::Replaced { .. }), "{reason}");
    a.up(bob).await;
    b.up(anna).await;
}
