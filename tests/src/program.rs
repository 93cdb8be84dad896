//! The `gantry` program that the tests run: that of their own build.

use std::path::{Path, PathBuf};

/// Where the program is.
///
/// # Panics
/// If it was not built, with what to do.
pub fn gantry() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("gantry");
    assert!(
        built.is_file(),
        "{} is missing: run `cargo test --workspace`, or `cargo build --bin gantry` first",
        built.display()
    );
    built
}
