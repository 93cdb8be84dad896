//! Random troubles: the sender dies between any two of its acts, transactions are dropped and
//! replaced, blocks are taken back, gas gets dear, others use the account, the outbox is lost. No
//! step that must not happen twice ever does, on a chain whose contracts do not prevent it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::super::call::StepId;
use super::super::next::Landed;
use super::super::outbox::Entry;
use super::*;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The sender looks and acts; it dies after so many of its acts.
    Tick(u8),
    /// A block with what fits of everything that was ever sent, chosen by these numbers.
    Block { which: u8, fails: bool },
    /// So many blocks that are not final are taken back.
    Reorg(u8),
    /// All but so many blocks become final.
    Final(u8),
    /// The node forgets what is under way.
    Drop,
    /// Gas costs so many gwei.
    Gas(u8),
    /// So many seconds go by.
    Time(u16),
    /// The plan asks in another order.
    Turn,
    /// The operator uses the account for something else.
    Foreign,
    /// The operator has this step emptied.
    Cancel(u8),
    /// The operator wants this step again.
    Again(u8),
    /// The node shows no receipts, or again.
    Receipts(bool),
    /// The outbox is gone.
    Lose,
    /// A copy of it that is so old is put back.
    Restore(u8),
    /// The calls that may be made anew have other proofs, and the payments other values.
    Renew,
    /// The proof of what may be made anew has still to be made, or is there again.
    Unproved(bool),
}

#[derive(Debug, Clone)]
struct Transaction {
    hash: Root,
    nonce: u64,
    /// None if it does nothing.
    step: Option<StepId>,
}

/// A transaction in a block, and whether it succeeded; none of ours is one by somebody else.
type Mined = (Option<Transaction>, bool);

struct World {
    steps: Vec<Call>,
    chain: Vec<Vec<Mined>>,
    finalised: usize,
    /// All that has ever left the sender: anybody may still have it.
    known: Vec<Transaction>,
    pool: BTreeMap<u64, Root>,
    disk: Option<String>,
    copies: Vec<String>,
    gas: u64,
    now: u64,
    shows_receipts: bool,
    has_proofs: bool,
    /// What was ever signed for a nonce, since the outbox was last lost.
    at_nonce: BTreeMap<u64, BTreeSet<(StepId, Option<Root>)>>,
    cancelled: BTreeSet<StepId>,
}

impl World {
    fn new() -> Self {
        let steps = vec![
            call("one", Effect::Once),
            call("two", Effect::Once),
            call("proof", Effect::Idempotent),
            call("three", Effect::Once),
        ];
        Self {
            steps,
            chain: Vec::new(),
            finalised: 0,
            known: Vec::new(),
            pool: BTreeMap::new(),
            disk: None,
            copies: Vec::new(),
            gas: 10,
            now: 1_000,
            shows_receipts: true,
            has_proofs: true,
            at_nonce: BTreeMap::new(),
            cancelled: BTreeSet::new(),
        }
    }

    fn nonce(&self, blocks: usize) -> u64 {
        self.chain[..blocks].iter().map(|it| it.len() as u64).sum()
    }

    /// How often each step has had its effect.
    fn effects(&self) -> BTreeMap<StepId, usize> {
        let mut effects = BTreeMap::new();
        for (transaction, succeeded) in self.chain.iter().flatten() {
            let step = transaction.as_ref().and_then(|it| it.step.clone());
            if let (Some(step), true) = (step, succeeded) {
                *effects.entry(step).or_default() += 1;
            }
        }
        effects
    }

    fn asked(&self) -> Vec<Call> {
        let done = self.effects();
        let open = self.steps.iter().filter(|it| !done.contains_key(&it.step));
        open.cloned().collect()
    }

    fn outbox(&self) -> Outbox {
        match &self.disk {
            Some(text) => Outbox::from_json(text, account(), 560_048).unwrap(),
            None => outbox(),
        }
    }

    fn store(&mut self, outbox: &Outbox) {
        let text = outbox.to_json();
        self.copies.push(text.clone());
        self.disk = Some(text);
    }

    /// What is asked for, and what would be if its proof were made.
    fn worded(&self) -> (Vec<Call>, Vec<StepId>) {
        let is_worded = |it: &Call| self.has_proofs || it.effect == Effect::Once;
        let (calls, unproved): (Vec<_>, Vec<_>) = self.asked().into_iter().partition(is_worded);
        (calls, unproved.into_iter().map(|it| it.step).collect())
    }

    fn facts(&self, outbox: &Outbox, asked: Asked<'_>) -> Facts {
        let nonce = self.nonce(self.chain.len());
        let ours = sent_for(outbox, asked);
        let landed = self.chain.iter().flatten().filter_map(|(it, succeeded)| {
            let transaction = it.as_ref()?.hash;
            let is_shown = self.shows_receipts && ours.contains(&transaction);
            is_shown.then_some(Landed {
                transaction,
                succeeded: *succeeded,
            })
        });
        let candidate = candidate(outbox, asked, nonce);
        let kept = match candidate {
            Some(Candidate::Kept(entry)) => entry.newest().call.map(|digest| Kept {
                digest,
                value: self.value(entry),
                gas: Gas::of(100_000).unwrap(),
            }),
            Some(Candidate::Call(_)) | None => None,
        };
        let waiting = (nonce..).take_while(|at| self.pool.contains_key(at));
        Facts {
            now: self.now,
            settled: self.nonce(self.finalised),
            pending: nonce + waiting.count() as u64,
            market: Market {
                base_fee: self.gas * GWEI,
                suggested: Some(GWEI),
            },
            simulated: candidate.map(|_| Ok(())),
            kept,
            landed: landed.collect(),
            ..facts(nonce)
        }
    }

    /// What went with it: it has only ever risen by a wei.
    fn value(&self, entry: &Entry) -> U256 {
        let mut steps = self.steps.iter();
        let now = steps.find(|it| it.step == entry.step).unwrap();
        let mut earlier = (0..100).map(|less: u64| Call {
            value: now.value - U256::from(less),
            ..now.clone()
        });
        let is_it = |call: &Call| Some(call.digest()) == entry.newest().call;
        earlier.find(is_it).map_or(U256::ZERO, |call| call.value)
    }

    /// The sender as it is after a start: it looks, acts, and dies after `acts` acts.
    fn tick(&mut self, acts: u8) -> Result<bool, TestCaseError> {
        let ((calls, unproved), mut outbox) = (self.worded(), self.outbox());
        let asked_for = self.asked();
        let is_over = |it: &&Call| asked_for.iter().all(|asked| asked.step != it.step);
        let over = self.steps.iter().filter(is_over);
        let given_up: Vec<StepId> = over.map(|it| it.step.clone()).collect();
        let asked = Asked {
            calls: &calls,
            unproved: &unproved,
            given_up: &given_up,
        };
        let facts = self.facts(&outbox, asked);
        outbox.settle(facts.settled);
        let raw = match super::super::next::next(&outbox, asked, &facts, CAP) {
            Act::Done { is_final } => return Ok(is_final),
            Act::Wait(_) | Act::Stop(_) => return Ok(false),
            Act::Broadcast { nonce, .. } => outbox.at(nonce).unwrap().newest().transaction,
            Act::Sign(order) | Act::Replace(order) => {
                prop_assert!(order.offer.max_fee <= CAP);
                let made = signed(&order, self.now);
                let hash = made.attempt.transaction;
                let is_empty = order.contents == Contents::Nothing;
                let transaction = Transaction {
                    hash,
                    nonce: made.nonce,
                    step: (!is_empty).then(|| order.step.clone()),
                };
                let digests = self.at_nonce.entry(made.nonce).or_default();
                digests.insert((made.step.clone(), made.attempt.call));
                // It refuses what breaks the rule.
                let mut fuller = outbox.clone();
                fuller.add(made).unwrap();
                if acts == 0 {
                    return Ok(false);
                }
                self.store(&fuller);
                if acts == 1 {
                    return Ok(false);
                }
                self.known.push(transaction);
                hash
            }
        };
        let sent = self.known.iter().find(|it| it.hash == raw).cloned();
        let sent = sent.unwrap_or_else(|| self.of_disk(raw));
        self.pool.insert(sent.nonce, sent.hash);
        Ok(false)
    }

    /// A transaction that was durable and never left.
    fn of_disk(&mut self, hash: Root) -> Transaction {
        let outbox = self.outbox();
        let entry = outbox.entries().find(|it| it.newest().transaction == hash);
        let entry = entry.unwrap();
        let transaction = Transaction {
            hash,
            nonce: entry.nonce,
            step: entry.newest().call.map(|_| entry.step.clone()),
        };
        self.known.push(transaction.clone());
        transaction
    }

    fn mine(&mut self, which: usize, fails: bool) {
        let nonce = self.nonce(self.chain.len());
        let fitting: Vec<_> = self.known.iter().filter(|it| it.nonce == nonce).collect();
        let chosen = fitting.get(which % (fitting.len() + 1)).copied().cloned();
        let block = chosen.map(|it| (Some(it), !fails)).into_iter().collect();
        self.chain.push(block);
        let nonce = self.nonce(self.chain.len());
        self.pool.retain(|at, _| *at >= nonce);
    }

    fn happen(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::Tick(acts) => {
                self.tick(acts)?;
            }
            Event::Block { which, fails } => self.mine(which.into(), fails),
            Event::Reorg(depth) => {
                let kept = self.chain.len().saturating_sub(depth.into());
                self.chain.truncate(kept.max(self.finalised));
            }
            Event::Final(but) => {
                let last = self.chain.len().saturating_sub(but.into());
                self.finalised = self.finalised.max(last);
            }
            Event::Drop => self.pool.clear(),
            Event::Gas(gwei) => self.gas = gwei.into(),
            Event::Time(seconds) => self.now += u64::from(seconds),
            Event::Turn => self.steps.rotate_left(1),
            Event::Foreign => self.chain.push(vec![(None, true)]),
            Event::Cancel(which) | Event::Again(which) => {
                let step = self.steps[usize::from(which) % self.steps.len()]
                    .step
                    .clone();
                let mut outbox = self.outbox();
                if matches!(event, Event::Cancel(_)) {
                    if outbox.cancel(&step) {
                        self.cancelled.insert(step);
                    }
                } else {
                    outbox.forget(&step);
                }
                self.store(&outbox);
            }
            Event::Receipts(shown) => self.shows_receipts = shown,
            Event::Lose => {
                self.disk = None;
                self.at_nonce.clear();
            }
            Event::Restore(age) => {
                let at = self.copies.len().checked_sub(1 + usize::from(age));
                self.disk = at.map(|at| self.copies[at].clone());
                self.at_nonce.clear();
            }
            Event::Renew => {
                for step in &mut self.steps {
                    match step.effect {
                        Effect::Idempotent => step.data.push(1),
                        Effect::Once => step.value += U256::from(1),
                    }
                }
            }
            Event::Unproved(unproved) => self.has_proofs = !unproved,
        }
        self.check()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for (step, times) in self.effects() {
            let call = self.steps.iter().find(|it| it.step == step).unwrap();
            let is_once = call.effect == Effect::Once;
            prop_assert!(!is_once || times <= 1, "{step} happened {times} times");
        }
        let durable = self.outbox();
        for (nonce, signed) in &self.at_nonce {
            let steps: BTreeSet<_> = signed.iter().map(|(step, _)| step).collect();
            let Some(entry) = durable.at(*nonce) else {
                continue;
            };
            let calls: BTreeSet<_> = entry.attempts.iter().filter_map(|it| it.call).collect();
            let is_emptied = entry.attempts.iter().any(|it| it.call.is_none());
            prop_assert!(entry.effect == Effect::Idempotent || calls.len() == 1);
            let may_be = entry.effect == Effect::Idempotent;
            prop_assert!(!is_emptied || may_be || self.cancelled.contains(&entry.step));
            prop_assert!(steps.contains(&entry.step));
        }
        Ok(())
    }
}

/// What passes without anybody's doing.
fn weather() -> impl Strategy<Value = Event> {
    let block = (any::<u8>(), Just(false));
    prop_oneof![
        8 => (0..4_u8).prop_map(Event::Tick),
        6 => block.prop_map(|(which, fails)| Event::Block { which, fails }),
        2 => (1..4_u8).prop_map(Event::Reorg),
        1 => (0..3_u8).prop_map(Event::Final),
        2 => Just(Event::Drop),
        1 => (1..120_u8).prop_map(Event::Gas),
        2 => (1..400_u16).prop_map(Event::Time),
        1 => Just(Event::Renew),
        1 => any::<bool>().prop_map(Event::Unproved),
    ]
}

/// The same, and what people do, and what fails.
fn trouble() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => weather(),
        2 => any::<u8>().prop_map(|which| Event::Block { which, fails: true }),
        2 => Just(Event::Turn),
        1 => Just(Event::Foreign),
        1 => any::<u8>().prop_map(Event::Cancel),
        1 => any::<u8>().prop_map(Event::Again),
        1 => any::<bool>().prop_map(Event::Receipts),
        1 => Just(Event::Lose),
        1 => any::<u8>().prop_map(Event::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_that_must_not_happen_twice_ever_does(
        events in prop::collection::vec(trouble(), 1..120)
    ) {
        let mut world = World::new();
        for event in events {
            world.happen(event)?;
        }
    }

    #[test]
    fn when_the_weather_is_fair_again_all_is_done(
        events in prop::collection::vec(weather(), 1..80)
    ) {
        let mut world = World::new();
        for event in events {
            world.happen(event)?;
        }
        (world.gas, world.has_proofs) = (5, true);
        let mut is_over = false;
        for _ in 0..60 {
            is_over = world.tick(9)?;
            world.now += 200;
            // The newest of what is under way gets in.
            let nonce = world.nonce(world.chain.len());
            if let Some(hash) = world.pool.remove(&nonce) {
                let next = world.known.iter().find(|it| it.hash == hash).cloned();
                world.chain.push(vec![(next, true)]);
            }
            world.finalised = world.chain.len();
            world.check()?;
        }
        prop_assert!(is_over, "left: {:?}", world.asked());
        prop_assert_eq!(world.effects().len(), 4);
    }
}
