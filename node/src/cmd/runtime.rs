//! What a command that asks others runs on.

use std::io;

use thiserror::Error;
use tokio::runtime::Runtime;

/// The asynchronous runtime, or its way to hear of signals, did not start.
#[derive(Debug, Error)]
#[error("cannot start the asynchronous runtime: {0}")]
pub struct RuntimeError(#[source] pub(super) io::Error);

/// A runtime on one thread.
pub(super) fn runtime() -> Result<Runtime, RuntimeError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(RuntimeError)
}

/// Does `work` on `runtime`, and waits for none of the threads that it leaves behind: a name server
/// or a disk that does not answer holds up no end.
pub(super) fn complete<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}
