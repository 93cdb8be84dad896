//! What a demand for deposits comes to at the own nodes: all that the judge has to know is read at
//! one newest block and one finalised one, and at the states of the beacon chain beside them.
//!
//! A deposit is in the state of the beacon chain with the block that holds it (EIP-6110), so only
//! the log of the deposit contract since the finalised block is read: what is older is in the
//! finalised state.
//!
//! Never here: whether a share is given, which the core says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use node_core::duties::pool::{Found, Judgement};
use node_core::pool::book::Round;
use node_core::pool::consent::{BeaconFacts, Consent, Extra, Grounds, Refusal, extra, judge};
use node_core::pool::misuse::{Evidence, doubtful};
use node_core::pool::sight::Sight;
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::pool::withdrawal::{Owned, Unfit};
use proto::agreement::PoolVersion;
use proto::eth::{ChainSpec, DepositData};
use proto::lock::Lock;
use proto::{Address, PublicKey};
use thiserror::Error;

use super::evidence::deposited;
use crate::beacon::BeaconClient;
use crate::checks::chain::{UnfitNode, slot_by_two};
use crate::checks::own_nodes::{NoneServes, OwnNodes};
use crate::clock;
use crate::execution::{Execution, ExecutionError, Patience, States};
use crate::pool::funds::rehearsal;
use crate::pool::leaving::{Own, paid_out};
use crate::pool::withdrawal::{Births, look_at_both};
use crate::pool::{SightError, Target, anchors, answer_of, look_with, state_of};

/// Where the own nodes are.
#[derive(Clone)]
pub(super) struct Nodes {
    pub(super) execution: String,
    pub(super) beacon: OwnNodes,
    pub(super) spec: Arc<ChainSpec>,
}

impl Nodes {
    /// Whom questions about blocks go to.
    pub(super) fn own(&self) -> Own<'_> {
        Own {
            nodes: &self.beacon,
            spec: &self.spec,
        }
    }
}

/// What is known and stays as it is.
#[derive(Default)]
pub(super) struct Settled {
    /// What paid out the validators that have left, gwei.
    pub(super) paid: BTreeMap<PublicKey, u64>,
    /// How the Safes at the withdrawal addresses were made.
    births: Births,
}

/// What has to be known cannot be.
#[derive(Debug, Error)]
enum Unseen {
    #[error(transparent)]
    Sight(#[from] SightError),
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    #[error(transparent)]
    Beacon(#[from] NoneServes<UnfitNode>),
}

/// Looks, and has it judged. What stays as it is, is looked for once.
pub(super) async fn run(
    (nodes, settled): (&Nodes, &mut Settled),
    (lock, version): (&Lock, &PoolVersion),
    target: &Target,
    judgement: &Judgement,
) -> Found {
    let looked = see((nodes, settled), (lock, version), (target, judgement)).await;
    let verdict = match looked {
        Ok(seen) => seen.judge((lock, version), judgement),
        Err(unseen) => Err(Refusal::Unseen(unseen.to_string())),
    };
    said(judgement, verdict)
}

/// That nothing could be looked at.
pub(super) fn blind(judgement: &Judgement, why: String) -> Found {
    said(judgement, Err(Refusal::Unseen(why)))
}

fn said(judgement: &Judgement, verdict: Result<Consent, Refusal>) -> Found {
    Found::Judged {
        peer: judgement.peer,
        demand: judgement.demand.clone(),
        verdict: verdict.map_err(Box::new),
    }
}

/// All that the own nodes show.
struct Seen {
    sight: Sight,
    extra: [Extra; 2],
    withdrawal: Vec<(Address, Result<(), Unfit>)>,
    rehearsal: Rehearsal,
    logged: Vec<DepositData>,
    beacon: BeaconFacts,
    evidence: Evidence,
}

impl Seen {
    fn judge(
        &self,
        (lock, version): (&Lock, &PoolVersion),
        judgement: &Judgement,
    ) -> Result<Consent, Refusal> {
        let grounds = Grounds {
            lock,
            agreement: Some(version),
            sight: &self.sight,
            extra: self.extra.each_ref(),
            withdrawal: &self.withdrawal,
            rehearsal: self.rehearsal,
            logged: &self.logged,
            beacon: &self.beacon,
            record: &judgement.record,
            evidence: &self.evidence,
        };
        judge(&judgement.demand, &grounds)
    }
}

async fn see(
    (nodes, settled): (&Nodes, &mut Settled),
    (lock, version): (&Lock, &PoolVersion),
    (target, judgement): (&Target, &Judgement),
) -> Result<Seen, Unseen> {
    let validators = judgement.demand.validators.iter();
    let key = |at: &proto::ValidatorPosition| Some(lock.validators.get(at.index())?.public_key);
    let keys: Vec<PublicKey> = validators.filter_map(key).collect();
    let (mut states, sight) = look_with(&nodes.execution, target, Patience::USUAL).await?;
    let extra = read_extra(&mut states, &sight, &keys).await?;
    let through = (&mut states, &mut settled.births);
    let (withdrawal, rehearsal) = read_withdrawal(through, &sight, (lock, version)).await?;
    let chain = &lock.definition.terms().chain;
    let execution = Execution::connect(&nodes.execution, chain, Patience::USUAL).await?;
    let of = keys.iter().copied().collect();
    let mut log = execution.log(of, sight.finalised_block.number);
    let logged = log.whole_view(&BTreeSet::new(), |_, _| ()).await?.seen;
    // The beacon chain last: what was deposited before the log was read is in it or in the log.
    // What shows a misuse is read along with it.
    let doubtful = doubtful(&sight, &lock.group_keys());
    let asked = keys.into_iter().chain(doubtful.prestaked);
    let asked: BTreeSet<PublicKey> = asked.chain(doubtful.queued).collect();
    let asked: Vec<PublicKey> = asked.into_iter().collect();
    let read = nodes.own().whole(UnfitNode::may_differ, async |chain| {
        let facts = beacon_facts(chain.beacon, &asked).await?;
        let found = paid_out(chain, &doubtful.exited, &mut settled.paid.clone()).await?;
        Ok((facts, found))
    });
    let (beacon, found) = read.await?;
    settled.paid.clone_from(&found);
    Ok(Seen {
        evidence: Evidence {
            registered: beacon.registered.clone(),
            pending: beacon.pending.clone(),
            paid: found,
        },
        beacon,
        logged: logged.into_iter().map(|it| it.deposit).collect(),
        sight,
        extra,
        withdrawal,
        rehearsal,
    })
}

/// Whether the withdrawal addresses are Safes of the operators, and how far these have tried that
/// for ether, where they name the accounts that decide.
async fn read_withdrawal(
    (states, births): (&mut States, &mut Births),
    sight: &Sight,
    (lock, version): (&Lock, &PoolVersion),
) -> Result<(Vec<(Address, Result<(), Unfit>)>, Rehearsal), Unseen> {
    let threshold = lock.definition.terms().size().threshold();
    let Some(owned) = Owned::agreed(version, threshold) else {
        return Ok((Vec::new(), Rehearsal::Nothing));
    };
    let (blocks, terms) = (anchors(sight), &version.terms);
    let judged = look_at_both((states, births), terms, (&blocks, &owned)).await?;
    let own = judged.into_iter().map(|(at, kept)| (at, kept.map(|_| ())));
    let rehearsal = rehearsal(states, terms, blocks.finalised).await?;
    Ok((own.collect(), rehearsal))
}

/// What only a deposit has to know of the contracts, at both blocks of the sight.
async fn read_extra(
    states: &mut States,
    sight: &Sight,
    keys: &[PublicKey],
) -> Result<[Extra; 2], Unseen> {
    let anchors = anchors(sight);
    let head = (anchors.head, &sight.head);
    let finalised = sight.finalised.as_ref().unwrap_or(&sight.head);
    let mut read = Vec::new();
    for (block, view) in [head, (anchors.finalised, finalised)] {
        let mut answers = [].into();
        let fault = |fault| SightError::Fault {
            block: block.number,
            fault,
        };
        let extra = loop {
            let round = extra::read(&view.contracts, keys, &answers);
            match round.map_err(fault)? {
                Round::Done(extra) => break extra,
                Round::Ask(questions) => {
                    let worded = questions.iter().map(|it| (block, state_of(it)));
                    let worded: Vec<_> = worded.collect();
                    let answered = states.ask(&worded).await?.into_iter().map(answer_of);
                    answers.extend(questions.into_iter().zip(answered));
                }
            }
        };
        read.push(extra);
    }
    states.check([anchors.head, anchors.finalised]).await?;
    let [head, finalised] = <[Extra; 2]>::try_from(read).expect("two blocks were read");
    Ok([head, finalised])
}

/// What a beacon node knows of the keys, in its head state and in its finalised one.
async fn beacon_facts(beacon: &BeaconClient, keys: &[PublicKey]) -> Result<BeaconFacts, UnfitNode> {
    let spec = beacon.chain_spec().await?;
    slot_by_two(&spec, &beacon.sync_status().await?, clock::now())?;
    let genesis = spec.genesis();
    let (registered, pending) = deposited(beacon, (keys, keys)).await?;
    Ok(BeaconFacts {
        genesis_validators_root: genesis.genesis_validators_root,
        genesis_fork_version: genesis.genesis_fork_version,
        deposit_chain_id: spec.deposit_chain_id(),
        deposit_contract: spec.deposit_contract(),
        registered,
        pending,
    })
}
