//! What a Safe that is the node account must be.

use proto::Address;
use proto::agreement::{NodeSafe, PoolTerms};
use proto::lock::Lock;

use crate::pool::agreement::bad_terms::BadTerms;
use crate::safe::founding::{Contracts, Founding};

/// The owner that the contract begins and ends its list with: no account.
const SENTINEL: [u8; 20] = {
    let mut bytes = [0; 20];
    bytes[19] = 1;
    bytes
};

/// Whether the Safe is of this cluster's operators, and is the node account.
pub(super) fn check(safe: &NodeSafe, terms: &PoolTerms, lock: &Lock) -> Result<(), BadTerms> {
    let definition = lock.definition.terms();
    let founding = Founding::agreed(safe, lock);
    let known = Contracts::known(definition.chain.execution_chain_id);
    if known.is_some_and(|known| known != *founding.contracts()) {
        return Err(BadTerms::SafeContracts(definition.chain.execution_chain_id));
    }
    let (ours, usual) = (founding.contracts(), Contracts::canonical());
    let is_usual = ours.singleton == usual.singleton;
    if is_usual != (ours.proxy_hash == usual.proxy_hash) {
        return Err(BadTerms::SafeProxy(ours.singleton));
    }
    for (list, owners) in [("founders", &safe.founders), ("owners", &safe.owners)] {
        let expected = definition.operators.len();
        if owners.len() != expected {
            return Err(BadTerms::SafeOwners {
                list,
                found: owners.len(),
                expected,
            });
        }
        for (at, owner) in owners.iter().enumerate() {
            let name = lock.definition.name_of(peer(lock, at)).to_owned();
            if let Some(why) = unfit(*owner, &owners[..at], terms) {
                return Err(BadTerms::SafeOwner {
                    name,
                    address: *owner,
                    why,
                });
            }
        }
    }
    let (expected, found) = (founding.address(), terms.fixed.node_account);
    match found == expected {
        true => Ok(()),
        false => Err(BadTerms::SafeAddress { found, expected }),
    }
}

fn peer(lock: &Lock, at: usize) -> proto::PeerIndex {
    let size = lock.definition.terms().size();
    size.peer(at).expect("there are as many as operators")
}

/// Why an account cannot own the Safe, if it cannot.
fn unfit(owner: Address, before: &[Address], terms: &PoolTerms) -> Option<&'static str> {
    let mut members = terms.members.iter();
    if owner == Address::from([0; 20]) || owner == Address::from(SENTINEL) {
        Some("no account: name the one that `gantry account new` has made")
    } else if owner == terms.fixed.node_account {
        Some("the Safe itself, which cannot own itself")
    } else if before.contains(&owner) {
        Some("another operator's too: each gives one of their own")
    } else if [terms.withdrawal, terms.rpl_withdrawal].contains(&owner) {
        Some(
            "where ether or RPL goes: its key lies on a machine that runs day and night. Name \
              another one",
        )
    } else if members.any(|member| member.owner == Some(owner)) {
        Some(
            "one that decides at the withdrawal address: a key that signs by itself must not. \
              Name another one",
        )
    } else {
        None
    }
}
