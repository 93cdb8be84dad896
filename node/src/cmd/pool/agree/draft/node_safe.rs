//! The Safe that is the node account, from the flags that name its owners.

use node_core::safe::founding::Contracts;
use proto::agreement::{NodeSafe, PoolTerms};
use proto::definition::parse_address;
use proto::lock::Lock;

use super::{DraftError, Flags};

impl Flags {
    /// The Safe, if accounts are named now or were before. What it was founded with stays.
    pub(super) fn node_safe(
        &self,
        lock: &Lock,
        before: Option<&PoolTerms>,
    ) -> Result<Option<NodeSafe>, DraftError> {
        let old = before.and_then(|it| it.node_safe.as_ref());
        if self.accounts.is_empty() && old.is_none() {
            return Ok(None);
        }
        let operators = &lock.definition.terms().operators;
        let mut owners = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            let given = self.accounts.iter().find(|it| it.name == operator.name);
            let known = old.and_then(|old| old.owners.get(at).copied());
            owners.push(match given {
                Some(named) => parse_address(&named.value)?,
                None => known.ok_or(DraftError::Missing("--account for each operator"))?,
            });
        }
        Ok(Some(match old {
            Some(old) => NodeSafe {
                owners,
                ..old.clone()
            },
            None => self.contracts()?.owned_by(owners),
        }))
    }

    fn contracts(&self) -> Result<Contracts, DraftError> {
        match self.safe_contracts.as_slice() {
            [singleton, factory, handler, hash] => Ok(Contracts {
                singleton: parse_address(singleton)?,
                factory: parse_address(factory)?,
                handler: parse_address(handler)?,
                proxy_hash: hash
                    .parse()
                    .map_err(|_| DraftError::ProxyHash(hash.clone()))?,
            }),
            _ => Ok(Contracts::canonical()),
        }
    }
}
