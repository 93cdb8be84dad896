//! Promises of sending: durable before it leaves, the same again after a crash, and never by two.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::execution::Anchor;
use crate::execution::tests::fake::{CHAIN_ID, Fake, KEY, Ledger, error};
use node_core::sending::call::{Effect, Gas};

/// A node, and a data directory.
struct Place {
    fake: Fake,
    dir: tempfile::TempDir,
}

impl Place {
    async fn scripted(
        script: impl FnMut(&mut Ledger, &str, &Value) -> Option<Value> + Send + 'static,
    ) -> Self {
        Self {
            fake: Fake::scripted(100, script).await,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// One start of the program.
    fn start(&self) -> Result<Sending, SendingError> {
        let sender = Sender::of_key(KEY).unwrap();
        Sending::open(&self.fake.url, (sender, CHAIN_ID), self.dir.path(), 50)
    }

    /// The newest block, and that two before it as the finalised one.
    fn anchors(&self) -> Anchors {
        let ledger = self.fake.ledger();
        let anchor = |number| Anchor {
            number,
            hash: ledger.hash(number).parse().unwrap(),
            time: 1,
        };
        Anchors {
            chain_id: CHAIN_ID,
            head: anchor(ledger.head),
            finalised: anchor(ledger.head - 2),
        }
    }

    /// One look of a program that was just started.
    async fn look(&self, asked: &[Call]) -> Result<Progress, SendingError> {
        let anchors = self.anchors();
        let advance = self.start()?.advance(just(asked), &anchors, 1_000).await?;
        Ok(advance.progress)
    }

    async fn sent(&self, asked: &[Call]) -> Root {
        let looked = self.look(asked).await.unwrap();
        let Progress::Sent { transaction, .. } = looked else {
            panic!("nothing was sent: {looked:?}");
        };
        transaction
    }

    async fn words(&self, asked: &[Call]) -> String {
        match self.look(asked).await.unwrap() {
            Progress::Waits(why) => why.to_string(),
            Progress::Stopped(stop) => stop.to_string(),
            Progress::Refused { cause, .. } => cause.to_string(),
            Progress::Done { .. } | Progress::Sent { .. } => panic!("it goes on"),
        }
    }

    fn file(&self) -> PathBuf {
        file_in(self.dir.path())
    }
}

fn file_in(dir: &Path) -> PathBuf {
    let account = Sender::of_key(KEY).unwrap().address();
    dir.join(format!("outbox/{account}-{CHAIN_ID}.json"))
}

fn pay() -> Call {
    Call {
        step: "pay".parse().unwrap(),
        words: "pay".to_owned(),
        to: [7; 20].into(),
        value: U256::from(1),
        data: vec![1, 2, 3],
        akin: Vec::new(),
        gas: Gas::of(100_000).unwrap(),
        effect: Effect::Once,
    }
}

/// These, and nothing whose proof is still to be made.
fn just(calls: &[Call]) -> Asked<'_> {
    Asked {
        calls,
        unproved: &[],
        given_up: &[],
    }
}

fn is_done(progress: &Progress) -> bool {
    matches!(progress, Progress::Done { .. })
}

#[tokio::test]
async fn a_transaction_is_on_the_disk_before_it_leaves_and_is_the_one_that_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = file_in(dir.path());
    let fake = Fake::scripted(100, move |_, method, params| {
        if method == "eth_sendRawTransaction" {
            let raw = params[0].as_str().unwrap().trim_start_matches("0x");
            let kept = fs::read_to_string(&file).unwrap();
            assert!(kept.contains(raw), "what leaves stands there");
        }
        None
    });
    let fake = fake.await;
    fake.ledger().mines = false;
    let place = Place { fake, dir };
    let hash = place.sent(&[pay()]).await;
    let pool = place.fake.ledger().pool.clone();
    assert_eq!(pool.len(), 1);
    assert_eq!(Root::from(pool[0].tx_hash().0), hash);
    let mode = fs::metadata(place.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_was_durable_and_never_left_leaves_at_the_next_start_as_it_was() {
    let mut is_dead = true;
    let place = Place::scripted(move |_, method, _| {
        let refuses = std::mem::take(&mut is_dead) && method == "eth_sendRawTransaction";
        is_dead |= method != "eth_sendRawTransaction" && !refuses;
        refuses.then(|| error(-32000, "the power is gone"))
    });
    let place = place.await;
    let words = place.words(&[pay()]).await;
    assert!(words.contains("the power is gone"), "{words}");
    let before = fs::read_to_string(place.file()).unwrap();
    let kept = Outbox::from_json(&before, Sender::of_key(KEY).unwrap().address(), CHAIN_ID);
    let durable = kept.unwrap().at(0).unwrap().newest().transaction;
    // Gas is dearer by now; it is the same transaction all the same.
    place.fake.ledger().asked.clear();
    let place = Place {
        fake: Fake::start(100).await,
        dir: place.dir,
    };
    assert_eq!(place.sent(&[pay()]).await, durable);
    assert_eq!(place.fake.ledger().nonce, 1);
    assert!(is_done(&place.look(&[]).await.unwrap()));
}

#[tokio::test]
async fn what_cannot_be_made_durable_does_not_leave() {
    let place = Place::scripted(|_, _, _| None).await;
    let mut sending = place.start().unwrap();
    let anchors = place.anchors();
    fs::remove_dir_all(place.dir.path().join("outbox")).unwrap();
    let refused = sending
        .advance(just(&[pay()]), &anchors, 1_000)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("nothing was sent"),
        "{refused}"
    );
    let asked = place.fake.ledger().asked.clone();
    assert!(!asked.contains(&"eth_sendRawTransaction".to_owned()));
}

#[tokio::test]
async fn a_payment_that_is_taken_back_with_its_block_is_made_again_by_the_same_bytes() {
    let place = Place::scripted(|_, _, _| None).await;
    let first = place.sent(&[pay()]).await;
    assert!(is_done(&place.look(&[]).await.unwrap()));
    {
        let mut ledger = place.fake.ledger();
        (ledger.nonce, ledger.fork) = (0, 1);
        ledger.nonces.clear();
    }
    assert_eq!(place.sent(&[pay()]).await, first);
}

#[tokio::test]
async fn a_payment_that_failed_is_made_anew_at_another_nonce_once_that_is_final() {
    let place = Place::scripted(|_, _, _| None).await;
    place.fake.ledger().fails = true;
    let first = place.sent(&[pay()]).await;
    let words = place.words(&[pay()]).await;
    assert!(
        words.contains("not sent anew before that is final"),
        "{words}"
    );
    place.fake.ledger().head += 3;
    assert_ne!(place.sent(&[pay()]).await, first);
    assert_eq!(place.fake.ledger().nonce, 2);
    // One that succeeded without being seen is not made again.
    place
        .fake
        .ledger()
        .landed
        .values_mut()
        .for_each(|it| *it = true);
    place.fake.ledger().head += 3;
    let words = place.words(&[pay()]).await;
    assert!(words.contains("is not sent again"), "{words}");
    assert_eq!(place.fake.ledger().nonce, 2);
}

#[tokio::test]
async fn a_call_that_would_fail_is_not_sent_and_its_reason_is_shown() {
    // Error("Invalid node"), where the message says nothing.
    let data = "0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000\
                0000000000000000000000000000000000000000000000000000000c496e76616c6964206e6f6465\
                0000000000000000000000000000000000000000";
    let place = Place::scripted(move |_, method, params| {
        let tried = method == "eth_call" && params[0]["value"] == "0x1";
        let failed = json!({"error": {"code": -32000, "message": "VM error", "data": data}});
        tried.then_some(failed)
    });
    let place = place.await;
    let words = place.words(&[pay()]).await;
    assert!(words.ends_with("it is not sent: Invalid node"), "{words}");
    assert_eq!(place.fake.ledger().nonce, 0);
}

#[tokio::test]
async fn a_call_that_would_fail_holds_up_no_other_and_is_told() {
    let place = Place::scripted(|_, method, params| {
        let tried = method == "eth_call" && params[0]["value"] == "0x1";
        tried.then(|| error(3, "execution reverted"))
    });
    let place = place.await;
    let mut other = pay();
    (other.step, other.value) = ("other".parse().unwrap(), U256::from(2));
    let asked = [pay(), other];
    let mut sending = place.start().unwrap();
    let anchors = place.anchors();
    let advance = sending
        .advance(just(&asked), &anchors, 1_000)
        .await
        .unwrap();
    let Progress::Sent { step, .. } = advance.progress else {
        panic!("{advance:?}");
    };
    assert_eq!(step, asked[1].step);
    let [(passed, words)] = &advance.passed[..] else {
        panic!("{:?}", advance.passed);
    };
    assert_eq!(*passed, asked[0].step);
    assert!(words.contains("would fail now"), "{words}");
    // Where there is no other, it is what is waited for.
    drop(sending);
    place.fake.ledger().head += 3;
    let words = place.words(&[pay()]).await;
    assert!(words.contains("would fail now"), "{words}");
    assert_eq!(place.fake.ledger().nonce, 1);
}

#[tokio::test]
async fn what_the_operator_cancels_is_emptied_at_its_nonce() {
    let place = Place::scripted(|_, _, _| None).await;
    place.fake.ledger().mines = false;
    place.sent(&[pay()]).await;
    let mut sending = place.start().unwrap();
    assert!(!sending.cancel("other").unwrap());
    assert!(sending.cancel("pay").unwrap());
    drop(sending);
    place.sent(&[]).await;
    let pool = place.fake.ledger().pool.clone();
    let [only] = &pool[..] else {
        panic!("{pool:?}");
    };
    use alloy::consensus::Transaction as _;
    let own = Sender::of_key(KEY).unwrap().address();
    assert_eq!(only.to().unwrap().into_array(), *own.as_bytes());
    assert_eq!((only.nonce(), only.value()), (0, U256::ZERO));
    assert!(only.input().is_empty());
}

/// Whoever puts a wei in for the node changes what is missing of its bond.
#[tokio::test]
async fn what_is_under_way_leaves_again_as_it_was_signed_though_it_would_be_worded_otherwise() {
    use alloy::consensus::Transaction as _;
    // One block later a unit of gas costs more.
    let place = Place::scripted(|ledger, method, _| {
        let is_dearer = method == "eth_maxPriorityFeePerGas" && ledger.head > 100;
        is_dearer.then(|| json!({"result": "0xb2d05e00"}))
    });
    let place = place.await;
    place.fake.ledger().mines = false;
    let first = place.sent(&[pay()]).await;
    place.fake.ledger().pool.clear();
    let mut otherwise = pay();
    otherwise.value = U256::ZERO;
    let asked = [otherwise];
    assert_eq!(place.sent(&asked).await, first);
    place.fake.ledger().head += 1;
    let (mut sending, anchors) = (place.start().unwrap(), place.anchors());
    let advance = sending.advance(just(&asked), &anchors, 2_000).await;
    let Progress::Sent { transaction, .. } = advance.unwrap().progress else {
        panic!("it is stuck");
    };
    assert_ne!(transaction, first);
    let pool = place.fake.ledger().pool.clone();
    let [only] = &pool[..] else {
        panic!("{pool:?}");
    };
    assert_eq!(only.to().unwrap().into_array(), [7; 20]);
    assert_eq!((only.nonce(), only.value()), (0, U256::from(1)));
    assert_eq!(
        (&only.input()[..], only.gas_limit()),
        (&[1, 2, 3][..], 100_000)
    );
}

#[tokio::test]
async fn an_outbox_whose_bytes_are_not_what_it_says_of_them_sends_nothing_in_their_name() {
    let place = Place::scripted(|_, _, _| None).await;
    place.fake.ledger().mines = false;
    place.sent(&[pay()]).await;
    place.fake.ledger().pool.clear();
    // A byte of the call.
    let text = fs::read_to_string(place.file()).unwrap();
    fs::write(place.file(), text.replace("83010203", "83010204")).unwrap();
    let mut otherwise = pay();
    otherwise.value = U256::ZERO;
    let refused = place.look(&[otherwise]).await.unwrap_err().to_string();
    assert_eq!(refused, "it contradicts itself at nonce 0");
    assert!(place.fake.ledger().pool.is_empty());
}

#[tokio::test]
async fn a_node_that_takes_no_hash_of_a_block_is_asked_by_number() {
    let place = Place::scripted(|_, method, params| {
        let by_hash = method.starts_with("eth_getTransactionCount") && params[1].is_object();
        by_hash.then(|| error(-32602, "invalid argument"))
    });
    let place = place.await;
    place.sent(&[pay()]).await;
    assert_eq!(place.fake.ledger().nonce, 1);
}

#[tokio::test]
async fn one_process_sends_from_an_account_and_on_its_chain_only() {
    let place = Place::scripted(|_, _, _| None).await;
    let mut first = place.start().unwrap();
    let busy = place.start().err().unwrap().to_string();
    assert!(busy.contains("another gantry sends"), "{busy}");
    let mut anchors = place.anchors();
    anchors.chain_id = 1;
    let refused = first
        .advance(just(&[pay()]), &anchors, 1)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("is on chain 1"), "{refused}");
    drop(first);
    place.start().unwrap();
}

#[tokio::test]
async fn a_damaged_outbox_stops_all_and_stays_where_it_is() {
    let place = Place::scripted(|_, _, _| None).await;
    place.sent(&[pay()]).await;
    let text = fs::read_to_string(place.file()).unwrap();
    fs::write(place.file(), &text[..text.len() / 2]).unwrap();
    let refused = place.start().err().unwrap().to_string();
    assert!(refused.contains("take it from a backup"), "{refused}");
    assert!(place.file().exists());
}
