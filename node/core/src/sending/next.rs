//! What to do next, from what was sent and what the chain shows at one block.
//!
//! | the lowest nonce of the outbox that is not used up | what is next |
//! |---|---|
//! | of a step that is asked for | the same again if the node lost it; more fee if it is stuck |
//! | of one that must not happen twice, asked for with other ether | the same; stop if it fails |
//! | of one that must not happen twice, otherwise or not asked for | stop: it is to be emptied |
//! | of one that may happen twice, not asked for | it is waited for, and not sent again |
//! | of one that may happen twice, given up or failing | nothing in its place |
//! | emptied by the operator | an empty transaction in its place |
//!
//! | no such nonce, and the step that is next was | what is next |
//! |---|---|
//! | never sent | it is signed at the next unused nonce, if its simulation passes |
//! | sent, and its nonce is used up since the finalised block | wait |
//! | sent, and its transaction failed, finally | it is signed anew, up to three times |
//! | sent, and it succeeded, or nobody knows | stop, if it must not happen twice |

use alloy_primitives::U256;
use proto::Root;

use super::asked::{Asked, Contents, Kept, Wanted, wanted};
use super::call::{Call, Effect, StepId, digest};
use super::fees::{Market, Offer};
use super::outbox::{Entry, MOST_ATTEMPTS, Outbox};
use super::why::{Stop, Why};

/// How long a transaction waits for a block before its fee is raised, in seconds: 15 slots.
pub const STUCK_AFTER: u64 = 180;
/// How often a step that fails in a block is sent in all.
const MOST_TRIES: usize = 3;

/// A transaction of ours that is in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// Its hash.
    pub transaction: Root,
    /// Whether it did what it was to do.
    pub succeeded: bool,
}

/// The account on the chain. Nonce, balance and market are of one block, which is also that at
/// which steps are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Unix seconds.
    pub now: u64,
    /// The nonce of the account's next transaction.
    pub nonce: u64,
    /// The same at the finalised block.
    pub settled: u64,
    /// The same with what the node knows to be under way.
    pub pending: u64,
    /// Wei.
    pub balance: U256,
    /// What gas costs.
    pub market: Market,
    /// Whether the call of [`candidate`](super::asked::candidate) would succeed, with its reason
    /// if not.
    pub simulated: Option<Result<(), String>>,
    /// That call, if it is under way as it was signed.
    pub kept: Option<Kept>,
    /// Which of the transactions of [`sent_for`](super::asked::sent_for) are in blocks, as far as
    /// the node says.
    pub landed: Vec<Landed>,
}

/// A transaction that is to be signed, taken in, made durable and sent, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order<'a> {
    /// The step.
    pub step: &'a StepId,
    /// What a second time would be.
    pub effect: Effect,
    /// The account's nonce.
    pub nonce: u64,
    /// What it does.
    pub contents: Contents<'a>,
    /// What it costs.
    pub offer: Offer,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act<'a> {
    /// Nothing: all that is asked for is done.
    Done {
        /// Whether all that was sent is final.
        is_final: bool,
    },
    /// Nothing now.
    Wait(Why),
    /// Nothing any more, until the operator has looked.
    Stop(Stop),
    /// Send again what was signed for this nonce.
    Broadcast {
        /// The account's nonce.
        nonce: u64,
        /// What keeps its fee from being raised, if it ought to be.
        held: Option<Why>,
    },
    /// Sign a step at a free nonce.
    Sign(Order<'a>),
    /// Sign another transaction at a nonce that is taken, with higher fees.
    Replace(Order<'a>),
}

/// What to do next for the steps that are asked for, which are to be taken in their order. `cap` is
/// the highest price of a unit of gas, in wei.
pub fn next<'a>(outbox: &'a Outbox, asked: Asked<'a>, facts: &Facts, cap: u64) -> Act<'a> {
    let entry = outbox.under_way(facts.nonce);
    if outbox.is_ahead_of(facts.nonce) {
        let known = outbox.settled();
        let known = entry.map_or(known, |entry| entry.nonce.max(known));
        return Act::Wait(Why::Behind {
            account: outbox.account(),
            shown: facts.nonce,
            known,
        });
    }
    let bench = Bench { outbox, facts, cap };
    match (entry, asked.calls.first()) {
        (Some(entry), _) => bench.under_way(entry, asked),
        (None, None) => Act::Done {
            is_final: facts.settled >= facts.nonce,
        },
        (None, Some(call)) => bench.fresh(call),
    }
}

/// Whether the step that is asked for first is all that this is about, so that the others need not
/// wait for it: nothing is under way, and it alone cannot be sent now.
pub fn may_pass_over(outbox: &Outbox, facts: &Facts, act: &Act<'_>) -> bool {
    let is_its_own = match act {
        Act::Wait(why) => why.is_of_one_step(),
        Act::Stop(stop) => stop.is_of_one_step(),
        Act::Done { .. } | Act::Broadcast { .. } | Act::Sign(_) | Act::Replace(_) => false,
    };
    is_its_own && outbox.under_way(facts.nonce).is_none()
}

/// It is under way, and no more is to be said.
fn waits_for_block(entry: &Entry) -> Why {
    Why::UnderWay {
        step: entry.step.clone(),
        nonce: entry.nonce,
        transaction: entry.newest().transaction,
    }
}

/// What decides, together.
struct Bench<'a, 'f> {
    outbox: &'a Outbox,
    facts: &'f Facts,
    cap: u64,
}

impl<'a> Bench<'a, '_> {
    /// The step whose nonce is the next to be used up.
    fn under_way(&self, entry: &'a Entry, asked: Asked<'a>) -> Act<'a> {
        let step = entry.step.clone();
        match wanted(entry, asked) {
            Wanted::Nothing => self.empty(entry),
            Wanted::Unasked => match entry.effect {
                Effect::Once => Act::Stop(Stop::Overtaken {
                    step,
                    nonce: entry.nonce,
                    transaction: entry.newest().transaction,
                    is_held_up: self.is_lost(entry) || self.is_stuck(entry),
                }),
                // It is not pushed into a block any more: what it does may be unwanted by now.
                Effect::Idempotent => Act::Wait(waits_for_block(entry)),
            },
            Wanted::GivenUp if self.is_lost(entry) || self.is_stuck(entry) => self.empty(entry),
            Wanted::GivenUp => Act::Wait(waits_for_block(entry)),
            Wanted::Call(call) => match self.refuse_failing(&step) {
                // Its proof was too old, or will be.
                Ok(()) if entry.newest().call != Some(call.digest()) => {
                    self.replace(entry, Contents::Call(call))
                }
                Ok(()) => self.again(entry, Contents::Call(call), None),
                Err(why) => self.failing(entry, why),
            },
            Wanted::Kept => match (self.refuse_failing(&step), self.facts.kept) {
                (Ok(()), Some(kept)) => self.again(entry, Contents::Kept(kept), None),
                (Ok(()), None) => Act::Wait(Why::Untried(step)),
                (Err(why), _) => self.failing(entry, why),
            },
            Wanted::Outdated(call) => self.outdated(entry, call),
        }
    }

    /// A step that must not happen twice and is asked for otherwise than it was signed. It is kept
    /// going if only the ether that goes with it differs, which anybody can bring about, or it does
    /// the same by other bytes.
    fn outdated(&self, entry: &'a Entry, call: &Call) -> Act<'a> {
        let (step, nonce) = (entry.step.clone(), entry.nonce);
        let transaction = entry.newest().transaction;
        let Some(kept) = self.facts.kept else {
            return Act::Wait(Why::Untried(step));
        };
        let changed = |reason: String| {
            Act::Stop(Stop::Changed {
                step: step.clone(),
                nonce,
                reason,
            })
        };
        let is_it = |data: &[u8]| digest(&call.to, kept.value, data) == kept.digest;
        if !is_it(&call.data) && !call.akin.iter().any(|data| is_it(data)) {
            return changed("it differs in more than the ether that goes with it".to_owned());
        }
        match self.refuse_failing(&step) {
            Ok(()) => {
                let why = Why::Outdated {
                    step,
                    nonce,
                    transaction,
                };
                self.again(entry, Contents::Kept(kept), Some(why))
            }
            Err(Why::Reverts { reason, .. }) => changed(format!("it would fail now: {reason}")),
            Err(why) => Act::Wait(why),
        }
    }

    /// What would fail now is not raised. If a second time does nothing, it does not keep what
    /// comes after it from its turn either.
    fn failing(&self, entry: &'a Entry, why: Why) -> Act<'a> {
        let is_empty = entry.newest().call.is_none();
        let gives_way = is_empty || (why.is_refusal() && self.is_stuck(entry));
        match entry.effect {
            Effect::Idempotent if gives_way => self.empty(entry),
            Effect::Once | Effect::Idempotent => Act::Wait(why),
        }
    }

    /// Nothing in its place.
    fn empty(&self, entry: &'a Entry) -> Act<'a> {
        match entry.newest().call {
            Some(_) => self.replace(entry, Contents::Nothing),
            None => self.again(entry, Contents::Nothing, None),
        }
    }

    /// The same again, unless it is stuck. What is to be said of it beside.
    fn again(&self, entry: &'a Entry, contents: Contents<'a>, why: Option<Why>) -> Act<'a> {
        match self.is_stuck(entry) {
            true => self.replace(entry, contents),
            false => self.keep(entry, why),
        }
    }

    /// Keeps what is under way as it is, and says why, if more is to be said than that it is.
    fn keep(&self, entry: &Entry, why: Option<Why>) -> Act<'a> {
        match self.is_lost(entry) {
            true => Act::Broadcast {
                nonce: entry.nonce,
                held: why,
            },
            false => Act::Wait(why.unwrap_or_else(|| waits_for_block(entry))),
        }
    }

    /// Whether it has waited for a block for long, and others offer more.
    fn is_stuck(&self, entry: &Entry) -> bool {
        let newest = entry.newest();
        let age = self.facts.now.saturating_sub(newest.signed_at);
        age >= STUCK_AFTER && self.facts.market.outbids(newest.offer())
    }

    /// Whether the node does not have what is under way.
    fn is_lost(&self, entry: &Entry) -> bool {
        self.facts.pending <= entry.nonce
    }

    fn replace(&self, entry: &'a Entry, contents: Contents<'a>) -> Act<'a> {
        // One more is kept for emptying it.
        let most = MOST_ATTEMPTS + usize::from(contents == Contents::Nothing);
        if entry.attempts.len() >= most {
            let why = Why::RaisedOften {
                step: entry.step.clone(),
                nonce: entry.nonce,
            };
            return self.stay(entry, contents, why);
        }
        let offer = match self.facts.market.better(entry.newest().offer(), self.cap) {
            Ok(offer) => offer,
            Err(dear) => return self.stay(entry, contents, dear.into()),
        };
        let order = Order {
            step: &entry.step,
            effect: entry.effect,
            nonce: entry.nonce,
            contents,
            offer,
        };
        match self.refuse_poor(&order) {
            Ok(()) => Act::Replace(order),
            Err(why) => self.stay(entry, contents, why),
        }
    }

    /// Nothing better can be signed now. What is to be emptied is not sent again all the same.
    fn stay(&self, entry: &Entry, contents: Contents<'_>, why: Why) -> Act<'a> {
        let is_unwanted = contents == Contents::Nothing && entry.newest().call.is_some();
        match is_unwanted {
            true => Act::Wait(why),
            false => self.keep(entry, Some(why)),
        }
    }

    /// The step that is next, while nothing is under way.
    fn fresh(&self, call: &'a Call) -> Act<'a> {
        let (outbox, facts) = (self.outbox, self.facts);
        if let Some(last) = outbox.of(&call.step).next_back()
            && let Err(refused) = self.refuse_repeating(call, last)
        {
            return refused;
        }
        if facts.pending > facts.nonce {
            return Act::Wait(Why::Foreign(outbox.account()));
        }
        if call.effect == Effect::Once && facts.settled < facts.nonce {
            return Act::Wait(Why::NotFinal {
                step: call.step.clone(),
                account: outbox.account(),
            });
        }
        if let Err(why) = self.refuse_failing(&call.step) {
            return Act::Wait(why);
        }
        let offer = match facts.market.offer(self.cap) {
            Ok(offer) => offer,
            Err(dear) => return Act::Wait(dear.into()),
        };
        let order = Order {
            step: &call.step,
            effect: call.effect,
            nonce: facts.nonce,
            contents: Contents::Call(call),
            offer,
        };
        match self.refuse_poor(&order) {
            Ok(()) => Act::Sign(order),
            Err(why) => Act::Wait(why),
        }
    }

    /// Whether a step whose nonce is used up, and which is not done, may not be sent anew.
    fn refuse_repeating(&self, call: &Call, last: &Entry) -> Result<(), Act<'a>> {
        let step = call.step.clone();
        let nonce = last.nonce;
        let of_last = |landed: &&Landed| {
            let mut attempts = last.attempts.iter();
            attempts.any(|attempt| attempt.transaction == landed.transaction)
        };
        let landed = self.facts.landed.iter().find(of_last);
        let has_failed = landed.is_some_and(|landed| !landed.succeeded);
        if nonce >= self.facts.settled && (call.effect == Effect::Once || !has_failed) {
            return Err(Act::Wait(Why::Unsettled { step, nonce }));
        }
        if last.cancelled {
            return Err(Act::Stop(Stop::Cancelled(step)));
        }
        match (call.effect, landed) {
            (Effect::Once, None) => return Err(Act::Stop(Stop::Unknown { step, nonce })),
            (Effect::Once, Some(landed)) if landed.succeeded => {
                let transaction = landed.transaction;
                return Err(Act::Stop(Stop::Unshown { step, transaction }));
            }
            (Effect::Once | Effect::Idempotent, _) => {}
        }
        // What was emptied has not failed.
        let tried = |entry: &&Entry| entry.newest().call.is_some();
        let times = self.outbox.of(&call.step).filter(tried).count();
        match times >= MOST_TRIES {
            true => Err(Act::Stop(Stop::FailedOften {
                step,
                times,
                transaction: last.newest().transaction,
            })),
            false => Ok(()),
        }
    }

    fn refuse_failing(&self, step: &StepId) -> Result<(), Why> {
        let step = step.clone();
        match &self.facts.simulated {
            Some(Ok(())) => Ok(()),
            Some(Err(reason)) => Err(Why::Reverts {
                step,
                reason: reason.clone(),
            }),
            None => Err(Why::Untried(step)),
        }
    }

    fn refuse_poor(&self, order: &Order<'_>) -> Result<(), Why> {
        let fee = U256::from(order.contents.gas().units()) * U256::from(order.offer.max_fee);
        let needs = order.contents.value().saturating_add(fee);
        match self.facts.balance < needs {
            true => Err(Why::Funds {
                step: order.step.clone(),
                account: self.outbox.account(),
                has: self.facts.balance,
                needs,
            }),
            false => Ok(()),
        }
    }
}
