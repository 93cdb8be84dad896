//! Four peers that run and their operators, who say what the node does next: over their sessions,
//! by the commands.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tests::program::gantry;

use crate::chain::Chain;
use crate::group::Group;
use crate::running::Peer;

/// Longer than it takes until peers have found each other on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `gantry pool` does for one of them.
fn pool(group: &Group<'_>, arguments: &[&str]) -> Output {
    let mut command = Command::new(gantry());
    command.arg("pool").args(arguments).current_dir(&group.dir);
    command.output().unwrap()
}

fn said(group: &Group<'_>, arguments: &[&str]) -> String {
    let output = pool(group, arguments);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {words}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same, once enough others have told its peer what they hold.
fn said_among_others(group: &Group<'_>, arguments: &[&str]) -> String {
    let begun = Instant::now();
    loop {
        let output = pool(group, arguments);
        if output.status.success() {
            return String::from_utf8(output.stdout).unwrap();
        }
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("signs an intent once 2 have"), "{words}");
        assert!(begun.elapsed() < PATIENCE, "{words}");
    }
}

const PROPOSE: [&str; 6] = ["intent", "propose", "--validators", "1", "--claims", "no"];
const IN_FORCE: &str = "intent 1 at Rocket Pool is in force: validators 1";

#[tokio::test(flavor = "multi_thread")]
async fn three_of_four_that_run_say_what_the_node_does_and_the_one_that_was_away_learns_it() {
    let chain = Chain::start().await;
    let all = Group::together(&chain, "pool-intents");
    let mut peers: Vec<Peer> = all[..3].iter().map(Group::run).collect();
    for peer in &mut peers {
        peer.wait_for("connected");
    }
    let propose = [&PROPOSE[..], &["--yes"]].concat();
    let page = said_among_others(&all[0], &propose);
    assert!(page.contains("intent 1 lacks 2 more"), "{page}");
    peers[1].wait_for("intent 1 at Rocket Pool is signed by alice");
    let page = said_among_others(&all[1], &["intent", "approve", "--yes"]);
    assert!(page.contains("intent 1 lacks 1 more"), "{page}");
    peers[2].wait_for("intent 1 at Rocket Pool is signed by alice, bob");
    said_among_others(&all[2], &["intent", "approve", "1", "--yes"]);
    for peer in &mut peers {
        peer.wait_for(IN_FORCE);
    }
    // The proposer is gone when the fourth comes; what it learns holds after it was killed.
    peers.remove(0);
    for first in [IN_FORCE, "connected"] {
        let mut fourth = all[3].run();
        fourth.wait_for(first);
        let page = said(&all[3], &["intent", "show"]);
        assert!(page.contains("Intent 1 is in force on version 1"), "{page}");
        assert!(page.contains("alice, bob, carol"), "{page}");
    }
}
