//! Server-sent events, read from bytes as they come, with a bound on every event.
//!
//! Source: WHATWG HTML, "Server-sent events", without ids and retry times, which the Beacon API
//! does not use.
//!
//! Never here: sockets, and what an event means.

use std::mem;

use thiserror::Error;

/// The most bytes of one event or one line.
pub const EVENT_LIMIT: usize = 64 << 10;

/// An event that is larger than any of the Beacon API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an event of more than {EVENT_LIMIT} bytes")]
pub struct TooLong;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its kind.
    pub event: String,
    /// Its data; several lines are joined by line feeds.
    pub data: String,
}

/// Takes a stream's bytes apart into events.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    after_return: bool,
    next: Event,
    has_data: bool,
}

impl Events {
    /// Takes the next bytes and gives the events that they complete.
    ///
    /// # Errors
    /// If an event exceeds [`EVENT_LIMIT`]; the stream cannot be read on.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut complete = Vec::new();
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let ends_pair = mem::take(&mut self.after_return) && piece == b"\n";
            match piece {
                _ if ends_pair => {}
                [line @ .., end @ (b'\r' | b'\n')] => {
                    self.after_return = *end == b'\r';
                    self.go_on(line)?;
                    let line = mem::take(&mut self.line);
                    complete.extend(self.end_line(&line)?);
                }
                line => self.go_on(line)?,
            }
        }
        Ok(complete)
    }

    /// Adds to the present line.
    fn go_on(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + part.len() > EVENT_LIMIT {
            return Err(TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<Option<Event>, TooLong> {
        if line.is_empty() {
            let event = mem::take(&mut self.next);
            return Ok(mem::take(&mut self.has_data).then_some(event));
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.next.event),
            "data" => {
                if mem::replace(&mut self.has_data, true) {
                    self.next.data.push('\n');
                }
                self.next.data.push_str(value);
            }
            // Comments (an empty field) and fields that the Beacon API does not use.
            _ => {}
        }
        if self.next.data.len() > EVENT_LIMIT {
            return Err(TooLong);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
