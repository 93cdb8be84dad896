//! What the debt of a megapool came of, asked for when the debt changes.
//!
//! Never here: what an entry of the log means, which is the core's.

use node_core::pool::alarm::Alarm;
use node_core::pool::amount::Wei;
use node_core::pool::debt::{MOST_RAISED, RAISED, Raised, raised};
use node_core::pool::sight::Sight;
use node_core::pool::view::Node;
use proto::Root;

use super::withdrawal::logged;
use crate::execution::{ExecutionError, States, Wanted};

/// After so many blocks what could not be read is asked again: an epoch.
const PAUSE: u64 = 32;
/// The most times that a megapool can have made debt.
const MOST_ENTRIES: usize = 1_024;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Debt {
    /// How high it was when that was asked.
    of: Wei,
    causes: Vec<Raised>,
    /// In which block it may be asked again.
    not_before: u64,
}

impl Debt {
    /// What the debt came of that is seen; nothing if there is none.
    ///
    /// # Errors
    /// If the node does not answer. It is asked again at the next look.
    pub async fn alarm(
        &mut self,
        states: &mut States,
        sight: &Sight,
    ) -> Result<Option<Alarm>, ExecutionError> {
        self.learn(states, sight).await?;
        let causes = Some(self.causes.clone());
        let causes = causes.filter(|causes| !causes.is_empty());
        Ok(causes.map(Alarm::DebtCauses))
    }

    async fn learn(&mut self, states: &mut States, sight: &Sight) -> Result<(), ExecutionError> {
        let megapool = sight.node_at_head().and_then(Node::deployed);
        let debt = megapool.map_or(Wei::ZERO, |it| it.debt);
        let head = sight.head_block.number;
        if debt <= self.of {
            // Anybody may pay any part of it, as often as he likes.
            self.of = debt;
            if debt.is_zero() {
                self.causes.clear();
            }
            return Ok(());
        }
        let Some(megapool) = megapool.filter(|_| head >= self.not_before) else {
            return Ok(());
        };
        self.not_before = head.saturating_add(PAUSE);
        let at = megapool.place.address;
        let wanted = Wanted {
            contract: at,
            topics: vec![vec![RAISED.into()]],
            most: MOST_ENTRIES,
        };
        let (made, _) = states.log_of(&wanted, head).await?;
        let mut transactions: Vec<(Root, Root)> = Vec::new();
        for entry in made {
            let which = (entry.block, entry.transaction);
            if !transactions.contains(&which) {
                transactions.push(which);
            }
        }
        let mut causes = Vec::new();
        let first = transactions.len().saturating_sub(MOST_RAISED);
        for (block, transaction) in &transactions[first..] {
            let log = states.logged_in(block, transaction).await?;
            let log: Vec<_> = log.into_iter().map(logged).collect();
            causes.extend(raised(&at, &log));
        }
        (self.of, self.causes) = (debt, causes);
        Ok(())
    }
}
