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

#[test]
fn where_an_answer_could_not_be_read_no_part_of_a_key_is_shown() {
    let client = BeaconClient::connect("https://example.org/0123456789abcdef").unwrap();
    let shown = |key: &str| {
        let body = format!(r#"{{"path":"{key}{}"}}"#, "/".repeat(50));
        let read = client.read_json::<Vec<u8>>(Call::Syncing, body.as_bytes());
        read.unwrap_err().to_string()
    };
    assert!(shown("another").contains("after"), "{}", shown("another"));
    let with_key = format!(r#"["0123456789abcdef{}", 7"#, "/".repeat(50));
    let read = client.read_json::<Vec<String>>(Call::Syncing, with_key.as_bytes());
    let said = read.unwrap_err().to_string();
    assert!(!said.contains("def"), "{said}");
}
