//! That what comes back comes to a Safe of the operators' own: where they name the accounts that
//! decide, and on mainnet always. Whoever has the withdrawal address has everything. Before a bond
//! moves they have tried it, with a little ether that came in and went back.

use proto::agreement::PoolTerms;

use super::Grounds;
use super::refusal::Refusal;
use crate::pool::MAINNET;
use crate::pool::withdrawal::rehearsal::Rehearsal;

pub(super) fn check(grounds: &Grounds<'_>, terms: &PoolTerms) -> Result<(), Refusal> {
    let definition = grounds.lock.definition.terms();
    if terms.deciders().is_none() {
        let is_begun = terms.members.iter().any(|member| member.owner.is_some());
        return match is_begun || definition.chain.execution_chain_id == MAINNET {
            true => Err(Refusal::NoOwners),
            false => Ok(()),
        };
    }
    for at in [terms.withdrawal, terms.rpl_withdrawal] {
        let judged = grounds.withdrawal.iter().find(|(of, _)| *of == at);
        match judged {
            Some((_, Ok(()))) => {}
            Some((at, Err(why))) => {
                return Err(Refusal::WithdrawalSafe {
                    at: *at,
                    why: why.clone(),
                });
            }
            None => return Err(Refusal::OtherSight),
        }
    }
    match grounds.rehearsal {
        Rehearsal::Done => Ok(()),
        so_far @ (Rehearsal::Nothing | Rehearsal::Received { .. }) => Err(Refusal::Untried {
            at: terms.withdrawal,
            so_far,
        }),
    }
}
