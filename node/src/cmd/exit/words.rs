//! What is printed about exits, before and after somebody types yes.

use proto::control::{Approval, Exit};
use proto::lock::Lock;

/// The words at one moment.
pub(super) struct Words<'a> {
    pub(super) lock: &'a Lock,
    /// Unix seconds.
    pub(super) now: u64,
}

impl Words<'_> {
    /// How many operators must approve.
    pub(super) fn needed(&self) -> usize {
        self.lock.definition.terms().size().threshold()
    }

    /// How many more must approve of the epoch that counts.
    pub(super) fn lacks(&self, exit: &Exit) -> usize {
        let same = exit.approvals.iter().filter(|a| a.epoch == exit.epoch);
        self.needed().saturating_sub(same.count())
    }

    pub(super) fn name(&self, operator: u32) -> String {
        let position = usize::try_from(operator).unwrap_or(usize::MAX);
        let operators = &self.lock.definition.terms().operators;
        let name = operators
            .get(position)
            .map(|operator| operator.name.clone());
        name.unwrap_or_else(|| format!("operator {operator}"))
    }

    pub(super) fn names(&self, operators: impl IntoIterator<Item = u32>) -> String {
        let names: Vec<String> = operators.into_iter().map(|o| self.name(o)).collect();
        names.join(", ")
    }

    /// Which validator it is.
    pub(super) fn validator(&self, exit: &Exit) -> String {
        let position = exit.validator;
        let validator = self.lock.validators.get(position.index());
        let key = validator.map_or_else(String::new, |v| format!(" {}", v.public_key));
        let index = exit.index;
        let index = index.map_or_else(String::new, |index| format!(", index {index}"));
        format!("validator{key} (lock:{position}{index})")
    }

    fn approval(&self, approval: &Approval, exit: &Exit) -> String {
        let hours = approval.until.saturating_sub(self.now).div_ceil(60 * 60);
        let elsewhere = match approval.epoch == exit.epoch {
            true => String::new(),
            false => format!(", for epoch {}", approval.epoch),
        };
        let name = self.name(approval.operator);
        format!("{name} (for {hours} h more{elsewhere})")
    }

    fn approvers(&self, exit: &Exit) -> String {
        let all = exit.approvals.iter();
        let all: Vec<String> = all.map(|one| self.approval(one, exit)).collect();
        match all.is_empty() {
            true => "nobody yet".to_owned(),
            false => all.join(", "),
        }
    }

    /// Whose program must be upgraded before it can help.
    fn too_old(&self, exit: &Exit) -> String {
        match exit.too_old.is_empty() {
            true => String::new(),
            false => format!(
                "\nToo old to know exits, and to be upgraded first: gantry of {}",
                self.names(exit.too_old.iter().copied())
            ),
        }
    }

    /// What must be known before somebody types yes; `pool` is what it means at Rocket Pool.
    pub(super) fn before(&self, exit: &Exit, hours: u64, pool: &str) -> String {
        let needed = self.needed();
        let all = self.lock.definition.terms().operators.len();
        let fixed = match exit.approvals.is_empty() {
            true => "fixed by your approval, the first",
            false => "fixed by the first approval",
        };
        format!(
            "This approves of the exit of {}.\n\
             An exit cannot be taken back: the validator never comes back. It has duties until its \
             exit epoch, so keep the peers running; its balance goes to its withdrawal address \
             some time after its withdrawable epoch.\n\
             {pool}\n\
             The exit is of epoch {}, {fixed}: all must sign the same.\n\
             Approved so far by {} of {needed} that are needed (of {all}): {}{}\n\
             Your approval holds for {hours} h. Until {needed} have approved, \
             `gantry exit --withdraw` takes it back; after that nothing does.",
            self.validator(exit),
            exit.epoch,
            exit.approvals.len(),
            self.approvers(exit),
            self.too_old(exit),
        )
    }

    /// What has become of a yes.
    pub(super) fn approved(&self, exit: &Exit) -> String {
        match self.lacks(exit) {
            0 => format!("Approved: {} operators have now.", exit.approvals.len()),
            lacks => format!(
                "Approved, and kept. {lacks} more must approve, each on his own machine, with \
                 `gantry exit {}`. So far: {}{}",
                self.key(exit),
                self.approvers(exit),
                self.too_old(exit),
            ),
        }
    }

    pub(super) fn key(&self, exit: &Exit) -> String {
        let validator = self.lock.validators.get(exit.validator.index());
        validator.map_or_else(
            || format!("lock:{}", exit.validator),
            |validator| validator.public_key.to_string(),
        )
    }

    /// What has become of a no.
    pub(super) fn withdrawn(&self, exit: &Exit) -> String {
        let validator = self.validator(exit);
        format!(
            "Withdrawn: you do not approve of the exit of {validator} any more. It is approved by \
             {}",
            self.approvers(exit)
        )
    }

    /// How far it has come.
    pub(super) fn stage(&self, exit: &Exit) -> String {
        format!("{}: {}", self.validator(exit), exit.stage)
    }

    /// All exits.
    pub(super) fn list(&self, exits: &[Exit]) -> String {
        if exits.is_empty() {
            return "no exit is open\n".to_owned();
        }
        let of = |exit: &Exit| {
            format!(
                "{}\n  epoch {}, {} of {} approve: {}{}\n{}",
                self.stage(exit),
                exit.epoch,
                exit.approvals.len(),
                self.needed(),
                self.approvers(exit),
                self.too_old(exit).replace('\n', "\n  "),
                self.opened_by(exit),
            )
        };
        exits.iter().map(of).collect()
    }
}
