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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(event: &str, data: &str) -> Event {
        Event {
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn events_end_at_an_empty_line_whatever_the_line_ends() {
        let mut events = Events::default();
        // Lodestar ends an event with two empty lines, others with one.
        let text =
            b"event: head\ndata: {}\n\n\n: keepalive\n\nevent:b\r\ndata:1\r\ndata: 2\r\n\r\n\
            da";
        assert_eq!(
            events.read(text).unwrap(),
            [event("head", "{}"), event("b", "1\n2")]
        );
        assert_eq!(events.read(b"ta: x\r\r").unwrap(), [event("", "x")]);
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_refused() {
        let mut events = Events::default();
        let mut fed = 0;
        let line = [b'x'; 1000];
        while events.read(&line).is_ok() {
            fed += line.len();
            assert!(fed <= EVENT_LIMIT);
        }
        let mut events = Events::default();
        let mut fed = 0;
        while events.read(b"data: 0123456789\n").is_ok() {
            fed += 10;
            assert!(fed <= EVENT_LIMIT);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_give_the_same_events(
            bytes in prop::collection::vec(prop_oneof!["\r", "\n", "data:", "event: ", "x"], 0..60),
            at in any::<prop::sample::Index>(),
        ) {
            let bytes = bytes.concat().into_bytes();
            let whole = Events::default().read(&bytes).unwrap();
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            let mut events = Events::default();
            let mut parts = events.read(first).unwrap();
            parts.extend(events.read(second).unwrap());
            prop_assert_eq!(parts, whole);
        }
    }
}
