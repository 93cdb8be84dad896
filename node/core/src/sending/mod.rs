//! Sending calls from an account so that each has its effect once, whatever happens on the way.
//!
//! | module | holds |
//! |---|---|
//! | [`call`] | what is to be done by one transaction, with bounds |
//! | [`fees`] | what a unit of gas may cost |
//! | [`outbox`] | what this peer has sent: account, nonce, step, transactions |
//! | [`asked`] | what is asked for, and what of it is wanted at a nonce that is taken |
//! | [`next`] | what to do next, from the outbox and the chain as it is at one block |
//! | [`why`] | why nothing is sent now, or no more, in words |
//!
//! A step that must not happen twice is bound to one nonce of one account: a chain takes one
//! transaction for a nonce. Its transaction stands in the outbox, durably, before it leaves, and
//! from then on the same bytes are sent again, or the same call with a higher fee takes its place
//! at that nonce, as it was signed, also if other ether would go with it by now. Never another
//! call, except that nothing at all (an empty transaction of the account to itself) takes it when
//! the operator asks for that. One transaction is new at a time.
//!
//! A step that may happen twice holds up nothing that comes after it for long: once nobody has
//! asked for it for some minutes, or it would fail, nothing takes its place by itself. Not the
//! same call with a higher fee, though it be harmless to be sent twice: what is no longer asked
//! for may be unwanted by now (an address that is no more the agreed one, a switch back), and to
//! do nothing costs least.
//!
//! What the contracts show decides whether a step is done, never a receipt: a step is done when it
//! is no longer asked for. So what was in a block and is so no more is sent again by itself. The
//! nonces, the balance and what is asked for have to be of one block; what was used up after the
//! finalised block may still turn out otherwise, so a step whose nonce is used up without its
//! effect is not bound anew before that is final.
//!
//! What remains possible when the outbox is lost, or an older one is put back: nothing twice. A
//! step that was sent and is not in a block is then bound to the account's next unused nonce,
//! which is the one that it had, so only one of the two gets in; and while a nonce has been used
//! since the finalised block for something that the outbox does not know, no step that must not
//! happen twice is bound. What is lost is time, and fees for a transaction that may do nothing.
//! All this holds for one machine that sends from an account: two that do so at one moment, each
//! with an outbox of its own, can pay twice. So can whoever sends the same by hand.
//!
//! Never here: a key, a file, a question to a node, and which steps there are.

pub mod asked;
pub mod call;
pub mod fees;
pub mod next;
pub mod outbox;
pub mod why;

#[cfg(test)]
mod tests;
