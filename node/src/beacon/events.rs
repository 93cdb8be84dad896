//! New heads of the chain, as the node sees them come.
//!
//! The stream is pulled, so nothing is queued here beyond one piece from the socket: a reader that
//! does not read makes the node wait or hang up. What happened while there was no connection is
//! lost; whoever needs it asks (the slot's deadline does).

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use hyper::body::Incoming;
use proto::{Root, Slot};
use serde::Deserialize;

use super::call::Call;
use super::client::BeaconClient;
use super::error::{BeaconError, Cause};
use super::items::open;
use super::sse::Events;
use crate::answers::piece;
use crate::hidden::Shown;

/// The node has a new head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct HeadEvent {
    pub slot: Slot,
    pub block: Root,
    /// The block that decided the attester duties of the head's epoch.
    pub previous_duty_dependent_root: Root,
    /// The block that decides the attester duties of the epoch after.
    pub current_duty_dependent_root: Root,
    /// Whether the head's payload has not been checked by an execution client. A node that does
    /// not say may not have checked it.
    #[serde(default = "unchecked", deserialize_with = "open::yes")]
    pub execution_optimistic: bool,
}

const fn unchecked() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A connection stands: from now on every new head is told.
    Connected,
    Head(HeadEvent),
}

/// The pause before a new connection after the first failure; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// The same where the node refuses the stream: somebody must mend something first.
const LONGEST_REFUSED: Duration = Duration::from_secs(60);

impl BeaconClient {
    /// Every new head, for ever. A connection that fails, or is silent for `silence`, gives one
    /// error and is then made again after a pause of 0.1 to 3 seconds, up to a minute where the
    /// node refuses it. An event that cannot be read gives an error and costs no other.
    pub fn head_events(&self, silence: Duration) -> BoxStream<'static, Result<Heard, BeaconError>> {
        let feed = Feed {
            client: self.clone(),
            silence,
            connection: None,
            ready: VecDeque::new(),
            failures: 0,
            longest: LONGEST_PAUSE,
        };
        stream::unfold(feed, |mut feed| async {
            let next = feed.next().await;
            Some((next, feed))
        })
        .boxed()
    }
}

struct Feed {
    client: BeaconClient,
    silence: Duration,
    connection: Option<(Incoming, Events)>,
    ready: VecDeque<Result<Heard, BeaconError>>,
    failures: u32,
    longest: Duration,
}

impl Feed {
    async fn next(&mut self) -> Result<Heard, BeaconError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            if let Err(error) = self.advance().await {
                self.connection = None;
                self.longest = match error.lasts() {
                    true => LONGEST_REFUSED,
                    false => LONGEST_PAUSE,
                };
                self.failures = self.failures.saturating_add(1);
                return Err(error);
            }
        }
    }

    /// Connects, or reads one piece of the stream.
    async fn advance(&mut self) -> Result<(), BeaconError> {
        let client = &self.client;
        let Some((body, events)) = &mut self.connection else {
            tokio::time::sleep(pause(self.failures, self.longest)).await;
            let path = "/eth/v1/events?topics=head";
            let stream = client.open(Call::Events, path, "text/event-stream").await?;
            self.connection = Some((stream.into_body(), Events::default()));
            self.ready.push_back(Ok(Heard::Connected));
            return Ok(());
        };
        let piece = tokio::time::timeout(self.silence, piece(body))
            .await
            .map_err(|_| {
                let ms = u64::try_from(self.silence.as_millis()).unwrap_or(u64::MAX);
                client.error(Call::Events, Cause::Timeout(ms))
            })?
            .map_err(|error| client.broken(Call::Events, &error))?
            .ok_or_else(|| {
                let ended = Shown::ours("the node ended the stream");
                client.error(Call::Events, Cause::Broken(ended))
            })?;
        let complete = events
            .read(&piece)
            .map_err(|too_long| client.undecodable(Call::Events, &too_long.to_string()))?;
        for event in complete.iter().filter(|event| event.event == "head") {
            let head = client.read_json(Call::Events, event.data.as_bytes());
            self.ready.push_back(head.map(Heard::Head));
        }
        self.failures = 0;
        Ok(())
    }
}

fn pause(failures: u32, longest: Duration) -> Duration {
    match failures {
        0 => Duration::ZERO,
        _ => FIRST_PAUSE
            .saturating_mul(1 << (failures - 1).min(10))
            .min(longest),
    }
}

#[cfg(test)]
mod tests;
