//! The call of a step that is taken by hand: what the contracts show, what the beacon chain says of
//! the validator, and the proof that carries it.

use std::collections::BTreeMap;

use node_core::pool::dispatch;
use node_core::pool::open_step::OpenStep;
use node_core::pool::plan::{Body, Leaving, Need, Shown, Step};
use node_core::pool::sight::Sight;
use node_core::pool::view::Node;
use node_core::sending::call::Call;
use proto::eth::ChainSpec;
use proto::{PublicKey, Slot};

use super::SendError;
use crate::checks::own_nodes::OwnNodes;
use crate::clock;
use crate::execution::Patience;
use crate::pool::calm::Calm;
use crate::pool::leaving::{Own, leaving};
use crate::pool::proving::prove;
use crate::pool::sending::Sending;
use crate::pool::{Target, anchors, look};

/// What is asked for, and where.
pub(super) struct Asking {
    /// None if only the coordinator takes it.
    pub(super) step: Option<OpenStep>,
    /// For which validator, by its number in the megapool.
    pub(super) validator: Option<u32>,
    /// The slot of the withdrawal that is the final balance, if it is said.
    pub(super) slot: Option<u64>,
    pub(super) target: Target,
    pub(super) execution_node: String,
    /// The beacon nodes, if the step is about a validator, and their chain.
    pub(super) beacon: Option<(OwnNodes, ChainSpec)>,
    /// Whom it has found to leave.
    pub(super) leaving: BTreeMap<PublicKey, Leaving>,
}

impl Asking {
    /// What is seen of the node.
    pub(super) async fn look(&self) -> Result<Sight, SendError> {
        Ok(look(&self.execution_node, &self.target, Patience::USUAL).await?)
    }

    /// What is to be done, by what is seen.
    pub(super) async fn planned(&mut self, sight: &Sight) -> Result<Step, SendError> {
        let asked = self.step.ok_or(SendError::NotByHand)?;
        let megapool = sight.node_at_head().and_then(Node::deployed);
        let mut lost = BTreeMap::new();
        if let (Some((nodes, spec)), Some(megapool)) = (&self.beacon, megapool) {
            let own = Own { nodes, spec };
            let seen = leaving(own, megapool, &self.leaving).await?;
            self.leaving = seen.leaving;
            lost = seen.lost;
        }
        let mut leaving = self.leaving.clone();
        for leaving in leaving.values_mut() {
            leaving.withdrawn = self.slot.map(Slot).or(leaving.withdrawn);
        }
        let shown = Shown {
            view: &sight.head,
            leaving: &leaving,
        };
        let step = asked.step(&shown, self.validator);
        match (step, self.slot, lost.into_values().next()) {
            (Err(_), None, Some(lost)) if asked == OpenStep::FinalBalance => Err(lost.into()),
            (step, _, _) => Ok(step?),
        }
    }

    /// The call of a step, with its proof if it needs one.
    pub(super) async fn call(
        &self,
        step: &Step,
        sight: &Sight,
        sending: &mut Sending,
    ) -> Result<Call, SendError> {
        let Body::Needs(need) = &step.body else {
            return Ok(dispatch::call(step).expect("it needs nothing more"));
        };
        let made = self.prove(step, need).await?.into_iter();
        let made = made.filter_map(|data| dispatch::with_proof(step, data));
        let chosen = sending.choose(made.collect(), &anchors(sight)).await?;
        chosen.map_err(|reason| SendError::Fails {
            words: step.words.clone(),
            reason,
        })
    }

    async fn prove(&self, step: &Step, need: &Need) -> Result<[Vec<u8>; 2], SendError> {
        let (nodes, spec) = self.beacon.as_ref().ok_or(SendError::NoBeacon)?;
        let own = Own { nodes, spec };
        let calm = Calm::always();
        Ok(prove(own, (&step.kind, need), clock::now(), &calm).await?)
    }
}
