//! Nobody can keep what another has done off the screen.

use proto::ClusterSize;

use super::*;

#[test]
fn who_says_something_new_for_ever_mutes_nobody() {
    let peer = |position| ClusterSize::of(4).unwrap().peer(position);
    let mut screen = Screen::new();
    for number in 0..5000 {
        screen.say_of(peer(3), format!("op4: sent {number} bytes"), "op4");
        screen.say_of(None, format!("a stranger from port {number}"), "strangers");
    }
    assert_eq!(screen.said_once().len(), 2 * MAX_LINES);
    screen.say_of(peer(2), "op3: sent 7 bytes".to_owned(), "op3");
    screen.say_once("Attempt 1 has failed".to_owned());
    for words in ["op3: sent 7 bytes", "Attempt 1 has failed"] {
        assert!(screen.said_once().contains(words), "{words}");
    }
}
