//! What the operator is told of exits: who says what, and how far they have come.

use node_core::duties::note::ExitNote;
use proto::control::{Exit, Stage};
use proto::exit::Says;
use proto::{PeerIndex, ValidatorPosition};
use tracing::{error, info, warn};

use super::Observer;
use crate::disk::files::FileError;
use crate::report::status::ExitStatus;

impl Observer {
    pub(super) fn exit(&mut self, validator: ValidatorPosition, note: ExitNote) {
        match note {
            ExitNote::Said(operator, says) => self.said(operator, validator, says),
            ExitNote::Ahead(operator) => self.said_ahead(operator, validator),
            ExitNote::Stage(stage) => Self::stage(validator, &stage),
            ExitNote::Refused(refusal) => {
                let rule = refusal.rule();
                let of = format!("exit of validator {}", validator.0);
                self.say_refused(rule, &format!("{of}: the vault refuses: {refusal}"));
            }
        }
    }

    /// An operator has said something about the exit of a validator.
    fn said(&mut self, operator: PeerIndex, validator: ValidatorPosition, says: Says) {
        let operator = self.name(operator);
        let validator = validator.0;
        match says {
            Says::Approved { epoch, until } => warn!(
                operator,
                validator,
                epoch = epoch.0,
                until,
                "{operator} approves of the exit of validator {validator}: `gantry exit --list`"
            ),
            Says::Withdrawn => info!(
                operator,
                validator,
                "{operator} does not approve of the exit of validator {validator} any more"
            ),
        }
    }

    /// A word from a time to come was not counted.
    fn said_ahead(&mut self, operator: PeerIndex, validator: ValidatorPosition) {
        if self.is_worth_a_line(Some(operator), "exit_word_ahead") {
            let operator = self.name(operator);
            warn!(
                operator,
                validator = validator.0,
                "a word of {operator} about an exit is from a time to come and is not counted: \
                 compare the clock of {operator}'s machine with this one's; then {operator} says \
                 it again"
            );
        }
    }

    /// An exit has come further.
    fn stage(validator: ValidatorPosition, stage: &Stage) {
        let validator = validator.0;
        match stage {
            Stage::Waiting | Stage::Asking | Stage::Signing(_) | Stage::Signed => {
                info!(validator, "exit of validator {validator}: {stage}");
            }
            Stage::Held(_) | Stage::Accepted | Stage::Refused(_) | Stage::Leaving { .. } => {
                warn!(validator, "exit of validator {validator}: {stage}");
            }
        }
    }

    /// The disk does not take what operators say about exits.
    pub(super) fn exits_not_kept(&mut self, why: &FileError) {
        if self.is_worth_a_line(None, "exits_not_kept") {
            error!("what operators say about exits is not kept: {why}");
        }
    }

    pub(super) fn exit_status(&self, exit: &Exit) -> ExitStatus {
        let name = |operator: u32| {
            let position = usize::try_from(operator).unwrap_or(usize::MAX);
            self.shown.names.get(position).cloned().unwrap_or_default()
        };
        let approved_by = exit.approvals.iter();
        ExitStatus {
            validator: exit.validator.0,
            index: exit.index.map(|index| index.0),
            epoch: exit.epoch.0,
            approved_by: approved_by
                .map(|approval| name(approval.operator))
                .collect(),
            too_old: exit
                .too_old
                .iter()
                .map(|operator| name(*operator))
                .collect(),
            stage: exit.stage.to_string(),
        }
    }
}
