//! What one peer, and four of them, promise whatever crashes, lies or keeps silent.

mod crashes;
mod disk;
mod heard;
mod older;
mod order;
mod silence;
mod split;
mod told;
