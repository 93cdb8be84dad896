//! That the node account is everybody's where it has to be: on mainnet it is a Safe, and a Safe is
//! as it was agreed, at both blocks. Whoever has it can misuse the bond, and a node's address is
//! for ever.

use proto::agreement::PoolTerms;

use super::Grounds;
use super::chain::views;
use super::refusal::Refusal;

/// The chain on which no bond is put behind one person's key.
pub(super) const MAINNET: u64 = 1;

pub(super) fn check(grounds: &Grounds<'_>, terms: &PoolTerms) -> Result<(), Refusal> {
    let definition = grounds.lock.definition.terms();
    let Some(agreed) = &terms.node_safe else {
        return match definition.chain.execution_chain_id == MAINNET {
            true => Err(Refusal::OneKey),
            false => Ok(()),
        };
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
