//! Of an address nothing is shown that may be a secret.

use super::*;

#[test]
fn an_address_with_secrets_is_shown_without_them() {
    let client = BeaconClient::connect("https://me:pass@example.org:8443/key123/").unwrap();
    assert_eq!(client.node(), "https://example.org:8443");
    assert_eq!(
        format!("{client:?}"),
        "BeaconClient(https://example.org:8443)"
    );
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_it() {
    for url in [
        "",
        "localhost:5052",
        "ftp://u:secret@h",
        "http://u:secret@h?key=1",
    ] {
        let error = BeaconClient::connect(url).unwrap_err().to_string();
        assert!(error.contains("http://127.0.0.1:5052"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
