//! What stands between a sender and its node, and kills the sender.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpListener;

/// Where a sender dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// While its call is tried.
    Trying,
    /// When its transaction is durable, and nobody else has it.
    Durable,
    /// When the node has it, and has not said so.
    Sent,
}

struct Between {
    rpc: String,
    death: Death,
    sender: Mutex<Option<Pid>>,
}

impl Between {
    /// As `kill -9` does.
    fn kill(&self) {
        kill_process(self.sender.lock().unwrap().unwrap(), Signal::KILL).unwrap();
    }
}

async fn pass(State(it): State<Arc<Between>>, Json(question): Json<Value>) -> Json<Value> {
    let method = question["method"].as_str().unwrap_or_default();
    let is_tried = method == "eth_call" && question["params"][0]["from"].is_string();
    let is_sent = method == "eth_sendRawTransaction";
    match it.death {
        Death::Trying if is_tried => it.kill(),
        Death::Durable if is_sent => {
            it.kill();
            return Json(Value::Null);
        }
        Death::Trying | Death::Durable | Death::Sent => {}
    }
    let client = reqwest::Client::new();
    let answer = client.post(&it.rpc).json(&question).send().await.unwrap();
    let answer = answer.json().await.unwrap();
    if it.death == Death::Sent && is_sent {
        it.kill();
    }
    Json(answer)
}

/// Starts the sender that `command` makes for the node at a URL; it dies there. Its node is that at
/// `rpc`.
pub async fn die(rpc: &str, death: Death, command: impl FnOnce(&str) -> Command) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let between = Arc::new(Between {
        rpc: rpc.to_owned(),
        death,
        sender: Mutex::new(None),
    });
    let app = Router::new().route("/", post(pass));
    let app = app.with_state(Arc::clone(&between));
    let served = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut sender = {
        let mut pid = between.sender.lock().unwrap();
        let mut command = command(&url);
        let sender = command.stdout(Stdio::null()).spawn().unwrap();
        *pid = Some(Pid::from_child(&sender));
        sender
    };
    let status = tokio::task::spawn_blocking(move || sender.wait().unwrap());
    let status = status.await.unwrap();
    assert_eq!(status.code(), None, "it was killed: {status}");
    served.abort();
}
