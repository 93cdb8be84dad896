//! What follows from a look: what is sent, and what should worry beside what the contracts show of
//! themselves, whether the key of the node account was misused, and what the megapool's debt came
//! of.

use std::sync::Arc;

use node_core::duties::pool::Found;
use node_core::pool::alarm::Alarm;
use node_core::pool::misuse::{self, Misuse};
use node_core::pool::sight::Sight;
use tracing::debug;

use super::{Said, Trouble, Watch, evidence, told};

impl Watch {
    /// What follows from what was found, for the loop and the operator, and whether there is
    /// something to be looked at again soon.
    pub(super) async fn follow(&mut self, found: Found) -> (Vec<Said>, bool) {
        let looked = match &found {
            Found::Looked(looked) => Some(Arc::clone(looked)),
            Found::Stands(_)
            | Found::Judged { .. }
            | Found::Needed(_)
            | Found::Signed(_)
            | Found::Unsigned(_) => None,
        };
        // First what was done with the node account's key: it may stop a deposit.
        let misuses = match &looked {
            Some(looked) => self.misuses(&looked.sight).await,
            None => None,
        };
        let worked = self.coordinate(&found).await;
        // Last what only explains: reading it may take long.
        let owed = match &looked {
            Some(looked) => self.owed(&looked.sight).await,
            None => None,
        };
        self.ledger.owes(looked);
        let mut said = vec![Said::Found(found)];
        said.extend(misuses);
        let Some(mut worked) = worked else {
            if owed != self.told {
                said.push(Said::Alarms(owed.iter().cloned().collect()));
                self.told = owed;
            }
            return (said, false);
        };
        let is_busy = worked.is_busy;
        let alarms = worked.alarms.iter_mut();
        alarms.for_each(|all| all.extend(owed.clone()));
        said.extend(told(worked));
        (said, is_busy)
    }

    /// What a misused key of the node account has left behind, if it has; or why that cannot be
    /// seen. Until it is seen to be mended no deposit is kept to be sent.
    async fn misuses(&mut self, sight: &Sight) -> Option<Said> {
        if !self.owes_misuses {
            return None;
        }
        match self.find_misuses(sight).await {
            Ok(found) => {
                self.owes_misuses = false;
                let changes = self.known.judge(!found.is_empty());
                (changes || !found.is_empty()).then_some(Said::Misused(found))
            }
            Err(trouble) => Some(Said::Trouble(trouble)),
        }
    }

    /// What the megapool's debt came of, if that can be read.
    async fn owed(&mut self, sight: &Sight) -> Option<Alarm> {
        let lookout = self.lookout.as_mut()?;
        let causes = self.debt.alarm(&mut lookout.states, sight).await;
        causes.unwrap_or_else(|error| {
            debug!(%error, "what the megapool's debt came of is not known");
            None
        })
    }

    async fn find_misuses(&mut self, sight: &Sight) -> Result<Vec<Misuse>, Trouble> {
        let lock = self.standing.lock();
        let keys = lock.group_keys();
        let doubtful = misuse::doubtful(sight, &keys);
        let evidence = evidence::read(self.nodes.own(), &doubtful, &mut self.settled.paid).await?;
        let version = lock.definition.terms().chain.genesis_fork_version;
        Ok(misuse::find(sight, &keys, (&evidence, version)))
    }
}
