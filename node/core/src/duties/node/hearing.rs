//! What a node does with what its peers send, by the kind of frame.

use proto::frame::{BadFrame, BlobsWanted, DepositDemand, Frame, Greeting, Parts, SafeStep};
use proto::vote::{Message, WireError};
use proto::{DutyId, PeerIndex};

use super::Node;
use crate::duties::agreed::block::of_slot;
use crate::duties::agreed::run::Event;
use crate::duties::agreed::serving::refuse;
use crate::duties::fault::Breach;
use crate::duties::note::Note;

impl Node {
    pub(super) fn frame(&mut self, peer: PeerIndex, bytes: &[u8]) {
        match Frame::decode(bytes) {
            Ok(Frame::Greeting(greeting)) => self.greeted(peer, greeting),
            // Its slots are not ours, so that its votes are of other moments than they seem.
            Ok(_) if self.peers.is_foreign(peer) => self.heard.unread(peer, self.slot()),
            Ok(Frame::Vote(bytes)) => {
                let (lock, size) = (self.facts.lock, self.facts.roster.size());
                match Message::decode(lock, size, peer, &bytes) {
                    Ok(message) => self.message(peer, message),
                    Err(WireError::Unknown(what)) => {
                        self.heard.unread(peer, self.slot());
                        self.note(Note::Unknown { peer, what });
                    }
                    Err(error) => {
                        self.heard.unread(peer, self.slot());
                        self.fault(peer, Breach::BadVote, error.to_string());
                    }
                }
            }
            Ok(Frame::Randao(randao)) => {
                let (mut step, onehop, _) = self.split();
                onehop.reveals.take(peer, randao, &mut step);
            }
            Ok(Frame::SelectionShares(shares)) => {
                let (step, onehop, _) = self.split();
                onehop.selections.take(peer, &shares, &step);
            }
            Ok(Frame::ExitWords(words)) => {
                self.exit_step(|exits, step| exits.hear(peer, words, step));
            }
            Ok(Frame::ExitShare(share)) => {
                self.exit_step(|exits, step| exits.take(peer, share, step));
            }
            Ok(Frame::Agreement(agreement)) => self.hear_agreement(peer, agreement),
            Ok(Frame::StandsOn(stands)) => self.hear_stand(peer, stands),
            Ok(Frame::Intents(all)) => self.hear_intents(peer, &all),
            Ok(Frame::SealedExits(sealed)) => self.sealed(peer, sealed),
            Ok(Frame::SealedExitsWanted(lacked)) => self.lacked(peer, &lacked),
            Ok(Frame::ExitOpening(opening)) => self.opening(peer, &opening),
            Ok(Frame::DepositDemand(demand)) => self.demanded(peer, demand),
            Ok(Frame::DepositShares(shares)) => {
                self.deposit_step(|deposits, step| deposits.take(peer, shares, step));
            }
            Ok(Frame::DepositRefusal(why)) => {
                self.deposit_step(|deposits, step| deposits.refused(peer, why, step));
            }
            Ok(Frame::SafeStep(said)) => self.cosigned(peer, said),
            Ok(Frame::RegistrationShares(shares)) => {
                self.registration_step(|it, step| it.take(peer, shares, step));
            }
            Ok(Frame::Sight { is_blind }) => {
                self.set_blind(peer, is_blind);
            }
            Ok(Frame::BlobsWanted(wanted)) => {
                self.blobs_wanted(peer, wanted);
            }
            Ok(Frame::BlobsPart(part)) => {
                self.step(of_slot(part.of.slot), Event::BlobsPart(peer, part));
            }
            Ok(Frame::Refused(Parts { duty, validators })) => {
                self.step(duty, Event::Asked(peer, validators));
            }
            Ok(Frame::Taken(Parts { duty, validators })) => {
                self.step(duty, Event::Taken(peer, validators));
            }
            Err(BadFrame::Unknown) => self.note(Note::Unknown {
                peer,
                what: "a frame",
            }),
            Err(error) => self.fault(peer, Breach::BadFrame, error.to_string()),
        }
    }

    /// What a peer's account has signed for the node account, where that is a Safe.
    fn cosigned(&mut self, peer: PeerIndex, said: SafeStep) {
        if self.pool.is_of_safe() {
            let (mut step, onehop, _) = self.split();
            onehop.cosigning.hear(peer, said, &mut step);
        }
    }

    fn demanded(&mut self, peer: PeerIndex, demand: DepositDemand) {
        let is_watched = self.pool.is_watched();
        self.deposit_step(|deposits, step| match is_watched {
            true => deposits.hear(peer, demand, step),
            false => deposits.turn_away(peer, step),
        });
    }

    /// Also who asks for blobs of a duty that is over, or not this one's, gets an answer.
    fn blobs_wanted(&mut self, peer: PeerIndex, wanted: BlobsWanted) {
        let (mut step, _, runs) = self.split();
        match runs.get_mut(&of_slot(wanted.slot)) {
            Some(run) => run.step(Event::BlobsWanted(peer, wanted), &mut step),
            None => refuse(peer, wanted, &mut step),
        }
    }

    fn greeted(&mut self, peer: PeerIndex, greeting: Greeting) {
        self.peers.set_mark(peer, greeting.mark);
        self.compare_genesis(peer, greeting.genesis_time);
        let silent: Vec<DutyId> = self
            .runs
            .keys()
            .copied()
            .filter(|duty| self.peers.is_silent(peer, duty.slot))
            .collect();
        for duty in silent {
            self.step(duty, Event::Silent(peer));
        }
        let stopped_before = self.vault.stopped().is_some();
        if self.vault.witnessed(peer, greeting.sequence_seen) {
            if self.vault.stopped().is_some() && !stopped_before {
                self.stop();
            }
            self.note(Note::RolledBack {
                witness: peer,
                seen: greeting.sequence_seen,
                held: self.vault.begun_at(),
            });
        }
    }

    /// A message for an open run goes there; one for a run that may yet open is kept.
    fn message(&mut self, peer: PeerIndex, message: Message) {
        let duty = message.scope().duty;
        if self.runs.contains_key(&duty) {
            return self.step(duty, Event::Message(peer, message));
        }
        let slot = self.slot();
        // A clock that was set back does not open again what is over.
        let is_early = duty.slot == slot || duty.slot == slot.next();
        let may_open = is_early && !self.heard.is_over(duty);
        let is_commit = matches!(message, Message::Commit(_));
        let is_kept = may_open && self.early.keep(peer, message);
        if is_commit && !is_kept {
            self.heard.untimely(peer, duty);
        }
    }

    fn fault(&mut self, peer: PeerIndex, breach: Breach, detail: String) {
        self.note(Note::Fault {
            peer,
            breach,
            detail,
        });
    }
}
