//! What the operator orders on this peer, and the answers.

use proto::PeerIndex;
use proto::control::{Answer, IntentRequest, Intents as View, Shown};
use proto::intent::{Intent, StandsOn};

use super::{Intending, SINCE, Unkept, cluster};
use crate::duties::Output;
use crate::duties::facts::Step;
use crate::pool::intent::{Backed, Refused};

/// By what other peers act that have said it.
pub type Stands = Vec<(PeerIndex, StandsOn)>;

fn place(peer: PeerIndex) -> u32 {
    u32::try_from(peer.position()).expect("a cluster has 13 operators at most")
}

fn shown(backed: &Backed) -> Shown {
    Shown {
        intent: backed.intent().clone(),
        signers: backed.signers().map(place).collect(),
    }
}

impl Intending {
    /// Carries out an order, to be answered under this number; `stands` is by what others act.
    pub fn order(
        &mut self,
        ticket: u64,
        (request, stands): (IntentRequest, &Stands),
        step: &mut Step<'_>,
    ) {
        if let Some(why) = self.barred.clone() {
            return answer(ticket, Answer::Refused(why), step);
        }
        let intent = match request {
            IntentRequest::Show => return self.show(ticket, stands, step),
            IntentRequest::Propose { on, aims } => {
                self.intents.propose(aims, on, &cluster(step.facts))
            }
            IntentRequest::Approve(hash) => self.intents.approve(&hash),
        };
        let signed = intent.and_then(|intent| self.sign(&intent, step));
        match signed {
            Ok(signed) => {
                self.unkept.push(Unkept {
                    keeping: self.keepings + 1,
                    signed,
                    ticket,
                });
                self.keep(step);
            }
            Err(why) => answer(ticket, Answer::Refused(why.to_string()), step),
        }
    }

    fn sign(
        &mut self,
        intent: &Intent,
        step: &Step<'_>,
    ) -> Result<proto::intent::SentIntent, Refused> {
        let facts = step.facts;
        self.intents.sign(intent, &facts.identity, facts.me)
    }

    /// Answers whoever has ordered a signature.
    pub(super) fn answer_kept(
        &self,
        ticket: u64,
        (is_durable, stands): (bool, &Stands),
        step: &mut Step<'_>,
    ) {
        if is_durable {
            return self.show(ticket, stands, step);
        }
        let why = "the disk of the data directory does not take it, or not for good: nothing was \
                   said to anybody, but after a restart it may be found there and count, and this \
                   peer signs no other intent of its number. Mend the disk, and look with `gantry \
                   pool intent show`";
        answer(ticket, Answer::Refused(why.to_owned()), step);
    }

    fn show(&self, ticket: u64, stands: &Stands, step: &mut Step<'_>) {
        let said = match self.view(stands, step) {
            Some(view) => Answer::Intents(Box::new(view)),
            None => Answer::Refused(Refused::NotAgreed.to_string()),
        };
        answer(ticket, said, step);
    }

    fn view(&self, stands: &Stands, step: &Step<'_>) -> Option<View> {
        let base = self.intents.base()?;
        let in_force = self.intents.in_force();
        let connected = step.peers.connected().iter();
        let too_old = connected.filter(|peer| !step.peers.knows(*peer, SINCE));
        Some(View {
            version: base.number,
            agreement: base.hash,
            agreed: base.aims.clone(),
            in_force: in_force.map(|it| (shown(&it.backed), it.since)),
            open: self.intents.open().into_iter().map(shown).collect(),
            signed: self.intents.signed(),
            stands: stands
                .iter()
                .map(|(peer, on)| (place(*peer), *on))
                .collect(),
            too_old: too_old.map(place).collect(),
        })
    }
}

fn answer(ticket: u64, answer: Answer, step: &mut Step<'_>) {
    step.out.push(Output::Answer(ticket, answer));
}
