//! Every cause has words of its own.

use super::*;

#[test]
fn each_cause_that_the_system_names_has_words_of_its_own() {
    let words = |to: &str, cause: ErrorKind| {
        // As the transport hands it on.
        let error = TransportError::Other(io::Error::other(io::Error::from(cause)));
        failure(&to.parse().unwrap(), &error)
    };
    let (v4, v6) = ("/ip4/192.0.2.1/tcp/9/p2p-circuit", "/ip6/2001:db8::1/tcp/9");
    for (to, cause, expected) in [
        (
            v4,
            ErrorKind::ConnectionRefused,
            "192.0.2.1:9 refuses the connection",
        ),
        (v4, ErrorKind::TimedOut, "192.0.2.1:9 does not answer"),
        (
            v6,
            ErrorKind::NetworkUnreachable,
            "which has no way over IPv6",
        ),
        (
            v6,
            ErrorKind::AddrNotAvailable,
            "[2001:db8::1]:9 is not to be reached",
        ),
        (
            v4,
            ErrorKind::HostUnreachable,
            "a machine to which there is no way",
        ),
        (
            v4,
            ErrorKind::ConnectionReset,
            "gives no connection (connection reset)",
        ),
    ] {
        let said = words(to, cause);
        assert!(said.contains(expected), "{said}");
    }
}
