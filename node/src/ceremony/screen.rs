//! What the operator sees of a ceremony: a moving line on a terminal, plain lines elsewhere.
//!
//! Everything goes to standard error. Each line that does not change is written once. What others
//! give cause to is bounded for each of them, so that nobody can keep what another has done, or
//! what this peer itself says, off the screen: not by filling it, and not by filling the memory.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use proto::PeerIndex;

/// How often the moving line moves.
const BEAT: Duration = Duration::from_millis(200);

/// The most lines that one peer, or all strangers together, give cause to.
pub const MAX_LINES: usize = 20;

/// Who gives cause to a line: a peer, or somebody who is no operator.
pub type Cause = Option<PeerIndex>;

/// Where the lines go.
pub struct Screen {
    bar: Option<ProgressBar>,
    now: String,
    told: BTreeSet<String>,
    /// How many of them each has given cause to.
    counts: BTreeMap<Cause, usize>,
}

impl Screen {
    /// A screen on standard error.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {elapsed:>4} {msg}");
            bar.set_style(style.expect("the template is one that indicatif knows"));
            bar.enable_steady_tick(BEAT);
            bar
        });
        Self {
            bar,
            now: String::new(),
            told: BTreeSet::new(),
            counts: BTreeMap::new(),
        }
    }

    /// What is going on now; replaces what was.
    pub fn now(&mut self, words: String) {
        if words == self.now {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(words.clone()),
            None => written(&words),
        }
        self.now = words;
    }

    /// Something that stays.
    pub fn say(&self, words: &str) {
        match &self.bar {
            Some(bar) => bar.println(words),
            None => written(words),
        }
    }

    /// What [`Screen::say_once`] and [`Screen::say_of`] have said.
    #[cfg(test)]
    pub fn said_once(&self) -> &BTreeSet<String> {
        &self.told
    }

    /// Something that stays and need not be said again, however often it happens. There are only
    /// so many such words, whatever others do.
    pub fn say_once(&mut self, words: String) {
        if !self.told.contains(&words) {
            self.say(&words);
            self.told.insert(words);
        }
    }

    /// The same for words that `cause` can vary: it has [`MAX_LINES`] of them, and then one more
    /// line says that there are others.
    pub fn say_of(&mut self, cause: Cause, words: String, name: &str) {
        if self.told.contains(&words) {
            return;
        }
        tracing::debug!(words, "seen");
        let count = self.counts.entry(cause).or_default();
        *count += 1;
        match (*count).cmp(&MAX_LINES) {
            Ordering::Less => self.say_once(words),
            Ordering::Equal => self.say_once(format!(
                "{name}: more of this kind is not shown; with --log debug it is in the log"
            )),
            Ordering::Greater => {}
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// One line of plain text. Where nobody takes it the ceremony goes on without.
fn written(words: &str) {
    writeln!(std::io::stderr(), "{words}").ok();
}

#[cfg(test)]
mod tests;
