//! What should worry beside what the contracts show of themselves: whether the key of the node
//! account was misused, and what the megapool's debt came of.

use node_core::pool::alarm::Alarm;
use node_core::pool::misuse::{self, Misuse};
use node_core::pool::sight::Sight;
use tracing::debug;

use super::{Said, Trouble, Watch, evidence};

impl Watch {
    /// What a misused key of the node account has left behind, if it has; or why that cannot be
    /// seen. Until it is seen to be mended no deposit is kept to be sent.
    pub(super) async fn misuses(&mut self, sight: &Sight) -> Option<Said> {
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
    pub(super) async fn owed(&mut self, sight: &Sight) -> Option<Alarm> {
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
