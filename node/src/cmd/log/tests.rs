//! Lines are written for who wants them, and their loss ends nothing.

use std::fs::File;
use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tracing::error;

use super::*;

/// Set where this very program runs with a log that takes nothing.
const FULL: &str = "GANTRY_TEST_FULL_LOG";
const GOES_ON: &str = "nobody took a line, and it goes on";

#[test]
fn what_libp2p_says_of_itself_is_shown_to_who_looks_for_it() {
    for (filter, is_shown) in [
        ("info", false),
        ("info,node=info", false),
        ("warn", false),
        ("debug", true),
        ("info,node=debug", true),
        ("info,libp2p_swarm=info", true),
    ] {
        let (said, lines) = (Said::default(), tracing_subscriber::fmt());
        let (filter, writer) = (filter.parse().unwrap(), said.clone());
        let lines = lines.with_env_filter(quiet(&filter));
        let lines = lines.with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(lines, || {
            tracing::info!(target: "libp2p_swarm", local_peer_id = "12D3Koo");
            error!("of the node");
        });
        let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("of the node"), "{said}");
        let filter = filter.as_str();
        assert_eq!(said.contains("12D3Koo"), is_shown, "{filter}: {said}");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `/dev/full` refuses every byte, as a full volume does.
#[test]
fn a_log_that_takes_nothing_ends_nothing() {
    if let Some(format) = std::env::var_os(FULL) {
        let format = if format == "json" {
            LogFormat::Json
        } else {
            LogFormat::Text
        };
        start(&LogFilter::default(), format);
        error!("lost");
        println!("{GOES_ON}");
        return;
    }
    let name = std::thread::current().name().unwrap().to_owned();
    for format in ["text", "json"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let itself = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(FULL, format)
            .stderr(full)
            .output()
            .unwrap();
        let said = String::from_utf8(itself.stdout).unwrap();
        assert!(itself.status.success(), "{said}");
        assert!(said.contains(GOES_ON), "{said}");
    }
}
