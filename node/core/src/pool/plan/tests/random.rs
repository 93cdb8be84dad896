//! Random nodes: their plans are the same on every peer, move no money too early, do nothing twice,
//! and end.

use std::collections::BTreeSet;

use alloy_primitives::U256;
use proptest::prelude::*;
use proto::Address;
use proto::agreement::Tickets;

use super::life::{At, EVIL, Life, deposit, ether};
use super::*;
use crate::pool::amount::Wei;
use crate::pool::example::{NODE, key};
use crate::pool::view::View;

/// Who may own the node, or wait to.
fn anybody() -> impl Strategy<Value = Option<Address>> {
    let agreed = crate::pool::agreement::example::terms().withdrawal;
    prop_oneof![
        Just(None),
        Just(Some(agreed)),
        Just(Some(Address::from(EVIL))),
        Just(Some(Address::from([0xdd; 20]))),
    ]
}

fn stands() -> impl Strategy<Value = At> {
    prop_oneof![
        Just(At::Queued { express: false }),
        Just(At::Prestaked),
        Just(At::Staked),
        Just(At::Exiting),
        Just(At::Exited),
        Just(At::Dequeued),
    ]
}

prop_compose! {
    /// A node that came from anywhere: of its first keys some are in the megapool already.
    fn lives()(
        owners in (anybody(), anybody(), anybody(), anybody()),
        begun in (any::<bool>(), any::<bool>(), any::<bool>()),
        wishes in (any::<bool>(), 0_u64..12, any::<bool>()),
        stand in proptest::collection::vec(stands(), 0..6),
        money in (0_u64..30, 0_u64..9, 0_u64..9, 0_u64..9),
        queue in (0_u64..4, 0_u64..5),
        is_foreign in proptest::bool::weighted(0.1),
    ) -> Life {
        let mut life = Life::new(wishes.1);
        life.registered = begun.0 || begun.1 || !stand.is_empty();
        life.deployed = begun.1 || !stand.is_empty();
        life.in_pool = begun.2;
        if life.registered {
            life.withdrawal = owners.0.unwrap_or(NODE.into());
            life.pending = owners.1;
            life.rpl = owners.2;
            life.pending_rpl = owners.3;
        }
        life.terms.wishes.smoothing_pool = wishes.0;
        life.terms.wishes.tickets = if wishes.2 { Tickets::Use } else { Tickets::Save };
        for (id, at) in (0..).zip(stand) {
            let bond = life.bond_after(&[]);
            life.validators.push((key(id), at, bond));
        }
        if is_foreign && life.deployed {
            life.validators.push((key(999), At::Staked, ether(4)));
        }
        for id in 0..life.validators.len() {
            if life.validators[id].1 == At::Exiting {
                life.leave(id);
            }
        }
        life.credit = ether(money.0);
        if life.deployed {
            (life.debt, life.refund, life.rewards) =
                (ether(money.1), ether(money.2), ether(money.3));
        }
        (life.tickets, life.others_before) = queue;
        life
    }
}

/// The effects of steps that are bound to a nonce; none may be there twice.
fn effects(steps: &[Step]) -> Vec<String> {
    let bound = steps
        .iter()
        .filter(|step| step.repeat == Repeat::OncePerNonce);
    let effect = |step: &Step| {
        if let Kind::Deposit(keys) = &step.kind {
            return keys.iter().map(ToString::to_string).collect();
        }
        vec![format!("{:?}", step.kind)]
    };
    bound.flat_map(effect).collect()
}

fn is_settled(life: &Life) -> bool {
    let terms = &life.terms;
    life.registered
        && life.withdrawal == terms.withdrawal
        && life.pending.is_none_or(|it| it == terms.withdrawal)
        && life.rpl == Some(terms.rpl_withdrawal)
        && life.pending_rpl.is_none_or(|it| it == terms.rpl_withdrawal)
}

/// A node, and what is seen of it.
#[derive(Clone)]
struct Seen {
    life: Life,
    view: View,
}

impl Seen {
    fn of(life: Life) -> Self {
        let view = life.view();
        Self { life, view }
    }

    fn plan_after(&self, finalised: &Self) -> Vec<Step> {
        let sight = self
            .life
            .sight_of([&self.view, &finalised.view], finalised.life.time);
        let life = &self.life;
        let aims = life.aims();
        plan(&Facts::new(&sight, (&life.terms, &aims), &life.keys, life.made()).unwrap())
    }
}

fn checked_plan(now: &Seen, finalised: &Seen) -> Vec<Step> {
    let steps = now.plan_after(finalised);
    let effects = effects(&steps);
    let once: BTreeSet<&String> = effects.iter().collect();
    assert_eq!(once.len(), effects.len(), "{effects:?}");
    let kinds: BTreeSet<&Kind> = steps.iter().map(|step| &step.kind).collect();
    assert_eq!(kinds.len(), steps.len(), "no two steps do the same");
    for step in &steps {
        let carries = step.call().is_some_and(|call| !call.value.is_zero());
        assert!(!carries || step.kind.moves_money(), "{step:?}");
        let may_move = is_settled(&now.life) && is_settled(&finalised.life);
        assert!(
            may_move || !step.kind.moves_money() || !step.waits.is_empty(),
            "money moves too early: {step:?}"
        );
        if let Kind::Deposit(keys) = &step.kind {
            assert!(keys.len() <= MOST_AT_ONCE || step.call().is_none());
        }
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_plan_is_done_step_by_step_until_nothing_is_left(
        mut life in lives(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 200),
    ) {
        // What is seen at the finalised block is three steps old.
        let mut past = vec![Seen::of(life.clone()); 3];
        let again = Seen::of(life.clone());
        prop_assert_eq!(again.plan_after(&again), past[0].plan_after(&past[2]), "the same for all");
        let is_foreign = life.validators.iter().any(|it| it.0 == key(999));
        for pick in picks {
            let steps = checked_plan(&past[past.len() - 1], &past[past.len() - 3]);
            if steps.is_empty() {
                break;
            }
            let ready: Vec<&Step> = steps.iter().filter(|it| it.waits.is_empty()).collect();
            if !ready.is_empty() {
                // Whoever has the key of one account may be away for long.
                life.act(ready[pick.index(ready.len())]);
            }
            // Others are served, and time goes by.
            life.others_before = life.others_before.saturating_sub(1);
            life.time += 1_000_000;
            past.push(Seen::of(life.clone()));
        }
        let end = &past[past.len() - 1];
        let steps = checked_plan(end, end);
        match is_foreign {
            false => prop_assert_eq!(steps, Vec::new()),
            // Somebody else's validator is never paid for, and stops nothing else.
            true => for step in &steps {
                let foreign = |wait: &Wait| matches!(wait, Wait::Foreign(_));
                prop_assert!(step.waits.iter().any(foreign), "{:?}", step);
            },
        }
        let wished = usize::try_from(life.terms.wishes.validators).unwrap();
        let deposited = life.validators.iter().filter(|it| life.keys[..wished].contains(&it.0));
        prop_assert!(is_foreign || deposited.count() == wished);
    }

    /// What somebody pays into the node never makes a call carry more than is missing.
    #[test]
    fn a_deposit_carries_what_is_missing_and_no_more(
        credit in 0_u64..200,
        validators in 1_u64..40,
    ) {
        let mut life = Life::set_up(validators);
        life.credit = U256::from(credit) * ether(1) / U256::from(2);
        let wished = usize::try_from(validators).unwrap();
        let keys = life.keys[..wished].to_vec();
        life.deposits = keys.iter().map(|key| (*key, deposit(*key))).collect();
        let steps = life.plan();
        let step = steps.iter().find(|step| matches!(step.kind, Kind::Deposit(_))).unwrap();
        let count = wished.min(MOST_AT_ONCE);
        let total = ether(4 * count as u64);
        let call = step.call().unwrap();
        prop_assert_eq!(call.value, Wei(total.saturating_sub(life.credit)));
        life.act(&step.clone());
    }
}
