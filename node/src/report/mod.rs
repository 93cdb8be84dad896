//! What the operator sees: log lines, metrics, status, and the small web server that shows them.
//!
//! | module | is |
//! |---|---|
//! | `news` | everything that the operator is told of, in one type |
//! | `observer` | all of it told, in words and numbers |
//! | `lines` | how often a line of one kind is logged |
//! | `metrics` | the numbers |
//! | [`status`] | what `gantry status` shows |
//! | [`duties`] | what `gantry duties` shows |
//! | `shown` | all of them, as the loop writes them and the web server reads them |
//! | `web`, `http_limits` | who may ask for them, and how much at once |
//! | `curve_cost` | what the curve work costs on this machine |
//!
//! Never here: anything that a duty waits for.

mod curve_cost;
pub mod duties;
mod http_limits;
pub(crate) mod lines;
pub(crate) mod metrics;
pub(crate) mod news;
pub(crate) mod observer;
pub(crate) mod shown;
pub mod status;
pub(crate) mod web;
