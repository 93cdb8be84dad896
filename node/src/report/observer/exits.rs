//! What the operator is told of exits: who says what, and how far they have come.

use node_core::duties::node::Node;
use node_core::duties::note::ExitNote;
use node_core::vault::Refusal;
use proto::control::{Exit, Presigned, Stage};
use proto::exit::Says;
use proto::{PeerIndex, ValidatorPosition};
use tracing::{error, info, warn};

use super::Observer;
use crate::disk::files::FileError;
use crate::report::status::{ExitStatus, PresignedStatus};

impl Observer {
    pub(super) fn exit(&mut self, validator: ValidatorPosition, note: ExitNote) {
        match note {
            ExitNote::Said(operator, says) => self.said(operator, validator, says),
            ExitNote::Ahead(operator) => self.said_ahead(operator, validator),
            ExitNote::Stage(stage) => Self::stage(validator, &stage),
            ExitNote::Refused(refusal) => {
                self.exit_refused("exit", validator, &refusal);
            }
            ExitNote::NotSealed(refusal) => {
                self.exit_refused("exit signed in advance", validator, &refusal);
            }
            ExitNote::NotOpened(refusal) => {
                self.exit_refused("opening of the pre-signed exit", validator, &refusal);
            }
        }
    }

    fn exit_refused(&mut self, what: &str, validator: ValidatorPosition, refusal: &Refusal) {
        let words = format!(
            "{what} of validator {}: the vault refuses: {refusal}",
            validator.0
        );
        self.say_refused(refusal.rule(), &words);
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
            Says::Opens { until } => warn!(
                operator,
                validator,
                until,
                "{operator} approves that the pre-signed exit of validator {validator} is opened: \
                 `gantry exit --list`"
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
            Stage::Waiting
            | Stage::Asking
            | Stage::Signing(_)
            | Stage::Opening(_)
            | Stage::Signed => {
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

    pub(super) fn presigned_status(&self, node: &Node) -> PresignedStatus {
        let all = node.presigned_exits();
        let active: Vec<_> = all.iter().filter(|one| one.epoch.is_some()).collect();
        for one in &active {
            let metrics = &self.shown.metrics;
            metrics.sealed(one.validator.0, one.sealers.len());
        }
        let size = self.size;
        let is_whole = |one: &&&Presigned| one.sealers.len() >= size.threshold();
        let lacking = (0..).zip(self.shown.names.iter()).map(|(at, name)| {
            let lacks = active.iter().filter(|one| !one.sealers.contains(&at));
            (name.clone(), lacks.count())
        });
        PresignedStatus {
            active: active.len(),
            whole: active.iter().filter(is_whole).count(),
            lacking: lacking.filter(|(_, count)| *count > 0).collect(),
            openers: size.halting(),
            is_keyless: node.vault().exit_key().is_none(),
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
            opened_by: exit
                .presigned
                .openers
                .iter()
                .map(|opener| name(opener.operator))
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
