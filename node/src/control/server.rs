//! The running peer's side: it listens, and hands requests to the loop.
//!
//! Whoever may open the socket is the operator, but a mistake of his must not take the peer's
//! descriptors or time: a few visits at once, each of one request and a short while.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proto::Root;
use proto::control::{Answer, Hello, MAX_REQUEST, Request};
use rustix::fs::{Mode, fchmod};
use rustix::process::geteuid;
use thiserror::Error;
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::bounds::{ANSWER, BOUNDS, Bounds, QUEUE};
use super::error::ControlError;
use super::place::{hello, place};
use super::stream::{receive, send};
use crate::disk::DataLock;

/// How long to wait after a visitor could not be let in: the system may have no descriptors left.
const RECOVERY: Duration = Duration::from_secs(1);

/// One request, and the way for its answer.
#[derive(Debug)]
pub struct Visit {
    pub request: Request,
    pub reply: oneshot::Sender<Answer>,
}

/// Why a visit came to nothing.
#[derive(Debug, Error)]
enum Vain {
    #[error("a visitor is another user ({0}), and neither root")]
    Stranger(u32),
    #[error("{0}")]
    Broken(#[from] io::Error),
    #[error("what a visitor says cannot be read: {0}")]
    Unreadable(#[from] proto::control::BadMessage),
    #[error("the loop has ended")]
    Ended,
}

/// Listens in the directory that is locked for this process, until the process ends. The socket of
/// an earlier process, which no longer runs since the lock is ours, gives way.
///
/// # Errors
/// If the system does not let it.
pub fn listen(data: &DataLock, cluster: Root) -> Result<Receiver<Visit>, ControlError> {
    listen_within(data, cluster, BOUNDS)
}

pub(super) fn listen_within(
    data: &DataLock,
    cluster: Root,
    bounds: Bounds,
) -> Result<Receiver<Visit>, ControlError> {
    let path = place(data.directory())?;
    let is_socket = fs::symlink_metadata(&path).map(|there| there.file_type().is_socket());
    match is_socket {
        Ok(true) => fs::remove_file(&path).map_err(|e| ControlError::Listen(path.clone(), e))?,
        Ok(false) => return Err(ControlError::Taken(path)),
        // Nothing is there, or binding says what is the matter.
        Err(_) => {}
    }
    let listener = bind(&path).map_err(|error| ControlError::Listen(path, error))?;
    let (visits, received) = channel(bounds.places);
    tokio::spawn(admit(listener, hello(cluster), visits, bounds));
    Ok(received)
}

/// A socket that nobody but this user can open, from its first moment on: Linux gives the name the
/// mode of the socket, less the umask.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let socket = UnixSocket::new_stream()?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    socket.bind(path)?;
    let mode = fs::symlink_metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::remove_file(path)?;
        let words = "the system does not let the socket be closed to other users";
        return Err(io::Error::new(io::ErrorKind::Unsupported, words));
    }
    socket.listen(QUEUE)
}

async fn admit(listener: UnixListener, ours: Hello, visits: Sender<Visit>, bounds: Bounds) {
    let places = Arc::new(Semaphore::new(bounds.places));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let visitor = match listener.accept().await {
            Ok((visitor, _)) => visitor,
            Err(error) => {
                debug!(%error, "a command could not be let in");
                sleep(RECOVERY).await;
                continue;
            }
        };
        let (ours, visits) = (ours.clone(), visits.clone());
        tokio::spawn(async move {
            match timeout(bounds.visit, receive_visit(visitor, &ours, &visits)).await {
                Ok(Ok(())) => {}
                Ok(Err(stranger @ Vain::Stranger(_))) => warn!("refused a command: {stranger}"),
                Ok(Err(error)) => debug!(%error, "a command broke off"),
                Err(_) => debug!("a command took too long and was ended"),
            }
            drop(place);
        });
    }
}

async fn receive_visit(
    mut visitor: UnixStream,
    ours: &Hello,
    visits: &Sender<Visit>,
) -> Result<(), Vain> {
    let user = visitor.peer_cred()?.uid();
    if !may_order(user, geteuid().as_raw()) {
        return Err(Vain::Stranger(user));
    }
    let theirs = Hello::decode(&receive(&mut visitor, MAX_REQUEST).await?)?;
    send(&mut visitor, &ours.encode()).await?;
    if theirs.version != ours.version || theirs.cluster != ours.cluster {
        // The command sees what differs, and says it to the operator.
        return Ok(());
    }
    let answer = match Request::decode(&receive(&mut visitor, MAX_REQUEST).await?) {
        Ok(request) => answer(request, visits).await?,
        Err(error) => Answer::Refused(format!("the request cannot be read: {error}")),
    };
    send(&mut visitor, &answer.encode()).await?;
    Ok(())
}

/// What the loop answers.
async fn answer(request: Request, visits: &Sender<Visit>) -> Result<Answer, Vain> {
    let (reply, answered) = oneshot::channel();
    let visit = Visit { request, reply };
    visits.send(visit).await.map_err(|_| Vain::Ended)?;
    match timeout(ANSWER, answered).await {
        Ok(answer) => answer.map_err(|_| Vain::Ended),
        Err(_) => {
            let seconds = ANSWER.as_secs();
            let why = format!(
                "no answer within {seconds} s: the beacon node or the disk of this peer hangs, see \
                 `gantry status`. The request may yet be carried out: look before you repeat it"
            );
            Ok(Answer::Refused(why))
        }
    }
}

/// Whether a process of `user` may order something of one of `own`.
pub(super) fn may_order(user: u32, own: u32) -> bool {
    user == own || user == 0
}
