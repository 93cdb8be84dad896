//! Plans: each step by itself, and whole lives in which every step is done until none is left.

mod aims;
mod life;
mod random;
mod safe;
mod steps;

use super::*;
