//! That the node account is everybody's where it has to be: on mainnet it is a Safe, and a Safe is
//! as it was agreed, at both blocks. Whoever has it can misuse the bond, and a node's address is
//! for ever.

use proto::agreement::PoolTerms;

use super::Grounds;
use super::chain::views;
use super::refusal::Refusal;
use crate::pool::may_bond;

pub(super) fn check(grounds: &Grounds<'_>, terms: &PoolTerms) -> Result<(), Refusal> {
    let definition = grounds.lock.definition.terms();
    if !may_bond(terms, definition.chain.execution_chain_id) {
        return Err(Refusal::OneKey);
    }
    let Some(agreed) = &terms.node_safe else {
        return Ok(());
    };
    for (when, view) in views(grounds)? {
        let safe = view.safe.as_ref().ok_or(Refusal::NotRegistered(when))?;
        if let Some(odd) = safe.odd(agreed, definition.size().threshold()) {
            return Err(Refusal::Safe { when, odd });
        }
        if let Some(swap) = safe.swaps(agreed).first() {
            let (old, new) = (swap.old, swap.new);
            return Err(Refusal::SafeOwner { when, old, new });
        }
    }
    Ok(())
}
