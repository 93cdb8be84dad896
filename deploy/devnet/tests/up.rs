//! The script that starts the devnet, as far as it comes without installing anything.

use std::net::TcpListener;
use std::process::Command;

#[test]
fn a_busy_port_is_named_before_anything_is_installed() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let up = concat!(env!("CARGO_MANIFEST_DIR"), "/up");
    let asked = Command::new(up)
        .args(["--port-base", &port.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8(asked.stderr).unwrap();
    let named = format!("busy on 127.0.0.1: {port}");
    assert!(said.starts_with(&named), "{said}");
    assert_eq!(asked.status.code(), Some(1));
}
