//! What becomes of a command whose words nobody takes: their reader has gone, as in
//! `gantry status | head -1`, or the disk behind them is full.
//!
//! `println!` can only panic then, and a panic looks like a fault of gantry. So the process ends
//! like any command that could not do what it was asked: without a word if the reader has gone.
//! Nothing durable hangs on such an end; it is written before it is told.

use std::io::{self, Write as _};
use std::{panic, process, thread};

use rustix::io::Errno;

/// How the panic of the standard library begins; its own compiler knows it by the same words.
const UNPRINTED: &str = "failed printing to std";

/// From now on, what the calling thread cannot print ends the process. Other threads panic as they
/// always do: what a library's thread cannot print ends no running peer.
pub(super) fn end_quietly() {
    let own = thread::current().id();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        let words = panicked.payload_as_str().unwrap_or_default();
        if thread::current().id() != own || !words.starts_with(UNPRINTED) {
            return usual(panicked);
        }
        if !is_of_a_gone_reader(words) {
            writeln!(io::stderr(), "gantry: {words}").ok();
        }
        process::exit(1);
    }));
}

fn is_of_a_gone_reader(words: &str) -> bool {
    words.ends_with(&format!("(os error {})", Errno::PIPE.raw_os_error()))
}

#[cfg(test)]
mod tests;
