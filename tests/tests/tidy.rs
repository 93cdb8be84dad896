//! The house rules, checked by a machine: who may know whom, what a pure core may touch, how large
//! a file may be, which words we do not use. It reads the tree; it runs nothing of ours.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

#[path = "tidy/arrows.rs"]
mod arrows;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Every file git tracks or would track, with forward slashes, relative to the root.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    names
        .lines()
        .filter(|name| root().join(name).is_file())
        .map(str::to_owned)
        .collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn rust_files() -> Vec<(String, String)> {
    let names = files().into_iter().filter(|name| name.ends_with(".rs"));
    names.map(|name| (name.clone(), read(&name))).collect()
}

/// Every Rust file as two texts: what goes into the program, and what is for tests only.
fn divided_files() -> Vec<(String, String, String)> {
    let all = rust_files();
    let of_tests: BTreeSet<String> = all
        .iter()
        .flat_map(|(name, text)| test_modules(name, text))
        .collect();
    let is_test = |name: &str| {
        let below = |place: &String| name.starts_with(&format!("{place}/"));
        let itself = |place: &String| *name == format!("{place}.rs");
        !name.contains("/src/")
            || name.starts_with("tests/")
            || of_tests.iter().any(|place| itself(place) || below(place))
    };
    let divide = |(name, text): (String, String)| {
        let (product, tests) = if is_test(&name) {
            (String::new(), text)
        } else {
            let (product, items) = divide(&text);
            (product, items.concat())
        };
        (name, product, tests)
    };
    all.into_iter().map(divide).collect()
}

/// What of every Rust file goes into the program.
fn product_files() -> Vec<(String, String)> {
    let divided = divided_files().into_iter();
    divided.map(|(name, product, _)| (name, product)).collect()
}

/// The modules that a file declares for tests only, as paths without `.rs`.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let stem = name.trim_end_matches(".rs");
    let (above, last) = stem.rsplit_once('/').unwrap();
    let folder = match last {
        "lib" | "mod" | "main" => above,
        _ => stem,
    };
    let module = |item: &String| {
        let declared = item.lines().last()?.trim().strip_suffix(';')?;
        let module = declared.split("mod ").nth(1)?;
        let path = item.split("#[path = \"").nth(1);
        Some(match path.and_then(|path| path.split(".rs\"").next()) {
            Some(path) => format!("{above}/{path}"),
            None => format!("{folder}/{module}"),
        })
    };
    divide(text).1.iter().filter_map(module).collect()
}

/// A file's text without its items for tests only, and those items. It relies on how rustfmt
/// indents: an item ends with the first line that is indented as it and ends with one of `;},`.
fn divide(text: &str) -> (String, Vec<String>) {
    let (mut product, mut items) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            product += &format!("{line}\n");
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let mut item = String::new();
        for line in lines.by_ref() {
            item += &format!("{line}\n");
            let outer = line.len() - line.trim_start().len() == indent;
            if outer && line.ends_with([';', '}', ',']) {
                break;
            }
        }
        items.push(item);
    }
    (product, items)
}

#[test]
fn what_is_for_tests_is_told_from_what_is_not() {
    let text = [
        "//! A file.",
        "#[cfg(test)]",
        "#[expect(",
        "    lint,",
        "    reason = \"many; lines\"",
        ")]",
        "mod trials;",
        "pub struct Thing;",
        "impl Thing {",
        "    #[cfg(test)]",
        "    fn count(&self) -> usize {",
        "        0",
        "    }",
        "    pub fn work(&self) {}",
        "}",
        "#[cfg(test)]",
        "#[path = \"thing_tests.rs\"]",
        "mod tests;",
    ];
    let text = text.join("\n");
    let product = "//! A file.\npub struct Thing;\nimpl Thing {\n    pub fn work(&self) {}\n}\n";
    assert_eq!(divide(&text).0, product);
    let modules = test_modules("a/src/thing.rs", &text);
    assert_eq!(modules, ["a/src/thing/trials", "a/src/thing_tests"]);
    let modules = test_modules("a/src/lib.rs", &text);
    assert_eq!(modules, ["a/src/trials", "a/src/thing_tests"]);
}

/// Whether `word` stands in `line` as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Fails with every line for which `bad` says why.
fn refuse(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn crates_know_only_whom_they_may() {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    let mut edges = BTreeSet::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if ours.contains(name) {
                edges.insert(format!("{} -> {name}", package["name"].as_str().unwrap()));
            }
        }
    }
    let allowed = [
        "consensus -> proto",
        "devnet -> dkg",
        "devnet -> node-core",
        "devnet -> proto",
        "dkg -> proto",
        "node -> consensus",
        "node -> dkg",
        "node -> node-core",
        "node -> proto",
        "node-core -> consensus",
        "node-core -> dkg",
        "node-core -> proto",
        "sim -> consensus",
        "sim -> dkg",
        "sim -> node-core",
        "sim -> proto",
        "sim -> tests",
        "tests -> devnet",
        "tests -> dkg",
        "tests -> node",
        "tests -> node-core",
        "tests -> proto",
    ];
    assert_eq!(edges, allowed.map(str::to_owned).into());
}

#[test]
fn cores_touch_no_clock_socket_disk_or_randomness() {
    let cores = ["proto/src/", "consensus/src/", "dkg/src/", "node/core/src/"];
    let banned = [
        "SystemTime",
        "Instant",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "fs",
        "thread",
        "process",
        "tokio",
        "getrandom",
        "rand",
        "OsRng",
        "HashMap",
        "HashSet",
    ];
    refuse(product_files().iter().flat_map(|(name, text)| {
        let is_core = cores.iter().any(|core| name.starts_with(core));
        let lines = text
            .lines()
            .filter(|line| is_core && !line.trim_start().starts_with("//"));
        let uses = |line| banned.iter().filter(move |word| has_word(line, word));
        lines
            .flat_map(|line| {
                uses(line).map(move |word| format!("{name}: a pure core uses {word}: {line}"))
            })
            .collect::<Vec<_>>()
    }));
}

#[test]
fn only_the_vault_and_the_ceremony_touch_a_share() {
    let may = [
        "dkg/",
        "node/core/src/vault/",
        "node/core/src/ceremony/",
        "node/src/disk/keystore/",
        "node/src/ceremony/",
        "node/core/src/deposit/example.rs",
    ];
    refuse(product_files().into_iter().filter_map(|(name, text)| {
        let outside = !may.iter().any(|place| name.starts_with(place));
        (outside && has_word(&text, "SecretShare")).then(|| format!("{name} knows SecretShare"))
    }));
}

#[test]
fn quorum_arithmetic_lives_in_one_place() {
    refuse(product_files().into_iter().filter_map(|(name, text)| {
        let elsewhere = name != "proto/src/cluster.rs";
        let found = ["div_ceil(3)", "* 2 / 3", "- 1) / 3"]
            .iter()
            .any(|w| text.contains(w));
        (elsewhere && found).then(|| format!("{name}: quorum arithmetic belongs to ClusterSize"))
    }));
}

#[test]
fn rust_files_say_what_they_are_and_stay_readable() {
    refuse(rust_files().into_iter().flat_map(|(name, text)| {
        let mut found = Vec::new();
        if !text.starts_with("//!") {
            found.push(format!("{name}: does not begin with //!"));
        }
        let lines = text.lines().count();
        if lines > 600 {
            found.push(format!("{name}: {lines} lines, more than 600"));
        } else if lines > 400 {
            println!("{name}: {lines} lines: is it still one room?");
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                found.push(format!("{name}:{}: over 100 columns", number + 1));
            }
        }
        found
    }));
}

#[test]
fn scripts_say_what_they_are_and_stay_readable() {
    let scripts = files()
        .into_iter()
        .filter(|name| name.ends_with(".mjs") || name.ends_with(".js"));
    refuse(scripts.flat_map(|name| {
        let text = read(&name);
        let mut found = Vec::new();
        if !text.starts_with("//") && !text.starts_with("#!") {
            found.push(format!(
                "{name}: does not begin with a comment that says what it is"
            ));
        }
        if text.lines().count() > 400 || text.lines().any(|line| line.chars().count() > 100) {
            found.push(format!("{name}: over 400 lines or 100 columns"));
        }
        found
    }));
}

#[test]
fn tests_are_known_by_their_path() {
    let marks = ["#[test]", "#[tokio::test", "proptest! {"];
    let is_known = |name: &str| {
        let mut parts = name.split(['/', '.']);
        !name.contains("/src/") || parts.any(|part| part.ends_with("tests"))
    };
    let all = rust_files();
    let unknown = all.iter().filter(|(name, _)| !is_known(name));
    refuse(unknown.flat_map(|(name, text)| {
        let mut lines = text.lines().map(str::trim_start);
        let first = lines.find(|line| marks.iter().any(|mark| line.starts_with(mark)));
        first.map(|_| format!("{name}: has tests; they stand in a file of their own"))
    }));
}

#[test]
fn tests_neither_sleep_nor_are_ignored() {
    let banned = [
        concat!("#[ign", "ore"),
        concat!("thread::sl", "eep"),
        concat!("sl", "eep("),
    ];
    refuse(divided_files().into_iter().flat_map(|(name, _, tests)| {
        let hits = banned.iter().filter(|word| tests.contains(**word));
        hits.map(|word| format!("{name}: a test contains {word}"))
            .collect::<Vec<_>>()
    }));
}

#[test]
fn names_say_what_a_thing_is() {
    let empty_words = ["manager", "handler", "helper", "utils", "misc"];
    refuse(files().into_iter().filter_map(|name| {
        let lower = name.to_lowercase();
        let hit = empty_words.iter().find(|word| lower.contains(**word))?;
        Some(format!("{name}: a file named after no thing ({hit})"))
    }));
}

#[test]
fn nothing_of_one_machine_is_in_the_tree() {
    let hosts = [
        concat!("registry.npm", "js"),
        concat!("static.crates", ".io"),
        concat!("/wo", "rk/"),
    ];
    refuse(files().into_iter().filter_map(|name| {
        let text = fs::read_to_string(root().join(&name)).ok()?;
        let hit = hosts.iter().find(|host| text.contains(**host))?;
        Some(format!("{name}: contains {hit}"))
    }));
}

#[test]
fn the_top_level_is_the_map_of_the_readme() {
    let tops: BTreeSet<String> = files()
        .into_iter()
        .map(|name| name.split('/').next().unwrap().to_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    let expected = "CONTRIBUTING.md Cargo.lock Cargo.toml LICENSE-APACHE LICENSE-MIT README.md \
                    clippy.toml consensus deny.toml deploy dkg findings node proto rustfmt.toml \
                    tests";
    let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
    assert_eq!(tops, expected);
}
