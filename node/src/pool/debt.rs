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

/// The most times that a megapool can have made debt.
const MOST_ENTRIES: usize = 1_024;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Debt {
    /// How high it was when that was asked.
    of: Wei,
    causes: Vec<Raised>,
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
        let Some(megapool) = megapool.filter(|_| debt != self.of) else {
            return Ok(());
        };
        let mut causes = Vec::new();
        if !debt.is_zero() {
            let (at, last) = (megapool.place.address, sight.head_block.number);
            let wanted = Wanted {
                contract: at,
                topics: vec![vec![RAISED.into()]],
                most: MOST_ENTRIES,
            };
            let (made, _) = states.log_of(&wanted, last).await?;
            let mut transactions: Vec<(Root, Root)> = Vec::new();
            for entry in made {
                let which = (entry.block, entry.transaction);
                if !transactions.contains(&which) {
                    transactions.push(which);
                }
            }
            let first = transactions.len().saturating_sub(MOST_RAISED);
            for (block, transaction) in &transactions[first..] {
                let log = states.logged_in(block, transaction).await?;
                let log: Vec<_> = log.into_iter().map(logged).collect();
                causes.extend(raised(&at, &log));
            }
        }
        (self.of, self.causes) = (debt, causes);
        Ok(())
    }
}
