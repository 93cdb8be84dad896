//! A megapool validator from registration to the last wei, and what `gantry pool status` shows of
//! it on the way.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use proto::{PublicKey, Slot};
use serde_json::{Value, json};

use crate::abi::{DepositEvent, ExitChallenge, Manager, Megapool, Storage};
use crate::chain::{Chain, ETHER, MILLI, who};
use crate::keys;
use crate::node::{Node, Step, Surface, expected};
use crate::status::{megapool_of, stage_of, urgent};

pub fn wei(milliether: u128) -> U256 {
    U256::from(milliether * MILLI)
}

/// How the alarm ends for one that was not staked in time.
const STAKE_IS_OVERDUE: &str = "(Unix seconds), and the term is over: then anybody may dissolve \
                                it, which costs a penalty and the ether that is deposited";

/// Wei, as the document shows them.
pub fn shown(milliether: u128) -> String {
    wei(milliether).to_string()
}

/// The same of hundred-thousandths.
fn parts(hundredth: u128) -> U256 {
    U256::from(hundredth * MILLI / 100)
}

/// The events of a kind in a receipt.
pub fn events<E: SolEvent>(receipt: &Value) -> Vec<E> {
    let logs = receipt["logs"].as_array().unwrap().iter();
    let parsed = logs.filter_map(|log| {
        let topics = log["topics"].as_array().unwrap().iter();
        let topics = topics.map(|topic| topic.as_str().unwrap().parse().unwrap());
        let topics: Vec<alloy_primitives::B256> = topics.collect();
        let data = alloy_primitives::hex::decode(log["data"].as_str().unwrap()).unwrap();
        E::decode_raw_log(topics, &data).ok()
    });
    parsed.collect()
}

/// A slot whose state knows what has happened until now, with a block behind it.
async fn provable(chain: &Chain) -> Slot {
    let slot = chain.slot().await;
    chain.slot().await;
    slot
}

#[tokio::test]
async fn a_validator_lives_from_registration_to_the_last_wei() {
    let chain = Chain::start().await;
    let mut node = Node::register(&chain).await;
    let pubkey = keys::pubkey(1);
    its_megapool_is_where_the_formula_says(&node);
    it_waits_is_assigned_and_staked(&node, &pubkey).await;
    what_it_earns_is_split_and_claimed(&node, &pubkey).await;
    node.upgrade().await;
    it_leaves_and_its_bond_comes_back(&node, &pubkey).await;
}

fn its_megapool_is_where_the_formula_says(node: &Node<'_>) {
    let seen = node.chain.seen();
    let megapool = &seen["head"]["node"]["megapool"];
    assert_eq!(megapool["expected"], node.megapool.to_string());
    assert_eq!(megapool["deployed"]["count"], 0);
    assert_eq!(megapool["deployed"]["next_bond"], shown(4_000));
    assert_eq!(node.megapool, expected(node.chain, who::NODE));
}

async fn it_waits_is_assigned_and_staked(node: &Node<'_>, pubkey: &PublicKey) {
    let chain = node.chain;
    node.deposit(1, false).await;
    assert_eq!(stage_of(&chain.seen(), 0)["is"], "queued");
    // The bond is there already, but ether comes in whole validators.
    let lent = node.lend(32 * ETHER).await;
    let deposits = events::<DepositEvent>(&lent);
    let signed = keys::deposit(1, node.credentials());
    assert_eq!(deposits.len(), 1);
    assert_eq!(deposits[0].signature, keys::bytes(&signed.signature));
    let seen = chain.seen();
    assert_eq!(stage_of(&seen, 0)["is"], "prestaked");
    assert_eq!(megapool_of(&seen)["assigned"], shown(31_000));

    let slot = provable(chain).await;
    let staked = node.prove(Step::Stake, 0, (pubkey, slot)).await;
    let deposits = events::<DepositEvent>(&staked);
    assert_eq!(
        deposits[0].amount.as_ref(),
        31_000_000_000_u64.to_le_bytes()
    );
    assert_eq!(deposits[0].signature.as_ref(), [0; 96]);
    let seen = chain.seen();
    assert_eq!(stage_of(&seen, 0), json!({"is": "staked"}));
    assert_eq!(megapool_of(&seen)["bond"], shown(4_000));
    assert_eq!(megapool_of(&seen)["user_capital"], shown(28_000));
    chain.slot().await;
    chain.beacon.lock().unwrap().activate(pubkey);
}

async fn what_it_earns_is_split_and_claimed(node: &Node<'_>, pubkey: &PublicKey) {
    let chain = node.chain;
    // Half comes from the beacon chain and half from tips.
    chain.beacon.lock().unwrap().earn(pubkey, 500_000_000);
    let epoch = chain.beacon.lock().unwrap().epoch();
    chain.withdrawal(epoch, pubkey, Some(500_000_000)).await;
    chain.credit(node.megapool, ETHER / 2).await;
    assert_eq!(megapool_of(&chain.seen())["pending_rewards"], shown(1_000));
    let sent = node.distribute(who::STRANGER).await;
    let shares = events::<Megapool::RewardsDistributed>(&sent);
    let shares = shares.first().unwrap();
    // An eighth is the node's own; of what the rest earns it gets 5 % and voters get 9 %.
    assert_eq!(shares.node, parts(16_875));
    assert_eq!(shares.voters, parts(7_875));
    assert_eq!(shares.reth, parts(75_250));
    assert_eq!(
        megapool_of(&chain.seen())["refund"],
        shares.node.to_string()
    );
    let before = chain.balance(who::OWNER).await;
    let claim = Megapool::claimCall {};
    chain.send(who::NODE, node.megapool, claim).await;
    let after = chain.balance(who::OWNER).await;
    assert_eq!(after - before, parts(16_875));
}

async fn it_leaves_and_its_bond_comes_back(node: &Node<'_>, pubkey: &PublicKey) {
    let chain = node.chain;
    assert_eq!(node.surface, Surface::Bytes);
    let withdrawable = chain.beacon.lock().unwrap().exit(pubkey);
    let slot = provable(chain).await;
    node.prove(Step::Exit, 0, (pubkey, slot)).await;
    let seen = chain.seen();
    assert_eq!(stage_of(&seen, 0)["is"], "exiting");
    assert_eq!(megapool_of(&seen)["exiting"], 1);
    let distribute = Megapool::distributeCall {};
    let to = (node.megapool, 0);
    let words = chain.refusal(who::NODE, to, distribute).await;
    assert_eq!(words, "Pending validator exit");

    chain.beacon.lock().unwrap().earn(pubkey, 10_000_000);
    let paid = chain.withdrawal(withdrawable, pubkey, None).await;
    let slot = provable(chain).await;
    let balance = node.balance_proof(0, (pubkey, slot), paid);
    let before = chain.balance(who::NODE).await;
    let owned = chain.balance(who::OWNER).await;
    node.final_balance(who::NODE, balance).await;
    // The bond goes to its owner at once, and what came beyond the deposits to those who lent.
    let after = chain.balance(who::OWNER).await;
    assert_eq!(after - owned, U256::from(4 * ETHER));
    assert!(chain.balance(who::NODE).await < before);
    let seen = chain.seen();
    let exited = json!({"is": "exited", "balance": shown(32_010)});
    assert_eq!(stage_of(&seen, 0), exited);
    for (what, left) in [
        ("bond", "0"),
        ("user_capital", "0"),
        ("balance", "0"),
        ("debt", "0"),
    ] {
        assert_eq!(megapool_of(&seen)[what], left, "{what}");
    }
    let pool = &seen["head"]["network"]["pool_balance"];
    // Beside the 4 ETH that the assignment left: 28.01 of the validator, 0.7525 of the rewards,
    // less a tenth of what was lent, which rETH keeps.
    let lent = wei(4_000) + wei(28_010) + parts(75_250) - U256::from(1);
    let kept = parts(319_840);
    let lent = lent - kept;
    assert_eq!(*pool, lent.to_string());
}

#[tokio::test]
async fn what_is_not_staked_is_dissolved_and_what_is_owed_is_paid() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    let dissolve = || Megapool::dissolveValidatorCall { id: 0 };
    let to = (node.megapool, 0);
    let words = chain.refusal(who::STRANGER, to, dissolve()).await;
    assert_eq!(words, "Not enough time has passed");
    // Four weeks go by.
    chain.epochs(6_301).await;
    let seen = chain.seen();
    let alarms = urgent(&seen);
    let is_over = |alarm: &&str| alarm.contains(STAKE_IS_OVERDUE);
    assert!(alarms.iter().any(is_over), "{alarms:?}");
    chain.send(who::STRANGER, node.megapool, dissolve()).await;
    let seen = chain.seen();
    assert_eq!(stage_of(&seen, 0), json!({"is": "dissolved"}));
    assert_eq!(megapool_of(&seen)["refund"], shown(3_000));
    assert_eq!(megapool_of(&seen)["debt"], shown(50));
    let because = "(Unix seconds): validator 0 was dissolved";
    let alarms = urgent(&seen);
    let is_told = |alarm: &&str| alarm.contains("0.05 ETH") && alarm.ends_with(because);
    assert!(alarms.iter().any(is_told), "{alarms:?}");

    let deposits = chain.at("rocketNodeDeposit");
    let to = (deposits, 4 * ETHER);
    let words = chain
        .refusal(who::NODE, to, node.deposit_call(2, false))
        .await;
    assert_eq!(words, "Cannot create validator while debt exists");
    let repay = || Megapool::repayDebtCall {};
    let too_much = (node.megapool, 51 * MILLI);
    let words = chain.refusal(who::STRANGER, too_much, repay()).await;
    assert_eq!(words, "Not enough debt");
    chain
        .pay(who::STRANGER, node.megapool, 20 * MILLI, repay())
        .await;
    let before = chain.balance(who::OWNER).await;
    let claim = Megapool::claimCall {};
    chain.send(who::NODE, node.megapool, claim).await;
    let after = chain.balance(who::OWNER).await;
    assert_eq!(after - before, wei(2_970));
    assert_eq!(megapool_of(&chain.seen())["debt"], "0");
}

#[tokio::test]
async fn strangers_prove_a_balance_late_and_users_are_paid_first() {
    let chain = Chain::start().await;
    let mut node = Node::register(&chain).await;
    let pubkey = keys::pubkey(1);
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    let slot = provable(&chain).await;
    node.prove(Step::Stake, 0, (&pubkey, slot)).await;
    chain.slot().await;
    a_challenge_locks_it_until_it_is_proved_to_stay(&node, &pubkey).await;
    node.upgrade().await;
    a_challenge_locks_it_until_it_is_proved_to_stay(&node, &pubkey).await;

    // It is noticed too late, and has lost an ether.
    let withdrawable = chain.beacon.lock().unwrap().exit(&pubkey);
    chain.epochs(150).await;
    let slot = provable(&chain).await;
    node.prove(Step::Exit, 0, (&pubkey, slot)).await;
    let seen = chain.seen();
    assert_eq!(megapool_of(&seen)["debt"], shown(50));
    let because = "that validator 0 leaves was proved too late";
    let alarms = urgent(&seen);
    assert!(
        alarms.iter().any(|alarm| alarm.ends_with(because)),
        "{alarms:?}"
    );
    chain.beacon.lock().unwrap().earn(&pubkey, -1_000_000_000);
    let paid = chain.withdrawal(withdrawable, &pubkey, None).await;
    let slot = provable(&chain).await;
    let early = node.balance_proof(0, (&pubkey, slot), paid);
    let words = node.refused_balance(who::STRANGER, early).await;
    assert_eq!(words, "Not enough time has passed");
    // A week later it lies in the summary of a past era.
    chain.epochs(1_575).await;
    let slot = provable(&chain).await;
    let late = node.balance_proof(0, (&pubkey, slot), paid);
    assert_eq!(late.paid.witnesses.len(), 65);
    node.final_balance(who::STRANGER, late).await;
    let seen = chain.seen();
    assert_eq!(
        stage_of(&seen, 0),
        json!({"is": "exited", "balance": shown(31_000)})
    );
    // 4 less 1 that is lost less 0.05 that was owed.
    assert_eq!(megapool_of(&seen)["refund"], shown(2_950));
    assert_eq!(megapool_of(&seen)["debt"], "0");
}

async fn a_challenge_locks_it_until_it_is_proved_to_stay(node: &Node<'_>, pubkey: &PublicKey) {
    let chain = node.chain;
    let (storage, manager) = (chain.at("rocketStorage"), node.manager());
    for member in [who::ORACLE, who::OTHER_ORACLE] {
        let trust = Storage::setTrustedCall { member };
        chain.send(who::GUARDIAN, storage, trust).await;
    }
    let challenge = || Manager::challengeExitCall {
        challenges: vec![ExitChallenge {
            megapool: node.megapool,
            validatorIds: vec![0],
        }],
    };
    let last: Address = match node.surface {
        Surface::Structs => who::ORACLE,
        Surface::Bytes => who::OTHER_ORACLE,
    };
    let old = provable(chain).await;
    chain.slot().await;
    chain.send(last, manager, challenge()).await;
    let words = chain.refusal(last, (manager, 0), challenge()).await;
    assert_eq!(words, "Member was last to challenge");
    let seen = chain.seen();
    let alarms = urgent(&seen);
    let is_locked = |alarm: &&str| alarm.starts_with("validator 0 is locked");
    assert!(alarms.iter().any(is_locked), "{alarms:?}");
    let distribute = Megapool::distributeCall {};
    let to = (node.megapool, 0);
    let words = chain.refusal(who::NODE, to, distribute).await;
    assert_eq!(words, "Megapool locked");
    if node.surface == Surface::Structs {
        let proof = node.proof(0, pubkey, old).notify_not_exit();
        let words = chain.refusal(who::STRANGER, (manager, 0), proof).await;
        assert_eq!(words, "Proof is older than challenge");
    }
    let slot = provable(chain).await;
    node.prove(Step::NotExit, 0, (pubkey, slot)).await;
    assert_eq!(megapool_of(&chain.seen())["locked"], 0);
}
