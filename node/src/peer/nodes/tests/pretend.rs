//! A beacon node that says what a test has it say.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use futures::stream;
use proto::definition::Chain;
use proto::eth::{AttestationData, BeaconBlockHeader, ChainSpec, Checkpoint, CommitteeIndex};
use proto::eth::{ValidatorIndex, hash_tree_root};
use proto::{Root, Slot};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::pool::proof::tests::known;

const GENESIS: &str = "/eth/v1/beacon/genesis";

/// What it says, and what it was asked.
#[derive(Clone)]
struct Script {
    /// What it answers to a path, in place of what is right.
    odd: Vec<(String, u16, String)>,
    /// The letters of the heads that it votes for, one after another; the last stays.
    votes: Vec<char>,
    genesis_root: Root,
    /// The blocks that it knows, the newest first.
    known: String,
    /// How long each answer takes.
    takes: Duration,
}

struct Shared {
    script: Mutex<Script>,
    /// Every path that it was asked.
    asked: watch::Sender<Vec<String>>,
    /// Whether it keeps its answers back.
    is_held: watch::Sender<bool>,
    events: Mutex<Vec<mpsc::UnboundedSender<String>>>,
}

pub struct Pretend {
    pub url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// The chain of all of them.
pub fn chain() -> ChainSpec {
    proto::example::chain(root('g'), &[])
}

/// The same as a definition has it.
pub fn definition() -> Chain {
    Chain {
        name: "devnet".to_owned(),
        execution_chain_id: 1337,
        genesis_fork_version: [0, 0, 0, 1].into(),
        genesis_validators_root: root('g'),
        deposit_contract: "0x00000000219ab540356cBB839Cbe05303d7705Fa"
            .parse()
            .unwrap(),
    }
}

/// What hashes to the root of this letter: a block or a checkpoint; `p` is a block of the slot
/// before that of the votes.
fn header_of(letter: char) -> BeaconBlockHeader {
    let any = Root::from([letter as u8; 32]);
    BeaconBlockHeader {
        slot: Slot(super::slot().0 - u64::from(letter == 'p')),
        proposer_index: ValidatorIndex(1),
        parent_root: any,
        state_root: any,
        body_root: any,
    }
}

fn root(letter: char) -> Root {
    hash_tree_root(&header_of(letter))
}

/// A vote for the head of this letter.
pub fn vote(head: char) -> AttestationData {
    let checkpoint = |epoch, letter| Checkpoint {
        epoch: proto::Epoch(epoch),
        root: root(letter),
    };
    AttestationData {
        slot: super::slot(),
        index: CommitteeIndex(0),
        beacon_block_root: root(head),
        source: checkpoint(11, 's'),
        target: checkpoint(12, 't'),
    }
}

/// The event that this is the head.
pub fn head_event(head: char) -> String {
    let said = json!({
        "slot": super::slot().0.to_string(),
        "block": root(head),
        "previous_duty_dependent_root": root('q'),
        "current_duty_dependent_root": root('d'),
        "execution_optimistic": false,
    });
    format!("event: head\ndata: {said}\n\n")
}

impl Pretend {
    /// One that follows the chain and votes for the head `n`.
    pub async fn start() -> Self {
        let script = Script {
            odd: Vec::new(),
            votes: vec!['n'],
            genesis_root: root('g'),
            known: "n".to_owned(),
            takes: Duration::ZERO,
        };
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            asked: watch::Sender::new(Vec::new()),
            is_held: watch::Sender::new(false),
            events: Mutex::new(Vec::new()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    fn change(self, change: impl FnOnce(&mut Script)) -> Self {
        change(&mut self.shared.script.lock().unwrap());
        self
    }

    /// Keeps all its answers back.
    pub fn held(self) -> Self {
        self.shared.is_held.send_replace(true);
        self
    }

    /// Gives them.
    pub fn release(&self) {
        self.shared.is_held.send_replace(false);
    }

    pub fn voting(self, head: char) -> Self {
        self.change(|script| script.votes = vec![head])
    }

    /// Votes for this head from the second time on.
    pub fn then_voting(self, head: char) -> Self {
        self.change(|script| script.votes.push(head))
    }

    pub fn answering(self, path: &str, body: &str) -> Self {
        self.saying(path, 200, body)
    }

    /// Builds a block on the head of this letter that brings so much.
    pub fn building(self, parent: char, value_wei: u64) -> Self {
        let recorded = include_str!("../../../beacon/tests/recorded/produced.json");
        let mut produced: Value = serde_json::from_str(recorded).unwrap();
        produced["data"]["block"]["parent_root"] = json!(root(parent));
        produced["execution_payload_value"] = json!(value_wei.to_string());
        self.answering(super::PRODUCE, &produced.to_string())
    }

    pub fn refusing(self, path: &str) -> Self {
        let body = json!({"code": 400, "message": "no"}).to_string();
        self.saying(path, 400, &body)
    }

    /// Knows these blocks, the newest first.
    pub fn knowing(self, known: &str) -> Self {
        self.change(|script| script.known = known.to_owned())
    }

    /// Needs so long for each answer.
    pub fn taking(self, takes: Duration) -> Self {
        self.change(|script| script.takes = takes)
    }

    /// Has no such call, and says so as a proxy does.
    pub fn without(self, path: &str) -> Self {
        self.saying(path, 404, "<html>Not Found</html>")
    }

    pub fn saying(self, path: &str, status: u16, body: &str) -> Self {
        let odd = (path.to_owned(), status, body.to_owned());
        self.change(|script| script.odd.push(odd))
    }

    pub fn of_another_chain(self) -> Self {
        self.change(|script| script.genesis_root = root('o'))
    }

    /// Ends it; who has asked it gets no answer any more.
    pub fn kill(&mut self) {
        self.server.abort();
        self.shared.events.lock().unwrap().clear();
    }

    /// How often it was asked this.
    pub fn asked(&self, path: &str) -> usize {
        let asked = self.shared.asked.borrow();
        asked.iter().filter(|asked| *asked == path).count()
    }

    pub fn all_asked(&self) -> Vec<String> {
        self.shared.asked.borrow().clone()
    }

    /// Until it has been asked this.
    pub async fn is_asked(&self, path: &str) {
        self.is_asked_more(path, 0).await;
    }

    /// Until it has been asked this more often than so many times.
    pub async fn is_asked_more(&self, path: &str, times: usize) {
        let mut asked = self.shared.asked.subscribe();
        let often = |all: &Vec<String>| all.iter().filter(|it| *it == path).count() > times;
        asked.wait_for(often).await.unwrap();
    }

    /// Says this to all who listen to its events, once somebody does.
    pub fn say(&self, event: &str) {
        let shared = Arc::clone(&self.shared);
        let event = event.to_owned();
        tokio::spawn(async move {
            let mut asked = shared.asked.subscribe();
            let listened = |all: &Vec<String>| all.iter().any(|it| it == EVENTS);
            asked.wait_for(listened).await.unwrap();
            for listener in shared.events.lock().unwrap().iter() {
                listener.send(event.clone()).ok();
            }
        });
    }
}

const HEADERS: &str = "/eth/v1/beacon/headers/";
const EVENTS: &str = "/eth/v1/events";

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let of = |status: u16, body: Body| Response::builder().status(status).body(body).unwrap();
    if path == EVENTS {
        let (say, mut said) = mpsc::unbounded_channel::<String>();
        shared.events.lock().unwrap().push(say);
        shared.asked.send_modify(|asked| asked.push(path));
        let events = stream::poll_fn(move |context| {
            let next = said.poll_recv(context);
            next.map(|event| event.map(|event| Ok::<_, Infallible>(Bytes::from(event))))
        });
        return of(200, Body::from_stream(events));
    }
    let named = match request.uri().query() {
        Some(query) if path == super::PUBLISH => format!("{path}?{query}"),
        Some(_) | None => path.clone(),
    };
    shared.asked.send_modify(|asked| asked.push(named));
    let mut is_held = shared.is_held.subscribe();
    is_held.wait_for(|is_held| !is_held).await.unwrap();
    let takes = shared.script.lock().unwrap().takes;
    if !takes.is_zero() {
        tokio::time::sleep_until(tokio::time::Instant::now() + takes).await;
    }
    let mut script = shared.script.lock().unwrap();
    if let Some((_, status, body)) = script.odd.iter().find(|(odd, ..)| *odd == path) {
        return of(*status, Body::from(body.clone()));
    }
    let data = match path.as_str() {
        super::VOTE => {
            let head = script.votes[0];
            if script.votes.len() > 1 {
                script.votes.remove(0);
            }
            serde_json::to_value(vote(head)).unwrap()
        }
        "/eth/v1/node/syncing" => json!({
            "head_slot": newest().to_string(), "sync_distance": "0", "is_syncing": false,
            "is_optimistic": false, "el_offline": false,
        }),
        path if path.starts_with(HEADERS) => {
            let wanted = &path[HEADERS.len()..];
            let is_it = |letter: &char| wanted == "head" || root(*letter).to_string() == wanted;
            match script.known.chars().find(is_it) {
                Some(letter) => known(&header_of(letter))["data"].take(),
                None => {
                    return of(
                        404,
                        Body::from(json!({"code": 404, "message": "no"}).to_string()),
                    );
                }
            }
        }
        "/eth/v1/node/peer_count" => json!({"connected": "50"}),
        GENESIS => json!({
            "genesis_time": "0", "genesis_validators_root": script.genesis_root,
            "genesis_fork_version": "0x00000001",
        }),
        "/eth/v1/config/spec" => spec(),
        _ => Value::Null,
    };
    of(200, Body::from(json!({"data": data}).to_string()))
}

/// The present slot.
fn newest() -> u64 {
    chain().slot_at(crate::clock::now()).unwrap().0
}

fn spec() -> Value {
    json!({
        "SLOT_DURATION_MS": "12000", "SLOTS_PER_EPOCH": "8", "PRESET_BASE": "minimal",
        "DEPOSIT_CONTRACT_ADDRESS": "0x00000000219ab540356cBB839Cbe05303d7705Fa",
        "DEPOSIT_CHAIN_ID": "1337", "CAPELLA_FORK_VERSION": "0x03000001",
        "ELECTRA_FORK_VERSION": "0x05000001", "ELECTRA_FORK_EPOCH": "0",
        "FULU_FORK_VERSION": "0x06000001", "BLOB_SCHEDULE": [],
    })
}
