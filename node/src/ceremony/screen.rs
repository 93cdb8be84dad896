//! What the operator sees of a ceremony: a moving line on a terminal, plain lines elsewhere.
//!
//! Everything goes to standard error. Each line that does not change is written once.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the moving line moves.
const BEAT: Duration = Duration::from_millis(200);

/// Where the lines go.
pub struct Screen {
    bar: Option<ProgressBar>,
    now: String,
    told: BTreeSet<String>,
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
        }
    }

    /// What is going on now; replaces what was.
    pub fn now(&mut self, words: String) {
        if words == self.now {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(words.clone()),
            None => eprintln!("{words}"),
        }
        self.now = words;
    }

    /// Something that stays.
    pub fn say(&self, words: &str) {
        match &self.bar {
            Some(bar) => bar.println(words),
            None => eprintln!("{words}"),
        }
    }

    /// What [`Screen::say_once`] has said.
    pub fn said_once(&self) -> &BTreeSet<String> {
        &self.told
    }

    /// Something that stays and need not be said again, however often it happens.
    pub fn say_once(&mut self, words: String) {
        // Bounded: a peer that always says something new must not fill the memory.
        if self.told.len() < 1000 && !self.told.contains(&words) {
            self.say(&words);
            self.told.insert(words);
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
