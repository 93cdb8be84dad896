//! Nobody is told how to pay in before all is right; and who has paid in is counted as declared.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent as _;
use proto::Root;
use proto::agreement::PoolTerms;
use proto::intent::Aims;
use std::collections::BTreeMap;

use super::paid::*;
use super::*;
use crate::pool::agreement::example::terms;
use crate::pool::example::{NODE, OWNER, World, at};
use crate::pool::plan::Made;
use crate::pool::sight::Sight;
use crate::pool::view::View;
use crate::pool::withdrawal::birth::Logged;

const EVIL: [u8; 20] = [0xee; 20];

fn milli(amount: u32) -> Wei {
    Wei::of_milliether(amount)
}

/// Where all is right.
struct Ground {
    sight: Sight,
    terms: PoolTerms,
    judged: Vec<(Address, Result<(), Unfit>)>,
    rehearsal: Rehearsal,
}

impl Ground {
    fn new() -> Self {
        let mut it = Self {
            sight: World::saturn().sight().unwrap(),
            terms: terms(),
            judged: vec![(OWNER.into(), Ok(()))],
            rehearsal: Rehearsal::Done,
        };
        it.both(|view| {
            let account = &mut view.node.as_mut().unwrap().account;
            (account.withdrawal, account.rpl_withdrawal) = (OWNER.into(), Some(OWNER.into()));
            (account.pending_withdrawal, account.pending_rpl_withdrawal) = (None, None);
        });
        it
    }

    fn both(&mut self, change: impl Fn(&mut View)) {
        change(&mut self.sight.head);
        change(self.sight.finalised.as_mut().unwrap());
    }

    fn call(&self) -> Result<Call, Unready> {
        let none = BTreeMap::new();
        let leaving = BTreeMap::new();
        let made = Made {
            deposits: &none,
            leaving: &leaving,
            pays_smoothing_pool: false,
        };
        let aims = Aims::of(&self.terms.wishes);
        let facts = Facts::new(&self.sight, (&self.terms, &aims), &[], made).unwrap();
        let withdrawal = Withdrawal {
            judged: &self.judged,
            rehearsal: self.rehearsal,
        };
        call(&facts, &withdrawal, milli(8_250))
    }
}

#[test]
fn where_all_is_right_the_call_pays_in_for_the_node() {
    let call = Ground::new().call().unwrap();
    assert_eq!(call.to.address, at("rocketNodeDeposit"));
    assert_eq!(call.value, milli(8_250));
    let selector = alloy_primitives::keccak256("depositEthFor(address)");
    let expected = [&selector[..4], &[0; 12], &NODE].concat();
    assert_eq!(call.data, expected);
    let (to, node) = (checksummed(&call.to.address), checksummed(&NODE.into()));
    let expected =
        format!("ethereum:{to}@560048/depositEthFor?address={node}&value=8250000000000000000");
    assert_eq!(link(560_048, &NODE.into(), &call), expected);
}

#[test]
fn before_the_withdrawal_addresses_are_right_for_good_nobody_pays_in() {
    type Change = fn(&mut View);
    let account = |view: &mut View| view.node.as_mut().unwrap().account.clone();
    let changes: [Change; 5] = [
        |it| it.node.as_mut().unwrap().account.withdrawal = EVIL.into(),
        |it| it.node.as_mut().unwrap().account.rpl_withdrawal = None,
        |it| it.node.as_mut().unwrap().account.rpl_withdrawal = Some(EVIL.into()),
        |it| it.node.as_mut().unwrap().account.pending_withdrawal = Some(EVIL.into()),
        |it| it.node.as_mut().unwrap().account.pending_rpl_withdrawal = Some(EVIL.into()),
    ];
    for change in changes {
        let mut ground = Ground::new();
        change(&mut ground.sight.head);
        let why = ground.call().unwrap_err();
        let is_address = matches!(&why, Unready::Waits(waits)
            if matches!(waits[..], [Wait::Address(_)]));
        assert!(is_address, "{why}");
        // So it was a moment ago, and is not final.
        let mut ground = Ground::new();
        let finalised = ground.sight.finalised.as_mut().unwrap();
        change(finalised);
        assert_ne!(account(finalised), account(&mut ground.sight.head));
        let why = ground.call().unwrap_err();
        let is_final = matches!(&why, Unready::Waits(waits)
            if matches!(waits[..], [Wait::Final(_)]));
        assert!(is_final, "{why}");
    }
}

#[test]
fn what_else_speaks_against_new_ether_keeps_it_out() {
    let mut ground = Ground::new();
    ground.both(|view| view.network.may_deposit = false);
    let closed = Unready::Waits(vec![Wait::Closed("deposits")]);
    assert_eq!(ground.call(), Err(closed));
    let mut ground = Ground::new();
    ground.both(|view| view.node = None);
    assert_eq!(ground.call(), Err(Unready::NoNode(NODE.into())));
}

#[test]
fn nobody_pays_in_behind_a_safe_of_others_or_one_that_was_not_tried() {
    let mut ground = Ground::new();
    let (at, why) = (OWNER.into(), Unfit::Guard(EVIL.into()));
    ground.judged = vec![(at, Err(why.clone()))];
    assert_eq!(ground.call(), Err(Unready::Unfit { at, why }));
    // One that was not looked at is none.
    ground.judged = vec![(EVIL.into(), Ok(()))];
    let why = Unfit::NoContract;
    assert_eq!(ground.call(), Err(Unready::Unfit { at, why }));

    let mut ground = Ground::new();
    let received = Rehearsal::Received {
        from: EVIL.into(),
        amount: milli(1),
    };
    for so_far in [Rehearsal::Nothing, received] {
        ground.rehearsal = so_far;
        assert_eq!(ground.call(), Err(Unready::Untried { at, so_far }));
    }
}

fn word(address: [u8; 20]) -> Root {
    indexed(&address.into())
}

fn payment(node: [u8; 20], from: [u8; 20], amount: Wei) -> Logged {
    let amount = amount.0.to_be_bytes::<32>();
    Logged {
        by: at("rocketNodeDeposit"),
        topics: vec![DEPOSIT_FOR.into(), word(node), word(from)],
        data: [amount, U256::from(7).to_be_bytes()].concat(),
        transaction: [1; 32].into(),
    }
}

#[test]
fn what_came_from_declared_accounts_is_their_operators_and_the_rest_nobodys() {
    let mut terms = terms();
    terms.members[1].funding.push([0x77; 20].into());
    let node = Address::from(NODE);
    let log = [
        payment(NODE, [0x41; 20], milli(4_000)),
        payment(NODE, [0x42; 20], milli(1_000)),
        payment(NODE, [0x77; 20], milli(2_500)),
        payment(NODE, [0x41; 20], milli(500)),
        payment(NODE, EVIL, milli(3)),
        // For another node.
        payment(EVIL, [0x41; 20], milli(9_000)),
    ];
    let paid: Vec<Paid> = log.iter().filter_map(|it| Paid::read(it, &node)).collect();
    assert_eq!(paid.len(), 5);
    let all = Contributions::of(&paid, &terms);
    let totals = all.operators.iter().map(|it| it.total);
    let expected = [milli(4_500), milli(3_500), Wei::ZERO, Wei::ZERO];
    assert_eq!(totals.collect::<Vec<_>>(), expected);
    assert_eq!(all.undeclared, ByAccount::from([(EVIL.into(), milli(3))]));
    assert_eq!(all.undeclared_total(), milli(3));
    assert_eq!(all.from(&[0x77; 20].into()), Some(milli(2_500)));
    assert_eq!(all.from(&EVIL.into()), Some(milli(3)));
    assert_eq!(all.from(&[0x43; 20].into()), None);
}

#[test]
fn what_is_no_payment_is_read_as_none() {
    let node = Address::from(NODE);
    let whole = payment(NODE, EVIL, milli(1));
    assert_eq!(
        DepositFor::SIGNATURE,
        "DepositFor(address,address,uint256,uint256)"
    );
    let mut other = whole.clone();
    other.topics[0] = [2; 32].into();
    let mut short = whole.clone();
    short.data.truncate(32);
    let mut torn = whole.clone();
    torn.data.truncate(63);
    let mut wide = whole.clone();
    wide.topics[2] = [0xff; 32].into();
    for odd in [other, short, torn, wide] {
        assert_eq!(Paid::read(&odd, &node), None);
    }
}
