//! What each errand calls, and why there is sometimes nothing to sign.

use std::collections::BTreeMap;

use alloy_primitives::hex;
use alloy_sol_types::SolCall as _;

use super::purse::Purse;
use super::*;
use crate::pool::agreement::example::terms;
use crate::pool::example::{NODE, OWNER, STORAGE, World, at};
use crate::pool::funding::paid::Paid;
use crate::pool::view::View;

const EVIL: [u8; 20] = [0xee; 20];
const OTHER: [u8; 20] = [0x0c; 20];
/// An account from which alice pays in, and one that nobody has declared.
const ALICE: [u8; 20] = [0x41; 20];
const NOBODY: [u8; 20] = [0x99; 20];

fn milli(amount: u32) -> Wei {
    Wei::of_milliether(amount)
}

/// A node as it was agreed, for which 12 ETH were paid in and 8 are not bonded yet; the Safe has
/// 3 ETH and 100 RPL.
struct Ground {
    sight: Sight,
    terms: PoolTerms,
    purses: Purses,
    paid: Contributions,
    rehearsal: Rehearsal,
}

impl Ground {
    fn new() -> Self {
        let (mut sight, terms) = (World::saturn().sight().unwrap(), terms());
        let purse = Purse {
            ether: milli(3_000),
            rpl: milli(100_000),
        };
        let paid = [(ALICE, 10_000), (NOBODY, 2_000)].map(|(from, amount)| Paid {
            from: from.into(),
            amount: milli(amount),
        });
        let account = &mut sight.head.node.as_mut().unwrap().account;
        (account.withdrawal, account.rpl_withdrawal) = (OWNER.into(), Some(OWNER.into()));
        (account.pending_withdrawal, account.pending_rpl_withdrawal) = (None, None);
        account.credit.ether = milli(8_000);
        account.credit.credit = milli(4_000);
        Self {
            sight,
            purses: Purses(BTreeMap::from([(OWNER.into(), purse)])),
            paid: Contributions::of(&paid, &terms),
            terms,
            rehearsal: Rehearsal::Nothing,
        }
    }

    fn view(&mut self) -> &mut View {
        &mut self.sight.head
    }

    fn node(&mut self) -> &mut Node {
        self.view().node.as_mut().unwrap()
    }

    fn account(&mut self) -> &mut Account {
        &mut self.node().account
    }

    fn write(&self, errand: Errand) -> Result<Vec<Written>, Unable> {
        let logged = match errand.log() {
            None => Logged::Nothing,
            Some(Log::Payments) => Logged::Payments(&self.paid),
            Some(Log::Rehearsal) => Logged::Rehearsal(self.rehearsal),
        };
        errand.write(&Grounds {
            sight: &self.sight,
            terms: &self.terms,
            purses: &self.purses,
            logged,
        })
    }

    /// The calls, which are all of the agreed Safe.
    fn calls(&self, errand: Errand) -> Vec<Call> {
        let [written] = <[Written; 1]>::try_from(self.write(errand).unwrap()).unwrap();
        assert_eq!(written.safe, OWNER.into());
        written.calls
    }

    fn why(&self, errand: Errand) -> Unable {
        self.write(errand).unwrap_err()
    }
}

/// To whom, how much, and the bytes.
fn bare(calls: &[Call]) -> Vec<(Address, Wei, String)> {
    let bare = calls.iter();
    let bare = bare.map(|it| (it.to.address, it.value, hex::encode(&it.data)));
    bare.collect()
}

fn word(address: [u8; 20]) -> String {
    format!("{}{}", "0".repeat(24), hex::encode(address))
}

/// The bytes of a call of this name with these words behind.
fn data(signature: &str, words: &[&str]) -> String {
    let hash = alloy_primitives::keccak256(signature);
    format!("{}{}", hex::encode(&hash[..4]), words.concat())
}

fn number(wei: Wei) -> String {
    format!("{:064x}", wei.0)
}

#[test]
fn the_functions_are_those_of_the_contracts() {
    let functions = [
        NodeDeposit::withdrawEthCall::SIGNATURE,
        DepositPool::withdrawCreditForCall::SIGNATURE,
        NodeStaking::stakeRPLForCall::SIGNATURE,
        Token::approveCall::SIGNATURE,
        MinipoolCalls::distributeBalanceCall::SIGNATURE,
    ];
    let expected = [
        "withdrawEth(address,uint256)",
        "withdrawCreditFor(address,uint256)",
        "stakeRPLFor(address,uint256)",
        "approve(address,uint256)",
        "distributeBalance(bool)",
    ];
    assert_eq!(functions, expected);
}

#[test]
fn what_waits_for_its_confirmation_is_confirmed_of_both_addresses_at_once() {
    let mut ground = Ground::new();
    assert_eq!(ground.why(Errand::Confirm), Unable::Confirmed);
    let account = ground.account();
    (account.withdrawal, account.rpl_withdrawal) = (NODE.into(), None);
    let why = ground.why(Errand::Confirm).to_string();
    let expected = "withdrawal address is not proposed yet: the node account does that first";
    assert!(why.contains(expected), "{why}");
    let account = ground.account();
    account.pending_withdrawal = Some(OWNER.into());
    account.pending_rpl_withdrawal = Some(OWNER.into());
    let node = word(NODE);
    let confirm = data("confirmWithdrawalAddress(address)", &[&node]);
    let confirm_rpl = data("confirmRPLWithdrawalAddress(address)", &[&node]);
    let expected = [
        (STORAGE.into(), Wei::ZERO, confirm.clone()),
        (at("rocketNodeManager"), Wei::ZERO, confirm_rpl),
    ];
    assert_eq!(bare(&ground.calls(Errand::Confirm)), expected);
    // One that goes on without the other.
    ground.account().pending_rpl_withdrawal = Some(EVIL.into());
    assert_eq!(bare(&ground.calls(Errand::Confirm)), expected[..1]);
}

#[test]
fn a_planted_address_is_put_out_by_the_owner_in_its_place() {
    let mut ground = Ground::new();
    ground.account().pending_withdrawal = Some(EVIL.into());
    ground.account().pending_rpl_withdrawal = Some(EVIL.into());
    let (node, own, no) = (word(NODE), word(OWNER), number(Wei::ZERO));
    let of =
        |contract: Address, name: &str, words: &[&str]| (contract, Wei::ZERO, data(name, words));
    let (storage, nodes) = (Address::from(STORAGE), at("rocketNodeManager"));
    let set = [&node[..], &own, &no];
    let expected = [
        of(storage, "setWithdrawalAddress(address,address,bool)", &set),
        of(storage, "confirmWithdrawalAddress(address)", &[&node]),
        of(nodes, "setRPLWithdrawalAddress(address,address,bool)", &set),
        of(nodes, "confirmRPLWithdrawalAddress(address)", &[&node]),
    ];
    assert_eq!(bare(&ground.calls(Errand::Confirm)), expected);
    // Two Safes: each puts itself in.
    ground.terms.rpl_withdrawal = OTHER.into();
    ground.account().rpl_withdrawal = Some(OTHER.into());
    let both = ground.write(Errand::Confirm).unwrap();
    let safes: Vec<_> = both.iter().map(|it| (it.safe, it.calls.len())).collect();
    assert_eq!(safes, [(OWNER.into(), 2), (OTHER.into(), 2)]);
}

#[test]
fn nothing_is_done_for_a_node_whose_address_is_another() {
    let mut ground = Ground::new();
    let account = ground.account();
    (account.withdrawal, account.rpl_withdrawal) = (EVIL.into(), None);
    let of = Wei::of_milliether(1);
    for errand in [
        Errand::StakeRpl(of),
        Errand::WithdrawEther(None),
        Errand::WithdrawCredit(None),
        Errand::GiveBack(ALICE.into(), None),
        Errand::EndMinipool(OTHER.into()),
    ] {
        let why = ground.why(errand);
        assert!(matches!(why, Unable::NotYet { .. }), "{errand:?}: {why}");
    }
    ground.view().node = None;
    assert_eq!(ground.why(Errand::Confirm), Unable::NoNode(NODE.into()));
}

#[test]
fn rpl_is_approved_to_the_unit_and_staked() {
    let mut ground = Ground::new();
    let amount = milli(60_500);
    let (node, staking) = (word(NODE), at("rocketNodeStaking"));
    let spender = word(*staking.as_bytes());
    let stake = data("stakeRPLFor(address,uint256)", &[&node, &number(amount)]);
    let approve = data("approve(address,uint256)", &[&spender, &number(amount)]);
    let expected = [
        (at("rocketTokenRPL"), Wei::ZERO, approve),
        (staking, Wei::ZERO, stake),
    ];
    assert_eq!(bare(&ground.calls(Errand::StakeRpl(amount))), expected);
    let (asked, there) = (milli(100_001), milli(100_000));
    let what = "RPL in the RPL withdrawal Safe";
    let why = ground.why(Errand::StakeRpl(asked));
    assert_eq!(why, Unable::TooMuch { asked, there, what });
    ground.purses = Purses::default();
    assert_eq!(ground.why(Errand::StakeRpl(asked)), Unable::Nothing(what));
}

#[test]
fn ether_that_is_not_bonded_comes_out_as_far_as_there_is_some() {
    let mut ground = Ground::new();
    let taken = |amount: Wei| {
        let call = data(
            "withdrawEth(address,uint256)",
            &[&word(NODE), &number(amount)],
        );
        vec![(at("rocketNodeDeposit"), Wei::ZERO, call)]
    };
    let all = ground.calls(Errand::WithdrawEther(None));
    assert_eq!(bare(&all), taken(milli(8_000)));
    let some = ground.calls(Errand::WithdrawEther(Some(milli(1))));
    assert_eq!(bare(&some), taken(milli(1)));
    let why = ground.why(Errand::WithdrawEther(Some(milli(8_001))));
    assert!(matches!(why, Unable::TooMuch { .. }), "{why}");
    ground.account().credit.ether = Wei::ZERO;
    let why = ground.why(Errand::WithdrawEther(Some(milli(1))));
    assert!(matches!(why, Unable::Nothing(_)), "{why}");
}

#[test]
fn credit_comes_out_while_nothing_is_owed_and_deposits_are_open() {
    let ground = Ground::new();
    let (node, all) = (word(NODE), number(milli(4_000)));
    let call = data("withdrawCreditFor(address,uint256)", &[&node, &all]);
    let expected = [(at("rocketDepositPool"), Wei::ZERO, call)];
    assert_eq!(bare(&ground.calls(Errand::WithdrawCredit(None))), expected);
    type Case = (fn(&mut Ground), Unable);
    let cases: [Case; 4] = [
        (
            |it| it.account().credit.credit = Wei::ZERO,
            Unable::Nothing("credit"),
        ),
        (
            |it| it.node().megapool.as_mut().unwrap().deployed = None,
            Unable::NoMegapool,
        ),
        (
            |it| {
                let megapool = it.node().megapool.as_mut().unwrap();
                megapool.deployed.as_mut().unwrap().debt = milli(5);
            },
            Unable::Debt(milli(5)),
        ),
        (|it| it.view().network.may_deposit = false, Unable::Closed),
    ];
    for (change, why) in cases {
        let mut ground = Ground::new();
        change(&mut ground);
        assert_eq!(ground.why(Errand::WithdrawCredit(None)), why);
    }
}

#[test]
fn a_contribution_goes_back_to_whom_it_came_from_and_no_further() {
    let mut ground = Ground::new();
    let given = |to: [u8; 20], amount: Wei| {
        let call = data(
            "withdrawEth(address,uint256)",
            &[&word(NODE), &number(amount)],
        );
        vec![
            (at("rocketNodeDeposit"), Wei::ZERO, call),
            (to.into(), amount, String::new()),
        ]
    };
    // Of twelve that came in four are bonded or went back, and nobody can say whose.
    let why = ground.why(Errand::GiveBack(ALICE.into(), None));
    let (paid, unbonded) = (milli(12_000), milli(8_000));
    assert_eq!(why, Unable::NotClear { paid, unbonded });
    ground.account().credit.ether = paid;
    let alice = ground.calls(Errand::GiveBack(ALICE.into(), None));
    assert_eq!(bare(&alice), given(ALICE, milli(10_000)));
    let nobody = ground.calls(Errand::GiveBack(NOBODY.into(), None));
    assert_eq!(bare(&nobody), given(NOBODY, milli(2_000)));
    let some = ground.calls(Errand::GiveBack(ALICE.into(), Some(milli(500))));
    assert_eq!(bare(&some), given(ALICE, milli(500)));
    for (to, amount) in [(NOBODY, 2_001), (ALICE, 10_001)] {
        let why = ground.why(Errand::GiveBack(to.into(), Some(milli(amount))));
        assert!(matches!(why, Unable::TooMuch { .. }), "{why}");
    }
    let why = ground.why(Errand::GiveBack(EVIL.into(), Some(milli(1))));
    assert_eq!(why, Unable::NothingFrom(EVIL.into()));
    ground.account().credit.ether = Wei::ZERO;
    let why = ground.why(Errand::GiveBack(ALICE.into(), None));
    assert!(matches!(why, Unable::Nothing(_)), "{why}");
}

fn minipool(stage: Stage, balance: u32) -> Minipool {
    Minipool {
        place: Place {
            name: "the minipool",
            address: OTHER.into(),
        },
        pubkey: None,
        stage,
        since: 0,
        is_vacant: false,
        balance: milli(balance),
        refund: milli(500),
        node_share: None,
        bond: milli(8_000),
        user_capital: milli(24_000),
        fee: crate::pool::amount::Share::default(),
        user_may_distribute: false,
        penalties: 0,
        reduction: None,
        delegate: None,
        version: Some(3),
        follows_newest: false,
    }
}

#[test]
fn a_minipool_ends_once_its_stake_is_back() {
    let mut ground = Ground::new();
    let ends = Errand::EndMinipool(OTHER.into());
    assert_eq!(ground.why(ends), Unable::NoMinipool(OTHER.into()));
    let mut with = |stage, balance| {
        ground.node().minipools = vec![minipool(stage, balance)];
        ground.write(ends)
    };
    let call = |written: Result<Vec<Written>, Unable>| bare(&written.unwrap()[0].calls);
    let no = number(Wei::ZERO);
    let distribute = data("distributeBalance(bool)", &[&no]);
    let expected = [(OTHER.into(), Wei::ZERO, distribute)];
    assert_eq!(call(with(Stage::Staking, 24_500)), expected);
    assert_eq!(call(with(Stage::Withdrawable, 32_500)), expected);
    // Only the node account may close one; this pays all of it to the withdrawal address as well.
    assert_eq!(call(with(Stage::Dissolved, 8_000)), expected);
    // So much skimmed, or sent by a stranger, is no stake: the node would be slashed for the rest.
    for (balance, there) in [(24_499, 23_999), (8_500, 8_000)] {
        let (of, there, needs) = (OTHER.into(), milli(there), milli(24_000));
        let why = with(Stage::Staking, balance).unwrap_err();
        assert_eq!(why, Unable::NotBack { of, there, needs });
    }
    let (of, there, needs) = (OTHER.into(), Wei::ZERO, Wei(U256::from(1)));
    let why = with(Stage::Dissolved, 500).unwrap_err();
    assert_eq!(why, Unable::NotBack { of, there, needs });
    let queued = Stage::Queued { ahead: None };
    assert_eq!(with(queued, 9_000).unwrap_err(), Unable::NotStaked(of));
    let why = with(Stage::Finalised, 9_000).unwrap_err();
    assert_eq!(why, Unable::Ended(of));
}

#[test]
fn what_came_in_to_try_the_safe_goes_back_once() {
    let mut ground = Ground::new();
    let safe = ground.terms.withdrawal;
    assert_eq!(ground.why(Errand::Rehearsal), Unable::NotRehearsed(safe));
    let (from, amount) = (ALICE.into(), Rehearsal::amount());
    ground.rehearsal = Rehearsal::Received { from, amount };
    let back = [(from, amount, String::new())];
    assert_eq!(bare(&ground.calls(Errand::Rehearsal)), back);
    ground.purses = Purses::default();
    let why = ground.why(Errand::Rehearsal);
    assert!(matches!(why, Unable::Nothing(_)), "{why}");
    ground.rehearsal = Rehearsal::Done;
    assert_eq!(ground.why(Errand::Rehearsal), Unable::Rehearsed);
}
