//! What `gantry pool send` says while it waits, each thing once.

use std::mem::{Discriminant, discriminant};

use node_core::sending::why::Why;
use proto::Root;

use crate::pool::sending::{Progress, sent};

/// What was said, so that it is said once.
#[derive(Default)]
pub(super) struct Told {
    sent: Option<Root>,
    why: Option<Discriminant<Why>>,
    /// What was wrong last.
    pub(super) trouble: String,
}

impl Told {
    pub(super) fn tell(&mut self, progress: Progress) {
        match progress {
            Progress::Done { .. } | Progress::Stopped(_) => {}
            Progress::Sent {
                step,
                nonce,
                transaction,
                is_empty,
                held,
            } => {
                self.trouble = String::new();
                if let Some(why) = held {
                    self.wait(&why);
                }
                // One that the node does not keep is handed to it again and again.
                if self.sent.replace(transaction) != Some(transaction) {
                    println!("{}", sent(&step, (nonce, is_empty), &transaction));
                }
            }
            Progress::Refused { step, cause, held } => {
                let held = held.map_or_else(String::new, |why| format!(", and {why}"));
                self.trouble = format!(": {step} is not taken: {cause}{held}");
            }
            Progress::Waits(why) => self.wait(&why),
        }
    }

    fn wait(&mut self, why: &Why) {
        let kind = discriminant(why);
        if self.why.replace(kind) != Some(kind) {
            println!("{why}");
        }
        self.trouble = format!(": {why}");
    }
}

pub(super) fn done(is_final: bool) -> &'static str {
    match is_final {
        true => "It is done, and final.",
        false => {
            "It is done. Until it is final, in a quarter of an hour, another block may take its \
             place: started again by then, gantry looks after that"
        }
    }
}
