//! Deposits on their way: which transactions are sent, sending them, and waiting for them.
//!
//! | module | is |
//! |---|---|
//! | [`plan`] | which transactions are sent |
//! | [`sent`] | the list of what was sent, on the disk before it leaves |
//! | [`sending`] | sending them, and waiting for them |
//! | [`refusal`] | why nothing is sent |
//! | [`amounts`] | wei and gwei as people read them |
//!
//! Never here: a question to a person, and how a deposit stands, which the core decides.

pub(crate) mod amounts;
pub(crate) mod plan;
pub(crate) mod refusal;
pub(crate) mod sending;
pub(crate) mod sent;
