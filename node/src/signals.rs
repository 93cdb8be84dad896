//! How a signal ends the program: with the terminal as it was, and by itself if it can.
//!
//! A passphrase is typed unseen. Whatever ends the program meanwhile (Ctrl-C, a closed window, a
//! service that is stopped), the terminal shows again what is typed; only SIGKILL leaves no time
//! for it. And at a prompt every such signal ends the program at once: nothing is under way yet.
//!
//! A program that is stopped (Ctrl-Z) and continued is neither ended nor done: the terminal shows
//! what is typed while it is stopped, and nothing from then on, and the prompt is there again.
//!
//! Never here: what is to be done before an end; see [`stop_signal`].

use std::ffi::c_int;
use std::fs::File;
use std::future::Future;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Whether the program ends by itself when it is asked to.
static STOPS: AtomicBool = AtomicBool::new(false);

/// The terminal that shows nothing at the moment.
static SILENT: Mutex<Option<Silenced>> = Mutex::new(None);

/// A terminal and how it was.
struct Silenced {
    terminal: File,
    before: Termios,
    prompt: String,
}

impl Silenced {
    /// Shows the prompt, and nothing of what is typed from now on.
    fn ask(&mut self) -> io::Result<()> {
        let mut silent = self.before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&self.terminal, OptionalActions::Flush, &silent)?;
        self.terminal.write_all(self.prompt.as_bytes())
    }

    fn show(&self) {
        // Nothing better is left to do with a terminal that refuses its own settings.
        tcsetattr(&self.terminal, OptionalActions::Now, &self.before).ok();
    }
}

fn silenced() -> MutexGuard<'static, Option<Silenced>> {
    // What is in it is whole, whoever panicked.
    SILENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back as it was; whether it was silent.
fn restore() -> bool {
    let silenced = silenced().take();
    silenced.inspect(Silenced::show).is_some()
}

/// While it lives, the terminal shows nothing of what is typed.
pub struct Unseen(());

impl Unseen {
    /// Shows `prompt` on `terminal` and silences it. There is one at a time.
    ///
    /// # Errors
    /// If it is no terminal, or no signal can be watched for.
    pub fn start(terminal: File, prompt: &str) -> io::Result<Self> {
        watch()?;
        let mut asked = Silenced {
            before: tcgetattr(&terminal)?,
            terminal,
            prompt: prompt.to_owned(),
        };
        let mut place = silenced();
        let shown = asked.ask();
        *place = Some(asked);
        drop(place);
        // Whatever failed, the terminal is given back.
        let unseen = Self(());
        shown.map(|()| unseen)
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        restore();
    }
}

/// Starts the thread that ends or stops the program on a signal, once.
fn watch() -> io::Result<()> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.set(()).is_err() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])?;
    let act = move || {
        signals.forever().for_each(|signal| match signal {
            SIGTSTP => stop(),
            signal => end_by(signal),
        });
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(act)?;
    Ok(())
}

/// Ends the program as `signal` does by itself, unless it is not at a prompt and stops by itself.
fn end_by(signal: c_int) {
    let at_prompt = restore();
    let stops = STOPS.load(Ordering::Relaxed) && [SIGINT, SIGTERM].contains(&signal);
    if at_prompt || !stops {
        // It returns only if it fails, and then nothing else would end the program either.
        emulate_default_handler(signal).ok();
    }
}

/// Stops the program until somebody continues it.
fn stop() {
    // Held until then: a line that is typed at the end must not find the terminal half restored.
    let mut place = silenced();
    if let Some(asked) = &*place {
        asked.show();
    }
    // It returns when the program is continued.
    emulate_default_handler(SIGTSTP).ok();
    if let Some(asked) = &mut *place {
        // A terminal that is gone ends the program by another signal.
        asked.ask().ok();
    }
}

/// Ready when the operator or the system asks the process to end; from now on such a signal ends
/// nothing by itself.
///
/// # Errors
/// If the system does not let signals be watched for.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    STOPS.store(true, Ordering::Relaxed);
    // A task of its own: whoever waits for much else beside it looks at one flag.
    let asked = tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    Ok(async move {
        // It neither panics nor is cancelled while anybody waits for it.
        asked.await.ok();
    })
}
