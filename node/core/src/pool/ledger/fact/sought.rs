//! Which logs are asked for.
//!
//! What anybody can write into a log for next to nothing is asked for by itself, so that what is
//! lost where somebody has filled it is nothing of Rocket Pool's own and nothing of the operators.

use alloy_sol_types::SolEvent as _;
use proto::{Address, Root};

use super::{Scene, names as n};
use crate::pool::contracts::Contract;
use crate::pool::funding::paid::indexed;

/// One question for logs: of these contracts, with these words in these places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The contracts.
    pub by: Vec<Address>,
    /// By place, one of these words; any where none is named.
    pub topics: Vec<Vec<Root>>,
    /// Whether anybody can make such entries for next to nothing: then there may be any number of
    /// them, and they are no reason to miss others.
    pub is_open: bool,
}

impl Scene {
    /// What is to be asked for: what anybody can fill for itself.
    pub fn sought(&self) -> Vec<Sought> {
        let mut sought = self.of_contracts();
        sought.extend(self.of_arrivals());
        let of_megapool = |names: &[[u8; 32]], is_open| {
            Some(Sought {
                by: vec![self.megapool?],
                topics: vec![roots(names)],
                is_open,
            })
        };
        sought.extend(of_megapool(&n::OF_MEGAPOOL, false));
        sought.extend(of_megapool(&[n::EtherReceived::SIGNATURE_HASH.0], true));
        sought.retain(|it| !it.by.is_empty());
        sought
    }

    /// What the contracts for all nodes say of this one.
    fn of_contracts(&self) -> Vec<Sought> {
        let node = vec![indexed(&self.node)];
        let deposit: Vec<Address> = self.at(Contract::NodeDeposit).into_iter().collect();
        let paid = roots(&[n::DepositFor::SIGNATURE_HASH.0]);
        let named = |topics, is_open| Sought {
            by: deposit.clone(),
            topics,
            is_open,
        };
        let declared: Vec<Root> = self.declared.iter().map(indexed).collect();
        let own = (!declared.is_empty())
            .then(|| named(vec![paid.clone(), node.clone(), declared], false));
        let tokens = self.tokens();
        let rest = self.contracts.iter().map(|(_, at)| *at);
        let rest = rest.filter(|at| !tokens.contains(at) && !deposit.contains(at));
        let rest = Sought {
            by: rest.collect(),
            topics: vec![Vec::new(), node.clone()],
            is_open: false,
        };
        let mut all = vec![
            rest,
            named(vec![roots(&n::OF_NODE_DEPOSIT), node.clone()], false),
        ];
        all.extend(own);
        all.push(named(vec![paid, node], true));
        all
    }

    /// What comes to the addresses of ours, and what they do.
    fn of_arrivals(&self) -> Vec<Sought> {
        let own = self.arrivals.all();
        let indexes: Vec<Root> = own.iter().map(indexed).collect();
        let (done, came) = (
            roots(&[n::ExecutionSuccess::SIGNATURE_HASH.0]),
            roots(&[n::SafeReceived::SIGNATURE_HASH.0]),
        );
        let of_safe = |topics, is_open| Sought {
            by: own.clone(),
            topics,
            is_open,
        };
        let known = self.declared.iter().chain(&own).copied();
        let known = known.chain(self.at(Contract::MerkleDistributor));
        let known = known.map(|at| indexed(&at)).collect();
        let transfer = roots(&[n::Transfer::SIGNATURE_HASH.0]);
        let of_token = |topics| Sought {
            by: self.tokens(),
            topics,
            is_open: true,
        };
        vec![
            of_safe(vec![done], false),
            of_safe(vec![came.clone(), known], false),
            of_safe(vec![came], true),
            of_token(vec![transfer.clone(), indexes.clone()]),
            of_token(vec![transfer, Vec::new(), indexes]),
        ]
    }

    fn tokens(&self) -> Vec<Address> {
        let tokens = [Contract::TokenRpl, Contract::TokenReth];
        tokens.into_iter().filter_map(|it| self.at(it)).collect()
    }
}

fn roots(names: &[[u8; 32]]) -> Vec<Root> {
    names.iter().map(|name| (*name).into()).collect()
}
