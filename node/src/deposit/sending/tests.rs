//! Promises of sending: on the disk before it leaves, in the log before it counts as done.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::super::plan::{Account, steps};
use super::*;
use crate::execution::tests::fake::{Fake, KEY, deposit, error};
use node_core::deposit::standing::Standing;

/// What a test sends with: a node, and a place for what was sent.
struct Place {
    fake: Fake,
    execution: Execution,
    sender: Sender,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Place {
    async fn with(fake: Fake) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            execution: fake.connect().await,
            fake,
            sender: Sender::of_key(KEY).unwrap(),
            path: dir.path().join("deposits.json.sent"),
            _dir: dir,
        }
    }

    /// One start of the program: it looks, and sends what is left of `ours`.
    async fn start(&self, ours: &[DepositData], replace: bool) -> Result<Vec<Kind>, SendingError> {
        let record = SentFile::open(self.path.clone())?;
        let keys = ours.iter().map(|deposit| deposit.pubkey).collect();
        let mut log = self.execution.log(keys, 0);
        let address = self.sender.address();
        let view = log.whole_view(&[address].into(), |_, _| {}).await?;
        let fees = self.execution.fees(1).await?;
        let account = Account {
            address,
            next: view.nonces[&address],
            pending: self.execution.pending_nonce(&address).await?,
        };
        let standing = standing(ours, record.sent(), &view);
        let steps = steps(&standing, &view, (&account, &fees), replace)?;
        let mut sending = Sending {
            execution: &self.execution,
            log,
            record,
            ours,
            sender: &self.sender,
            agreed: fees,
            timeout: Duration::from_millis(200),
            say: |line| println!("{line}"),
        };
        sending.perform(&steps).await?;
        Ok(steps.iter().map(|step| step.kind).collect())
    }

    async fn refused(&self, ours: &[DepositData], replace: bool) -> String {
        self.start(ours, replace).await.unwrap_err().to_string()
    }

    /// How often each deposit is in the chain.
    fn paid(&self) -> BTreeMap<u8, usize> {
        let mut paid = BTreeMap::new();
        for seen in &self.fake.ledger().logs {
            *paid.entry(seen.deposit.pubkey.as_bytes()[0]).or_default() += 1;
        }
        paid
    }
}

/// As the program has it, but for signatures: those of these deposits are of no key.
fn standing(ours: &[DepositData], sent: &[Sent], view: &DepositView) -> Standing {
    let (mut open, mut unsettled, mut overtaken) = (Vec::new(), Vec::new(), Vec::new());
    for pinned in Pinned::all(ours, sent) {
        match pinned.fate(view) {
            Fate::Open | Fate::Unseen => open.push(pinned),
            Fate::Unsettled => unsettled.push(pinned),
            Fate::Overtaken(_) => overtaken.push(pinned),
            Fate::Done(_) | Fate::Spent | Fate::Failed => {}
        }
    }
    let is_there = |d: &DepositData| view.seen.iter().any(|seen| seen.deposit == *d);
    let is_open = |d: &DepositData| {
        let mut open = open.iter().chain(&unsettled);
        open.any(|pinned| pinned.deposit == *d)
    };
    let missing = ours.iter().copied().filter(|d| !is_there(d) && !is_open(d));
    Standing {
        missing: missing.collect(),
        open: open.clone(),
        unsettled: unsettled.clone(),
        overtaken,
        doubled: Vec::new(),
    }
}

fn ours(count: u8) -> Vec<DepositData> {
    (1..=count).map(deposit).collect()
}

fn once(count: u8) -> BTreeMap<u8, usize> {
    (1..=count).map(|validator| (validator, 1)).collect()
}

#[tokio::test]
async fn every_deposit_is_made_once_and_stands_on_the_disk_before_it_leaves() {
    let place = Place::with(Fake::start(100).await).await;
    let ours = ours(20);
    let kinds = place.start(&ours, false).await.unwrap();
    assert_eq!(kinds, [Kind::New; 20]);
    assert_eq!(place.paid(), once(20));
    let sent = SentFile::look(&place.path).unwrap();
    let nonces: Vec<u64> = sent.iter().map(|sent| sent.nonce).collect();
    assert_eq!(nonces, (0..20).collect::<Vec<_>>());
    assert_eq!(place.start(&ours, false).await.unwrap(), []);
}

#[tokio::test]
async fn a_transaction_whose_line_is_not_durable_does_not_leave() {
    let place = Place::with(Fake::start(100).await).await;
    let path = place.path.clone();
    let watched = Fake::scripted(100, move |_, method, _| {
        if method == "eth_sendRawTransaction" {
            // What has arrived here stands there.
            assert_eq!(SentFile::look(&path).unwrap().len(), 1);
        }
        None
    });
    let watched = watched.await;
    let place = Place {
        execution: watched.connect().await,
        fake: watched,
        ..place
    };
    place.start(&ours(1), false).await.unwrap();
    assert_eq!(place.paid(), once(1));
}

#[tokio::test]
async fn no_receipt_is_needed_where_log_and_nonce_tell() {
    // Nobody asks for one; the fake node would not know the question.
    let fake = Fake::start(100).await;
    let place = Place::with(fake).await;
    place.start(&ours(2), false).await.unwrap();
    let asked = place.fake.ledger().asked.clone();
    assert!(!asked.iter().any(|method| method.contains("Receipt")));
}

#[tokio::test]
async fn a_node_that_fails_while_it_is_waited_for_is_asked_again() {
    let (mut sent, mut failures) = (false, 9);
    let fake = Fake::scripted(100, move |_, method, _| {
        sent |= method == "eth_sendRawTransaction";
        if sent && failures > 0 && method == "eth_getBlockByNumber" {
            failures -= 1;
            return Some(error(-32000, "transaction indexing is in progress"));
        }
        None
    });
    let place = Place::with(fake.await).await;
    place.start(&ours(1), false).await.unwrap();
    assert_eq!(place.paid(), once(1));
}

#[tokio::test]
async fn a_deposit_whose_log_the_node_has_lost_is_told_by_its_nonce() {
    let place = Place::with(
        Fake::scripted(100, |ledger, method, _| {
            if method == "eth_getLogs" {
                ledger.lost += u64::try_from(ledger.logs.len()).unwrap();
                ledger.logs.clear();
            }
            None
        })
        .await,
    )
    .await;
    place.start(&ours(2), false).await.unwrap();
    assert_eq!(place.fake.ledger().nonce, 2);
    // The next start sees that the log is not whole, and sends nothing.
    let words = place.refused(&ours(2), false).await;
    assert!(words.contains("2 of them are not in the log"), "{words}");
    assert_eq!(place.fake.ledger().nonce, 2);
}

#[tokio::test]
async fn what_is_stuck_is_waited_for_again_and_replaced_at_its_nonce() {
    let place = Place::with(Fake::start(100).await).await;
    place.fake.ledger().mines = false;
    let ours = ours(2);
    let words = place.refused(&ours, false).await;
    assert!(
        words.contains("2 transactions are not in a block"),
        "{words}"
    );
    assert!(words.contains("--replace"), "{words}");
    // The node has forgotten them; the next start sends the same ones.
    let first: Vec<_> = place.fake.ledger().pool.drain(..).collect();
    place.refused(&ours, false).await;
    assert_eq!(place.fake.ledger().pool, first);
    assert_eq!(SentFile::look(&place.path).unwrap().len(), 2);

    place.fake.ledger().mines = true;
    let kinds = place.start(&ours, true).await.unwrap();
    assert_eq!(kinds, [Kind::Instead; 2]);
    assert_eq!((place.paid(), place.fake.ledger().nonce), (once(2), 2));
    let sent = SentFile::look(&place.path).unwrap();
    assert_eq!(sent[2].nonce, sent[0].nonce);
    assert!(sent[2].max_fee >= sent[0].max_fee + sent[0].max_fee / 8);
}

#[tokio::test]
async fn what_somebody_else_deposits_meanwhile_is_not_paid_a_second_time() {
    let place = Place::with(Fake::start(100).await).await;
    place.fake.ledger().mines = false;
    place.refused(&ours(1), false).await;
    place.fake.ledger().see(deposit(1), 100, [66; 32].into());
    let words = place.refused(&ours(1), false).await;
    assert!(words.contains("AT ONCE with --replace"), "{words}");
    place.fake.ledger().mines = true;
    let kinds = place.start(&ours(1), true).await.unwrap();
    assert_eq!(kinds, [Kind::Instead]);
    assert_eq!((place.paid(), place.fake.ledger().nonce), (once(1), 1));
}

#[tokio::test]
async fn what_somebody_else_deposits_between_two_groups_stops_the_second() {
    let fake = Fake::scripted(100, |ledger, method, _| {
        if method == "eth_sendRawTransaction" && ledger.nonce == 15 {
            ledger.see(deposit(18), 100, [66; 32].into());
        }
        None
    });
    let place = Place::with(fake.await).await;
    let words = place.refused(&ours(20), false).await;
    assert!(
        words.contains("somebody deposited for these validators"),
        "{words}"
    );
    assert_eq!(place.paid().len(), 17);
    place.start(&ours(20), false).await.unwrap();
    assert_eq!(place.paid(), once(20));
}

#[tokio::test]
async fn a_transaction_that_fails_is_told_and_its_deposit_sent_anew() {
    let mut failures = 1;
    let fake = Fake::scripted(100, move |ledger, method, _| {
        if method == "eth_sendRawTransaction" && failures > 0 {
            failures -= 1;
            // It is in a block, and reverts there.
            ledger.spend();
            return Some(json!({"result": format!("0x{:064x}", 1)}));
        }
        None
    });
    let place = Place::with(fake.await).await;
    let words = place.refused(&ours(1), false).await;
    assert!(words.contains("nonce 0 of 0xf39F"), "{words}");
    // Two epochs long another chain may bring it back: it is not sent at another nonce.
    assert_eq!(place.start(&ours(1), false).await.unwrap(), []);
    place.fake.ledger().head = 164;
    assert_eq!(place.start(&ours(1), false).await.unwrap(), []);
    place.fake.ledger().head = 165;
    assert_eq!(place.start(&ours(1), false).await.unwrap(), [Kind::New]);
    assert_eq!((place.paid(), place.fake.ledger().nonce), (once(1), 2));
}

#[tokio::test]
async fn a_refusal_of_the_node_stops_with_the_place_of_what_was_sent() {
    let fake = Fake::scripted(100, |ledger, method, _| {
        let is_second = method == "eth_sendRawTransaction" && ledger.nonce == 1;
        is_second.then(|| error(-32000, "tx fee exceeds the configured cap"))
    });
    let place = Place::with(fake.await).await;
    let words = place.refused(&ours(3), false).await;
    assert!(words.contains("exceeds the configured cap"), "{words}");
    assert!(words.contains("deposits.json.sent"), "{words}");
    // The third one was not tried, so it belongs to no nonce.
    assert_eq!(SentFile::look(&place.path).unwrap().len(), 2);
}

#[tokio::test]
async fn gas_dearer_than_agreed_stops_the_next_group() {
    let fake = Fake::scripted(100, |ledger, method, params| {
        let is_dear = method == "eth_getBlockByNumber" && ledger.nonce >= 16;
        let mut answer = is_dear.then(|| ledger.answer(method, params))?;
        answer["result"]["baseFeePerGas"] = json!("0x77359401");
        Some(answer)
    });
    let place = Place::with(fake.await).await;
    let words = place.refused(&ours(17), false).await;
    assert!(words.contains("costs 3.000000001 gwei now"), "{words}");
    assert_eq!(place.paid(), once(16));
}
