//! Outcomes read out of chains that are small enough to be counted by hand: eight slots an epoch,
//! three committees a slot.

mod chain;
mod effect;

mod reading;
mod strays;
