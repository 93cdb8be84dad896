//! The home is found, and what is no path is not shown.

use super::*;

fn read(path: &str) -> Result<PathBuf, BadPath> {
    expanded_in(Path::new(path), Some("/her/home".into()))
}

#[test]
fn a_leading_tilde_is_the_home_and_nothing_else_changes() {
    assert_eq!(read("~/gantry").unwrap(), Path::new("/her/home/gantry"));
    assert_eq!(read("~").unwrap(), Path::new("/her/home"));
    for path in ["/etc/~", "keys/~/a", "./~/a", ".", "", "a~", "../~"] {
        assert_eq!(read(path).unwrap(), Path::new(path));
    }
}

#[test]
fn a_key_is_no_path_and_is_not_repeated() {
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    for given in [key.to_owned(), format!("0x{key}")] {
        let words = read(&given).unwrap_err().to_string();
        assert!(words.contains("write the key into a file"), "{words}");
        assert!(!words.contains(&key[..8]), "{words}");
    }
}

#[test]
fn a_home_that_is_not_known_is_refused_in_words() {
    let words = read("~bob/gantry").unwrap_err().to_string();
    assert!(words.contains("write the whole path"), "{words}");
    for home in [None, Some(PathBuf::new())] {
        let refused = expanded_in(Path::new("~/gantry"), home);
        assert!(matches!(refused, Err(BadPath::Homeless(_))));
    }
}
