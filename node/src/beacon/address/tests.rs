//! Addresses are read, or refused with what to write.

use super::*;

#[test]
fn what_is_no_address_of_an_http_server_says_what_to_write() {
    let cases = [
        ("", "does not begin with http://"),
        ("localhost:5052", "does not begin with http://"),
        ("u:secret@127.0.0.1:5052", "does not begin with http://"),
        ("ws://u:secret@h:5052", "write http:// in place of ws://"),
        ("WSS://h", "https:// in place of wss://"),
        ("ftp://u:secret@h", "something else than http://"),
        ("http://", "empty host"),
        ("http://u:secret@h:port", "invalid port"),
        ("http://u:secret@h?key=1", "nothing after the path"),
    ];
    for (text, words) in cases {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
        assert!(error.contains("such as http://127.0.0.1:5052"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    assert_eq!(
        read(" https://u:p@h/key/ ").unwrap().as_str(),
        "https://u:p@h/key/"
    );
}

#[test]
fn of_a_redirect_only_the_place_is_shown() {
    let origin = origin_of("https://u:secret@node.example:8443/secret?secret");
    assert_eq!(origin.as_deref(), Some("https://node.example:8443"));
    assert_eq!(origin_of("/elsewhere"), None);
}
