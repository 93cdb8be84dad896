//! The peer that sends what the node account has to send, by the agreement in force: each time that
//! the node was looked at, it plans, and does the next thing.
//!
//! Never here: what is to be done, which the plan says, what of it goes first
//! ([`node_core::pool::dispatch`]), and how it is sent ([`node_core::sending`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use node_core::duties::pool::Looked;
use node_core::pool::alarm::{Alarm, Purse};
use node_core::pool::consent::Demand;
use node_core::pool::dispatch;
use node_core::pool::plan::{
    Body, Facts, MOST_AT_ONCE, Need, NotOurs, Sender, Step, plan, to_leave,
};
use node_core::sending::why::{Stop, Why};
use proto::agreement::PoolVersion;
use proto::definition::checksummed;
use proto::eth::ChainSpec;
use proto::frame::SafeStep;
use proto::lock::Lock;
use proto::{Address, PeerIndex, PublicKey, ValidatorPosition};
use thiserror::Error;

use super::judging::Nodes;
use super::known::Known;
use super::open::Open;
use crate::pool::anchors;
use crate::pool::calm::Calm;
use crate::pool::sending::node_account::{self, NodeAccountError};
use crate::pool::sending::{Advance, Progress, Sending, SendingError, sent};
use crate::report::status::CoordinatorStatus;

/// So many slots after a demand the same is demanded again: a peer may have been away.
pub(super) const PATIENCE: u32 = 8;

/// So many looks one after the other may fail at the execution node before the operator has to look
/// after it: the chain moves on while something is done, and a node is busy at times.
pub(super) const MOST_FAILED: u32 = 8;

/// What the operator has given to the peer that coordinates.
#[derive(Debug, Clone)]
pub struct Mandate {
    pub node_keystore: PathBuf,
    pub node_password_file: PathBuf,
    /// The highest price of a unit of gas.
    pub max_fee_gwei: u32,
    /// Where the outbox stands.
    pub data_dir: PathBuf,
}

/// What it works with beside its mandate.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) nodes: Nodes,
    /// The beacon node's chain.
    pub(super) chain: Arc<ChainSpec>,
    /// When proofs may be made.
    pub(super) calm: Calm,
    /// A slot.
    pub(super) pause: Duration,
}

/// What came of one look.
#[derive(Default)]
pub(super) struct Worked {
    pub(super) status: CoordinatorStatus,
    /// Whether there is something to be looked at again soon.
    pub(super) is_busy: bool,
    /// What the peers have to sign first.
    pub(super) needed: Option<Demand>,
    /// What the own account has signed for the node account, for all peers.
    pub(super) signed: Vec<SafeStep>,
    /// Who has sent what his account has not signed.
    pub(super) unsigned: Vec<PeerIndex>,
    /// What should worry of the steps and of the account that pays for them; none if that was not
    /// seen.
    pub(super) alarms: Option<Vec<Alarm>>,
}

/// Why nothing is sent at this look.
#[derive(Debug, Error)]
enum Idle {
    #[error(transparent)]
    Account(#[from] NodeAccountError),
    #[error(
        "the agreement names the node account {}, and `node_keystore` is that of {}: give its own",
        checksummed(.agreed), checksummed(.own)
    )]
    OtherAccount { agreed: Address, own: Address },
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error(transparent)]
    Sending(#[from] SendingError),
}

impl Idle {
    /// What is done all the same, and what the operator has to do something about, when it is the
    /// `times`-th look of which nothing came.
    fn words(&self, times: u32) -> (String, Option<String>) {
        let passes = match self {
            Self::Sending(SendingError::Execution(_)) => times <= MOST_FAILED,
            Self::Account(_)
            | Self::OtherAccount { .. }
            | Self::NotOurs(_)
            | Self::Sending(
                SendingError::Kept(_) | SendingError::Outbox(_) | SendingError::OtherChain { .. },
            ) => false,
        };
        match passes {
            true => (
                format!("nothing was sent at this look, the next is soon: {self}"),
                None,
            ),
            false => (String::new(), Some(self.to_string())),
        }
    }
}

/// The node account's sender.
pub(super) struct Coordinator {
    mandate: Mandate,
    around: Around,
    lock: Lock,
    keys: Vec<PublicKey>,
    /// None as long as it could not be opened.
    open: Option<Open>,
    /// What was demanded of the peers last, and when.
    demanded: Option<(Demand, Instant)>,
    /// How many looks have come to nothing at the execution node since the last one that did not.
    failed: u32,
}

/// What was done at one look.
struct Done {
    advance: Advance,
    /// What other steps wait for.
    waits: Vec<String>,
    needed: Option<Demand>,
    alarms: Vec<Alarm>,
}

impl Coordinator {
    /// One for the cluster with this lock. Nothing is opened yet.
    pub(super) fn new(mandate: Mandate, around: Around, lock: Lock) -> Self {
        Self {
            mandate,
            around,
            keys: lock.group_keys(),
            lock,
            open: None,
            demanded: None,
            failed: 0,
        }
    }

    /// Does the next thing for what was seen.
    pub(super) async fn work(&mut self, looked: &Looked, known: &mut Known) -> Worked {
        let done = self.advance(looked, known).await;
        let account = self.account();
        let Done {
            advance,
            waits,
            needed,
            alarms,
        } = match done {
            Ok(done) => {
                self.failed = 0;
                done
            }
            Err(idle) => {
                self.failed = self.failed.saturating_add(1);
                let (does, problem) = idle.words(self.failed);
                let status = CoordinatorStatus {
                    account,
                    does,
                    problem,
                    ..CoordinatorStatus::default()
                };
                return Worked {
                    status,
                    // What does not open is opened again when the next epoch has it looked at.
                    is_busy: self.open.is_some(),
                    ..Worked::default()
                };
            }
        };
        let is_over = matches!(advance.progress, Progress::Done { is_final: true });
        let is_busy = !is_over || !waits.is_empty();
        let (does, problem) = words(advance.progress);
        let passed = advance.passed.into_iter().map(|(_, words)| words);
        let status = CoordinatorStatus {
            account,
            does,
            waits: passed.chain(waits).collect(),
            problem,
            is_owner: false,
        };
        Worked {
            status,
            is_busy,
            needed: needed.filter(|demand| self.is_time_for(demand)),
            alarms: Some(alarms),
            ..Worked::default()
        }
    }

    /// Opens what it works with while nothing is seen yet: what is wrong with it is no surprise
    /// then, once there is something to be sent. Nothing is said once it is open.
    pub(super) async fn blind(&mut self) -> Option<CoordinatorStatus> {
        if self.open.is_some() {
            return None;
        }
        let problem = self.open().await.err().map(|idle| idle.to_string());
        Some(CoordinatorStatus {
            account: self.account(),
            problem,
            ..CoordinatorStatus::unseen()
        })
    }

    /// The account that sends; empty until it is open.
    fn account(&self) -> String {
        let account = self.open.as_ref().map(Open::account);
        account.map_or_else(String::new, |it| checksummed(&it))
    }

    /// Whether something is to be demanded now: what was demanded lately is under way.
    fn is_time_for(&mut self, demand: &Demand) -> bool {
        let now = Instant::now();
        let last = self.demanded.as_ref().filter(|(last, _)| last == demand);
        if last.is_some_and(|(_, at)| now.duration_since(*at) < PATIENCE * self.around.pause) {
            return false;
        }
        self.demanded = Some((demand.clone(), now));
        true
    }

    async fn advance(&mut self, looked: &Looked, known: &mut Known) -> Result<Done, Idle> {
        self.open().await?;
        let open = self.open.as_mut().expect("it was just opened");
        let terms = &looked.version.terms;
        let (agreed, own) = (terms.fixed.node_account, open.account());
        if agreed != own {
            return Err(Idle::OtherAccount { agreed, own });
        }
        let spec = &self.around.chain;
        let (mut waits, is_known) = match open.learn(spec, looked, known).await {
            Ok(lost) => {
                let is_known = lost.is_empty();
                (lost, is_known)
            }
            Err(why) => (vec![why], false),
        };
        let by = (terms, &looked.version.aims);
        let facts = Facts::new(&looked.sight, by, &self.keys, known.made())?;
        let (steps, to_leave) = (plan(&facts), to_leave(&facts));
        let due = dispatch::due(&steps);
        let anchors = anchors(&looked.sight);
        let calls = open.calls(spec, &due, &anchors).await?;
        let mut advance = open.advance((&calls, is_known), &anchors).await?;
        waits.extend(calls.waits);
        advance.progress = unless_wanted(advance.progress, &steps);
        waits.extend(steps.iter().filter(|it| !due.contains(it)).filter_map(wait));
        waits.extend(to_leave.iter().map(ToString::to_string));
        let needed = steps
            .iter()
            .find_map(|step| demand(step, &self.keys, &looked.version));
        Ok(Done {
            alarms: alarms((&steps, &advance.purse), looked, spec),
            advance,
            waits,
            needed,
        })
    }

    /// Opens what it works with, once.
    async fn open(&mut self) -> Result<(), Idle> {
        if self.open.is_some() {
            return Ok(());
        }
        let Mandate {
            node_keystore,
            node_password_file,
            max_fee_gwei,
            data_dir,
        } = &self.mandate;
        let (keystore, password) = (node_keystore.clone(), node_password_file.clone());
        // It takes about a second, in which a proposal may wait for this thread.
        let opening = move || node_account::open(&keystore, &password);
        let opening = tokio::task::spawn_blocking(opening).await;
        let account = opening.expect("opening a keystore does not panic")?;
        let chain_id = self.lock.definition.terms().chain.execution_chain_id;
        let (on, fee) = ((account, chain_id), u64::from(*max_fee_gwei));
        let Around { nodes, calm, .. } = &self.around;
        let sending = Sending::open(&nodes.execution, on, data_dir, fee)?;
        self.open = Some(Open::new(sending, nodes.beacon.clone(), calm.clone()));
        Ok(())
    }
}

/// What should worry of these steps, and of the account that pays for them.
pub(super) fn alarms(
    (steps, purse): (&[Step], &Purse),
    looked: &Looked,
    spec: &ChainSpec,
) -> Vec<Alarm> {
    let now = looked.sight.head_block.time;
    let mut all = Alarm::of_steps(steps, spec, now);
    all.extend(Alarm::of_purse(purse));
    all
}

/// What the peers have to sign for a step that waits for nothing else. `keys` are the lock's.
pub(super) fn demand(step: &Step, keys: &[PublicKey], version: &PoolVersion) -> Option<Demand> {
    let Body::Needs(Need::Deposits {
        credentials,
        keys: needed,
    }) = &step.body
    else {
        return None;
    };
    let position = |key: &PublicKey| {
        let at = keys.iter().position(|it| it == key)?;
        Some(ValidatorPosition(u32::try_from(at).ok()?))
    };
    let mut validators: Vec<_> = needed.iter().filter_map(position).collect();
    validators.sort_unstable();
    validators.truncate(MOST_AT_ONCE);
    step.waits.is_empty().then_some(Demand {
        agreement: version.hash,
        credentials: *credentials,
        validators,
    })
}

/// A deposit that is under way and whose key is still to be deposited is not done, and not unwanted
/// either: it is waited for, though nothing of its name is asked for. Under that name nothing sends
/// it again: where it does not move, and its signatures are not only forgotten, the operator
/// decides, as all that comes after it waits too.
fn unless_wanted(progress: Progress, steps: &[Step]) -> Progress {
    let Progress::Stopped(Stop::Overtaken {
        step,
        nonce,
        transaction,
        is_held_up,
    }) = &progress
    else {
        return progress;
    };
    if !dispatch::is_wanted(steps, step) {
        return progress;
    }
    let is_renamed = steps.iter().all(|it| dispatch::name(it) != *step);
    let (step, nonce, transaction) = (step.clone(), *nonce, *transaction);
    match *is_held_up && is_renamed {
        true => Progress::Stopped(Stop::Changed {
            step,
            nonce,
            reason: "by itself it does not come into a block: your execution node has lost it, or \
                     others offer more"
                .to_owned(),
        }),
        false => Progress::Waits(Why::UnderWay {
            step,
            nonce,
            transaction,
        }),
    }
}

/// What a step waits for that is not sent now; nothing if it only waits for its turn.
pub(super) fn wait(step: &Step) -> Option<String> {
    let words = &step.words;
    if let Sender::Itself(account) = step.sender {
        let account = checksummed(&account);
        return Some(format!(
            "{account} has to send this itself (`gantry pool plan` shows it): {words}"
        ));
    }
    if !step.waits.is_empty() {
        let waits: Vec<String> = step.waits.iter().map(ToString::to_string).collect();
        return Some(format!("{words}: {}", waits.join("; ")));
    }
    match &step.body {
        Body::Needs(Need::Deposits { .. }) => Some(words.clone()),
        Body::Needs(Need::Validator(_) | Need::Withdrawal { .. }) | Body::Call(_) => None,
    }
}

/// What it does, and what stops it.
pub(super) fn words(progress: Progress) -> (String, Option<String>) {
    match progress {
        Progress::Waits(why) => (why.to_string(), None),
        Progress::Stopped(stop) => (String::new(), Some(stop.to_string())),
        Progress::Done { is_final: true } => ("nothing is to be sent now".to_owned(), None),
        Progress::Done { is_final: false } => {
            let words = "nothing is to be sent now; what was sent is not final yet";
            (words.to_owned(), None)
        }
        Progress::Sent {
            step,
            nonce,
            transaction,
            is_empty,
            held,
        } => {
            let held = held.map_or_else(String::new, |why| format!("; {why}"));
            let words = sent(&step, (nonce, is_empty), &transaction);
            (format!("{words}{held}"), None)
        }
        Progress::Refused { step, cause, held } => {
            let held = held.map_or_else(String::new, |why| format!("; {why}"));
            let words = format!("the execution node does not take {step}: {cause}{held}");
            (words, None)
        }
    }
}

#[cfg(test)]
mod tests;
