//! The ways a session ends: what the peer hears, and what the driver and the core hear.

use proto::session::Goodbye;

use super::event::{Disconnect, Refusal, Unit};
use super::link::{Ending, Link};

#[derive(Debug)]
pub(super) struct End {
    /// What to say to the peer.
    pub(super) goodbye: Option<Goodbye>,
    /// What to say to the driver.
    pub(super) ending: Ending,
}

impl End {
    /// The peer hears why.
    pub(super) fn saying(goodbye: Goodbye, ending: Ending) -> Self {
        Self {
            goodbye: Some(goodbye),
            ending,
        }
    }

    /// The peer hears nothing.
    pub(super) fn silent(ending: Ending) -> Self {
        Self {
            goodbye: None,
            ending,
        }
    }
}

/// A session that is about to end.
pub(super) struct Parting<'a> {
    pub(super) link: &'a Link,
    /// Whether the core knows of it: before both sides said welcome it hears of no end.
    pub(super) is_up: bool,
}

impl Parting<'_> {
    fn ending(&self, reason: Disconnect) -> Ending {
        if self.is_up {
            Ending::Down(reason)
        } else {
            Ending::Quiet
        }
    }

    pub(super) fn down(&self, goodbye: Goodbye, reason: Disconnect) -> End {
        End::saying(goodbye, self.ending(reason))
    }

    pub(super) fn lost(&self, cause: String) -> End {
        let name = self.link.name();
        End::silent(self.ending(Disconnect::Lost { name, cause }))
    }

    pub(super) fn left(&self, reason: Goodbye) -> End {
        let name = self.link.name();
        End::silent(if !self.is_up && reason == Goodbye::SecondSession {
            Ending::Refused(Refusal::Left { name, reason })
        } else {
            self.ending(Disconnect::Left { name, reason })
        })
    }

    pub(super) fn too_much(&self, limit: u32, unit: Unit) -> End {
        let name = self.link.name();
        self.down(Goodbye::Rate, Disconnect::Rate { name, limit, unit })
    }

    pub(super) fn unexpected(&self) -> End {
        let name = self.link.name();
        self.down(Goodbye::Malformed, Disconnect::Unexpected { name })
    }

    /// So many frames and bytes were waiting.
    pub(super) fn overflown(&self, (frames, bytes): (usize, usize)) -> End {
        let reason = Disconnect::Overflow {
            name: self.link.name(),
            frames,
            bytes,
        };
        self.down(Goodbye::Overflow, reason)
    }
}
