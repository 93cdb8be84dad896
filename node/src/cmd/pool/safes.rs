//! What commands about the withdrawal Safes look at before they say anything.

use node_core::pool::sight::Sight;
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::pool::withdrawal::{Kept, Owned};
use proto::Address;
use proto::agreement::PoolTerms;

use super::PoolError;
use super::flags::Agreed;
use super::withdrawal::WithdrawalError;
use crate::execution::{Patience, States};
use crate::pool::funds::{Payments, payments, rehearsal};
use crate::pool::withdrawal::{Births, Judged, look_at_both};
use crate::pool::{SightError, Target, anchors, look_with};

/// What was seen.
pub(super) struct Safes {
    pub(super) states: States,
    pub(super) sight: Sight,
    /// Each of the agreed withdrawal addresses, with what stands against it.
    pub(super) judged: Vec<Judged>,
    terms: PoolTerms,
}

impl Safes {
    /// Looks at the node and at the Safes.
    pub(super) async fn look(agreed: &Agreed) -> Result<Self, PoolError> {
        let (lock, version) = (&agreed.lock, &agreed.version);
        let threshold = lock.definition.terms().size().threshold();
        let owned = Owned::agreed(version, threshold).ok_or(WithdrawalError::NoOwners)?;
        let target = Target::agreed(lock, version);
        let (mut states, sight) = look_with(&agreed.url, &target, Patience::USUAL).await?;
        let (terms, blocks) = (&version.terms, anchors(&sight));
        let through = (&mut states, &mut Births::new());
        let judged = look_at_both(through, terms, (&blocks, &owned)).await?;
        Ok(Self {
            terms: terms.clone(),
            judged,
            states,
            sight,
        })
    }

    /// How far the operators have tried the withdrawal Safe.
    pub(super) async fn rehearsal(&mut self) -> Result<Rehearsal, SightError> {
        let last = anchors(&self.sight).finalised;
        Ok(rehearsal(&mut self.states, &self.terms, last).await?)
    }

    /// Who has paid in.
    pub(super) async fn payments(&mut self) -> Result<Payments, SightError> {
        Ok(payments(&mut self.states, &self.sight, &self.terms).await?)
    }

    /// The Safe at this address, if it is the operators' own.
    pub(super) fn own(&self, at: &Address) -> Result<&Kept, WithdrawalError> {
        let found = self.judged.iter().find(|(of, _)| of == at);
        match found {
            Some((_, Ok(kept))) => Ok(kept),
            Some((at, Err(why))) => Err(WithdrawalError::Unfit {
                at: *at,
                why: why.clone(),
            }),
            None => Err(WithdrawalError::NoOwners),
        }
    }
}
