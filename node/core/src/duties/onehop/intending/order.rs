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

fn shown(backed: &Backed) -> Shown {
    Shown {
        intent: backed.intent().clone(),
        signers: backed.signers().map(PeerIndex::number).collect(),
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
        let is_to_sign = request != IntentRequest::Show;
        let idle = is_to_sign.then(|| self.signs_nothing(stands, step));
        if let Some(why) = idle.flatten() {
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

    /// Why this peer signs no intent now, whatever it says, if it does not.
    ///
    /// An old copy of its file, put back, lacks what it has signed since. So it first hears what
    /// others hold, who tell that before by what they act: of so many one at least has signed
    /// whatever is in force anywhere, where more are not needed to bring anything into force.
    fn signs_nothing(&self, stands: &Stands, step: &Step<'_>) -> Option<String> {
        if let Some(why) = step.vault.stopped() {
            return Some(format!(
                "this peer signs nothing at present, so no intent either: {why}"
            ));
        }
        let on = self.intents.base()?.hash;
        let has_told = |(peer, theirs): &&(PeerIndex, StandsOn)| {
            theirs.agreement == on && step.peers.knows(*peer, SINCE)
        };
        let told = stands.iter().filter(has_told).count();
        let size = step.facts.roster.size();
        let needed = size.halting().min(size.threshold().saturating_sub(1));
        (told < needed).then(|| {
            format!(
                "{told} other peers have told this one what they hold on the version of the \
                 agreement in force here, and it signs an intent once {needed} have: its own file \
                 may be an old copy that lacks what it has signed. Nothing was signed. `gantry \
                 status` shows who is not connected, `gantry pool intent show` who acts by what"
            )
        })
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
                .map(|(peer, on)| (peer.number(), *on))
                .collect(),
            too_old: too_old.map(PeerIndex::number).collect(),
        })
    }
}

fn answer(ticket: u64, answer: Answer, step: &mut Step<'_>) {
    step.out.push(Output::Answer(ticket, answer));
}
