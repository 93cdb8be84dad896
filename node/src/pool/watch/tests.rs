//! A thread that looks while nobody waits for it.

mod standing;

use std::fs;
use std::path::{Path, PathBuf};

use node_core::pool::abi::NodeManager;
use node_core::pool::agreement::example::{identities, lock, terms};
use node_core::pool::agreement::{Agreement, Deposits};
use node_core::pool::book::theirs;
use node_core::pool::example::{World, at};
use proto::agreement::{AccountSignature, PoolTerms};
use proto::example;
use tempfile::TempDir;

use super::coordinator::Mandate;
use super::*;
use crate::checks::agreement::beside;
use crate::execution::Sender as Account;
use crate::pool::calm::Calm;
use crate::pool::tests::node::Fake;

/// The node account, which is none of Rocket Pool's yet.
fn account() -> Account {
    Account::of_key(&"05".repeat(32)).unwrap()
}

fn new_terms() -> PoolTerms {
    let mut terms = terms();
    terms.fixed.node_account = account().address();
    terms
}

fn world() -> World {
    let mut world = World::saturn();
    let exists = NodeManager::getNodeExistsCall(theirs(&account().address()));
    world.set(at("rocketNodeManager"), exists, false);
    world
}

/// Signed by everybody.
fn signed(mut agreement: Agreement) -> Agreement {
    for identity in identities() {
        agreement.sign(&identity).unwrap();
    }
    let signature = account().sign_text(&agreement.node_text()).unwrap();
    let signature = AccountSignature(signature);
    agreement
        .sign_as_node(account().address(), signature)
        .unwrap();
    agreement
}

/// The same, and a version behind it with this change.
fn followed(agreement: &Agreement, change: fn(&mut PoolTerms)) -> Agreement {
    let mut terms = agreement.last().on_pool().unwrap().terms;
    change(&mut terms);
    signed(agreement.next(terms, Deposits::None).unwrap())
}

/// A thread that works, and its ends.
struct Place {
    dir: TempDir,
    errands: Errands,
    said: Receiver<Said>,
}

impl Place {
    fn begin(execution_node: &str) -> Self {
        Self::begin_with(execution_node, Duration::from_millis(1), (false, |_| None))
    }

    /// One that coordinates, without an account yet.
    fn coordinator(execution_node: &str, pause: Duration) -> Self {
        Self::begin_with(execution_node, pause, (true, mandate))
    }

    /// Whoever works in this directory coordinates, if there is a mandate.
    fn begin_with(
        execution_node: &str,
        pause: Duration,
        (is_first, mandate): (bool, fn(&Path) -> Option<Mandate>),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (errands, said) = start(Places {
            lock: lock(),
            agreement: file(dir.path()),
            data_dir: dir.path().to_owned(),
            deposits: Deposits::None,
            execution_node: execution_node.to_owned(),
            beacon_nodes: vec!["http://127.0.0.1:1".to_owned()],
            chain: Arc::new(example::chain([1; 32].into(), &[])),
            calm: Calm::always(),
            pause,
            is_first,
            mandate: mandate(dir.path()),
            share: None,
        })
        .unwrap();
        Self { dir, errands, said }
    }

    fn put(&self, agreement: &Agreement) {
        let text = agreement.to_file().to_json();
        fs::write(file(self.dir.path()), text).unwrap();
    }

    async fn hear(&mut self) -> Said {
        self.said.recv().await.expect("the thread lives")
    }

    /// The version by which it looks when it is asked to.
    async fn look(&mut self) -> Result<u64, String> {
        self.errands.slow.send(Errand::Look).await.unwrap();
        match self.hear().await {
            Said::Found(Found::Looked(looked)) => {
                assert_eq!(looked.sight.node, account().address());
                Ok(looked.version.number)
            }
            Said::Found(other) => panic!("nobody asked for {other:?}"),
            Said::Trouble(trouble) => Err(trouble.to_string()),
            Said::Coordinates(status) => panic!("this peer does not coordinate: {status:?}"),
            Said::Misused(misuses) => panic!("{misuses:?}"),
            Said::Alarms(alarms) => panic!("this peer plans nothing: {alarms:?}"),
        }
    }

    /// What it says until it sees again.
    async fn troubles(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        loop {
            match self.hear().await {
                Said::Found(_) => return troubles,
                Said::Trouble(trouble) => troubles.push(trouble.to_string()),
                Said::Coordinates(status) => {
                    panic!("this peer does not coordinate: {status:?}")
                }
                Said::Misused(misuses) => panic!("{misuses:?}"),
                Said::Alarms(alarms) => panic!("this peer plans nothing: {alarms:?}"),
            }
        }
    }
}

fn file(dir: &Path) -> PathBuf {
    beside(&dir.join("cluster-lock.json"))
}

fn first() -> Agreement {
    Agreement::first(lock(), new_terms()).unwrap()
}

#[tokio::test]
async fn a_version_that_is_merged_while_the_peer_runs_is_looked_by() {
    let fake = Fake::start(&world(), &world()).await;
    let mut place = Place::begin(&fake.url);
    let first = signed(first());
    place.put(&first);
    assert_eq!(place.look().await, Ok(1));
    let second = followed(&first, |terms| terms.wishes.validators = 1);
    place.put(&second);
    assert_eq!(place.look().await, Ok(2));
    // An older copy in its place takes nothing back, and another second version is refused.
    place.put(&first);
    assert_eq!(place.look().await, Ok(2));
    place.put(&followed(&first, |terms| {
        terms.wishes.smoothing_pool = false;
    }));
    let words = place.look().await.unwrap_err();
    let both = "there are two versions 2, and all have signed both";
    assert!(words.contains(both), "{words}");
}

/// A draft in place of others that nobody has signed, and of more than are taken, too.
#[tokio::test]
async fn what_is_written_or_left_out_behind_what_is_in_force_keeps_nobody_from_it() {
    let fake = Fake::start(&world(), &world()).await;
    let mut place = Place::begin(&fake.url);
    let first = signed(first());
    let draft = |before: &Agreement, byte: u8| {
        let mut terms = new_terms();
        terms.withdrawal = [byte; 20].into();
        before.instead(terms, Deposits::UNKNOWN).unwrap()
    };
    let mut drafts = first.clone();
    for byte in 0x60..0x68 {
        drafts = draft(&drafts, byte);
    }
    place.put(&drafts);
    assert_eq!(place.look().await, Ok(1));
    let next = draft(&drafts, 0x70);
    assert_eq!(next.versions().len(), 2);
    place.put(&next);
    assert_eq!(place.look().await, Ok(1));
    // What all sign is in force at once.
    place.put(&signed(next));
    assert_eq!(place.look().await, Ok(2));
    place.put(&drafts);
    assert!(place.look().await.is_err());
}

#[tokio::test]
async fn what_keeps_it_from_looking_is_said_and_it_looks_by_itself_once_that_is_over() {
    let fake = Fake::start(&world(), &world()).await;
    let mut place = Place::begin(&fake.url);
    let mut open = first();
    place.put(&open);
    let words = place.look().await.unwrap_err();
    assert!(words.contains("lacks the signature of"), "{words}");
    fake.state().syncing = true;
    open = signed(open);
    place.put(&open);
    let mut last = String::new();
    while !last.contains("syncing") {
        let Said::Trouble(trouble) = place.hear().await else {
            panic!("nothing is seen through a node that is behind");
        };
        last = trouble.to_string();
    }
    fake.state().syncing = false;
    place.troubles().await;
    // Seen once, nothing is said unasked.
    assert!(place.said.try_recv().is_err());
}

#[tokio::test]
async fn it_ends_with_the_loop_that_it_works_for() {
    let fake = Fake::start(&world(), &world()).await;
    let Place {
        dir,
        errands,
        mut said,
    } = Place::begin(&fake.url);
    drop(errands);
    assert!(said.recv().await.is_none());
    drop(dir);
}

/// Of files that are not there.
fn mandate(dir: &Path) -> Option<Mandate> {
    Some(Mandate {
        node_keystore: dir.join("node-account.json"),
        node_password_file: dir.join("node-account.password"),
        max_fee_gwei: 50,
        data_dir: dir.to_owned(),
    })
}

#[tokio::test]
async fn a_coordinator_without_its_account_says_so_and_goes_on_looking() {
    let fake = Fake::start(&world(), &world()).await;
    let mut place = Place::coordinator(&fake.url, Duration::from_millis(1));
    place.put(&signed(first()));
    for _ in 0..2 {
        place.errands.slow.send(Errand::Look).await.unwrap();
        let found = place.hear().await;
        assert!(matches!(found, Said::Found(Found::Looked(_))), "{found:?}");
        let Said::Coordinates(status) = place.hear().await else {
            panic!("it says why it sends nothing");
        };
        let problem = status.problem.unwrap();
        assert!(problem.contains("node-account.json"), "{problem}");
        assert_eq!(status.account, "");
    }
}

#[tokio::test]
async fn a_coordinator_that_was_given_no_keystore_says_so_where_the_node_account_has_a_key() {
    let fake = Fake::start(&world(), &world()).await;
    let pause = Duration::from_millis(1);
    let mut place = Place::begin_with(&fake.url, pause, (true, |_| None));
    place.put(&signed(first()));
    place.errands.slow.send(Errand::Look).await.unwrap();
    let found = place.hear().await;
    assert!(matches!(found, Said::Found(Found::Looked(_))), "{found:?}");
    let Said::Coordinates(status) = place.hear().await else {
        panic!("it says why it sends nothing");
    };
    let problem = status.problem.unwrap();
    assert!(problem.contains("names no keystore"), "{problem}");
}

/// What one peer floods the way with takes no room from what others ask for.
#[tokio::test]
async fn what_peers_have_signed_is_heard_beside_the_errands_and_makes_nobody_look_at_a_node_down() {
    let hour = Duration::from_secs(3_600);
    let mut place = Place::coordinator("http://127.0.0.1:1", hour);
    place.put(&signed(first()));
    place.errands.slow.send(Errand::Look).await.unwrap();
    assert!(matches!(place.hear().await, Said::Trouble(_)));
    assert!(matches!(place.hear().await, Said::Coordinates(_)));
    let said = SafeStep {
        nonce: 1,
        call: None,
        signature: AccountSignature([1; 65]),
    };
    for peer in lock().definition.terms().size().all() {
        for _ in 0..MOST_HEARD {
            let heard = (peer, Box::new(said.clone()));
            place.errands.heard.send(heard).await.unwrap();
        }
    }
    assert_eq!(place.errands.slow.capacity(), ERRANDS);
    drop(place.errands);
    assert!(place.said.recv().await.is_none(), "it has looked unasked");
}

#[tokio::test]
async fn a_coordinator_without_its_account_says_so_while_nothing_is_seen_too() {
    let mut place = Place::coordinator("http://127.0.0.1:1", Duration::from_millis(1));
    place.put(&signed(first()));
    place.errands.slow.send(Errand::Look).await.unwrap();
    let trouble = place.hear().await;
    assert!(matches!(trouble, Said::Trouble(_)), "{trouble:?}");
    let Said::Coordinates(status) = place.hear().await else {
        panic!("it says what will keep it from sending");
    };
    let problem = status.problem.unwrap();
    assert!(problem.contains("node-account.json"), "{problem}");
}

/// What the loop tells a coordinator makes it look at once, but not through a node that is down.
#[tokio::test]
async fn a_coordinator_that_sees_nothing_keeps_its_pause_whatever_it_is_told() {
    let hour = Duration::from_secs(3_600);
    let mut place = Place::coordinator("http://127.0.0.1:1", hour);
    place.put(&signed(first()));
    let look = || Errand::Look;
    place.errands.slow.send(look()).await.unwrap();
    assert!(matches!(place.hear().await, Said::Trouble(_)));
    assert!(matches!(place.hear().await, Said::Coordinates(_)));
    for told in 0..8 {
        let told = Errand::AllPay(told % 2 == 0);
        place.errands.slow.send(told).await.unwrap();
        while place.errands.slow.capacity() < ERRANDS {
            tokio::task::yield_now().await;
        }
    }
    place.errands.slow.send(look()).await.unwrap();
    assert!(matches!(place.hear().await, Said::Trouble(_)));
    assert!(matches!(place.hear().await, Said::Coordinates(_)));
    drop(place.errands);
    assert!(place.said.recv().await.is_none(), "it has looked unasked");
}
