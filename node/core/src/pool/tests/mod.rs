//! Tests of what is read of Rocket Pool, and of what it means.

mod lies;
mod meaning;
mod reading;
