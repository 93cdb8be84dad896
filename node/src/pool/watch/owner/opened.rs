//! What a peer that owns a part of the Safe works with once it is open: what it has signed, what
//! others have, and the calls that the Safe has to make.

use std::collections::BTreeMap;

use node_core::duties::pool::Looked;
use node_core::pool::allowed::{Ground, Signing};
use node_core::pool::dispatch;
use node_core::pool::plan::Step;
use node_core::pool::safe::SafeState;
use node_core::pool::view::Node;
use node_core::safe::cosign::{self, Cosign, Said};
use node_core::safe::founding::Founding;
use node_core::safe::rank::Turns;
use node_core::safe::signed::Contents;
use node_core::safe::transaction::Account;
use node_core::sending::call::Call;
use proto::agreement::{AccountSignature, NodeSafe};
use proto::eth::ChainSpec;
use proto::frame::SafeStep;
use proto::{Address, PeerIndex};

use super::Idle;
use crate::execution::{Sender, States};
use crate::pool::anchors;
use crate::pool::sending::signed_file::SignedFile;
use crate::pool::sending::unpriced;
use crate::pool::simulate::{Simulated, simulate};
use crate::pool::watch::open::Open;

/// What it works with once it is open.
pub(super) struct Opened {
    pub(super) account: Account,
    pub(super) open: Open,
    pub(super) states: States,
    pub(super) kept: SignedFile,
    pub(super) cosign: Cosign,
    pub(super) turns: Turns,
    /// The proof that was made last.
    pub(super) made: Option<Call>,
}

/// What came of one look at the Safe.
#[derive(Default)]
pub(super) struct Cosigned {
    pub(super) execute: Option<Call>,
    pub(super) said: Vec<SafeStep>,
    pub(super) liars: Vec<PeerIndex>,
    pub(super) waits: Vec<String>,
    /// Why nothing is signed, if that does not pass by itself.
    pub(super) problem: Option<String>,
}

impl Cosigned {
    /// Nothing was signed, and why.
    pub(super) fn idle(why: &Idle) -> Self {
        Self {
            problem: Some(why.to_string()),
            ..Self::default()
        }
    }
}

/// What is known of the Safe at one look.
pub(super) struct Seen<'a> {
    pub(super) looked: &'a Looked,
    pub(super) agreed: &'a NodeSafe,
    pub(super) founding: &'a Founding,
    /// Of each peer, in the order of the definition.
    pub(super) names: &'a [String],
    pub(super) spec: &'a ChainSpec,
    pub(super) now: u64,
}

impl Opened {
    /// The steps that anybody may take and that it is this peer's turn to take.
    pub(super) fn mine<'a>(
        &self,
        direct: &[&'a Step],
        now: u64,
        waits: &mut Vec<String>,
    ) -> Vec<&'a Step> {
        let mut mine = Vec::new();
        for step in direct {
            let name = dispatch::name(step);
            match self.turns.waits(&name, dispatch::until(step), now) {
                0 => mine.push(*step),
                more => waits.push(format!(
                    "{}: others take it first, for {more} seconds",
                    step.words
                )),
            }
        }
        mine
    }

    /// Signs what is to be signed for the Safe, and has it done.
    pub(super) async fn cosign(
        &mut self,
        seen: &Seen<'_>,
        (steps, owners): (&[&Step], &BTreeMap<PeerIndex, Address>),
        account: &Sender,
    ) -> Result<Cosigned, Idle> {
        let sight = &seen.looked.sight;
        let Some(state) = &sight.head.safe else {
            return Ok(Cosigned::default());
        };
        if let Some(odd) = state.odd(seen.agreed, seen.founding.threshold()) {
            return Err(Idle::Odd(odd));
        }
        let mut done = Cosigned::default();
        let due = self.due(seen, steps, &mut done.waits).await?;
        let finalised = sight.finalised.as_ref().and_then(|it| it.safe.as_ref());
        let facts = cosign::Facts {
            now: seen.now,
            nonce: state.nonce,
            settled: finalised.map_or(0, |it: &SafeState| it.nonce),
            owners,
            names: seen.names,
            due: &due,
        };
        loop {
            let found = self.cosign.look(&facts);
            done.liars.extend(found.liars);
            let Some((nonce, contents)) = found.sign else {
                done.execute = found.execute;
                done.said = found.say.iter().map(Said::to_frame).collect();
                done.waits.extend(found.waits);
                return Ok(done);
            };
            self.sign((nonce, contents), seen.now, account)?;
        }
    }

    /// Signs, once it is durable that it is signed.
    fn sign(
        &mut self,
        (nonce, contents): (u64, Contents),
        now: u64,
        account: &Sender,
    ) -> Result<(), Idle> {
        let fuller = self.cosign.fuller((nonce, &contents), now)?;
        self.kept.store(&fuller)?;
        let hash = self.cosign.hash(nonce, &contents);
        let signature = AccountSignature(account.sign_hash(&hash)?);
        let said = Said {
            nonce,
            contents,
            signature,
        };
        self.cosign.took(fuller, said);
        Ok(())
    }

    /// The calls that the Safe has to make, of those that would succeed now and that it may make.
    async fn due(
        &mut self,
        seen: &Seen<'_>,
        steps: &[&Step],
        waits: &mut Vec<String>,
    ) -> Result<Vec<Call>, Idle> {
        let sight = &seen.looked.sight;
        let megapool = sight.node_at_head().and_then(Node::deployed);
        let ground = Ground {
            contracts: &sight.head.contracts,
            megapool: megapool.map(|it| it.place.address),
            terms: &seen.looked.version.terms,
            aims: &seen.looked.version.aims,
        };
        let steps: Vec<Step> = steps.iter().map(|step| (*step).clone()).collect();
        let tried = simulate(&mut self.states, sight, &steps).await?;
        let mut due = Vec::new();
        for (step, tried) in steps.iter().zip(tried) {
            let call = match (dispatch::call(step), tried) {
                (Some(call), Simulated::Passes) => Ok(call),
                (Some(_), Simulated::Refused(why)) => Err(format!("it would fail now: {why}")),
                (Some(_), Simulated::NotYet) => continue,
                (None, _) => self.proved(seen, step).await?,
            };
            let checked = call.and_then(|call| {
                let signing = Signing {
                    to: &call.to,
                    value: call.value,
                    data: &call.data,
                };
                let checked = ground.check(&signing);
                checked.map(|()| call).map_err(|why| why.to_string())
            });
            match checked {
                Ok(call) => due.push(call),
                Err(why) => waits.push(format!("{}: {why}", step.words)),
            }
        }
        Ok(due)
    }

    /// The call of a step that needs a proof: one that means what the own plan says, whoever has
    /// made it; if nobody has and it is this peer's turn, one that is made now.
    async fn proved(&mut self, seen: &Seen<'_>, step: &Step) -> Result<Result<Call, String>, Idle> {
        let name = dispatch::name(step);
        let nonce = seen
            .looked
            .sight
            .head
            .safe
            .as_ref()
            .map_or(0, |it| it.nonce);
        let own = self.cosign.own(&name, nonce).into_iter();
        let known = own.chain(self.cosign.heard(&name, nonce));
        let known = known.filter(|it| dispatch::is_meant(step, &it.data));
        let known = known.filter_map(|it| dispatch::with_proof(step, it.data.clone()));
        let made = self.made.take().filter(|call| call.step == name);
        let known: Vec<Call> = known.chain(made).collect();
        if let Ok(call) = self.first_that_passes(seen, known).await? {
            return Ok(Ok(call));
        }
        let more = self.turns.waits(&name, None, seen.now);
        if more > 0 {
            return Ok(Err(format!("others prove it first, for {more} seconds")));
        }
        let calls = match self.open.prove(seen.spec, step).await {
            Ok(calls) => calls,
            Err(why) => return Ok(Err(why)),
        };
        let found = self.first_that_passes(seen, calls).await?;
        self.made = found.as_ref().ok().cloned();
        Ok(found.map_err(|why| format!("it would fail now: {why}")))
    }

    /// The first of these calls that would succeed if the Safe made it now.
    async fn first_that_passes(
        &mut self,
        seen: &Seen<'_>,
        calls: Vec<Call>,
    ) -> Result<Result<Call, String>, Idle> {
        let (head, safe) = (anchors(&seen.looked.sight).head, self.account.address);
        let mut refusals = Vec::new();
        for call in calls {
            match self.states.simulate(&head, &safe, &unpriced(&call)).await? {
                Ok(()) => return Ok(Ok(call)),
                Err(why) if refusals.contains(&why) => {}
                Err(why) => refusals.push(why),
            }
        }
        Ok(Err(refusals.join("; or ")))
    }
}
