//! Ceremonies in a deterministic world of real machines, real frames and named villains.

mod attempts;
mod course;
mod crash;
mod heard;
mod oracle;
mod recall;
mod retry;
mod villains;
mod world;
