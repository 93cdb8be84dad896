//! Tests of what is read of Rocket Pool, and of what it means.

mod allowed;
mod dispatch;
mod lies;
mod meaning;
mod open_step;
mod reading;
mod safe;
