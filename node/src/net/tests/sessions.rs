//! Peers meet, talk, go and come back; peers that do not fit are told why.

use super::*;

#[tokio::test]
async fn two_peers_meet_and_frames_arrive_in_order() {
    let world = World::of(3);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let (mut a, mut b) = (world.start(0).await, world.start(1).await);
    a.up(bob).await;
    b.up(anna).await;
    let long = Bytes::from(vec![9; world.limits.max_frame]);
    for frame in [Bytes::new(), Bytes::from_static(b"one"), long.clone()] {
        a.outbox.send(bob, frame);
    }
    b.outbox.send(anna, Bytes::from_static(b"two"));
    assert_eq!(b.frame(anna).await, Bytes::new());
    assert_eq!(b.frame(anna).await, "one");
    assert_eq!(b.frame(anna).await, long);
    assert_eq!(a.frame(bob).await, "two");
    let (sent, received) = (a.outbox.traffic(), b.outbox.traffic());
    assert_eq!(
        (sent.peers[1].sent_frames, received.peers[0].received_frames),
        (3, 3)
    );
    assert!(sent.sent_bytes > sent.peers[1].sent_bytes);
    assert!(sent.peers[1].sent_bytes > long.len() as u64);
}

#[tokio::test]
async fn four_peers_meet_and_all_hear_all() {
    let world = World::of(4);
    let mut peers = Vec::new();
    for position in 0..4 {
        peers.push(world.start(position).await);
    }
    let everybody: Vec<PeerIndex> = world.roster.size().all().collect();
    for (position, running) in peers.iter_mut().enumerate() {
        let mut missing: Vec<PeerIndex> = everybody.clone();
        missing.remove(position);
        while !missing.is_empty() {
            let who = running
                .until(|event| match event {
                    Event::Up { peer, .. } => Some(peer),
                    _ => None,
                })
                .await;
            missing.retain(|peer| *peer != who);
        }
    }
    for (position, running) in peers.iter().enumerate() {
        for peer in everybody.iter().filter(|p| p.position() != position) {
            running
                .outbox
                .send(*peer, Bytes::from(vec![position as u8]));
        }
    }
    for (position, running) in peers.iter_mut().enumerate() {
        let mut heard = Vec::new();
        while heard.len() < 3 {
            let said = running
                .until(|event| match event {
                    Event::Frame { peer, frame } => Some((peer.position(), frame)),
                    Event::Down { reason, .. } => panic!("{reason}"),
                    _ => None,
                })
                .await;
            heard.push(said);
        }
        heard.sort();
        let others = (0..4).filter(|p| *p != position);
        assert!(
            heard
                .into_iter()
                .eq(others.map(|p| (p, Bytes::from(vec![p as u8]))))
        );
    }
}

#[tokio::test]
async fn two_peers_that_dial_each_other_hear_what_is_sent_in_the_last_session() {
    let mut world = World::of(3);
    world.limits.redial = Duration::from_millis(2); // Both dial before either has connected.
    let (anna, bob) = (world.peer(0), world.peer(1));
    let mut a = Running::with(world.outgoing(0)).await;
    let mut b = Running::with(world.outgoing(1)).await;
    let (outbox, mut ours) = (a.outbox.clone(), 0_u8);
    let sending = async {
        loop {
            a.up(bob).await;
            ours += 1;
            outbox.send(bob, Bytes::from(vec![ours]));
        }
    };
    tokio::select! {
        () = sending => {}
        frame = b.frame(anna) => assert_eq!(frame.len(), 1),
    }
}

#[tokio::test]
async fn a_late_peer_is_waited_for_by_the_one_that_dials_it() {
    let world = World::of(3);
    let mut silent = world.settings(1);
    silent.addresses = vec![Vec::new(); 3]; // It dials nobody: the others must find it.
    let mut a = world.start(0).await;
    let mut c = Running::with(world.outgoing(2)).await;
    a.up(world.peer(2)).await;
    let mut b = Running::with(silent).await;
    a.up(world.peer(1)).await;
    b.up(world.peer(0)).await;
    c.up(world.peer(1)).await;
}

#[tokio::test]
async fn a_peer_that_restarts_goes_down_and_comes_up_again() {
    let world = World::of(3);
    let bob = world.peer(1);
    let mut a = world.start(0).await;
    let mut b = world.start(1).await;
    a.up(bob).await;
    b.up(world.peer(0)).await;
    drop(b);
    assert!(!a.down(bob).await.is_fault());
    let mut b = world.start(1).await;
    a.up(bob).await;
    b.up(world.peer(0)).await;
    a.outbox.send(bob, Bytes::from_static(b"again"));
    assert_eq!(b.frame(world.peer(0)).await, "again");
}

#[tokio::test]
async fn both_sides_measure_round_trip_and_clock_offset() {
    let world = World::of(3);
    let (mut a, mut b) = (world.start(0).await, world.start(1).await);
    for running in [&mut a, &mut b] {
        let (rtt, offset) = running
            .until(|event| match event {
                Event::Measured {
                    rtt,
                    clock_offset_micros,
                    ..
                } => Some((rtt, clock_offset_micros)),
                _ => None,
            })
            .await;
        // The same clock on both sides: the offset is at most half a round trip, unless a thread
        // is stopped between the readings of two clocks.
        let half = i64::try_from(rtt.as_micros()).unwrap() / 2;
        assert!(offset.abs() <= half + 100_000, "{offset} µs at {rtt:?}");
    }
}

#[tokio::test]
async fn a_cut_line_is_noticed_by_silence_and_a_mended_one_is_used_again() {
    let mut world = World::of(3);
    world.limits.silence = Duration::from_secs(5);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let line = Line::to(world.sockets[1]).await;
    let mut far = world.settings(0);
    far.addresses[1] = vec![line.socket.into()];
    let (mut a, mut b) = (Running::with(far).await, world.start(1).await);
    a.up(bob).await;
    b.up(anna).await;
    line.cut();
    for reason in [a.down(bob).await, b.down(anna).await] {
        assert!(matches!(reason, Disconnect::Silent { .. }), "{reason}");
    }
    line.mend();
    a.up(bob).await;
    b.up(anna).await;
    b.outbox.send(anna, Bytes::from_static(b"back"));
    assert_eq!(a.frame(bob).await, "back");
}

#[tokio::test]
async fn another_context_is_refused_and_named_on_both_sides() {
    let world = World::of(3);
    let mut other = world.settings(1);
    other.context = Root::from([0xcd; 32]);
    let (mut a, mut b) = (world.start(0).await, Running::with(other).await);
    let refusal = |name, ours, theirs| Refusal::Context {
        name: named(name),
        purpose: Purpose::Duties,
        ours: Root::from([ours; 32]),
        theirs: Root::from([theirs; 32]),
    };
    assert_eq!(a.refused().await, refusal("bob", 7, 0xcd));
    assert_eq!(b.refused().await, refusal("anna", 0xcd, 7));
}

#[tokio::test]
async fn another_purpose_is_refused_and_named_on_both_sides() {
    let world = World::of(3);
    let mut other = world.settings(1);
    other.purpose = Purpose::Ceremony;
    let (mut a, mut b) = (world.start(0).await, Running::with(other).await);
    let refusal = |name, ours, theirs| Refusal::Purpose {
        name: named(name),
        ours,
        theirs,
    };
    let (duties, ceremony) = (Purpose::Duties, Purpose::Ceremony);
    assert_eq!(a.refused().await, refusal("bob", duties, ceremony));
    assert_eq!(b.refused().await, refusal("anna", ceremony, duties));
}

#[tokio::test]
async fn another_order_of_peers_is_refused() {
    let world = World::of(3);
    let mut other = world.settings(1);
    other.addresses = vec![Vec::new(); 3];
    let keys = [1, 0, 2].map(|i: usize| world.secrets[i].public());
    other.roster = Roster::new(keys.to_vec()).unwrap();
    other.me = world.peer(0);
    let (mut a, _b) = (world.start(0).await, Running::with(other).await);
    let (name, ours, theirs) = (named("bob"), world.peer(1), 0);
    let refused = Refusal::Position { name, ours, theirs };
    assert_eq!(a.refused().await, refused);
}

#[tokio::test]
async fn an_identity_outside_the_roster_is_refused_before_any_stream() {
    let world = World::of(3);
    let mut intruder = world.outgoing(1);
    intruder.identity = Identity::from_seed(&[99; 32]);
    let keys = [&world.secrets[0], &intruder.identity, &world.secrets[2]];
    intruder.roster = Roster::new(keys.map(Identity::public).to_vec()).unwrap();
    let (mut a, mut x) = (world.start(0).await, Running::with(intruder).await);
    // One side dials and meets a stranger, or is dialled by it.
    let refused = a.refused().await;
    let is_stranger = matches!(
        refused,
        Refusal::Stranger { .. } | Refusal::WrongIdentity { .. }
    );
    assert!(is_stranger, "{refused}");
    let hung_up = x.refused().await;
    assert!(hung_up.to_string().contains("anna"), "{hung_up}");
    assert_eq!(a.outbox.traffic().peers, vec![Default::default(); 3]);
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_at_the_start() {
    let world = World::of(3);
    let mut wrong_key = world.settings(0);
    wrong_key.identity = world.secrets[1].clone();
    let me = world.peer(0);
    let refused = start(wrong_key).await.unwrap_err();
    assert_eq!(refused, NetError::NotMyPlace { me });
    let mut few_names = world.settings(0);
    few_names.names.pop();
    let few = NetError::Settings {
        what: "names",
        got: 2,
        peers: 3,
    };
    assert_eq!(start(few_names).await.unwrap_err(), few);
    let _first = world.start(0).await;
    let busy = start(world.settings(0)).await.unwrap_err();
    let mine = world.sockets[0];
    assert!(matches!(busy, NetError::Listen { address, .. } if address == mine));
}
