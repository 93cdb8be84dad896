//! What is printed of intents, before and after somebody types yes.

use proto::control::{Intents, Shown};
use proto::intent::Aims;
use proto::lock::Lock;

use crate::cmd::pool::lines::{entry, line};

/// The words at one moment.
pub(super) struct Words<'a> {
    pub(super) lock: &'a Lock,
    /// Unix seconds.
    pub(super) now: u64,
}

impl Words<'_> {
    /// How many operators must sign.
    fn needed(&self) -> usize {
        self.lock.definition.terms().size().threshold()
    }

    fn name(&self, operator: u32) -> String {
        let position = usize::try_from(operator).unwrap_or(usize::MAX);
        let operators = &self.lock.definition.terms().operators;
        let name = operators.get(position).map(|it| it.name.clone());
        name.unwrap_or_else(|| format!("operator {operator}"))
    }

    fn names(&self, operators: &[u32]) -> String {
        let names: Vec<String> = operators.iter().map(|it| self.name(*it)).collect();
        names.join(", ")
    }

    /// Who has not signed.
    fn missing(&self, shown: &Shown) -> String {
        let all = self.lock.definition.terms().operators.len();
        let all = (0..).take(all).filter(|it| !shown.signers.contains(it));
        self.names(&all.collect::<Vec<_>>())
    }

    /// How long ago something was, in the largest unit of which one has passed.
    fn ago(&self, since: u64) -> String {
        let seconds = self.now.saturating_sub(since);
        match seconds {
            0..60 => format!("{seconds} s ago"),
            60..3600 => format!("{} min ago", seconds / 60),
            3600..86_400 => format!("{} h ago", seconds / 3600),
            86_400.. => format!("{} days ago", seconds / 86_400),
        }
    }

    /// Everything.
    pub(super) fn page(&self, seen: &Intents) -> String {
        let mut page = String::new();
        match &seen.in_force {
            None => line(
                &mut page,
                format!(
                    "No intent is in force: what version {} of the agreement wishes for holds",
                    seen.version
                ),
            ),
            Some((shown, since)) => {
                let since = since.map_or(String::new(), |it| format!(", since {}", self.ago(it)));
                let number = shown.intent.number;
                let on = seen.version;
                line(
                    &mut page,
                    format!("Intent {number} is in force on version {on} of the agreement{since}"),
                );
                entry(&mut page, "Hash", shown.intent.hash());
                entry(&mut page, "Signed by", self.names(&shown.signers));
            }
        }
        self.aims(&mut page, seen.aims());
        self.exits(&mut page, seen.aims());
        for shown in &seen.open {
            self.open(&mut page, seen, shown);
        }
        if seen.open.is_empty() {
            line(&mut page, "Nothing else is open");
        }
        self.others(&mut page, seen);
        page
    }

    fn aims(&self, page: &mut String, aims: &Aims) {
        let all = self.lock.validators.len();
        for (name, value) in aims.fields() {
            let value = match name {
                "validators" => format!("{value} of the {all} in the lock"),
                _ => value,
            };
            entry(page, &capital(name), value);
        }
    }

    /// What has still to be done for those that are to leave.
    fn exits(&self, page: &mut String, aims: &Aims) {
        for key in &aims.exits {
            line(
                page,
                format!(
                    "  To leave: {} of you approve, each on his own machine, with `gantry exit \
                     {key}`",
                    self.needed()
                ),
            );
        }
    }

    fn open(&self, page: &mut String, seen: &Intents, shown: &Shown) {
        let (number, needed) = (shown.intent.number, self.needed());
        let count = shown.signers.len();
        line(
            page,
            format!("Intent {number} is open: {count} of {needed} signatures that are needed"),
        );
        entry(page, "Hash", shown.intent.hash());
        self.changes(page, seen.aims(), &shown.intent.aims);
        entry(page, "Signed by", self.names(&shown.signers));
        entry(page, "Not signed by", self.missing(shown));
    }

    /// What changes.
    fn changes(&self, page: &mut String, now: &Aims, then: &Aims) {
        let differences = now.differences(then);
        if differences.is_empty() {
            entry(page, "Changes", "nothing of what holds now");
        }
        for (name, now, then) in differences {
            entry(page, &capital(name), format!("{then}, now {now}"));
        }
    }

    /// What others act by, where that is something else; and who knows nothing of it.
    fn others(&self, page: &mut String, seen: &Intents) {
        let in_force = seen.in_force.as_ref().map(|(shown, _)| shown.intent.id());
        for (operator, stands) in &seen.stands {
            let is_same = stands.agreement == seen.agreement && stands.intent == in_force;
            if !is_same {
                let name = self.name(*operator);
                line(page, format!("{name} acts by {stands}"));
            }
        }
        if !seen.too_old.is_empty() {
            let names = self.names(&seen.too_old);
            line(
                page,
                format!(
                    "Too old to know intents, and to be upgraded before an intent holds there: \
                     gantry of {names}"
                ),
            );
        }
    }

    /// What must be known before somebody types yes to a proposal.
    pub(super) fn before_proposing(&self, seen: &Intents, aims: &Aims) -> String {
        let mut page = String::new();
        line(
            &mut page,
            format!("This proposes, where {} holds now:", holding(seen)),
        );
        self.changes(&mut page, seen.aims(), aims);
        self.exits(&mut page, aims);
        if let Some(signed) = &seen.signed
            && seen.open.iter().any(|it| it.intent.hash() == signed.hash)
        {
            line(
                &mut page,
                format!(
                    "You have signed intent {}, which is open: it is passed over, and holds only \
                     until this one does, should it get its signatures all the same",
                    signed.number
                ),
            );
        }
        line(
            &mut page,
            format!(
                "It holds once {} of you have signed it, and your signature cannot be taken back",
                self.needed()
            ),
        );
        page
    }

    /// The same for an intent of another's.
    pub(super) fn before_approving(&self, seen: &Intents, shown: &Shown) -> String {
        let mut page = String::new();
        let (number, names) = (shown.intent.number, self.names(&shown.signers));
        line(
            &mut page,
            format!(
                "This signs intent {number}, signed by {names}, where {} holds now:",
                holding(seen)
            ),
        );
        entry(&mut page, "Hash", shown.intent.hash());
        self.changes(&mut page, seen.aims(), &shown.intent.aims);
        self.exits(&mut page, &shown.intent.aims);
        let lacks = self.needed().saturating_sub(shown.signers.len());
        let then = match lacks {
            0 | 1 => "It holds with your signature".to_owned(),
            more => format!("It lacks {more} signatures, yours among them"),
        };
        line(&mut page, format!("{then}, which cannot be taken back"));
        page
    }

    /// What has become of a yes.
    pub(super) fn signed(&self, now: &Intents) -> String {
        let mut page = String::new();
        let Some(signed) = now.signed else {
            return self.page(now);
        };
        let open = now.open.iter().find(|it| it.intent.hash() == signed.hash);
        let number = signed.number;
        match open {
            Some(shown) => {
                let lacks = self.needed().saturating_sub(shown.signers.len());
                line(
                    &mut page,
                    format!(
                        "Signed, and kept: intent {number} lacks {lacks} more. Others sign it with \
                         `gantry pool intent approve {number}`, each on his own machine. Not \
                         signed by {}",
                        self.missing(shown)
                    ),
                );
            }
            None => line(
                &mut page,
                format!("Signed, and kept: {} holds", holding(now)),
            ),
        }
        page
    }
}

fn holding(seen: &Intents) -> String {
    match &seen.in_force {
        Some((shown, _)) => format!("intent {}", shown.intent.number),
        None => format!("what version {} of the agreement wishes for", seen.version),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
