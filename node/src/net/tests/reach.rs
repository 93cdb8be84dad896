//! Why a peer is not reached is told, in words that its operator can use.

use proto::definition::PeerAddress;

use super::*;

/// Anna knows of bob only these addresses, and of carol the right one.
async fn anna(world: &World, bob: Vec<PeerAddress>) -> Running {
    let mut settings = world.settings(0);
    settings.addresses[1] = bob;
    settings.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    Running::with(settings).await
}

#[tokio::test]
async fn why_a_peer_is_not_reached_is_told_in_words() {
    let world = World::of(3);
    let (socket, bob) = (world.sockets[1], world.peer(1));
    let mut told = anna(&world, vec![socket.into()]).await;
    let why = format!("{socket} refuses the connection: is gantry running there, on this port?");
    let name = named("bob");
    assert_eq!(told.unreached(bob).await, Refusal::Unreached { name, why });
    let named = "no-such-name.invalid:1".parse().unwrap();
    let mut told = anna(&world, vec![named]).await;
    let words = told.unreached(bob).await.to_string();
    let begin = "bob is not reached: the name no-such-name.invalid cannot be looked up (";
    assert!(words.starts_with(begin), "{words}");
    let mut told = anna(&world, Vec::new()).await;
    let words = told.unreached(bob).await.to_string();
    let begin = "bob is not reached: no address of it is known here";
    assert!(words.starts_with(begin), "{words}");
}

#[tokio::test]
async fn it_is_told_once_and_again_after_a_session() {
    let world = World::of(3);
    let (anna, bob) = (world.peer(0), world.peer(1));
    let mut a = world.start(0).await;
    a.unreached(bob).await;
    let mut b = world.start(1).await;
    let mut again = 0;
    a.until(|event| match event {
        Event::Refused { peer, .. } => {
            again += u32::from(peer == Some(bob));
            None
        }
        Event::Up { peer, .. } => (peer == bob).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(again, 0, "the same is told again");
    b.up(anna).await;
    drop(b);
    a.down(bob).await;
    let again = a.unreached(bob).await;
    assert!(matches!(again, Refusal::Unreached { name, .. } if name == "bob"));
}

#[tokio::test]
async fn another_operator_at_an_address_is_named_as_people_know_it() {
    let world = World::of(3);
    let carol = world.sockets[2];
    let _carol = world.start(2).await;
    let mut told = anna(&world, vec![carol.into()]).await;
    let (name, found) = (named("bob"), named("operator carol"));
    let wrong = Refusal::WrongIdentity {
        name,
        address: carol.to_string(),
        found,
    };
    assert_eq!(told.unreached(world.peer(1)).await, wrong);
}

#[tokio::test]
async fn a_stranger_is_told_by_the_key_that_its_operator_can_read() {
    let (world, other) = (World::of(3), World::of(4));
    let mut a = world.start(0).await;
    let mut settings = other.settings(3);
    settings.addresses[0] = vec![world.sockets[0].into()];
    let _stranger = Running::with(settings).await;
    let refused = a.refused().await;
    let key = other.secrets[3].public().to_string();
    let is_named = matches!(&refused, Refusal::Stranger { identity, .. } if *identity == key);
    assert!(is_named, "{refused}");
}
