//! Commands and a peer on one socket.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use proto::control::{Answer, ExitRequest, Hello, MAX_REQUEST, Request, VERSION, Which};
use proto::{Root, ValidatorPosition};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::sync::mpsc::Receiver;

use super::bounds::{BOUNDS, Bounds, MAX_PATH};
use super::place::FILE;
use super::server::{listen_within, may_order};
use super::stream::{receive, send};
use super::*;
use crate::disk::DataLock;

fn cluster() -> Root {
    [7; 32].into()
}

struct Peer {
    directory: TempDir,
    data: DataLock,
}

impl Peer {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = DataLock::take(directory.path()).unwrap();
        Self { directory, data }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join(FILE)
    }

    async fn ask(&self, request: &Request) -> Result<Answer, ControlError> {
        ask(self.directory.path(), cluster(), request).await
    }
}

/// Answers every request with its own words.
fn echo(mut visits: Receiver<Visit>) {
    tokio::spawn(async move {
        while let Some(Visit { request, reply }) = visits.recv().await {
            let _gone = reply.send(Answer::Refused(format!("{request:?}")));
        }
    });
}

fn look(position: u32) -> Request {
    Request::Exit(ExitRequest::Look(Which::Position(ValidatorPosition(
        position,
    ))))
}

fn echoed(request: &Request) -> Answer {
    Answer::Refused(format!("{request:?}"))
}

#[tokio::test]
async fn a_command_is_answered_by_the_peer_of_its_directory_and_the_socket_is_the_users_alone() {
    let peer = Peer::new();
    echo(listen(&peer.data, cluster()).unwrap());
    let mode = fs::metadata(peer.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let answer = peer.ask(&Request::Exit(ExitRequest::List)).await.unwrap();
    assert_eq!(answer, echoed(&Request::Exit(ExitRequest::List)));
}

#[tokio::test]
async fn two_commands_at_once_are_each_given_their_own_answer() {
    let peer = Peer::new();
    let mut visits = listen(&peer.data, cluster()).unwrap();
    let (one, other) = (look(1), look(2));
    let answers = async {
        // The second is answered first.
        let first = visits.recv().await.unwrap();
        let second = visits.recv().await.unwrap();
        for Visit { request, reply } in [second, first] {
            reply.send(echoed(&request)).unwrap();
        }
    };
    let (first, second, ()) = tokio::join!(peer.ask(&one), peer.ask(&other), answers);
    assert_eq!(first.unwrap(), echoed(&one));
    assert_eq!(second.unwrap(), echoed(&other));
}

#[tokio::test]
async fn the_socket_of_a_dead_process_gives_way_and_a_file_that_is_none_does_not() {
    let peer = Peer::new();
    drop(UnixListener::bind(peer.path()).unwrap());
    let dead = peer.ask(&Request::Exit(ExitRequest::List)).await;
    assert!(
        matches!(dead, Err(ControlError::NotRunning(..))),
        "{dead:?}"
    );
    echo(listen(&peer.data, cluster()).unwrap());
    assert!(peer.ask(&Request::Exit(ExitRequest::List)).await.is_ok());
    fs::remove_file(peer.path()).unwrap();
    fs::write(peer.path(), "precious").unwrap();
    let taken = listen(&peer.data, cluster());
    assert!(matches!(taken, Err(ControlError::Taken(_))), "{taken:?}");
    assert_eq!(fs::read_to_string(peer.path()).unwrap(), "precious");
}

#[tokio::test]
async fn a_command_says_where_nobody_runs_and_which_path_is_too_long() {
    let peer = Peer::new();
    let absent = peer
        .ask(&Request::Exit(ExitRequest::List))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        absent.contains(&peer.path().display().to_string()),
        "{absent}"
    );
    assert!(absent.contains("gantry run"), "{absent}");
    let deep = peer.directory.path().join("d".repeat(MAX_PATH));
    fs::create_dir(&deep).unwrap();
    let error = ask(&deep, cluster(), &Request::Exit(ExitRequest::List)).await;
    assert!(
        matches!(error, Err(ControlError::PathTooLong(_))),
        "{error:?}"
    );
    let data = DataLock::take(&deep).unwrap();
    let error = listen(&data, cluster());
    assert!(
        matches!(error, Err(ControlError::PathTooLong(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_cluster_and_another_version_are_told_before_anything_is_asked() {
    let peer = Peer::new();
    let mut visits = listen(&peer.data, cluster()).unwrap();
    let other = ask(
        peer.directory.path(),
        [8; 32].into(),
        &Request::Exit(ExitRequest::List),
    )
    .await;
    assert!(
        matches!(other, Err(ControlError::OtherCluster)),
        "{other:?}"
    );
    let mut later = UnixStream::connect(peer.path()).await.unwrap();
    let mut hello = Hello::of(cluster(), "gantry/9");
    hello.version = VERSION + 1;
    send(&mut later, &hello.encode()).await.unwrap();
    let said = receive(&mut later, MAX_REQUEST).await.unwrap();
    assert_eq!(Hello::decode(&said).unwrap().version, VERSION);
    assert!(
        receive(&mut later, MAX_REQUEST).await.is_err(),
        "it hangs up"
    );
    assert!(visits.try_recv().is_err(), "nothing was asked of the loop");
}

#[tokio::test]
async fn a_command_of_this_version_names_the_program_of_another() {
    let peer = Peer::new();
    let listener = tokio::net::UnixListener::bind(peer.path()).unwrap();
    let answers = async {
        let (mut visitor, _) = listener.accept().await.unwrap();
        receive(&mut visitor, MAX_REQUEST).await.unwrap();
        let mut hello = Hello::of(cluster(), "gantry/9");
        hello.version = VERSION + 1;
        send(&mut visitor, &hello.encode()).await.unwrap();
    };
    let (error, ()) = tokio::join!(peer.ask(&Request::Exit(ExitRequest::List)), answers);
    assert!(error.unwrap_err().to_string().contains("gantry/9"));
}

#[tokio::test]
async fn what_is_too_long_or_no_request_costs_the_peer_nothing() {
    let peer = Peer::new();
    echo(listen(&peer.data, cluster()).unwrap());
    let mut long = UnixStream::connect(peer.path()).await.unwrap();
    send(&mut long, &vec![0; MAX_REQUEST + 1]).await.ok();
    assert!(
        receive(&mut long, MAX_REQUEST).await.is_err(),
        "it hangs up"
    );
    let mut strange = UnixStream::connect(peer.path()).await.unwrap();
    let hello = Hello::of(cluster(), "gantry/1");
    send(&mut strange, &hello.encode()).await.unwrap();
    receive(&mut strange, MAX_REQUEST).await.unwrap();
    send(&mut strange, &[0xff; 9]).await.unwrap();
    let answer = receive(&mut strange, MAX_REQUEST).await.unwrap();
    assert!(matches!(Answer::decode(&answer), Ok(Answer::Refused(_))));
    assert!(peer.ask(&Request::Exit(ExitRequest::List)).await.is_ok());
}

#[tokio::test]
async fn a_visitor_that_says_nothing_is_hung_up_on() {
    let peer = Peer::new();
    let hasty = Bounds {
        places: 1,
        visit: Duration::from_millis(1),
    };
    let _visits = listen_within(&peer.data, cluster(), hasty).unwrap();
    let mut silent = UnixStream::connect(peer.path()).await.unwrap();
    assert!(receive(&mut silent, MAX_REQUEST).await.is_err());
}

#[tokio::test]
async fn who_finds_all_places_taken_is_let_in_when_one_leaves() {
    let peer = Peer::new();
    let narrow = Bounds {
        places: 1,
        ..BOUNDS
    };
    echo(listen_within(&peer.data, cluster(), narrow).unwrap());
    let silent = UnixStream::connect(peer.path()).await.unwrap();
    let request = Request::Exit(ExitRequest::List);
    let leaves = async { drop(silent) };
    let (answer, ()) = tokio::join!(peer.ask(&request), leaves);
    assert!(answer.is_ok());
}

#[tokio::test]
async fn who_comes_while_all_places_are_taken_is_not_heard_before_one_leaves() {
    let peer = Peer::new();
    let narrow = Bounds {
        places: 1,
        ..BOUNDS
    };
    let mut visits = listen_within(&peer.data, cluster(), narrow).unwrap();
    let hello = Hello::of(cluster(), "gantry/1").encode();
    let mut first = UnixStream::connect(peer.path()).await.unwrap();
    send(&mut first, &hello).await.unwrap();
    receive(&mut first, MAX_REQUEST).await.unwrap();
    let mut second = UnixStream::connect(peer.path()).await.unwrap();
    send(&mut second, &hello).await.unwrap();
    send(&mut second, &look(2).encode()).await.unwrap();
    // The second has said everything: were there a place, it would be heard by now.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    send(&mut first, &look(1).encode()).await.unwrap();
    for request in [look(1), look(2)] {
        let visit = visits.recv().await.unwrap();
        assert_eq!(visit.request, request);
        visit.reply.send(echoed(&request)).unwrap();
    }
}

#[tokio::test]
async fn a_message_beyond_its_bound_is_refused_before_it_comes() {
    let within = [2, 0, 0, 0, 7, 7];
    assert_eq!(receive(&mut &within[..], 2).await.unwrap(), [7, 7]);
    for length in [3, u32::MAX] {
        let only = length.to_le_bytes();
        let error = receive(&mut &only[..], 2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    }
}

#[test]
fn only_the_user_of_the_peer_and_root_may_order_something() {
    assert!(may_order(1000, 1000));
    assert!(may_order(0, 1000));
    assert!(!may_order(1001, 1000));
    assert!(!may_order(1000, 0));
}
