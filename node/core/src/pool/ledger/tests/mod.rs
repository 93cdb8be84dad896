//! The ledger is closed, tells names, divides without losing a wei, and hides nothing.

mod closed;
mod keeping;
mod names;
mod parts;
