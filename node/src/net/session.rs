//! One session: first words, then frames and pings, until a reason to end.
//!
//! It never decides which of two connections stays, and never dials: the driver does. It runs
//! inside its connection's task and may be dropped at any await, when the connection breaks.

use libp2p::swarm::Stream;
use proto::session::{Goodbye, Message};
use tokio::time::timeout;

use super::end::End;
use super::greeting::greet;
use super::link::{Ending, Link, Occurrence};
use super::pipe::Pipe;
use super::session_loop::SessionLoop;

/// Runs the session on `stream` to its end.
pub(super) async fn run(stream: Stream, link: Link) {
    let mut pipe = Pipe::over(stream);
    let connect = link.shared.settings.limits.connect;
    let greeted = timeout(connect, greet(&mut pipe, &link)).await;
    let End { goodbye, ending } = match greeted {
        Ok(Ok((hello, version))) => SessionLoop::new(&link, hello, version).run(&mut pipe).await,
        Ok(Err(refusal)) => End::saying(Goodbye::Unfit, Ending::Refused(refusal)),
        Err(_) => End::silent(Ending::Quiet),
    };
    if let Some(goodbye) = goodbye {
        pipe.leaving.clear();
        Message::Goodbye(goodbye).encode(&mut pipe.leaving);
        // A farewell is a courtesy: whoever cannot take it at once goes without.
        timeout(connect / 10, pipe.write_all()).await.ok();
    }
    link.tell(Occurrence::Ended(ending)).await;
}
