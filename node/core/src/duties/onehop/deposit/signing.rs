//! From what was consented to, to a deposit with its whole signature.

use dkg::bls::Message;
use proto::eth::{DepositData, DepositMessage};
use proto::frame::MAX_DEPOSITS;
use proto::vote::Partial;
use proto::{PeerIndex, PeerSet, Root, SignatureBytes, ValidatorPosition};

use super::{Deposits, share_frame, tell};
use crate::duties::facts::Step;
use crate::duties::note::{DepositNote, Note};
use crate::duties::pool::Errand;
use crate::duties::{Deferred, Output};
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::pool::consent::Demand;
use crate::record::Recorded;

/// A deposit to which this peer has consented.
#[derive(Debug)]
pub(super) struct Open {
    message: DepositMessage,
    root: Root,
    /// This peer's share, once its record is durable.
    own: Option<SignatureBytes>,
    /// Whose shares were combined last, and gave no whole.
    tried: Option<PeerSet>,
    whole: Option<SignatureBytes>,
}

impl Open {
    pub(super) fn new(message: DepositMessage, root: Root) -> Self {
        Self {
            message,
            root,
            own: None,
            tried: None,
            whole: None,
        }
    }

    pub(super) fn root(&self) -> Root {
        self.root
    }

    pub(super) fn credentials(&self) -> Root {
        self.message.withdrawal_credentials
    }

    pub(super) fn own(&self) -> Option<SignatureBytes> {
        self.own
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// Shares that gave nothing are tried again.
    pub(super) fn try_again(&mut self) {
        self.tried = None;
    }
}

impl Deposits {
    /// Signs one message, or combines the shares of one. More is put off again.
    pub fn work(&mut self, step: &mut Step<'_>) {
        let is_done = self.sign_one(step) || self.combine_one(step);
        if is_done {
            self.put_off(step);
        }
    }

    /// What is to be done is done when nothing urgent waits.
    pub(super) fn put_off(&self, step: &mut Step<'_>) {
        let waits = !self.unsigned.is_empty() || self.ready(step).is_some();
        let later = Output::Later(Deferred::Deposits);
        let is_put_off = |it: &Output| matches!(it, Output::Later(Deferred::Deposits));
        if waits && !step.out.iter().any(is_put_off) {
            step.out.push(later);
        }
    }

    /// Signs the next message. Its share is had when the record is durable.
    fn sign_one(&mut self, step: &mut Step<'_>) -> bool {
        let Some((validator, signable)) = self.unsigned.pop_front() else {
            return false;
        };
        let Some(open) = self.open.get(&validator) else {
            return true;
        };
        let credentials = open.credentials();
        let signing = step.vault.sign(step.slot(), &signable, &[validator]);
        for (_, refusal) in signing.refused {
            self.open.remove(&validator);
            step.note(Note::Deposit(DepositNote::NotSigned(validator, refusal)));
            let demanding = self.asked.iter();
            let of = |demand: &Demand| demand.validators.contains(&validator);
            let demanding = demanding.filter(|(_, asked)| of(&asked.demand));
            let peers: Vec<PeerIndex> = demanding.map(|(peer, _)| *peer).collect();
            for peer in peers {
                // Once for all keys: who says it for each says too much.
                if self.told.insert((peer, refusal.rule())) {
                    tell(peer, (refusal.rule(), refusal.to_string()), step);
                }
            }
        }
        if !signing.records.is_empty() {
            step.out.push(Output::Persist(signing.records));
        }
        if let Some(sealed) = signing.sealed {
            self.sealed.push((validator, credentials, sealed));
        }
        let recorded = step.recorded;
        self.recorded(&recorded, step);
        true
    }

    /// Every record up to this one is durable: the shares that waited for it leave.
    pub fn recorded(&mut self, recorded: &Recorded, step: &mut Step<'_>) {
        for (validator, credentials, sealed) in std::mem::take(&mut self.sealed) {
            match sealed.open(recorded) {
                Ok(opened) => {
                    for signed in opened {
                        let signature = signed.signature().to_bytes();
                        self.release(validator, (credentials, signature), step);
                    }
                }
                Err(sealed) => self.sealed.push((validator, credentials, sealed)),
            }
        }
        self.put_off(step);
    }

    fn release(
        &mut self,
        validator: ValidatorPosition,
        (credentials, signature): (Root, SignatureBytes),
        step: &mut Step<'_>,
    ) {
        let open = self.open.get_mut(&validator);
        let Some(open) = open.filter(|open| open.credentials() == credentials) else {
            return;
        };
        open.own = Some(signature);
        let me = step.facts.me;
        self.shares
            .insert((validator, me), (credentials, signature));
        let partial = Partial {
            validator,
            signature,
        };
        let frame = share_frame(credentials, vec![partial]);
        step.broadcast(frame.since(), frame.encode());
    }

    /// Whether this peer has given its share of all that is demanded.
    pub(super) fn is_signed(&self, demand: &Demand) -> bool {
        let is_signed = |at: &ValidatorPosition| {
            let open = self.open.get(at);
            let open = open.filter(|open| open.credentials() == demand.credentials);
            open.is_some_and(|open| open.own.is_some())
        };
        !demand.validators.is_empty() && demand.validators.iter().all(is_signed)
    }

    /// Gives `peer` the shares that this one has made for its demand before.
    pub(super) fn answer(&self, peer: PeerIndex, demand: &Demand, step: &mut Step<'_>) {
        if peer == step.facts.me {
            return;
        }
        let own = demand.validators.iter().filter_map(|at| {
            let signature = self.open.get(at)?.own?;
            Some(Partial {
                validator: *at,
                signature,
            })
        });
        let shares: Vec<Partial> = own.take(MAX_DEPOSITS).collect();
        let frame = share_frame(demand.credentials, shares);
        step.send(peer, frame.since(), frame.encode());
    }

    /// A deposit of which t shares are there and that is not whole, unless the same were tried.
    fn ready(&self, step: &Step<'_>) -> Option<ValidatorPosition> {
        let threshold = step.facts.roster.size().threshold();
        let is_ready = |(at, open): (&ValidatorPosition, &Open)| {
            let parts = self.parts(*at, open, step);
            parts.len() >= threshold && open.tried != Some(parts)
        };
        // Those that are whole first: this is asked at every frame, of all that ever were open.
        let mut all = self.open.iter().filter(|(_, open)| !open.is_whole());
        all.find(|it| is_ready((it.0, it.1))).map(|(at, _)| *at)
    }

    /// Whose shares of this deposit are there, with the same credentials.
    fn parts(&self, validator: ValidatorPosition, open: &Open, step: &Step<'_>) -> PeerSet {
        let has = |peer: &PeerIndex| {
            let share = self.shares.get(&(validator, *peer));
            share.is_some_and(|(credentials, _)| *credentials == open.credentials())
        };
        step.facts.roster.size().all().filter(has).collect()
    }

    /// Combines the shares of the next deposit that is ready.
    fn combine_one(&mut self, step: &mut Step<'_>) -> bool {
        let Some(validator) = self.ready(step) else {
            return false;
        };
        let Some(open) = self.open.get(&validator) else {
            return false;
        };
        let (root, parts) = (open.root, self.parts(validator, open, step));
        let mut collector = Collector::new(step.facts.roster.size());
        for peer in parts.iter() {
            if let Some((_, signature)) = self.shares.get(&(validator, peer)) {
                collector.add(peer, root, [(validator, Share::Sent(*signature))]);
            }
        }
        let message = Message::hash(root);
        let combined = collector.combine(&root, &[validator], step.combining(&message));
        step.blame(&combined.bad_shares, |validator| {
            format!("deposit of validator {validator}")
        });
        for (liar, _) in &combined.bad_shares {
            self.shares.remove(&(validator, *liar));
        }
        let whole = combined.signatures.first().map(|(_, whole)| *whole);
        if let Some(open) = self.open.get_mut(&validator) {
            open.tried = Some(parts);
            open.whole = whole;
        }
        if whole.is_some() {
            step.note(Note::Deposit(DepositNote::Signed(validator, parts)));
            self.hand_over(false, step);
            self.serve(validator, step);
        }
        true
    }

    /// Gives the own thread a deposit that others have demanded, if it words deposits itself.
    fn serve(&self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let is_own = |demand: &Demand| demand.validators.contains(&validator);
        if !self.serves_all || self.own.as_ref().is_some_and(is_own) {
            return;
        }
        let open = self.open.get(&validator);
        if let Some((open, signature)) = open.and_then(|open| Some((open, open.whole?))) {
            let deposits = vec![open.message.signed(signature)];
            step.out.push(Output::Errand(Errand::Deposits(deposits)));
        }
    }

    /// Gives the own coordinator what is whole of what it needs: all of it or nothing yet, as one
    /// call deposits all; once it has waited for long, what there is.
    pub(super) fn hand_over(&self, has_waited: bool, step: &mut Step<'_>) {
        let Some(demand) = &self.own else { return };
        let whole = |at: &ValidatorPosition| -> Option<DepositData> {
            let open = self.open.get(at)?;
            let is_same = open.credentials() == demand.credentials;
            let signature = open.whole.filter(|_| is_same)?;
            Some(open.message.signed(signature))
        };
        let deposits: Vec<DepositData> = demand.validators.iter().filter_map(whole).collect();
        let is_all = deposits.len() == demand.validators.len();
        if is_all || (has_waited && !deposits.is_empty()) {
            step.out.push(Output::Errand(Errand::Deposits(deposits)));
        }
    }
}
