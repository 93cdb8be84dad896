//! The ways a session ends: what the peer hears, and what the core hears.

use proto::session::Goodbye;

use super::session::Ending;
use super::talk::{End, SessionLoop};
use super::{Disconnect, Refusal};

impl SessionLoop<'_> {
    /// Before both sides said welcome the core knows of no session, so it hears of no end.
    pub(super) fn down(&self, goodbye: Goodbye, downfall: Disconnect) -> End {
        if self.is_up() {
            (Some(goodbye), Ending::Down(downfall))
        } else {
            (Some(goodbye), Ending::Quiet)
        }
    }

    pub(super) fn lost(&self, cause: String) -> End {
        let name = self.link.name();
        let (_, ending) = self.down(Goodbye::Stopping, Disconnect::Lost { name, cause });
        (None, ending)
    }

    pub(super) fn left(&self, reason: Goodbye) -> End {
        let name = self.link.name();
        if !self.is_up() && reason == Goodbye::SecondSession {
            return (None, Ending::Refused(Refusal::Left { name, reason }));
        }
        let (_, ending) = self.down(Goodbye::Stopping, Disconnect::Left { name, reason });
        (None, ending)
    }

    pub(super) fn too_much(&self, limit: u32, unit: &'static str) -> End {
        let name = self.link.name();
        self.down(Goodbye::Rate, Disconnect::Rate { name, limit, unit })
    }

    pub(super) fn unexpected(&self) -> End {
        let name = self.link.name();
        self.down(Goodbye::Malformed, Disconnect::Unexpected { name })
    }

    pub(super) fn overflown(&self) -> End {
        let (frames, bytes) = self.waiting.size();
        let name = self.link.name();
        let downfall = Disconnect::Overflow {
            name,
            frames,
            bytes,
        };
        self.down(Goodbye::Overflow, downfall)
    }
}
