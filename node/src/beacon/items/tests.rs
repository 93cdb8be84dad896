//! What a list costs that is read.

use super::Items;
use crate::beacon::ValidatorState;

#[test]
fn a_list_of_nothing_takes_no_room_for_what_could_stand_in_it() {
    let one = include_str!("../tests/recorded/validators.json");
    let one: serde_json::Value = serde_json::from_str(one).unwrap();
    let mut text = format!("[{}", one["data"][0]);
    text.push_str(&",0".repeat(1 << 19));
    text.push(']');
    let items: Items<ValidatorState> = serde_json::from_str(&text).unwrap();
    let room = items.read.capacity() * size_of::<ValidatorState>();
    assert!(
        room <= 4 * text.len(),
        "{} bytes were answered, room for {room} is taken",
        text.len()
    );
}
