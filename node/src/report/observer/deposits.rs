//! What the operator is told of deposits at Rocket Pool: who demands them, who refuses and by which
//! rule, and what is signed.

use std::time::Instant;

use node_core::duties::note::DepositNote;
use node_core::pool::consent::{Culprit, Refusal};
use proto::PeerIndex;
use tracing::{info, warn};

use super::Observer;
use crate::report::lines::Quiet;

impl Observer {
    pub(super) fn deposit(&mut self, note: DepositNote) {
        match note {
            DepositNote::Demanded(peer, count) => {
                if self.is_worth_a_line(Some(peer), "deposit_demanded") {
                    let by = self.name(peer);
                    info!(
                        by,
                        count, "{by} demands shares of {count} deposits at Rocket Pool"
                    );
                }
            }
            DepositNote::Refused(peer, refusal) => self.no_share(peer, &refusal),
            DepositNote::RefusedBy { peer, rule, words } => {
                if self.is_worth_a_line(Some(peer), "deposit_refused_by") {
                    let by = self.name(peer);
                    warn!(
                        by,
                        rule, "{by} gives no share of the deposits ({rule}): {words}"
                    );
                }
            }
            DepositNote::NotSigned(validator, refusal) => {
                let rule = refusal.rule();
                let of = format!("deposit of validator {}", validator.0);
                self.say_refused(rule, &format!("{of}: the vault refuses: {refusal}"));
            }
            DepositNote::Signed(validator, peers) => {
                let validator = validator.0;
                let by = peers.iter().map(|peer| self.name(peer));
                let by = by.collect::<Vec<_>>().join(", ");
                info!(
                    validator,
                    "the deposit of validator {validator} is signed, by {by}"
                );
            }
        }
    }

    /// This peer gives no share, which is said once for each reason.
    fn no_share(&mut self, peer: PeerIndex, refusal: &Refusal) {
        let words = refusal.to_string();
        let subject = (Some(peer), "deposit_no_share");
        if !self
            .lines
            .admit(subject, Quiet::While(words.clone()), Instant::now())
        {
            return;
        }
        let (by, rule) = (self.name(peer), refusal.rule());
        match refusal.culprit() {
            Culprit::Nobody => {
                info!(
                    by,
                    rule, "no share of the deposits that {by} demands ({rule}): {words}"
                );
            }
            Culprit::Demander => warn!(
                by,
                rule,
                "no share of the deposits that {by} demands ({rule}), which no honest peer does: \
                 {words}"
            ),
            Culprit::NodeAccount => warn!(
                by,
                rule,
                "no share of the deposits that {by} demands ({rule}); whoever holds the key of \
                 the node account has done this: {words}"
            ),
        }
    }
}
