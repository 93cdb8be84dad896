//! What a person sees while the devnet runs: one line a stage, moving on a terminal, plain lines
//! elsewhere, nothing in tests. It also keeps how long each stage took, for the report.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the moving sign of a running stage moves.
const TICK: Duration = Duration::from_millis(120);

/// Where progress goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    Terminal,
    Lines,
    Nothing,
}

/// A stage that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// The stages so far.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    done: Vec<Done>,
}

impl Progress {
    /// Moving lines if standard error is a terminal, plain lines otherwise.
    pub fn shown() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let screen = if is_terminal {
            Screen::Terminal
        } else {
            Screen::Lines
        };
        Self {
            screen,
            done: Vec::new(),
        }
    }

    /// Shows nothing.
    pub fn silent() -> Self {
        Self {
            screen: Screen::Nothing,
            done: Vec::new(),
        }
    }

    /// Begins the stage `name`; it ends with [`Self::end`].
    pub fn begin(&self, name: &'static str) -> Stage {
        let line = match self.screen {
            Screen::Terminal => {
                let template = "{spinner} {prefix:14} {wide_msg} {elapsed}";
                let style = ProgressStyle::with_template(template).expect("a valid template");
                let line = ProgressBar::new_spinner()
                    .with_style(style)
                    .with_prefix(name);
                line.enable_steady_tick(TICK);
                line
            }
            Screen::Lines | Screen::Nothing => ProgressBar::hidden(),
        };
        let stage = Stage {
            name,
            screen: self.screen,
            line,
            began: Instant::now(),
        };
        stage.say("begins");
        stage
    }

    /// Ends `stage` with its result, and keeps how long it took.
    pub fn end(&mut self, stage: Stage, result: &str) {
        let took = stage.began.elapsed();
        match self.screen {
            Screen::Terminal => {
                stage.line.finish_and_clear();
                eprintln!(
                    "✓ {:14} {result}  ({:.1} s)",
                    stage.name,
                    took.as_secs_f64()
                );
            }
            Screen::Lines => eprintln!("{}: {result} ({:.1} s)", stage.name, took.as_secs_f64()),
            Screen::Nothing => {}
        }
        self.done.push(Done {
            name: stage.name,
            took,
        });
    }

    /// The stages that are over, in order.
    pub fn done(&self) -> &[Done] {
        &self.done
    }
}

/// A running stage.
#[derive(Debug)]
pub struct Stage {
    name: &'static str,
    screen: Screen,
    line: ProgressBar,
    began: Instant,
}

impl Stage {
    /// Shows what it is at: in place on a terminal, as one more line elsewhere.
    pub fn say(&self, text: &str) {
        match self.screen {
            Screen::Terminal => self.line.set_message(text.to_owned()),
            Screen::Lines => eprintln!("{}: {text}", self.name),
            Screen::Nothing => {}
        }
    }

    /// Shows a line that stays, as one finished epoch.
    pub fn keep(&self, text: &str) {
        match self.screen {
            Screen::Terminal => self.line.suspend(|| eprintln!("  {text}")),
            Screen::Lines => eprintln!("{}: {text}", self.name),
            Screen::Nothing => {}
        }
    }
}
