//! Promises of the vault: nothing slashable is signed, and no share leaves before its record.

mod agreed;
mod deposit_shares;
mod halted;
mod interchange;
mod release;
mod rules;
mod trust;
mod vault;
