//! What the operator is told of registrations with builders.

use node_core::duties::note::RegistrationNote;
use tracing::{debug, info};

use super::Observer;

impl Observer {
    pub(super) fn registration(&mut self, note: RegistrationNote) {
        match note {
            RegistrationNote::Given(validators) => {
                let words = "the beacon node passes registrations on to its relays";
                if self.is_worth_a_line(None, "registered_with_builders") {
                    info!(validators, "{words}");
                } else {
                    debug!(validators, "{words}");
                }
            }
            RegistrationNote::Refused(validator, refusal) => {
                let of = format!("registration of validator {} with builders", validator.0);
                let rule = refusal.rule();
                self.say_refused(rule, &format!("{of}: the vault refuses: {refusal}"));
            }
        }
    }
}
