//! The house rules, checked by a machine: who may know whom, what a pure core may touch, how large
//! a file may be, which words we do not use. It reads the tree; it runs nothing of ours.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

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

/// Every Rust file that holds no tests, without the test module at its end.
fn product_files() -> Vec<(String, String)> {
    let all = rust_files();
    let of_tests: BTreeSet<String> = all
        .iter()
        .flat_map(|(name, text)| test_modules(name, text))
        .collect();
    let is_product = |name: &str| {
        let below = |place: &String| name.starts_with(&format!("{place}/"));
        let itself = |place: &String| *name == format!("{place}.rs");
        name.contains("/src/")
            && !name.starts_with("tests/")
            && !name.ends_with("_tests.rs")
            && !of_tests.iter().any(|place| itself(place) || below(place))
    };
    all.into_iter()
        .filter(|(name, _)| is_product(name))
        .map(|(name, text)| (name, product(&text).to_owned()))
        .collect()
}

/// The modules that a file declares for tests only, as paths without `.rs`.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let stem = name.trim_end_matches(".rs");
    let folder = match stem.rsplit_once('/') {
        Some((folder, "lib" | "mod" | "main")) => folder,
        _ => stem,
    };
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let line = rest.trim_start().lines().next()?;
        let module = line.split("mod ").nth(1)?.strip_suffix(';')?;
        Some(format!("{folder}/{module}"))
    });
    declared.collect()
}

/// A file without the test module in it.
fn product(text: &str) -> &str {
    let inline = text.match_indices("#[cfg(test)]").find(|(at, _)| {
        let line = text[at + "#[cfg(test)]".len()..]
            .trim_start()
            .lines()
            .next();
        line.is_some_and(|line| !line.ends_with(';'))
    });
    &text[..inline.map_or(text.len(), |(at, _)| at)]
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
        "devnet -> proto",
        "dkg -> proto",
        "node -> consensus",
        "node -> dkg",
        "node -> proto",
        "tests -> consensus",
        "tests -> devnet",
        "tests -> dkg",
        "tests -> node",
        "tests -> proto",
    ];
    assert_eq!(edges, allowed.map(str::to_owned).into());
}

#[test]
fn cores_touch_no_clock_socket_disk_or_randomness() {
    let cores = [
        "proto/src/",
        "consensus/src/",
        "dkg/src/",
        "node/src/duties/",
        "node/src/vault/",
    ];
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
        "node/src/vault/",
        "node/src/keystore/",
        "node/src/ceremony/",
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
        if text.lines().count() > 400 {
            found.push(format!(
                "{name}: {} lines, more than 400",
                text.lines().count()
            ));
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
fn tests_neither_sleep_nor_are_ignored() {
    let banned = [
        concat!("#[ign", "ore"),
        concat!("thread::sl", "eep"),
        concat!("time::sl", "eep"),
    ];
    refuse(rust_files().into_iter().flat_map(|(name, text)| {
        let tests = if name.contains("/tests/") {
            text.as_str()
        } else {
            &text[product(&text).len()..]
        };
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
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "clippy.toml",
        "consensus",
        "deny.toml",
        "deploy",
        "dkg",
        "node",
        "proto",
        "rustfmt.toml",
        "tests",
    ];
    assert_eq!(tops, expected.map(str::to_owned).into());
}
