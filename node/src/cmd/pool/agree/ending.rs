//! What a new version of the agreement ends: intents, each of which stands on one version.

use node_core::pool::agreement::Agreement;
use node_core::pool::intent::Intents;
use proto::Root;
use proto::intent::Aims;

/// What ends once all have signed the newest version, in lines: nothing if they have, or if none
/// before was about Rocket Pool. `kept` is what this operator's peer holds.
pub(super) fn ending(agreement: &Agreement, kept: &Intents) -> String {
    let last = &agreement.last().content;
    let before = agreement.complete_before();
    let before = before.filter(|it| it.content.terms.pool.is_some());
    let (Some(pool), Some(before)) = (&last.terms.pool, before) else {
        return String::new();
    };
    if agreement.unsigned_by().is_empty() {
        return String::new();
    }
    let turn = Turn {
        old: before.content.number,
        ends: before.hash,
        new: last.number,
        brings: Aims::of(&pool.wishes),
    };
    turn.in_words(kept)
}

/// From one version to another.
struct Turn {
    old: u64,
    /// The hash of the old one.
    ends: Root,
    new: u64,
    /// What the new one wishes for.
    brings: Aims,
}

impl Turn {
    fn in_words(&self, kept: &Intents) -> String {
        let (old, new) = (self.old, self.new);
        let mut lines = format!(
            "Version {new} ends every intent that stands on version {old}: what version {new} \
             wishes for holds then, until t of you sign another (`gantry pool intent propose`).\n"
        );
        let in_force = kept.in_force().map(|it| it.backed.intent());
        if let Some(intent) = in_force.filter(|it| it.agreement == self.ends) {
            let changes = intent.aims.differences(&self.brings).into_iter();
            let changes = changes.map(|(name, now, then)| format!("{name} {then}, now {now}"));
            let changes: Vec<String> = changes.collect();
            let then = match changes.is_empty() {
                true => "nothing of what it says changes".to_owned(),
                false => changes.join("; "),
            };
            let number = intent.number;
            lines += &format!("Intent {number} is in force: with version {new}, {then}.\n");
        }
        lines
    }
}

#[cfg(test)]
mod tests;
