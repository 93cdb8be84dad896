//! Deposits at Rocket Pool: one peer demands shares, every peer judges by its own nodes, and then
//! one hop.
//!
//! The peer whose coordinator plans a deposit demands a share of every key from all. What a demand
//! says is nobody's word: each peer, the demanding one too, has it judged at its own nodes
//! ([`judge`](crate::pool::consent::judge), an errand to the thread that looks at Rocket Pool). Who
//! consents signs what was built there, once the record of it is durable, and sends its shares to
//! all; whoever has t of them combines them, verifies the whole, and names who has sent a wrong
//! one. Who refuses tells the demanding peer the rule. No share hangs on another's: where t peers
//! consent, one that lies or whose node lies costs nothing. Nor does a key on another's: where one
//! alone may not be deposited, shares of the others leave, and the coordinator gets these when it
//! demands the same again.
//!
//! **Asked again**, a peer answers the same: shares that it has are sent anew without a look, and
//! after a restart the same messages are signed, or refused for what has happened meanwhile.
//!
//! **Bounds.** One demand of each peer is judged at a time, and in a slot one of it is begun: a
//! look costs some twenty questions to the own nodes. One share of each peer for each validator is
//! kept. A peer that demands more often in a slot than an honest one could is named. A signature
//! takes a millisecond, so each is made and each is combined when nothing urgent waits
//! ([`Deferred::Deposits`](crate::duties::Deferred::Deposits)).
//!
//! Never here: whether a deposit is right, and sending it.

mod hearing;
mod signing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proto::eth::DepositMessage as Message;
use proto::frame::{DepositRefusal, DepositShares, Frame, MAX_DEPOSITS};
use proto::vote::Partial;
use proto::{PeerIndex, PublicKey, Root, SignatureBytes, Slot, ValidatorPosition};

use crate::duties::Output;
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::{DepositNote, Note};
use crate::duties::pool::{Errand, Judgement};
use crate::pool::consent::{Consent, Culprit, Demand, OnRecord, Refusal};
use crate::vault::{Sealed, Signable};

use signing::Open;

/// After so many slots a judgement is asked for again of which nothing was heard: errands may be
/// lost.
const PATIENCE: u64 = 4;

/// All deposits that are open on this peer.
#[derive(Debug, Default)]
pub struct Deposits {
    /// What this peer demands, if its coordinator wishes for any.
    own: Option<Demand>,
    /// The last demand of each peer.
    asked: BTreeMap<PeerIndex, Asked>,
    /// Whose is being judged, and since which slot.
    judging: Option<(PeerIndex, Slot)>,
    /// What was consented to and is not signed yet.
    unsigned: VecDeque<(ValidatorPosition, Signable)>,
    /// What is signed and waits for its record: also with which credentials.
    sealed: Vec<(ValidatorPosition, Root, Sealed)>,
    /// The last share of each peer for each validator, and its credentials.
    shares: BTreeMap<(ValidatorPosition, PeerIndex), (Root, SignatureBytes)>,
    /// What this peer has consented to.
    open: BTreeMap<ValidatorPosition, Open>,
    /// In which slot a judgement of each peer's demands was begun last.
    begun: BTreeMap<PeerIndex, Slot>,
    /// How many demands of each peer came in this slot.
    heard: BTreeMap<PeerIndex, usize>,
    /// By which rules the vault has refused to whom in this slot.
    told: BTreeSet<(PeerIndex, &'static str)>,
    /// Which refusal of each peer the operator was told last.
    refusals: BTreeMap<PeerIndex, DepositRefusal>,
    /// Whether the own thread needs what is whole whoever has demanded it.
    serves_all: bool,
    slot: Option<Slot>,
}

/// What a peer demands.
#[derive(Debug)]
struct Asked {
    demand: Demand,
    is_judged: bool,
}

impl Deposits {
    /// The own coordinator needs these deposits: demanded of all, this peer included. If it says
    /// so again, it gets what is whole by now: keys that the peers refuse keep no other waiting.
    pub fn demand(&mut self, demand: Demand, step: &mut Step<'_>) {
        let is_repeated = self.own.as_ref() == Some(&demand);
        self.own = Some(demand.clone());
        let frame = Frame::DepositDemand(demand.clone());
        step.broadcast(frame.since(), frame.encode());
        self.take_up(step.facts.me, demand, step);
        self.hand_over(is_repeated, step);
    }

    /// Whether every peer words the deposits that its account signs for: then each needs them, and
    /// not only the one that has demanded them.
    pub fn serve_all(&mut self, serves_all: bool) {
        self.serves_all = serves_all;
    }

    /// What the look at the own nodes has come to.
    pub fn judged(
        &mut self,
        peer: PeerIndex,
        (demand, verdict): (&Demand, Result<Consent, Box<Refusal>>),
        step: &mut Step<'_>,
    ) {
        if self.judging.is_some_and(|(judging, _)| judging == peer) {
            self.judging = None;
        }
        // It may have demanded something else since then.
        let asked = self.asked.get_mut(&peer);
        if let Some(asked) = asked.filter(|it| it.demand == *demand) {
            asked.is_judged = true;
            match verdict {
                Ok(consent) => {
                    refuse(peer, consent.refused(), step);
                    self.consent(peer, &consent, step);
                }
                Err(refusal) => refuse(peer, std::slice::from_ref(&*refusal), step),
            }
        }
        self.judge_next(step);
    }

    /// What time brings.
    pub fn advance(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        if self.slot.replace(slot) == Some(slot) {
            return;
        }
        self.heard.clear();
        self.told.clear();
        for open in self.open.values_mut() {
            open.try_again();
        }
        let is_lost = |(_, since): (PeerIndex, Slot)| slot.0 > since.0.saturating_add(PATIENCE);
        if self.judging.is_some_and(is_lost) {
            self.judging = None;
        }
        self.judge_next(step);
    }

    /// What a peer that comes back may have missed: what this one demands, and its shares.
    pub fn sent(&self) -> Vec<Frame> {
        let is_open = |demand: &&Demand| {
            let is_whole = |at| self.open.get(at).is_some_and(Open::is_whole);
            !demand.validators.iter().all(is_whole)
        };
        let demand = self.own.as_ref().filter(is_open);
        let mut own: BTreeMap<Root, Vec<Partial>> = BTreeMap::new();
        for (at, open) in &self.open {
            own.entry(open.credentials())
                .or_default()
                .extend(open.own().map(|signature| Partial {
                    validator: *at,
                    signature,
                }));
        }
        // Votes wait behind all of it, so the frames are full.
        let frames = own.iter().flat_map(|(credentials, shares)| {
            let full = shares.chunks(MAX_DEPOSITS);
            full.map(|shares| share_frame(*credentials, shares.to_vec()))
        });
        let demand = demand.cloned().map(Frame::DepositDemand);
        demand.into_iter().chain(frames).collect()
    }

    /// Notes what `peer` demands, in place of what it demanded before.
    fn take_up(&mut self, peer: PeerIndex, demand: Demand, step: &mut Step<'_>) {
        if self.is_signed(&demand) {
            return self.answer(peer, &demand, step);
        }
        let before = self.asked.get(&peer);
        let is_same = before.is_some_and(|it| it.demand == demand);
        if is_same && before.is_some_and(|it| !it.is_judged) {
            return;
        }
        if !is_same {
            let count = demand.validators.len();
            step.note(Note::Deposit(DepositNote::Demanded(peer, count)));
        }
        let asked = Asked {
            demand,
            is_judged: false,
        };
        self.asked.insert(peer, asked);
        self.judge_next(step);
    }

    /// Has the demand judged that has waited longest, if none is being judged. Of each peer one is
    /// begun in a slot.
    fn judge_next(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        let begun = |peer: &PeerIndex| self.begun.get(peer).copied();
        let waiting = self.asked.iter().filter(|(_, it)| !it.is_judged);
        let due = waiting.filter(|(peer, _)| begun(peer) != Some(slot));
        let next = due.min_by_key(|(peer, _)| begun(peer));
        let Some((peer, asked)) = next.filter(|_| self.judging.is_none()) else {
            return;
        };
        let peer = *peer;
        let judgement = Judgement {
            peer,
            record: on_record(&asked.demand, step),
            demand: asked.demand.clone(),
        };
        self.judging = Some((peer, slot));
        self.begun.insert(peer, slot);
        let errand = Errand::Judge(Box::new(judgement));
        step.out.push(Output::Errand(errand));
    }

    /// Takes up what was consented to: what is not signed yet is signed when nothing urgent waits.
    fn consent(&mut self, peer: PeerIndex, consent: &Consent, step: &mut Step<'_>) {
        for (validator, signable) in Signable::joining(consent) {
            let of = |(at, _): &(ValidatorPosition, Message)| *at == validator;
            let message = consent.messages().iter().find(|it| of(it));
            let Some((_, message)) = message else {
                continue;
            };
            let root = signable.signing_root();
            let open = self
                .open
                .entry(validator)
                .or_insert_with(|| Open::new(*message, root));
            // The record may have another one, and then the vault says so. What was consented to
            // before and is not signed yet is not to be signed under this one's name.
            if open.root() != root {
                *open = Open::new(*message, root);
                self.unsigned.retain(|(at, _)| *at != validator);
            }
            if open.own().is_none() && !self.unsigned.iter().any(|(at, _)| *at == validator) {
                self.unsigned.push_back((validator, signable));
            }
        }
        let asked = self.asked.get(&peer).map(|it| it.demand.clone());
        let consented = consent.messages().iter().map(|(at, _)| *at).collect();
        let consented = asked.map(|demand| Demand {
            validators: consented,
            ..demand
        });
        if let Some(demand) = consented.filter(|it| self.is_signed(it)) {
            self.answer(peer, &demand, step);
        }
        self.put_off(step);
    }
}

/// What the record says of the keys of a demand.
fn on_record(demand: &Demand, step: &Step<'_>) -> OnRecord {
    let history = step.vault.history();
    let key = |at: &ValidatorPosition| Some(step.facts.keys.get(*at)?.public_key);
    let credentials = |key: PublicKey| {
        let deposits = history.marks(history.number(&key)?)?.deposits.as_ref()?;
        Some((key, deposits.credentials))
    };
    let keys = demand.validators.iter().filter_map(key);
    OnRecord {
        credentials: keys.filter_map(credentials).collect(),
        fixed: history.joined().map(|joined| joined.fixed),
    }
}

/// Tells the operator and the peer that has demanded why this one gives no share, or none of some
/// keys. The peer is told of the first: who says it for each says too much.
fn refuse(peer: PeerIndex, refusals: &[Refusal], step: &mut Step<'_>) {
    let Some((refusal, others)) = refusals.split_first() else {
        return;
    };
    if refusal.culprit() == Culprit::Demander && peer != step.facts.me {
        step.note(Note::Fault {
            peer,
            breach: Breach::DepositDemand,
            detail: format!(
                "demands a deposit that no honest peer does ({})",
                refusal.rule()
            ),
        });
    }
    // Where the own nodes and files are concerns nobody else.
    let words = match (matches!(refusal, Refusal::Unseen(_)), others.len()) {
        (true, _) => "what its own nodes show cannot be seen there now".to_owned(),
        (false, 0) => refusal.to_string(),
        (false, others) => format!("{refusal}, and {others} other keys are refused as well"),
    };
    tell(peer, (refusal.rule(), words), step);
    for refusal in refusals {
        let refusal = Box::new(refusal.clone());
        step.note(Note::Deposit(DepositNote::Refused(peer, refusal)));
    }
}

/// Tells the peer that has demanded why there is no share.
fn tell(peer: PeerIndex, (rule, words): (&'static str, String), step: &mut Step<'_>) {
    if peer != step.facts.me {
        let frame = Frame::DepositRefusal(DepositRefusal::new(rule, words));
        step.send(peer, frame.since(), frame.encode());
    }
}

fn share_frame(credentials: Root, shares: Vec<Partial>) -> Frame {
    Frame::DepositShares(DepositShares {
        credentials,
        shares,
    })
}
