//! The peer as one of those that own the Safe which is the node account: each time that the node
//! was looked at it plans, signs what the plan and the others say, and does what is its turn.
//!
//! Never here: what is to be done, which the plan says, which of it the Safe does
//! ([`node_core::pool::dispatch`]), what is signed ([`node_core::safe::cosign`]), and how it is
//! sent ([`node_core::sending`]).

mod opened;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use node_core::duties::pool::Looked;
use node_core::pool::alarm::Alarm;
use node_core::pool::consent::Demand;
use node_core::pool::dispatch;
use node_core::pool::plan::{Facts, NotOurs, plan, to_leave};
use node_core::pool::safe::Odd;
use node_core::safe::cosign::{Cosign, Said};
use node_core::safe::founding::Founding;
use node_core::safe::rank::{Seat, Turns};
use node_core::safe::signed::SignedError;
use node_core::safe::transaction::Account;
use node_core::sending::call::StepId;
use proto::agreement::NodeSafe;
use proto::definition::checksummed;
use proto::frame::SafeStep;
use proto::lock::Lock;
use proto::{Address, PeerIndex, PublicKey};
use thiserror::Error;

use super::coordinator::{Around, MOST_FAILED, PATIENCE, Worked, alarms, demand, wait, words};
use super::known::Known;
use super::open::Open;
use crate::clock;
use crate::execution::{ExecutionError, Patience, Sender, States};
use crate::pool::anchors;
use crate::pool::sending::signed_file::{SignedFile, SignedFileError};
use crate::pool::sending::{Advance, Progress, Sending, SendingError};
use crate::report::status::CoordinatorStatus;
use opened::{Cosigned, Opened, Seen};

/// What the operator has given to a peer that owns a part of the node account.
#[derive(Clone)]
pub struct Share {
    /// The own account.
    pub account: Sender,
    /// Which peer it is.
    pub me: PeerIndex,
    /// Whether it acts before the others do.
    pub is_first: bool,
    /// The highest price of a unit of gas.
    pub max_fee_gwei: u32,
    /// Where the outbox stands, and what was signed.
    pub data_dir: PathBuf,
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share {{ account: {} }}", self.account.shown())
    }
}

/// Why nothing is signed or sent at this look.
#[derive(Debug, Error)]
enum Idle {
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error(transparent)]
    Sending(#[from] SendingError),
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    #[error(transparent)]
    Kept(#[from] SignedFileError),
    #[error(transparent)]
    Signed(#[from] SignedError),
    #[error(
        "by the agreement you own the node account with {}, and your account is {}: put back that \
         account's file, or agree on yours in its place (`gantry pool agree new --account \
         NAME={}`)", checksummed(.agreed), checksummed(.own), checksummed(.own)
    )]
    OtherAccount { agreed: Address, own: Address },
    #[error(
        "the node account is not the Safe that was agreed on: {0}. Only t of its owners together \
         can have done that: call the others, and pay nothing in"
    )]
    Odd(Odd),
}

impl Idle {
    /// Whether it is the execution node's, which is busy at times.
    fn passes(&self) -> bool {
        match self {
            Self::Execution(_) | Self::Sending(SendingError::Execution(_)) => true,
            Self::NotOurs(_)
            | Self::Sending(
                SendingError::Kept(_) | SendingError::Outbox(_) | SendingError::OtherChain { .. },
            )
            | Self::Kept(_)
            | Self::Signed(_)
            | Self::OtherAccount { .. }
            | Self::Odd(_) => false,
        }
    }
}

/// The peer's part in the node account.
pub(super) struct Owner {
    share: Share,
    around: Around,
    lock: Lock,
    keys: Vec<PublicKey>,
    /// What each peer is called, in the order of the definition.
    names: Vec<String>,
    /// None as long as it could not be opened.
    open: Option<Opened>,
    /// What came of peers before that.
    early: Vec<(PeerIndex, Said)>,
    /// What was demanded of the peers last, and when, Unix seconds.
    demanded: Option<(Demand, u64)>,
    /// How many looks have come to nothing since the last one that did not.
    failed: u32,
}

/// At most so much is kept of peers before it is open.
const MOST_EARLY: usize = 64;

impl Owner {
    pub(super) fn new(share: Share, around: Around, lock: Lock) -> Self {
        Self {
            share,
            around,
            keys: lock.group_keys(),
            names: {
                let operators = lock.definition.terms().operators.iter();
                operators.map(|it| it.name.clone()).collect()
            },
            lock,
            open: None,
            early: Vec::new(),
            demanded: None,
            failed: 0,
        }
    }

    /// What a peer has signed. It is looked at with the node.
    pub(super) fn hear(&mut self, peer: PeerIndex, said: SafeStep) {
        let Some(said) = Said::of_frame(said) else {
            return;
        };
        match &mut self.open {
            Some(open) => open.cosign.hear(peer, said),
            None if self.early.len() < MOST_EARLY => self.early.push((peer, said)),
            None => {}
        }
    }

    /// Does the next thing for what was seen.
    pub(super) async fn work(&mut self, looked: &Looked, known: &mut Known) -> Worked {
        let account = checksummed(&self.share.account.address());
        let status = CoordinatorStatus {
            account,
            is_owner: true,
            ..CoordinatorStatus::default()
        };
        match self.advance(looked, known).await {
            Err(idle) => {
                self.failed = self.failed.saturating_add(1);
                let passes = idle.passes() && self.failed <= MOST_FAILED;
                let (does, problem) = match passes {
                    true => (format!("nothing was done at this look: {idle}"), None),
                    false => (String::new(), Some(idle.to_string())),
                };
                Worked {
                    status: CoordinatorStatus {
                        does,
                        problem,
                        ..status
                    },
                    is_busy: idle.passes(),
                    ..Worked::default()
                }
            }
            Ok((advance, cosigned, (needed, alarms))) => {
                self.failed = 0;
                let is_over = matches!(advance.progress, Progress::Done { is_final: true });
                let (does, problem) = words(advance.progress);
                let problem = cosigned.problem.or(problem);
                let passed = advance.passed.into_iter().map(|(_, words)| words);
                let waits: Vec<String> = passed.chain(cosigned.waits).collect();
                Worked {
                    is_busy: !is_over || !waits.is_empty() || !cosigned.said.is_empty(),
                    status: CoordinatorStatus {
                        does,
                        waits,
                        problem,
                        ..status
                    },
                    signed: cosigned.said,
                    unsigned: cosigned.liars,
                    needed,
                    alarms: Some(alarms),
                }
            }
        }
    }

    async fn advance(
        &mut self,
        looked: &Looked,
        known: &mut Known,
    ) -> Result<(Advance, Cosigned, (Option<Demand>, Vec<Alarm>)), Idle> {
        let terms = &looked.version.terms;
        let agreed = terms
            .node_safe
            .as_ref()
            .expect("whoever calls this has seen it");
        let founding = Founding::agreed(agreed, &self.lock);
        self.open(looked, agreed)?;
        let opened = self.open.as_mut().expect("it was just opened");
        let spec = &self.around.chain;
        let (mut waits, is_known) = match opened.open.learn(spec, looked, known).await {
            Ok(lost) => {
                let is_known = lost.is_empty();
                (lost, is_known)
            }
            Err(why) => (vec![why], false),
        };
        let by = (terms, &looked.version.aims);
        let facts = Facts::new(&looked.sight, by, &self.keys, known.made())?;
        let steps = plan(&facts.of_safe(Some(&founding)));
        let to_leave = to_leave(&facts);
        let due = dispatch::due(&steps);
        let (of_safe, direct) = dispatch::by_safe(&due);
        let seen = Seen {
            looked,
            agreed,
            founding: &founding,
            names: &self.names,
            spec,
            now: clock::now().unix_seconds(),
        };
        let owners = owners(&self.lock, &seen);
        let wanted = steps.iter().find_map(|step| {
            Some((
                dispatch::name(step),
                demand(step, &self.keys, &looked.version)?,
            ))
        });
        let names = direct
            .iter()
            .chain(&of_safe)
            .map(|step| dispatch::name(step));
        let names: Vec<StepId> = names
            .chain(wanted.iter().map(|(name, _)| name.clone()))
            .collect();
        opened.turns.see(&names, seen.now);
        let mine = opened.mine(&direct, seen.now, &mut waits);
        let wanted = wanted.filter(|(name, _)| opened.turns.waits(name, None, seen.now) == 0);
        let anchors = anchors(&looked.sight);
        let mut calls = opened.open.calls(spec, &mine, &anchors).await?;
        let cosigned = opened.cosign(&seen, (&of_safe, &owners), &self.share.account);
        // What anybody may do goes on whatever keeps this peer from signing for the Safe.
        let mut cosigned = match cosigned.await {
            Err(idle) if !idle.passes() => Cosigned::idle(&idle),
            cosigned => cosigned?,
        };
        calls.put_first(cosigned.execute.take());
        let is_whole = is_known && mine.len() == direct.len();
        let advance = opened.open.advance((&calls, is_whole), &anchors).await?;
        let alarms = alarms((&steps, &advance.purse), looked, spec);
        waits.append(&mut calls.waits);
        waits.extend(steps.iter().filter(|it| !due.contains(it)).filter_map(wait));
        waits.extend(to_leave.iter().map(ToString::to_string));
        cosigned.waits.extend(waits);
        let now = seen.now;
        let needed = wanted.map(|(_, demand)| demand);
        let needed = needed.filter(|demand| self.is_time_for(demand, now));
        Ok((advance, cosigned, (needed, alarms)))
    }

    /// Whether something is to be demanded now: what was demanded lately is under way.
    fn is_time_for(&mut self, demand: &Demand, now: u64) -> bool {
        let patience = u64::from(PATIENCE) * self.around.pause.as_secs();
        let last = self.demanded.as_ref().filter(|(last, _)| last == demand);
        if last.is_some_and(|(_, at)| now < at.saturating_add(patience)) {
            return false;
        }
        self.demanded = Some((demand.clone(), now));
        true
    }

    /// Opens what it works with, once for each Safe.
    fn open(&mut self, looked: &Looked, agreed: &NodeSafe) -> Result<(), Idle> {
        let terms = self.lock.definition.terms();
        let (chain_id, size) = (terms.chain.execution_chain_id, terms.size());
        let account = Account {
            chain_id,
            address: looked.version.terms.fixed.node_account,
        };
        let Share {
            account: sender,
            me,
            is_first,
            max_fee_gwei,
            data_dir,
        } = &self.share;
        let (own, place) = (sender.address(), me.position());
        if let Some(agreed) = agreed.owners.get(place).filter(|agreed| **agreed != own) {
            return Err(Idle::OtherAccount {
                agreed: *agreed,
                own,
            });
        }
        if self.open.as_ref().is_some_and(|it| it.account == account) {
            return Ok(());
        }
        // The outbox is locked as long as it is open.
        self.open = None;
        let epochs = 2 * self.around.chain.slots_per_epoch();
        let slot = self.around.chain.slot_duration().as_secs();
        let seat = Seat {
            cluster: self.lock.hash(),
            size,
            me: *me,
            is_first: *is_first,
            delay: TURN.min(epochs.saturating_mul(slot)),
        };
        let (kept, signed) = SignedFile::open(data_dir, account)?;
        let nodes = &self.around.nodes;
        let on = (sender.clone(), chain_id);
        let sending = Sending::open(&nodes.execution, on, data_dir, u64::from(*max_fee_gwei))?;
        let mut cosign = Cosign::new(seat, size.threshold(), signed);
        for (peer, said) in self.early.drain(..) {
            cosign.hear(peer, said);
        }
        self.open = Some(Opened {
            account,
            open: Open::new(sending, nodes.beacon.clone(), self.around.calm.clone()),
            states: States::at(&nodes.execution, Patience::USUAL)?,
            kept,
            cosign,
            turns: Turns::new(seat),
            made: None,
        });
        Ok(())
    }
}

/// What a peer does that has no account: nothing, and its operator is told.
pub(super) fn without_account() -> Worked {
    let problem = "the node account is a Safe of all operators, and there is no account of yours \
                   that opens in the data directory: restore account.json from your backup, or \
                   make one (`gantry account new`) and have all agree on it, and start `gantry \
                   run` anew. The others go on as long as enough of them have theirs";
    let status = CoordinatorStatus {
        is_owner: true,
        problem: Some(problem.to_owned()),
        ..CoordinatorStatus::default()
    };
    Worked {
        status,
        ..Worked::default()
    }
}

/// How long a peer waits for the one before it, in seconds; no longer than two epochs.
const TURN: u64 = 600;

/// The owner of each peer that owns the Safe now, as it was agreed.
fn owners(lock: &Lock, seen: &Seen<'_>) -> BTreeMap<PeerIndex, Address> {
    let there = seen.looked.sight.head.safe.as_ref();
    let there = there.map_or(&[][..], |state| &state.owners);
    let peers = lock.definition.terms().size().all();
    let all = peers.zip(seen.agreed.owners.iter().copied());
    all.filter(|(_, owner)| there.contains(owner)).collect()
}
