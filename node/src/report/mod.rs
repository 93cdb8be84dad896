//! What the operator sees: log lines, metrics, status, and the small web server that shows them.
//!
//! | module | is |
//! |---|---|
//! | [`news`] | everything that the operator is told of, in one type |
//! | [`observer`] | all of it told, in words and numbers |
//! | [`lines`] | how often a line of one kind is logged |
//! | [`metrics`] | the numbers |
//! | [`status`] | what `gantry status` shows |
//! | [`shown`] | both of them, as the loop writes them and the web server reads them |
//! | [`web`], `http_limits` | who may ask for them, and how much at once |
//! | [`curve_cost`] | what the curve work costs on this machine |
//!
//! Never here: anything that a duty waits for.

pub mod curve_cost;
pub(crate) mod http_limits;
pub mod lines;
pub mod metrics;
pub mod news;
pub mod observer;
pub mod shown;
pub mod status;
pub mod web;
