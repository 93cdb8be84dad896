//! Duties whose message is already determined: partial signatures to all, combine, verify.
//!
//! | module | is |
//! |---|---|
//! | [`randao`] | reveals for the proposals of the present slot and the next |
//! | [`exit`] | exits of validators that t operators have approved |
//! | [`registration`] | registrations with builders, by what all operators have agreed on |
//! | [`selection`] | selection proofs, which decide who aggregates |
//! | [`intending`] | what t operators want at Rocket Pool next |
//! | [`cosigning`] | what peers have signed for the Safe that is the node account |
//! | [`deposit`] | deposits at Rocket Pool, which every peer judges by its own nodes |

pub mod cosigning;
pub mod deposit;
pub mod exit;
#[cfg(test)]
mod four;
pub mod intending;
pub mod randao;
pub mod registration;
pub mod selection;

use proto::frame::Frame;
use proto::{PeerIndex, WireVersion};

use cosigning::Cosigning;
use deposit::Deposits;
use exit::Exits;
use intending::Intending;
use randao::Reveals;
use registration::Registrations;
use selection::Selections;

/// All of them, each by itself: nothing of one waits for another.
#[derive(Debug, Default)]
pub struct OneHop {
    /// RANDAO reveals.
    pub reveals: Reveals,
    /// Selection proofs.
    pub selections: Selections,
    /// Exits.
    pub exits: Exits,
    /// Intents at Rocket Pool.
    pub intending: Intending,
    /// What is signed for the Safe that is the node account.
    pub cosigning: Cosigning,
    /// Deposits at Rocket Pool.
    pub deposits: Deposits,
    /// Registrations with builders.
    pub registrations: Registrations,
}

impl OneHop {
    /// What this peer, `me`, has sent and a peer that comes back, and speaks this version, may have
    /// missed; but for intents, which are said before by what this peer acts.
    pub fn sent(&self, me: PeerIndex, version: WireVersion) -> impl Iterator<Item = Vec<u8>> {
        let all = self.reveals.sent().into_iter().chain(self.exits.sent(me));
        let all = all.chain(self.deposits.sent());
        let all = all.chain(self.registrations.sent());
        let all = all.chain(self.selections.sent(me));
        let known = all.filter(move |frame| frame.since() <= version);
        known.map(|frame| Frame::encode(&frame))
    }
}
