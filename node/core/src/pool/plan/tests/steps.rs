//! Each step by itself: when it is planned, who sends it, and its bytes.

use alloy_primitives::{U256, hex, keccak256};
use alloy_sol_types::SolCall as _;
use proto::agreement::Tickets;
use proto::{Address, Epoch};

use super::life::{At, EVIL, Life, deposit, entries, ether};
use super::*;
use crate::pool::alarm::Alarm;
use crate::pool::amount::Wei;
use crate::pool::example::{MEGAPOOL, NODE, STORAGE, at, key};

/// The kinds that are planned.
fn kinds(steps: &[Step]) -> Vec<Kind> {
    steps.iter().map(|step| step.kind.clone()).collect()
}

fn only(steps: Vec<Step>) -> Step {
    let [step] = <[Step; 1]>::try_from(steps).unwrap();
    step
}

/// The node with deposits signed for its first keys.
fn signed(validators: u32) -> Life {
    let mut life = Life::set_up(validators.into());
    life.deposits = (0..validators)
        .map(|id| (key(id), deposit(key(id))))
        .collect();
    life
}

#[test]
fn the_functions_are_those_of_the_contracts() {
    use calls::*;
    let functions = [
        Storage::setWithdrawalAddressCall::SIGNATURE,
        Storage::confirmWithdrawalAddressCall::SIGNATURE,
        NodeManager::registerNodeCall::SIGNATURE,
        NodeManager::setRPLWithdrawalAddressCall::SIGNATURE,
        NodeManager::confirmRPLWithdrawalAddressCall::SIGNATURE,
        NodeManager::deployMegapoolCall::SIGNATURE,
        NodeManager::setSmoothingPoolRegistrationStateCall::SIGNATURE,
        Deposits::depositCall::SIGNATURE,
        Deposits::depositWithCreditCall::SIGNATURE,
        Deposits::depositMultiCall::SIGNATURE,
        DepositPool::assignDepositsCall::SIGNATURE,
        Megapool::distributeCall::SIGNATURE,
        Megapool::claimCall::SIGNATURE,
        Megapool::repayDebtCall::SIGNATURE,
        Megapool::dequeueCall::SIGNATURE,
    ];
    let expected = [
        "setWithdrawalAddress(address,address,bool)",
        "confirmWithdrawalAddress(address)",
        "registerNode(string)",
        "setRPLWithdrawalAddress(address,address,bool)",
        "confirmRPLWithdrawalAddress(address)",
        "deployMegapool()",
        "setSmoothingPoolRegistrationState(bool)",
        "deposit(uint256,bool,bytes,bytes,bytes32)",
        "depositWithCredit(uint256,bool,bytes,bytes,bytes32)",
        "depositMulti((uint256,bool,bytes,bytes,bytes32)[])",
        "assignDeposits(uint256)",
        "distribute()",
        "claim()",
        "repayDebt()",
        "dequeue(uint32)",
    ];
    assert_eq!(functions, expected);
}

#[test]
fn an_account_is_registered_first_with_the_agreed_timezone() {
    let mut life = Life::new(2);
    let step = only(life.plan());
    assert_eq!((&step.kind, step.sender), (&Kind::Register, Sender::Node));
    let call = step.call().unwrap();
    assert_eq!(call.to.address, at("rocketNodeManager"));
    assert_eq!(call.data[..4], keccak256("registerNode(string)")[..4]);
    assert!(call.data.windows(13).any(|it| it == b"Europe/Berlin"));
    assert_eq!(call.spelled, "registerNode(Europe/Berlin)");
    life.act(&step);
    let next = [
        Kind::ProposeRplWithdrawal,
        Kind::ProposeWithdrawal,
        Kind::DeployMegapool,
        Kind::SmoothingPool(true),
    ];
    assert_eq!(kinds(&life.plan()), next);
}

#[test]
fn withdrawal_addresses_are_proposed_by_the_node_and_confirm_themselves() {
    let mut life = Life::set_up(0);
    (life.withdrawal, life.rpl) = (NODE.into(), None);
    let agreed = life.terms.withdrawal;
    let steps = life.plan();
    assert!(steps.iter().all(|step| step.sender == Sender::Node));
    let ether = &steps[1];
    let call = ether.call().unwrap();
    assert_eq!(call.to.address, Address::from(STORAGE));
    // Never confirmed at once: the last word is nought.
    assert_eq!(call.data[68..], [0; 32]);
    assert_eq!(call.data[48..68], agreed.as_bytes()[..]);
    assert!(ether.words.contains("to be confirmed by itself"));
    for step in &steps {
        life.act(step);
    }
    let steps = life.plan();
    let confirming = [Kind::ConfirmRplWithdrawal, Kind::ConfirmWithdrawal];
    assert_eq!(kinds(&steps), confirming);
    for step in &steps {
        assert_eq!(step.sender, Sender::Itself(agreed));
        life.act(step);
    }
    assert_eq!(life.plan(), []);
}

#[test]
fn a_planted_pending_address_is_replaced_by_the_owner_and_stops_all_money() {
    let mut life = signed(1);
    let clean = life.clone();
    life.pending = Some(EVIL.into());
    let agreed = life.terms.withdrawal;
    let steps = life.plan();
    assert_eq!(kinds(&steps)[0], Kind::ProposeWithdrawal);
    assert_eq!(steps[0].sender, Sender::Itself(agreed));
    assert!(steps[0].words.contains("could take everything one day"));
    assert!(
        steps[1]
            .waits
            .contains(&Wait::Address("withdrawal address"))
    );
    life.act(&steps[0]);
    // Whoever is the owner may wait to become it: money may move, and the entry goes.
    let steps = life.plan();
    let deposit = Kind::Deposit(vec![key(0)]);
    assert_eq!(kinds(&steps), [Kind::ConfirmWithdrawal, deposit]);
    assert!(steps[1].is_ready());
    // What was so a moment ago is not final.
    let mut planted = clean.clone();
    planted.pending_rpl = Some(EVIL.into());
    let step = only(clean.plan_after(&planted));
    assert_eq!(step.waits, [Wait::Final("RPL withdrawal address")]);
}

#[test]
fn an_owner_who_is_not_the_agreed_one_has_to_propose_it() {
    let mut life = Life::set_up(0);
    (life.withdrawal, life.rpl) = (EVIL.into(), None);
    let steps = life.plan();
    let evil = Sender::Itself(EVIL.into());
    assert_eq!(
        steps.iter().map(|it| it.sender).collect::<Vec<_>>(),
        [evil, evil]
    );
}

#[test]
fn the_smoothing_pool_waits_for_its_interval_and_for_every_peer() {
    let mut life = Life::set_up(0);
    life.in_pool = false;
    life.pays_smoothing_pool = false;
    assert!(only(life.plan()).is_ready(), "no validator proposes yet");
    life.validators.push((key(0), At::Staked, ether(4)));
    assert_eq!(only(life.plan()).waits, [Wait::FeeRecipients]);
    life.changed = life.time - 5;
    let next = life.changed + 2_419_200;
    let waits = [Wait::Time(next), Wait::FeeRecipients];
    assert_eq!(only(life.plan()).waits, waits);
    // Leaving needs nobody else.
    (life.in_pool, life.terms.wishes.smoothing_pool, life.changed) = (true, false, 1);
    let step = only(life.plan());
    assert_eq!(step.kind, Kind::SmoothingPool(false));
    assert!(step.is_ready());
}

#[test]
fn deposits_are_signed_before_they_are_paid() {
    let mut life = Life::set_up(3);
    let step = only(life.plan());
    let keys = vec![key(0), key(1), key(2)];
    assert_eq!(step.kind, Kind::Deposit(keys.clone()));
    let mut credentials = [0; 32];
    credentials[0] = 1;
    credentials[12..].copy_from_slice(&MEGAPOOL);
    let credentials = credentials.into();
    assert_eq!(step.body, Body::Needs(Need::Deposits { credentials, keys }));
    // Those that are signed are paid, and the others signed meanwhile.
    life.deposits.insert(key(1), deposit(key(1)));
    let steps = life.plan();
    let both = [
        Kind::Deposit(vec![key(1)]),
        Kind::Deposit(vec![key(0), key(2)]),
    ];
    assert_eq!(kinds(&steps), both);
    assert!(steps[0].is_ready());
}

#[test]
fn a_single_deposit_takes_credit_first_and_carries_what_is_missing() {
    let function = |life: &Life| {
        let step = only(life.plan());
        assert!(step.is_ready(), "{:?}", step.waits);
        let call = step.call().unwrap();
        (
            call.spelled.split('(').next().unwrap().to_owned(),
            call.value,
        )
    };
    let mut life = signed(1);
    assert_eq!(function(&life), ("deposit".to_owned(), Wei(ether(4))));
    life.credit = ether(3);
    let name = "depositWithCredit".to_owned();
    assert_eq!(function(&life), (name.clone(), Wei(ether(1))));
    life.credit = ether(300);
    assert_eq!(function(&life), (name, Wei::ZERO));
}

/// Anybody can put a wei in, or provide tickets.
#[test]
fn a_deposit_that_is_planned_otherwise_by_now_does_the_same_as_what_was_sent_before() {
    let call = |life: &Life| only(life.plan()).call().unwrap().clone();
    for count in [1, 3] {
        let mut life = signed(count);
        let sent = call(&life);
        let same = |life: &Life| {
            let now = call(life);
            assert_ne!(now.data, sent.data);
            now.to == sent.to && now.akin.contains(&sent.data)
        };
        life.tickets = 1;
        assert!(same(&life));
        life.credit = U256::ONE;
        assert!(same(&life));
        // Where tickets are to be saved, none is used by what was sent before.
        let with_ticket = call(&life);
        life.terms.wishes.tickets = Tickets::Save;
        assert!(!call(&life).akin.contains(&with_ticket.data));
    }
    // A second key is signed while the first is under way.
    let mut life = Life::set_up(2);
    life.deposits.insert(key(0), deposit(key(0)));
    let sent = life.plan()[0].call().unwrap().clone();
    life.deposits.insert(key(1), deposit(key(1)));
    assert!(call(&life).akin.contains(&sent.data));
    // Tickets that come at the same time make it no other.
    for tickets in [1, 2] {
        life.tickets = tickets;
        assert!(call(&life).akin.contains(&sent.data));
    }
    // Another key is another deposit.
    let mut other = Life::set_up(2);
    other.deposits.insert(key(1), deposit(key(1)));
    let sent = other.plan()[0].call().unwrap().clone();
    assert!(!call(&life).akin.contains(&sent.data));
}

#[test]
fn of_many_keys_twenty_five_are_deposited_at_once() {
    let mut life = signed(40);
    life.balance = ether(90);
    let step = only(life.plan());
    let call = step.call().unwrap();
    assert_eq!(entries(&call.data).len(), 25);
    assert_eq!(call.value, Wei(ether(100)));
    assert_eq!(step.waits, [Wait::Ether(Wei(ether(10)))]);
    assert_eq!(step.repeat, Repeat::OncePerNonce);
    life.balance = ether(100);
    life.act(&only(life.plan()));
    let Kind::Deposit(rest) = &life.plan()[0].kind.clone() else {
        panic!("{:?}", life.plan());
    };
    assert_eq!(rest.len(), 15);
}

#[test]
fn tickets_are_used_whenever_there_are_some_unless_they_are_saved() {
    let mut life = signed(4);
    life.tickets = 2;
    let express = |life: &Life| -> Vec<bool> {
        let step = only(life.plan());
        let all = entries(&step.call().unwrap().data);
        all.iter().map(|it| it.useExpressTicket).collect()
    };
    assert_eq!(express(&life), [true, true, false, false]);
    life.terms.wishes.tickets = Tickets::Save;
    assert_eq!(express(&life), [false; 4]);
}

#[test]
fn a_bond_that_does_not_follow_from_the_rules_is_paid_for_one_alone() {
    // The first was deposited when it cost more.
    let mut life = signed(3);
    life.validators.push((key(0), At::Staked, ether(6)));
    let step = only(life.plan());
    let bonds = |step: &Step| -> Vec<U256> {
        let all = entries(&step.call().unwrap().data);
        all.iter().map(|it| it.bondAmount).collect()
    };
    assert_eq!(bonds(&step), [ether(2), ether(4)]);
    // Here the contract says otherwise than all its rules together.
    let sight = life.sight(&life);
    let mut odd = sight.clone();
    for view in [Some(&mut odd.head), odd.finalised.as_mut()]
        .into_iter()
        .flatten()
    {
        let megapool = view.node.as_mut().unwrap().megapool.as_mut().unwrap();
        megapool.deployed.as_mut().unwrap().next_bond = Wei(ether(5));
    }
    let aims = life.aims();
    let facts = Facts::new(&odd, (&life.terms, &aims), &life.keys, life.made()).unwrap();
    assert_eq!(bonds(&plan(&facts)[0]), [ether(5)]);
}

/// On mainnet one person's key begins nothing, and what is there already is served.
#[test]
fn on_mainnet_no_node_and_no_bond_begins_with_one_persons_key() {
    let waits = |life: &Life| {
        let mut sight = life.sight(life);
        sight.chain_id = 1;
        let aims = life.aims();
        let facts = Facts::new(&sight, (&life.terms, &aims), &life.keys, life.made()).unwrap();
        only(plan(&facts)).waits
    };
    assert_eq!(waits(&Life::new(1)), [Wait::OneKey]);
    assert_eq!(waits(&signed(1)), [Wait::OneKey]);
    let mut served = Life::set_up(1);
    served.validators.push((key(0), At::Prestaked, ether(4)));
    assert_eq!(waits(&served), []);
}

#[test]
fn new_ether_waits_for_what_is_wrong() {
    let waits = |life: &Life| only(life.plan()).waits;
    let mut closed = signed(1);
    closed.may_deposit = false;
    assert_eq!(waits(&closed), [Wait::Closed("deposits")]);
    let mut foreign = signed(1);
    foreign.validators.push((key(777), At::Staked, ether(4)));
    assert_eq!(waits(&foreign), [Wait::Foreign(0)]);
    let mut young = signed(1);
    young.deployed = false;
    let step = only(signed(1).plan_after(&young));
    assert_eq!(step.waits, [Wait::Final("the megapool")]);
    let mut owing = signed(1);
    owing.debt = ether(1);
    let steps = owing.plan();
    assert_eq!(steps[0].kind, Kind::RepayDebt);
    assert_eq!(steps[1].waits, [Wait::Debt(Wei(ether(1)))]);
    // A contract that was replaced by one that nobody here knows.
    let life = signed(1);
    let mut sight = life.sight(&life);
    let mut world = crate::pool::example::World::saturn();
    let version = crate::pool::abi::Versioned::versionCall {};
    world.set(at("rocketNodeDeposit"), version, U256::from(6));
    sight.head.contracts = world.view().unwrap().0.contracts;
    let aims = life.aims();
    let facts = Facts::new(&sight, (&life.terms, &aims), &life.keys, life.made()).unwrap();
    assert_eq!(
        only(plan(&facts)).waits,
        [Wait::Version("rocketNodeDeposit")]
    );
}

#[test]
fn a_key_that_has_left_the_queue_is_never_deposited_again() {
    let mut life = signed(2);
    life.validators.push((key(0), At::Dequeued, U256::ZERO));
    assert_eq!(only(life.plan()).kind, Kind::Deposit(vec![key(1)]));
}

#[test]
fn who_is_first_in_the_queue_is_assigned_by_anybody() {
    let mut life = Life::set_up(1);
    life.validators
        .push((key(0), At::Queued { express: true }, ether(4)));
    let step = only(life.plan());
    assert_eq!((&step.kind, step.sender), (&Kind::Assign, Sender::Anybody));
    let call = step.call().unwrap();
    assert_eq!(call.to.address, at("rocketDepositPool"));
    assert_eq!(call.data[35], 1, "assigning none is refused");
    life.pool_has_ether = false;
    assert_eq!(only(life.plan()).waits, [Wait::PoolEther]);
    life.others_before = 2;
    assert_eq!(only(life.plan()).waits, [Wait::Turn(2)]);
}

#[test]
fn a_validator_that_was_assigned_needs_a_proof_and_then_is_staked_by_anybody() {
    let mut life = Life::set_up(1);
    life.validators.push((key(0), At::Prestaked, ether(4)));
    let step = only(life.plan());
    assert_eq!(
        (&step.kind, step.sender),
        (&Kind::Stake(0), Sender::Anybody)
    );
    let Body::Needs(Need::Validator(proven)) = &step.body else {
        panic!("{step:?}");
    };
    assert_eq!((proven.id, proven.pubkey), (0, key(0)));
    assert_eq!(proven.megapool.address, Address::from(MEGAPOOL));
    assert_eq!(proven.verifier.address, at("rocketMegapoolManager"));
    assert!(!step.is_ready(), "nothing can be sent without a proof");
    assert_eq!(step.waits, []);
}

#[test]
fn a_validator_that_leaves_is_proved_to_leave_and_then_its_balance() {
    let mut life = Life::set_up(1);
    life.validators.push((key(0), At::Staked, ether(4)));
    assert_eq!(life.plan(), []);
    life.leave(0);
    let step = only(life.plan());
    assert_eq!(step.kind, Kind::NotifyExit(0));
    assert!(
        step.words.contains("at epoch 888 at last"),
        "{}",
        step.words
    );
    let spec = proto::example::chain([1; 32].into(), &[]);
    let end = spec.start_of(spec.first_slot(Epoch(889))).unix_seconds();
    let alarms = Alarm::of_steps(std::slice::from_ref(&step), &spec, end - 7_200);
    let said = alarms[0].to_string();
    assert!(
        said.contains(&format!("until {end} (Unix seconds), 2 h are left")),
        "{said}"
    );
    assert!(alarms[0].is_urgent());
    life.act(&step);
    let step = only(life.plan());
    assert_eq!(step.kind, Kind::FinalBalance(0));
    assert_eq!(step.sender, Sender::NodeOrWithdrawal);
    let Body::Needs(Need::Withdrawal { of, slot }) = &step.body else {
        panic!("{step:?}");
    };
    assert_eq!((of.withdrawable_epoch, *slot), (Some(1_000), 33_000));
    life.act(&step);
    assert_eq!(kinds(&life.plan()), [Kind::Claim]);
}

#[test]
fn rewards_are_split_when_it_is_worth_it_and_nobody_leaves() {
    let mut life = Life::set_up(2);
    life.validators.push((key(0), At::Staked, ether(4)));
    life.validators.push((key(1), At::Staked, ether(4)));
    life.rewards = ether(1) / U256::from(3);
    assert_eq!(life.plan(), [], "the gas is not worth it");
    life.rewards = ether(1);
    let step = only(life.plan());
    assert_eq!(
        (&step.kind, step.sender),
        (&Kind::Distribute, Sender::Anybody)
    );
    life.validators[1].1 = At::Exiting;
    let waiting = only(life.plan());
    assert_eq!(waiting.waits, [Wait::Leaving]);
    let truth = "rewards are split; with what came back of validators 1 ETH is there";
    assert_eq!(waiting.words, truth);
    life.validators[1].1 = At::Staked;
    life.act(&only(life.plan()));
    assert_eq!(kinds(&life.plan()), [Kind::Claim]);
}

#[test]
fn a_debt_is_paid_by_the_refund_and_the_rest_of_it_once() {
    let mut life = Life::set_up(0);
    (life.debt, life.refund) = (ether(3), ether(1));
    let steps = life.plan();
    assert_eq!(kinds(&steps), [Kind::RepayDebt, Kind::Claim]);
    let paying = &steps[0];
    assert_eq!(paying.call().unwrap().value, Wei(ether(2)));
    assert_eq!(paying.repeat, Repeat::OncePerNonce);
    for step in &steps {
        life.act(step);
    }
    assert_eq!((life.debt, life.plan()), (U256::ZERO, Vec::new()));
}

#[test]
fn whoever_is_not_wished_for_any_more_leaves_the_queue() {
    let mut life = Life::set_up(1);
    for (id, stands) in [
        (0, At::Staked),
        (1, At::Prestaked),
        (2, At::Queued { express: true }),
    ] {
        life.validators.push((key(id), stands, ether(4)));
    }
    let steps = life.plan();
    assert_eq!(kinds(&steps), [Kind::Dequeue(2), Kind::Stake(1)]);
    assert!(steps[0].words.contains("its key is burnt"));
    let data = hex::encode(&steps[0].call().unwrap().data);
    assert!(data.ends_with("02"), "{data}");
}

#[test]
fn what_is_seen_has_to_be_what_was_agreed_on() {
    let life = Life::set_up(1);
    let sight = life.sight(&life);
    let mut other = life.terms.clone();
    other.fixed.node_account = EVIL.into();
    let refused = Facts::new(&sight, (&other, &life.aims()), &life.keys, life.made()).unwrap_err();
    assert!(
        refused.to_string().contains("of the node account 0xa"),
        "{refused}"
    );
    let mut other = life.terms.clone();
    other.fixed.rocket_storage = EVIL.into();
    let refused = Facts::new(&sight, (&other, &life.aims()), &life.keys, life.made()).unwrap_err();
    assert!(
        refused.to_string().contains("of the RocketStorage 0x1"),
        "{refused}"
    );
}
