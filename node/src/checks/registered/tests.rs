//! What only the beacon node knows of is not paid again.

use super::*;

fn deposit(amount: u64) -> DepositData {
    DepositData {
        pubkey: [1; 48].into(),
        withdrawal_credentials: [2; 32].into(),
        amount,
        signature: [3; 96].into(),
    }
}

#[test]
fn a_deposit_that_only_the_beacon_node_knows_is_not_made_again() {
    let key = deposit(0).pubkey;
    let seen = |amount| LoggedDeposit {
        deposit: deposit(amount),
        transaction: [4; 32].into(),
        block: 5,
    };
    let hidden = |missing: u64, seen: &[LoggedDeposit], known: &[u64]| {
        let known = known.iter().map(|balance| (key, *balance)).collect();
        hides(&[deposit(missing)], seen, &known)
    };
    assert_eq!(hidden(32, &[], &[]), None);
    // Registered, whatever its balance: a validator that has left has none.
    assert_eq!(hidden(32, &[], &[0]), Some(key));
    // The first of two deposits is shown, with some rewards.
    assert_eq!(hidden(31, &[seen(1)], &[2]), None);
    assert_eq!(hidden(31, &[seen(1)], &[32]), Some(key));
    assert_eq!(hidden(31, &[seen(1)], &[]), None);
    // Both are there, and the validator was absent for a while.
    assert_eq!(hidden(31, &[seen(1)], &[31]), Some(key));
}

#[tokio::test]
async fn a_deposit_that_is_registered_between_two_answers_is_not_passed_over() {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::extract::Request;
    use serde_json::json;

    let key = deposit(0).pubkey;
    // Pending before the first answer, registered after it.
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    let answer = move |request: Request| async move {
        let is_registered = IS_REGISTERED.swap(true, Ordering::Relaxed);
        let pending = json!([{"pubkey": key, "withdrawal_credentials": format!("0x{:064x}", 2),
                "amount": "32", "signature": format!("0x{:0192x}", 3), "slot": "1"}]);
        let registered = json!([{"index": "5", "balance": "32", "status": "pending_queued",
                "validator": {"pubkey": key}}]);
        let asks_for_pending = request.uri().path().ends_with("/pending_deposits");
        let data = match (asks_for_pending, is_registered) {
            (true, false) => pending,
            (false, true) => registered,
            (true, true) | (false, false) => json!([]),
        };
        axum::Json(json!({ "data": data }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let beacon = BeaconClient::connect(&url).unwrap();
    let standing = Standing {
        missing: vec![deposit(32)],
        open: Vec::new(),
        unsettled: Vec::new(),
        overtaken: Vec::new(),
        doubled: Vec::new(),
    };
    let view = DepositView {
        first: 7,
        last: 9,
        seen: Vec::new(),
        nonces: BTreeMap::new(),
        settled_nonces: BTreeMap::new(),
        lacking: 0,
        is_counted: true,
    };
    let hidden = hidden_deposit(&beacon, &standing, &view).await.unwrap();
    assert_eq!(hidden, Some(key));
}
