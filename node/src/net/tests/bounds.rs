//! What a peer sends and takes is bounded, and the one that breaks a bound is named.

use super::*;

/// Anna with these limits, and bob with the usual ones, who meet.
async fn meet(world: &World, limits: Limits) -> (Running, Running) {
    let mut strict = world.settings(0);
    strict.limits = limits;
    let (mut a, mut b) = (Running::with(strict).await, world.start(1).await);
    a.up(world.peer(1)).await;
    b.up(world.peer(0)).await;
    (a, b)
}

#[tokio::test]
async fn a_frame_that_is_too_long_cuts_its_sender() {
    let world = World::of(3);
    let limits = Limits {
        max_frame: 1000,
        ..world.limits.clone()
    };
    let (mut a, mut b) = meet(&world, limits).await;
    b.outbox.send(world.peer(0), Bytes::from(vec![0; 1001]));
    let reason = a.down(world.peer(1)).await;
    assert!(reason.is_fault());
    let (name, length) = (named("bob"), 1002);
    let rule = BadMessage::TooLong {
        length,
        bound: 1001,
    };
    assert_eq!(reason, Disconnect::Malformed { name, rule });
    let (name, reason) = (named("anna"), Goodbye::Malformed);
    let told = b.down(world.peer(0)).await;
    assert_eq!(told, Disconnect::Left { name, reason });
}

#[tokio::test]
async fn a_flood_of_frames_cuts_its_sender_who_may_come_back() {
    let world = World::of(3);
    let limits = Limits {
        frames_per_second: 50,
        ..world.limits.clone()
    };
    let (mut a, mut b) = meet(&world, limits).await;
    for _ in 0..1000 {
        b.outbox.send(world.peer(0), Bytes::from_static(b"flood"));
    }
    let reason = a.down(world.peer(1)).await;
    assert!(reason.is_fault());
    let (name, limit, unit) = (named("bob"), 50, Unit::Frames);
    assert_eq!(reason, Disconnect::Rate { name, limit, unit });
    let told = b.down(world.peer(0)).await;
    let is_told = match &told {
        Disconnect::Left { reason, .. } => *reason == Goodbye::Rate,
        broken => matches!(broken, Disconnect::Lost { .. }),
    };
    assert!(is_told, "{told}");
    a.up(world.peer(1)).await;
}

#[tokio::test]
async fn a_flood_of_bytes_cuts_its_sender() {
    let world = World::of(3);
    let limits = Limits {
        max_frame: 100_000,
        bytes_per_second: 50_000,
        ..world.limits.clone()
    };
    let (mut a, b) = meet(&world, limits).await;
    for _ in 0..10 {
        b.outbox.send(world.peer(0), Bytes::from(vec![0; 100_000]));
    }
    let (name, limit, unit) = (named("bob"), 50_000, Unit::Bytes);
    let reason = a.down(world.peer(1)).await;
    assert_eq!(reason, Disconnect::Rate { name, limit, unit });
}

#[tokio::test]
async fn a_full_queue_cuts_the_session_and_sending_never_waits() {
    let world = World::of(3);
    let limits = Limits {
        queue_frames: 10,
        ..world.limits.clone()
    };
    let (mut a, mut b) = meet(&world, limits).await;
    // Nothing else runs on this thread meanwhile, so the queue cannot empty.
    for _ in 0..11 {
        a.outbox.send(world.peer(1), Bytes::from_static(b"much"));
    }
    let reason = a.down(world.peer(1)).await;
    assert!(matches!(reason, Disconnect::Overflow { .. }), "{reason}");
    assert!(!reason.is_fault());
    b.down(world.peer(0)).await;
    a.up(world.peer(1)).await;
}

#[tokio::test]
async fn a_stalled_core_slows_its_peer_down_and_loses_no_frame() {
    let world = World::of(3);
    let limits = Limits {
        inbox_events: 4,
        frames_per_second: 100_000,
        ..world.limits.clone()
    };
    let (mut a, b) = meet(&world, limits).await;
    for number in 0..1000_u16 {
        b.outbox
            .send(world.peer(0), Bytes::copy_from_slice(&number.to_le_bytes()));
    }
    for number in 0..1000_u16 {
        assert_eq!(
            a.frame(world.peer(1)).await,
            number.to_le_bytes().as_slice()
        );
    }
}

#[tokio::test]
async fn frames_to_a_peer_without_a_session_are_dropped() {
    let world = World::of(3);
    let mut a = world.start(0).await;
    a.outbox
        .send(world.peer(1), Bytes::from_static(b"nobody hears"));
    let mut b = world.start(1).await;
    a.up(world.peer(1)).await;
    a.outbox
        .send(world.peer(1), Bytes::from_static(b"bob hears"));
    assert_eq!(b.frame(world.peer(0)).await, "bob hears");
}

#[tokio::test]
async fn a_peer_that_comes_and_goes_all_the_time_is_let_in_now_and_then() {
    let mut world = World::of(3);
    world.limits.redial = Duration::from_millis(100);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let mut a = world.start(0).await;
    let began = Instant::now();
    for _ in 0..10 {
        let mut b = world.start(1).await;
        b.up(anna).await;
        a.up(bob).await;
        drop(b);
        a.down(bob).await;
    }
    // Each time costs the core what it has said lately, and the operator two lines. Four in a row
    // pass for an honest peer in trouble; then it takes three redials.
    assert!(began.elapsed() >= 6 * 3 * world.limits.redial);
}

/// Opens silent connections from 127.0.0.2 until the listener has taken all it takes of them, and
/// gives those that it left open.
async fn silent_strangers(listener: SocketAddr) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..100 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
        open.push(socket.connect(listener).await.unwrap());
    }
    // The listener takes them in their order: the last one is closed when all before it are in.
    let mut last = open.pop().unwrap();
    let ended = timeout(PATIENCE, last.read(&mut [0; 100])).await;
    assert!(matches!(ended, Ok(Ok(0) | Err(_))), "{ended:?}");
    open
}

#[tokio::test]
async fn a_stranger_who_says_nothing_keeps_no_peer_out() {
    let world = World::of(3);
    let mut bob = world.settings(1);
    bob.limits.connect = 2 * PATIENCE;
    let mut bob = Running::with(bob).await;
    let strangers = silent_strangers(world.sockets[1]).await;
    // Bob does not dial her: she has to get in from her own address, 127.0.0.1.
    let _anna = world.start(0).await;
    bob.up(world.peer(0)).await;
    drop(strangers);
}
