//! A group pays in and takes out, by what the owners of its withdrawal Safe sign.

use std::fs;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall as _;
use axum::routing::post;
use axum::{Json, Router};
use node_core::pool::abi::MinipoolManager;
use node_core::pool::funding::paid::DEPOSIT_FOR;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::abi::{Minipools, NodeDeposit, Staking, Storage, Token};
use crate::chain::{Chain, ETHER, MILLI, who};
use crate::group::ours;
use crate::safe::{account_of, owner_keys};
use crate::wallets::{ALICE, Place, after};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_how_to_pay_in_before_the_safe_is_confirmed_and_tried() {
    let chain = Chain::start().await;
    let place = Place::agreed(&chain, "pool-funds-order").await;
    place.refuses("fund 8", "is no node of Rocket Pool yet");
    place.refuses("file confirm", "is no node of Rocket Pool yet");
    place.register().await;
    place.refuses("file confirm", "is not proposed yet");
    place.refuses(
        "fund 8",
        "the withdrawal address is not the agreed one for good",
    );
    for call in place.proposals(place.safe, false) {
        place.by_node(call).await;
    }
    place.refuses("file withdraw-eth", "not the agreed Safe");
    let calls = place.does("confirm").await;
    assert_eq!(calls.len(), 2);
    assert_eq!(place.withdrawal().await, place.safe);
    place.refuses("file confirm", "there is nothing to confirm");
    // Until it was tried nobody pays in.
    place.refuses("fund 8", "before you have tried the withdrawal Safe");
    place.refuses("file rehearsal", "nothing came in");
    // A stranger's ether is no rehearsal.
    place.sends(who::EVIL, MILLI).await;
    place.refuses("file rehearsal", "nothing came in");
    place.sends(ALICE, MILLI).await;
    let page = place.says("withdrawal").unwrap();
    assert!(page.contains("not yet: 0.001 ETH came in from"), "{page}");
    place.refuses("fund 8", "have to go back");
    let before = chain.balance(ALICE).await;
    place.does("rehearsal").await;
    assert_eq!(chain.balance(ALICE).await - before, U256::from(MILLI));
    let page = place.says("withdrawal").unwrap();
    assert!(page.contains("yes: ether came in"), "{page}");
    assert!(page.contains("nonce     2, the next"), "{page}");
    place.refuses("file rehearsal", "nothing more to rehearse");
    let page = place.says("fund 8").unwrap();
    assert!(
        page.contains(&format!("value=8{}", "0".repeat(18))),
        "{page}"
    );
    for amount in ["0", "1,5", "1e3", "0.0000000000000000001"] {
        place.refuses(&format!("fund {amount}"), "invalid value");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_in_is_counted_by_operator_and_goes_back_or_to_the_safe() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-funds-money").await;
    place.open().await;
    let page = place.says("fund 8.5 --builder mine.json").unwrap();
    let (to, wei) = (after(&page, "to"), after(&page, "value"));
    let wei = wei.trim_end_matches(" wei").parse().unwrap();
    let data = after(&page, "data");
    let file = place.files().join("mine.json");
    let builder: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let call = &builder["transactions"][0];
    assert_eq!((&call["to"], &call["data"]), (&json!(to), &json!(data)));
    assert_eq!(call["value"], "8500000000000000000");
    // Another amount is not written over it.
    let refused = place.says("fund 8 --builder mine.json").unwrap_err();
    assert!(refused.contains("does not overwrite"), "{refused}");
    fs::remove_file(file).unwrap();
    place.pays(ALICE, (to, wei), data).await;
    place.pays(who::EVIL, (to, ETHER), data).await;
    assert_eq!(place.unbonded().await, U256::from(9 * ETHER + 500 * MILLI));
    chain.mine(8).await;
    let page = place.says("fund").unwrap();
    assert_eq!(after(&page, "alice"), "8.5 ETH");
    assert_eq!(after(&page, "bob"), "0 ETH");
    assert_eq!(after(&page, "of nobody declared"), "1 ETH");
    assert_eq!(after(&page, "not bonded yet"), "9.5 ETH");
    let evil = who::EVIL;
    assert!(page.contains(&format!("1 from {evil}")), "{page}");
    let json: Value = serde_json::from_str(&place.says("fund 8.5 --json").unwrap()).unwrap();
    assert_eq!(json["payment"]["data"], data);
    assert_eq!(json["payment"]["value"], "8500000000000000000");
    assert_eq!(
        json["contributions"]["operators"][0]["total"],
        "8500000000000000000"
    );
    assert_eq!(json["unbonded"], "9500000000000000000");
    let json: Value = serde_json::from_str(&place.says("fund --json").unwrap()).unwrap();
    assert_eq!(json["payment"], Value::Null);

    place.refuses("file withdraw-eth 10", "more than the 9.5");
    let unknown = format!("file give-back {}", who::ORACLE);
    place.refuses(&unknown, "nothing that is final was paid in from");
    let much = format!("file give-back {evil} 1.25");
    place.refuses(&much, "more than the 1 that there is");
    let before = chain.balance(ALICE).await;
    let calls = place
        .does(&format!("file give-back {ALICE} 2.5")[5..])
        .await;
    assert_eq!(calls.len(), 2);
    assert_eq!(
        chain.balance(ALICE).await - before,
        U256::from(2 * ETHER + 500 * MILLI)
    );
    let before = chain.balance(place.safe).await;
    let calls = place.does("withdraw-eth").await;
    assert_eq!(calls.len(), 1);
    assert_eq!(
        chain.balance(place.safe).await - before,
        U256::from(7 * ETHER)
    );
    place.refuses("file withdraw-eth", "there is no ether that is paid in");
    place.refuses("file withdraw-credit", "there is no credit");
}

/// A node that answers as that at `rpc` does, and has no log with this word; its URL.
async fn forgetful(rpc: &str, word: [u8; 32]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (rpc, word) = (rpc.to_owned(), hex::encode(word));
    let pass = async move |Json(question): Json<Value>| {
        if question["method"] == "eth_getLogs" && question.to_string().contains(&word) {
            let error = json!({"code": -32701, "message": "this node keeps no such log"});
            return Json(json!({"jsonrpc": "2.0", "id": question["id"], "error": error}));
        }
        let client = reqwest::Client::new();
        let answer = client.post(&rpc).json(&question).send().await.unwrap();
        Json(answer.json().await.unwrap())
    };
    let app = Router::new().route("/", post(pass));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_bars_only_what_depends_on_it() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-funds-log").await;
    let node = forgetful(&chain.rpc, DEPOSIT_FOR).await;
    let page = place.says_by(&node, "file confirm").unwrap();
    assert!(page.contains("confirmWithdrawalAddress"), "{page}");
    let give_back = format!("file give-back {ALICE}");
    let refused = place.says_by(&node, &give_back).unwrap_err();
    assert!(refused.contains("keeps no such log"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_withdrawal_address_is_put_out_and_can_confirm_itself_no_more() {
    let chain = Chain::start().await;
    let place = Place::agreed(&chain, "pool-funds-planted").await;
    place.register().await;
    let storage = chain.at("rocketStorage");
    let [_, plants] = place.proposals(who::EVIL, false);
    place.by_node(plants).await;
    // Set at once, the one that waits stays where it is.
    for call in place.proposals(place.safe, true) {
        place.by_node(call).await;
    }
    assert_eq!(place.withdrawal().await, place.safe);
    let confirm = Storage::confirmWithdrawalAddressCall { node: who::NODE };
    let (evil, call) = (who::EVIL, confirm.abi_encode());
    chain.simulate(evil, storage, call.clone()).await.unwrap();
    chain.mine(8).await;
    place.refuses(
        "fund 8",
        "the withdrawal address is not the agreed one for good",
    );
    let calls = place.does("confirm").await;
    assert_eq!(calls.len(), 2);
    let refused = chain.simulate(evil, storage, call).await.unwrap_err();
    assert!(refused.contains("pending withdrawal address"), "{refused}");
    assert_eq!(place.withdrawal().await, place.safe);
    place.refuses("file confirm", "there is nothing to confirm");
}

/// The node has a minipool with this status.
async fn has_minipool(chain: &Chain, status: u8) -> Address {
    let manager = chain.at("rocketMinipoolManager");
    let create = Minipools::createCall {
        node: who::NODE,
        status,
        pubkey: vec![0x77; 48].into(),
    };
    chain.send(who::GUARDIAN, manager, create).await;
    let at = MinipoolManager::getNodeMinipoolAtCall {
        node: who::NODE,
        index: U256::ZERO,
    };
    chain.view(manager, at).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rpl_is_staked_and_a_minipool_ends_by_what_the_owners_sign() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-funds-rpl").await;
    place.open().await;
    let (token, staking) = (chain.at("rocketTokenRPL"), chain.at("rocketNodeStaking"));
    place.refuses("file stake-rpl 5", "there is no RPL");
    let mint = Token::mintCall {
        to: place.safe,
        amount: U256::from(20 * ETHER),
    };
    chain.send(who::GUARDIAN, token, mint).await;
    place.refuses("file stake-rpl 20.5", "more than the 20");
    let calls = place.does("stake-rpl 12.5").await;
    assert_eq!(calls.len(), 2);
    let asked = Staking::getNodeStakedRPLCall { node: who::NODE };
    let staked = chain.view(staking, asked).await;
    assert_eq!(staked, U256::from(12 * ETHER + 500 * MILLI));
    let left = Token::allowanceCall {
        owner: place.safe,
        spender: staking,
    };
    assert_eq!(chain.view(token, left).await, U256::ZERO);

    let minipool = has_minipool(&chain, 2).await;
    let ends = format!("file end-minipool {minipool}");
    place.refuses(&ends, "its stake has not come back");
    place.refuses(
        &format!("file end-minipool {}", who::EVIL),
        "is no minipool of the node",
    );
    chain.credit(minipool, 32 * ETHER).await;
    let before = chain.balance(place.safe).await;
    place.does(&ends[5..]).await;
    let paid = chain.balance(place.safe).await - before;
    assert_eq!(paid, U256::from(8 * ETHER));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_that_would_fail_or_for_a_safe_that_is_odd() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-funds-odd").await;
    place.open().await;
    let deposit = chain.at("rocketNodeDeposit");
    let pays = NodeDeposit::depositEthForCall { node: who::NODE };
    chain.pay(ALICE, deposit, ETHER, pays).await;
    chain.mine(8).await;
    // Files that are good for one nonce do not make way for others.
    let file = place.says("file withdraw-eth 0.25").unwrap();
    assert!(file.contains("withdrawEth("), "{file}");
    let refused = place.says("file withdraw-eth 0.5").unwrap_err();
    assert!(refused.contains("does not overwrite"), "{refused}");
    for file in place.written() {
        fs::remove_file(file).unwrap();
    }
    // One that was given up, whose code knows nothing of that.
    let minipool = has_minipool(&chain, 4).await;
    chain.credit(minipool, 7 * ETHER).await;
    let ends = format!("file end-minipool {minipool}");
    place.refuses(&ends, "distributeBalance(false) would be refused now");
    // Nobody has this contract's code on another chain.
    let call_only = crate::safe::CALL_ONLY;
    chain.ask("anvil_setCode", json!([call_only, "0x00"])).await;
    place.refuses(&format!("file give-back {ALICE}"), "MultiSendCallOnly");
    // The one that the group agrees on next has another threshold.
    place.group.agree(|terms| {
        (terms.withdrawal, terms.rpl_withdrawal) = (ours(place.safe), ours(place.safe));
        for (member, key) in terms.members.iter_mut().zip(owner_keys()) {
            member.owner = Some(ours(account_of(&key)));
        }
        terms.members[3].owner = Some(ours(who::EVIL));
    });
    place.refuses("file withdraw-eth", "no Safe of the operators' own");
    place.refuses("fund 8", "no Safe of the operators' own");
}
