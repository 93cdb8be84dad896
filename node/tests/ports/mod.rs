//! Ports on which a program that is tested can listen.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port of loopback that nobody listens on and that is ours until the tests end: it stays bound
/// without listening, and whoever sets the option to share it, as the program does, can listen.
pub fn free_port() -> u16 {
    let held = TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let port = held.local_addr().unwrap().port();
    std::mem::forget(held);
    port
}
