//! A command's side: it finds the running peer, makes sure that both mean the same, and asks.

use std::io;
use std::path::Path;

use proto::Root;
use proto::control::{Answer, Hello, MAX_ANSWER, MAX_REQUEST, Request};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::bounds::PATIENCE;
use super::error::ControlError;
use super::place::{hello, place};
use super::stream::{receive, send};

/// What the peer that runs on the directory `data` for this cluster says to `request`.
///
/// # Errors
/// If none runs there, or it is of another version or cluster, or gives no answer.
pub async fn ask(data: &Path, cluster: Root, request: &Request) -> Result<Answer, ControlError> {
    let answer = timeout(PATIENCE, put(data, cluster, request));
    answer.await.unwrap_or(Err(ControlError::Silent))
}

async fn put(data: &Path, cluster: Root, request: &Request) -> Result<Answer, ControlError> {
    let path = place(data)?;
    let stream = UnixStream::connect(&path).await;
    let mut stream = stream.map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            ControlError::Denied(path, error)
        } else {
            ControlError::NotRunning(path, error)
        }
    })?;
    let ours = hello(cluster);
    let said = async {
        send(&mut stream, &ours.encode()).await?;
        receive(&mut stream, MAX_REQUEST).await
    };
    let theirs = Hello::decode(&said.await.map_err(ControlError::Broken)?)?;
    if theirs.version != ours.version {
        let software = theirs.software;
        return Err(ControlError::OtherVersion { software });
    }
    if theirs.cluster != cluster {
        return Err(ControlError::OtherCluster);
    }
    let said = async {
        send(&mut stream, &request.encode()).await?;
        receive(&mut stream, MAX_ANSWER).await
    };
    Ok(Answer::decode(&said.await.map_err(ControlError::Broken)?)?)
}
