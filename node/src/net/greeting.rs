//! The first words of a session: whether the two programs fit each other, or why not.

use proto::session::{BadMessage, Hello, Message};
use proto::{Versions, WireVersion};

use super::event::Refusal;
use super::link::Link;
use super::pipe::Pipe;

/// Sends our hello and judges the peer's: what it says, and the version that both speak.
pub(super) async fn greet(pipe: &mut Pipe, link: &Link) -> Result<(Hello, WireVersion), Refusal> {
    let settings = &link.shared.settings;
    Message::Hello(Hello {
        versions: Versions::OURS,
        purpose: settings.purpose,
        context: settings.context,
        peer: settings.me.number(),
        instance: link.shared.instance,
        software: concat!("gantry/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
    .encode(&mut pipe.leaving);
    // A broken stream shows when reading, with what the peer said before it broke.
    pipe.write_all().await.ok();
    loop {
        let first = Message::take(&mut pipe.arrived, 0).map_err(|rule| refusal(link, rule))?;
        match first {
            Some(Message::Hello(hello)) => {
                return fits(link, &hello).map(|version| (hello, version));
            }
            Some(Message::Goodbye(reason)) => {
                return Err(Refusal::Left {
                    name: link.name(),
                    reason,
                });
            }
            Some(_) => return Err(refusal(link, BadMessage::Malformed("first message"))),
            None => {}
        }
        match Pipe::read(&mut pipe.reader, &mut pipe.arrived).await {
            Ok(0) | Err(_) => return Err(Refusal::HungUp { name: link.name() }),
            Ok(_) => {}
        }
    }
}

fn refusal(link: &Link, rule: BadMessage) -> Refusal {
    let name = link.name();
    match rule {
        BadMessage::WireVersion { theirs } => Refusal::WireVersion { name, theirs },
        BadMessage::TooLong { .. } | BadMessage::Malformed(_) => Refusal::Malformed { name, rule },
    }
}

fn fits(link: &Link, hello: &Hello) -> Result<WireVersion, Refusal> {
    let name = link.name();
    let settings = &link.shared.settings;
    if hello.purpose != settings.purpose {
        return Err(Refusal::Purpose {
            name,
            ours: settings.purpose,
            theirs: hello.purpose,
        });
    }
    if hello.context != settings.context {
        return Err(Refusal::Context {
            name,
            purpose: settings.purpose,
            ours: settings.context,
            theirs: hello.context,
        });
    }
    if usize::try_from(hello.peer) != Ok(link.peer.position()) {
        return Err(Refusal::Position {
            name,
            ours: link.peer,
            theirs: hello.peer,
        });
    }
    let theirs = hello.versions;
    let common = Versions::OURS.common(theirs);
    common.ok_or(Refusal::WireVersion { name, theirs })
}
