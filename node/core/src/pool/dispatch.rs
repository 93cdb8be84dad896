//! Which steps of a plan the node account sends now, in which order, and the calls that it sends
//! for them.
//!
//! The node is founded one stage after the other: it registers; the withdrawal addresses are
//! proposed, and confirm themselves; then the megapool is made, and the node goes into the
//! smoothing pool or out of it. What comes after the addresses is not sent before they have
//! confirmed themselves: until then whoever holds the node account's key could still take what
//! comes in. What keeps validators that are there already from harm waits for no stage.
//!
//! What must be done in time goes first, and what needs ether of the account beside gas goes last:
//! an account that is short of it still does all the rest.
//!
//! Never here: which steps there are, and whether they are ready, which the plan says.

use std::collections::BTreeMap;

use proto::PublicKey;

use super::plan::{Body, Due, Kind, Need, Repeat, Sender, Step};
use crate::proof::meaning::final_balance;
use crate::sending::call::{Call, Effect, Gas, StepId};

/// What of the founding a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Safe,
    Registration,
    Addresses,
    After,
}

/// Which steps go before others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// There is a term, or the group's ether waits for it.
    Urgent,
    Usual,
    /// Ether of the account goes with it.
    Paying,
}

/// The steps that the node account sends now, in their order. Those that need a proof first are
/// there too; those that need deposits are not.
pub fn due(steps: &[Step]) -> Vec<&Step> {
    let stages = steps.iter().filter_map(|step| stage(&step.kind));
    let first = stages.min();
    let is_its_stage = |step: &&Step| stage(&step.kind).is_none_or(|it| Some(it) == first);
    let may_send = |step: &&Step| match step.sender {
        Sender::Node | Sender::NodeOrWithdrawal | Sender::Anybody => step.waits.is_empty(),
        Sender::Itself(_) => false,
    };
    let is_worded = |step: &&Step| match &step.body {
        Body::Call(_) | Body::Needs(Need::Validator(_) | Need::Withdrawal { .. }) => true,
        Body::Needs(Need::Deposits { .. }) => false,
    };
    let now = steps.iter().filter(is_its_stage).filter(may_send);
    let mut now: Vec<&Step> = now.filter(is_worded).collect();
    now.sort_by_key(|step| rank(&step.kind));
    now
}

/// Whether the deposit of this name, which nothing asks for, is wanted all the same: its key is
/// still to be deposited. Whoever sent it has forgotten its signatures when he starts again, and
/// the peers sign the same anew; and by a key before it in the lock that is signed by now, its step
/// has another name.
pub fn is_wanted(steps: &[Step], of: &StepId) -> bool {
    let is_it = |step: &Step| {
        let Kind::Deposit(keys) = &step.kind else {
            return false;
        };
        let is_its = |key: &PublicKey| named(&step.kind, &key.to_string()) == *of;
        step.waits.is_empty() && keys.iter().any(is_its)
    };
    steps.iter().any(is_it)
}

/// For whom a proof is made: one at a look, as each takes long. Whose was refused goes behind all
/// others: what somebody has made impossible for one validator holds up no term of another.
#[derive(Debug, Default)]
pub struct Turns {
    has_made: bool,
    /// Whose was refused since all others had their turn, and why.
    refused: BTreeMap<StepId, String>,
}

impl Turns {
    /// Another look begins.
    pub fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_made, false) {
            self.refused.clear();
        }
    }

    /// Why none is made for this step at this look, if so.
    pub fn passes_over(&self, step: &StepId) -> Option<String> {
        let refused = self.refused.get(step).map(|why| would_fail(why));
        let next = || "its proof is made next".to_owned();
        refused.or_else(|| self.has_made.then(next))
    }

    /// One was made.
    pub fn made(&mut self) {
        self.has_made = true;
    }

    /// The contracts do not take the one that was made for this step; in words.
    pub fn refused(&mut self, step: StepId, why: String) -> String {
        let words = would_fail(&why);
        self.refused.insert(step, why);
        words
    }
}

fn would_fail(why: &str) -> String {
    format!("it would fail now: {why}")
}

/// Whether a Safe that is the node account takes this step, with the signatures of its owners. All
/// that anybody may do a peer does from its own account, but for two: the node account alone may
/// prove at once what came back, and what the megapool owes is paid from the group's ether.
pub fn is_of_safe(step: &Step) -> bool {
    match (&step.kind, step.sender) {
        (Kind::RepayDebt, _) => true,
        (_, Sender::Node | Sender::NodeOrWithdrawal) => true,
        (_, Sender::Anybody | Sender::Itself(_)) => false,
    }
}

/// Those of these steps that the Safe takes, and those that a peer can take from its own account.
/// As long as owners have to be exchanged the Safe does nothing else.
pub fn by_safe<'a>(due: &[&'a Step]) -> (Vec<&'a Step>, Vec<&'a Step>) {
    let (mut safe, direct): (Vec<&Step>, Vec<&Step>) = due.iter().partition(|it| is_of_safe(it));
    let is_swap = |step: &&Step| matches!(step.kind, Kind::SwapOwner(_));
    if safe.iter().any(is_swap) {
        safe.retain(is_swap);
    }
    (safe, direct)
}

/// Whether a call that another peer has made for this step means what the step says: the same
/// withdrawal of the same validator. That it was one the contract verifies.
pub fn is_meant(step: &Step, data: &[u8]) -> bool {
    let Body::Needs(Need::Withdrawal { of, slot }) = &step.body else {
        return false;
    };
    final_balance(data).is_some_and(|it| {
        it.megapool == of.megapool.address && it.id == of.id && it.slot.0 == *slot
    })
}

/// When a step has to be done, if it must by some time, Unix seconds.
pub fn until(step: &Step) -> Option<u64> {
    let proven = match &step.body {
        Body::Needs(Need::Validator(of) | Need::Withdrawal { of, .. }) => of,
        Body::Needs(Need::Deposits { .. }) | Body::Call(_) => return None,
    };
    match proven.due? {
        Due::Time(until) => Some(until),
        Due::Epoch(_) => None,
    }
}

/// The call of a step that needs nothing more.
pub fn call(step: &Step) -> Option<Call> {
    let planned = step.call()?;
    let (to, value) = (planned.to.address, planned.value.0);
    Some(Call {
        akin: planned.akin.clone(),
        ..worded(step, (to, value, planned.data.clone()))
    })
}

/// The call of a step that needs a proof, with the bytes that carry one.
pub fn with_proof(step: &Step, data: Vec<u8>) -> Option<Call> {
    let proven = match &step.body {
        Body::Needs(Need::Validator(of) | Need::Withdrawal { of, .. }) => of,
        Body::Needs(Need::Deposits { .. }) | Body::Call(_) => return None,
    };
    let to = proven.verifier.address;
    Some(worded(step, (to, alloy_primitives::U256::ZERO, data)))
}

/// The name of a step: another one for what may rightly be done again.
pub fn name(step: &Step) -> StepId {
    named(&step.kind, &step.deed)
}

fn named(kind: &Kind, deed: &str) -> StepId {
    let name = format!("{}:{deed}", kind.name());
    name.parse()
        .expect("lower-case words, addresses, keys and numbers are a name")
}

fn worded(
    step: &Step,
    (to, value, data): (proto::Address, alloy_primitives::U256, Vec<u8>),
) -> Call {
    Call {
        step: name(step),
        words: step.words.clone(),
        to,
        value,
        data,
        akin: Vec::new(),
        gas: gas(&step.kind),
        effect: match step.repeat {
            Repeat::Idempotent => Effect::Idempotent,
            Repeat::OncePerNonce => Effect::Once,
        },
    }
}

fn stage(kind: &Kind) -> Option<Stage> {
    match kind {
        Kind::CreateSafe | Kind::SwapOwner(_) => Some(Stage::Safe),
        Kind::Register => Some(Stage::Registration),
        Kind::ProposeRplWithdrawal
        | Kind::ConfirmRplWithdrawal
        | Kind::ProposeWithdrawal
        | Kind::ConfirmWithdrawal => Some(Stage::Addresses),
        Kind::DeployMegapool | Kind::SmoothingPool(_) => Some(Stage::After),
        Kind::Dequeue(_)
        | Kind::RepayDebt
        | Kind::Deposit(_)
        | Kind::Assign
        | Kind::Stake(_)
        | Kind::NotifyExit(_)
        | Kind::NotifyNotExit(_)
        | Kind::FinalBalance(_)
        | Kind::Distribute
        | Kind::Claim => None,
    }
}

fn rank(kind: &Kind) -> Rank {
    match kind {
        Kind::Stake(_) | Kind::NotifyExit(_) | Kind::NotifyNotExit(_) | Kind::FinalBalance(_) => {
            Rank::Urgent
        }
        Kind::CreateSafe
        | Kind::SwapOwner(_)
        | Kind::Register
        | Kind::ProposeRplWithdrawal
        | Kind::ConfirmRplWithdrawal
        | Kind::ProposeWithdrawal
        | Kind::ConfirmWithdrawal
        | Kind::DeployMegapool
        | Kind::SmoothingPool(_)
        | Kind::Dequeue(_)
        | Kind::Assign
        | Kind::Distribute
        | Kind::Claim => Rank::Usual,
        Kind::RepayDebt | Kind::Deposit(_) => Rank::Paying,
    }
}

/// Gas in the worst case, two to three times what was measured on the contracts of 1.4: registering
/// 365,000; the megapool together with a deposit 966,000; a stake 317,000; a notice of an exit
/// 216,000; a final balance and an assignment 530,000 each; a distribution 208,000; the others less
/// than 150,000.
fn gas(kind: &Kind) -> Gas {
    let units = match kind {
        Kind::CreateSafe | Kind::Register => 800_000,
        Kind::DeployMegapool | Kind::FinalBalance(_) => 1_500_000,
        Kind::Dequeue(_) | Kind::Assign | Kind::Stake(_) | Kind::Distribute => 1_000_000,
        Kind::NotifyExit(_) | Kind::NotifyNotExit(_) => 600_000,
        Kind::SwapOwner(_)
        | Kind::ProposeRplWithdrawal
        | Kind::ConfirmRplWithdrawal
        | Kind::ProposeWithdrawal
        | Kind::ConfirmWithdrawal
        | Kind::SmoothingPool(_)
        | Kind::RepayDebt
        | Kind::Claim => 300_000,
        Kind::Deposit(keys) => {
            let gas = Gas::of_deposits(keys.len() as u64);
            return gas.expect("a plan deposits as many as fit");
        }
    };
    Gas::of(units).expect("it is below what a transaction may use")
}
