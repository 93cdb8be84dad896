//! A beacon state as it comes: it has hundreds of megabytes, so it is never held here.

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use proto::{Root, Slot};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::chain::{Envelope, StateId, found};
use super::client::{BeaconClient, SSZ};
use super::error::{BeaconError, Cause};
use crate::answers::piece;

/// The longest pause between two pieces.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest that a whole state may take: a node that drips would be read for ever.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The bytes of a state that are still to come.
pub struct StateBytes {
    client: BeaconClient,
    body: Incoming,
    read: usize,
    until: Instant,
}

/// What the chain has agreed on, as a state says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The block that two thirds have voted for once.
    pub justified: Root,
    /// The block that cannot be undone.
    pub finalised: Root,
}

impl BeaconClient {
    /// A state in SSZ, from its beginning.
    ///
    /// # Errors
    /// If the node cannot be asked or does not give states.
    pub async fn state(&self, state: StateId) -> Result<StateBytes, BeaconError> {
        let path = format!("/eth/v2/debug/beacon/states/{state}");
        let response = self.open(Call::State, &path, SSZ).await?;
        let media_type = response.headers().get("content-type");
        if media_type.is_none_or(|it| !it.as_bytes().starts_with(SSZ.as_bytes())) {
            return Err(self.undecodable(Call::State, "a state that is no SSZ"));
        }
        Ok(StateBytes {
            client: self.clone(),
            body: response.into_body(),
            read: 0,
            until: Instant::now() + LONGEST,
        })
    }

    /// The root of the block of a slot, if the slot has one.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn block_root(&self, slot: Slot) -> Result<Option<Root>, BeaconError> {
        #[derive(Deserialize)]
        struct Named {
            root: Root,
        }
        let path = format!("/eth/v1/beacon/blocks/{slot}/root");
        let answer = self.json::<Envelope<Named>>(Call::BlockRoot, &path).await;
        Ok(found(answer)?.map(|answer| answer.data.root))
    }

    /// What the chain has agreed on, as the head's state says it.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn agreed(&self) -> Result<Agreed, BeaconError> {
        #[derive(Deserialize)]
        struct Checkpoint {
            root: Root,
        }
        #[derive(Deserialize)]
        struct Checkpoints {
            current_justified: Checkpoint,
            finalized: Checkpoint,
        }
        let path = "/eth/v1/beacon/states/head/finality_checkpoints";
        let answer: Envelope<Checkpoints> = self.json(Call::Checkpoints, path).await?;
        Ok(Agreed {
            justified: answer.data.current_justified.root,
            finalised: answer.data.finalized.root,
        })
    }
}

impl StateBytes {
    /// The next bytes of the state, or its end.
    ///
    /// # Errors
    /// If the connection fails, the node falls silent or is too slow, or there are more bytes than
    /// any state can have.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BeaconError> {
        let (client, call) = (&self.client, Call::State);
        let (pause, end) = (Instant::now() + LONGEST_PAUSE, self.until);
        let (until, most) = match pause < end {
            true => (pause, LONGEST_PAUSE),
            false => (end, LONGEST),
        };
        let next = timeout_at(until, piece(&mut self.body)).await;
        let next = next.map_err(|_| {
            let ms = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
            client.error(call, Cause::Timeout(ms))
        })?;
        let next = next.map_err(|error| client.broken(call, &error))?;
        self.read += next.as_ref().map_or(0, Bytes::len);
        let limit = call.answer_limit();
        match self.read > limit {
            true => Err(client.error(call, Cause::TooLarge(limit))),
            false => Ok(next),
        }
    }
}
