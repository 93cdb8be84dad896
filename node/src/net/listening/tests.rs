//! What keeps from listening comes with what to do.

use super::*;
use std::net::TcpListener;

#[test]
fn an_address_of_another_machine_and_a_taken_port_say_what_to_do() {
    // TEST-NET-3 of RFC 5737: no machine has it.
    let foreign = TcpListener::bind("203.0.113.7:3610").unwrap_err();
    let words = with_advice(&foreign);
    assert!(words.contains("no such address"), "{words}");
    assert!(words.contains("0.0.0.0 stands for all"), "{words}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let again = TcpListener::bind(taken.local_addr().unwrap()).unwrap_err();
    let words = with_advice(&again);
    assert!(words.contains("another program is there"), "{words}");
}
