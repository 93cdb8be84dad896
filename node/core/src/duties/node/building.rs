//! What a node does about blocks that others build: registrations with them.

use super::Node;
use crate::duties::facts::Step;
use crate::duties::onehop::registration::Registrations;
use crate::pool::agreement::BuilderPolicy;

impl Node {
    /// On which terms others may build blocks from now on, if they may. Also to be called before
    /// the first input.
    pub fn build_by(&mut self, policy: Option<BuilderPolicy>) {
        self.builders = policy;
        self.onehop.registrations.look_again();
    }

    /// Has validators registered that have duties.
    pub(super) fn register(&mut self) {
        if self.onehop.registrations.has_looked(self.slot()) {
            return;
        }
        let known = self.schedule.known();
        let active: Vec<_> = known
            .filter(|(_, it)| it.active)
            .map(|(at, _)| at)
            .collect();
        self.registration_step(|it, step| it.advance(&active, step));
    }

    /// Lets the registrations take one step.
    pub(super) fn registration_step(
        &mut self,
        take: impl FnOnce(&mut Registrations, &mut Step<'_>),
    ) {
        let (mut step, onehop, _) = self.split();
        take(&mut onehop.registrations, &mut step);
    }
}
