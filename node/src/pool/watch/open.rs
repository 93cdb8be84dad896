//! What the coordinator works with once it is open: the account that sends, the beacon nodes, and
//! the proofs that are on their way.

use std::collections::BTreeMap;
use std::fmt;

use node_core::duties::pool::Looked;
use node_core::pool::dispatch::{self, Turns};
use node_core::pool::plan::{Body, Step};
use node_core::pool::view::Node;
use node_core::sending::asked::{Asked, Unasked};
use node_core::sending::call::{Call, StepId};
use node_core::sending::why::Why;
use proto::Address;
use proto::eth::ChainSpec;

use super::known::Known;
use crate::checks::own_nodes::OwnNodes;
use crate::clock;
use crate::execution::Anchors;
use crate::pool::calm::Calm;
use crate::pool::leaving::{Own, leaving};
use crate::pool::proving::prove;
use crate::pool::sending::{Advance, Progress, Sending, SendingError};

pub(super) struct Open {
    sending: Sending,
    beacon: OwnNodes,
    calm: Calm,
    /// The calls that carry proofs, by step, as long as the contracts take them: another proof at
    /// each look would take the place of what is under way each time.
    proved: BTreeMap<StepId, Call>,
    turns: Turns,
    unasked: Unasked,
}

/// The calls of the steps that are due.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// Those whose proofs have still to be made.
    unproved: Vec<StepId>,
    /// Why, in words.
    pub(super) waits: Vec<String>,
}

impl Calls {
    /// This one goes before all others.
    pub(super) fn put_first(&mut self, call: Option<Call>) {
        self.calls.splice(0..0, call);
    }

    /// The proof of this step is not made at this look.
    fn waits(&mut self, step: &Step, why: &impl fmt::Display) {
        self.unproved.push(dispatch::name(step));
        self.waits.push(format!("{}: {why}", step.words));
    }
}

impl Open {
    pub(super) fn new(sending: Sending, beacon: OwnNodes, calm: Calm) -> Self {
        Self {
            sending,
            beacon,
            calm,
            proved: BTreeMap::new(),
            turns: Turns::default(),
            unasked: Unasked::default(),
        }
    }

    /// The account that sends.
    pub(super) fn account(&self) -> Address {
        self.sending.account()
    }

    /// Learns which validators leave; what the beacon node does not say of single ones.
    ///
    /// # Errors
    /// Why it is not known, in words.
    pub(super) async fn learn(
        &self,
        spec: &ChainSpec,
        looked: &Looked,
        known: &mut Known,
    ) -> Result<Vec<String>, String> {
        let Some(megapool) = looked.sight.node_at_head().and_then(Node::deployed) else {
            return Ok(Vec::new());
        };
        match leaving(self.own(spec), megapool, &known.leaving).await {
            Ok(seen) => {
                known.leaving = seen.leaving;
                Ok(seen.lost.values().map(ToString::to_string).collect())
            }
            Err(why) => Err(format!("it is not known which validators leave: {why}")),
        }
    }

    fn own<'a>(&'a self, spec: &'a ChainSpec) -> Own<'a> {
        Own {
            nodes: &self.beacon,
            spec,
        }
    }

    /// The calls of these steps, and why others have none yet. At most one proof is made: the next
    /// look makes the next one.
    pub(super) async fn calls(
        &mut self,
        spec: &ChainSpec,
        due: &[&Step],
        anchors: &Anchors,
    ) -> Result<Calls, SendingError> {
        let mut made = Calls::default();
        self.turns.begin();
        for step in due {
            let Body::Needs(need) = &step.body else {
                made.calls.extend(dispatch::call(step));
                continue;
            };
            let name = dispatch::name(step);
            if let Some(call) = self.proved.get(&name) {
                made.calls.push(call.clone());
                continue;
            }
            if let Some(why) = self.turns.passes_over(&name) {
                made.waits(step, &why);
                continue;
            }
            let (own, calm) = (self.own(spec), &self.calm);
            let proofs = match prove(own, (&step.kind, need), clock::now(), calm).await {
                Ok(proofs) => proofs.into_iter(),
                Err(why) => {
                    made.waits(step, &why);
                    continue;
                }
            };
            self.turns.made();
            let proofs = proofs.filter_map(|data| dispatch::with_proof(step, data));
            match self.sending.choose(proofs.collect(), anchors).await? {
                Ok(call) => {
                    self.proved.insert(name, call.clone());
                    made.calls.push(call);
                }
                Err(why) => {
                    let why = self.turns.refused(name, why);
                    made.waits(step, &why);
                }
            }
        }
        Ok(made)
    }

    /// The calls that carry the proof that this step needs.
    ///
    /// # Errors
    /// Why none is made now, in words.
    pub(super) async fn prove(&self, spec: &ChainSpec, step: &Step) -> Result<Vec<Call>, String> {
        let Body::Needs(need) = &step.body else {
            return Ok(Vec::new());
        };
        let (own, now) = (self.own(spec), clock::now());
        let proofs = prove(own, (&step.kind, need), now, &self.calm).await;
        let proofs = proofs.map_err(|why| why.to_string())?.into_iter();
        Ok(proofs
            .filter_map(|data| dispatch::with_proof(step, data))
            .collect())
    }

    /// Does the next thing for these calls, which are all that are due if `is_whole`.
    pub(super) async fn advance(
        &mut self,
        (made, is_whole): (&Calls, bool),
        anchors: &Anchors,
    ) -> Result<Advance, SendingError> {
        let seconds = clock::now().unix_seconds();
        if is_whole {
            let calls = made.calls.iter().map(|call| &call.step);
            let asked: Vec<&StepId> = calls.chain(&made.unproved).collect();
            self.unasked.count(self.sending.outbox(), &asked);
        }
        let given_up = self.unasked.given_up();
        let asked = Asked {
            calls: &made.calls,
            unproved: &made.unproved,
            given_up: &given_up,
        };
        let advance = self.sending.advance(asked, anchors, seconds).await?;
        self.forget(&made.calls, &advance);
        Ok(advance)
    }

    /// Forgets the proofs of what is no longer asked for, and those that are not taken any more.
    fn forget(&mut self, asked: &[Call], advance: &Advance) {
        let is_asked = |step: &StepId| asked.iter().any(|call| call.step == *step);
        let is_passed = |step: &StepId| advance.passed.iter().any(|(it, _)| it == step);
        let is_refused = |step: &StepId| match &advance.progress {
            Progress::Waits(Why::Reverts { step: it, .. }) => it == step,
            Progress::Waits(_)
            | Progress::Done { .. }
            | Progress::Stopped(_)
            | Progress::Sent { .. }
            | Progress::Refused { .. } => false,
        };
        let keeps = |step: &StepId| is_asked(step) && !is_passed(step) && !is_refused(step);
        self.proved.retain(|step, _| keeps(step));
    }
}
