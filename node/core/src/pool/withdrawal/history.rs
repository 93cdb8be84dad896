//! What was ever done with a Safe: by its own log, and by the transactions that it names.
//!
//! A Safe can be made to write whatever storage it has: by what its setup delegates to, by a
//! module, or by an execution that delegates. So a module can be hidden where no list shows it, and
//! the state of today alone proves nothing. What proves it is that nothing of the kind happened:
//!
//! - A factory of Safe's made the proxy with a singleton of Safe's, and set it up in the same
//!   transaction, with nothing delegated but to Safe's own setup.
//! - No module was ever enabled.
//! - There are as many executions in the log as the nonce counts. Each is the only one of its
//!   transaction, which calls the Safe itself; so the transaction's own bytes say what was
//!   executed. What delegates, delegates to Safe's `MultiSendCallOnly` or migration.
//!
//! The two words of a call that decide are read where the contract reads them: heads of a fixed
//! place, of which no other encoding exists.
//!
//! Source: Safe 1.3.0, 1.4.1 and 1.5.0: `SafeSetup`, `ExecutionSuccess`, `ExecutionFailure`,
//! `EnabledModule`, `ExecutionFromModuleSuccess`, `ExecutionFromModuleFailure`; `ProxyCreation` of
//! the factories. Their names and types are the same in all, only what is indexed is not.
//!
//! Never here: asking a node, and how the Safe is now.

use std::collections::{BTreeMap, BTreeSet};

use alloy_sol_types::{SolCall as _, SolEvent as _, SolValue as _};
use proto::{Address, Root};

use super::Unfit;
use crate::pool::book::ours;
use crate::safe::Safe;
use crate::safe::known::Part;

/// The most executions that are accounted for, one by one.
pub const MOST_EXECUTIONS: u64 = 500;

alloy_sol_types::sol! {
    event SafeSetup(
        address indexed initiator, address[] owners, uint256 threshold, address initializer,
        address fallbackHandler
    );
    event ExecutionSuccess(bytes32 txHash, uint256 payment);
    event ExecutionFailure(bytes32 txHash, uint256 payment);
    event EnabledModule(address module);
    event ExecutionFromModuleSuccess(address module);
    event ExecutionFromModuleFailure(address module);
    event ProxyCreation(address proxy, address singleton);
}

/// The names of the events that are read: the first word of each.
pub const NAMES: [[u8; 32]; 6] = [
    SafeSetup::SIGNATURE_HASH.0,
    ExecutionSuccess::SIGNATURE_HASH.0,
    ExecutionFailure::SIGNATURE_HASH.0,
    EnabledModule::SIGNATURE_HASH.0,
    ExecutionFromModuleSuccess::SIGNATURE_HASH.0,
    ExecutionFromModuleFailure::SIGNATURE_HASH.0,
];

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Which contract wrote it.
    pub by: Address,
    /// What it is, by its first word; and what of it is indexed.
    pub topics: Vec<Root>,
    /// The rest of it.
    pub data: Vec<u8>,
    /// In which transaction.
    pub transaction: Root,
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whom it calls; none if it makes a contract.
    pub to: Option<Address>,
    /// With which bytes.
    pub input: Vec<u8>,
}

/// What the Safe's own log says, and which transactions are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The transaction in which it was set up, and has to have been made.
    pub made_in: Root,
    /// Those in which it executed something, each once.
    pub executed_in: Vec<Root>,
    /// To what its setup delegated, if to anything.
    delegated: Option<Address>,
}

/// Contracts that had to do with it, each as what it has to be.
pub type Parts = BTreeSet<(Address, Part)>;

impl Outline {
    /// What the Safe's whole log says, in its order, if the Safe's nonce is this one.
    ///
    /// # Errors
    /// What cannot be accounted for.
    pub fn of(safe: &Address, log: &[Logged], nonce: u64) -> Result<Self, Unfit> {
        if nonce > MOST_EXECUTIONS {
            return Err(Unfit::TooMany(nonce));
        }
        let its = || log.iter().filter(|entry| entry.by == *safe);
        let named = |names: &[[u8; 32]]| {
            let names: Vec<Root> = names.iter().map(|name| Root::from(*name)).collect();
            let is_named =
                move |entry: &&Logged| entry.topics.first().is_some_and(|of| names.contains(of));
            its().filter(is_named).collect::<Vec<_>>()
        };
        let modules = [
            EnabledModule::SIGNATURE_HASH.0,
            ExecutionFromModuleSuccess::SIGNATURE_HASH.0,
            ExecutionFromModuleFailure::SIGNATURE_HASH.0,
        ];
        if let Some(entry) = named(&modules).first() {
            return Err(Unfit::HadModule(entry.transaction));
        }
        let setups = named(&[SafeSetup::SIGNATURE_HASH.0]);
        let [setup] = setups[..] else {
            return Err(Unfit::Setups(setups.len()));
        };
        let (_, _, initializer, _) = <(
            Vec<alloy_primitives::Address>,
            alloy_primitives::U256,
            alloy_primitives::Address,
            alloy_primitives::Address,
        )>::abi_decode_params(&setup.data)
        .map_err(|_| Unfit::Misread(setup.transaction))?;
        let executions = named(&[
            ExecutionSuccess::SIGNATURE_HASH.0,
            ExecutionFailure::SIGNATURE_HASH.0,
        ]);
        if executions.len() as u64 != nonce {
            let logged = executions.len() as u64;
            return Err(Unfit::Lacking { logged, nonce });
        }
        let mut executed_in: Vec<Root> = Vec::new();
        for entry in executions {
            if executed_in.contains(&entry.transaction) {
                return Err(Unfit::Several(entry.transaction));
            }
            executed_in.push(entry.transaction);
        }
        Ok(Self {
            made_in: setup.transaction,
            executed_in,
            delegated: ours(initializer),
        })
    }

    /// The contracts that had to do with it, by the log of the transaction in which it was made and
    /// by those in which it executed something.
    ///
    /// # Errors
    /// What cannot be accounted for.
    pub fn parts(
        &self,
        safe: &Address,
        made: &[Logged],
        sent: &BTreeMap<Root, Sent>,
    ) -> Result<Parts, Unfit> {
        let mut creations = made.iter().filter_map(creation);
        let creation = creations.find(|(_, proxy, _)| proxy == safe);
        let (factory, _, singleton) = creation.ok_or(Unfit::NotMade(self.made_in))?;
        let mut parts = Parts::from([(factory, Part::Factory), (singleton, Part::Singleton)]);
        parts.extend(self.delegated.map(|to| (to, Part::Setup)));
        for transaction in &self.executed_in {
            let sent = sent.get(transaction).ok_or(Unfit::Pruned(*transaction))?;
            if sent.to != Some(*safe) {
                return Err(Unfit::Through(*transaction));
            }
            let (to, operation) = executed(&sent.input).ok_or(Unfit::Misread(*transaction))?;
            match operation {
                Operation::Call => {}
                Operation::Delegate => {
                    parts.insert((to, Part::CallOnly));
                }
            }
        }
        Ok(parts)
    }
}

/// By which factory which proxy was made, and with which singleton; what is indexed of it differs.
fn creation(entry: &Logged) -> Option<(Address, Address, Address)> {
    let (name, indexed) = entry.topics.split_first()?;
    if name.as_bytes() != &ProxyCreation::SIGNATURE_HASH.0 {
        return None;
    }
    let words = indexed.iter().map(|word| *word.as_bytes());
    let (data, rest) = entry.data.as_chunks::<32>();
    let mut words = words.chain(data.iter().copied());
    let (proxy, singleton) = (address(&words.next()?)?, address(&words.next()?)?);
    (rest.is_empty() && words.next().is_none()).then_some((entry.by, proxy, singleton))
}

/// How a Safe executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Call,
    Delegate,
}

/// What `execTransaction` was given as `to` and `operation`, if these bytes call it.
fn executed(input: &[u8]) -> Option<(Address, Operation)> {
    let words = input.strip_prefix(&Safe::execTransactionCall::SELECTOR)?;
    let (words, _) = words.as_chunks::<32>();
    let operation = match alloy_primitives::U256::from_be_bytes(*words.get(3)?).try_into() {
        Ok(0_u8) => Operation::Call,
        Ok(1_u8) => Operation::Delegate,
        _ => return None,
    };
    Some((address(words.first()?)?, operation))
}

/// The address in a word, if it is one.
fn address(word: &[u8; 32]) -> Option<Address> {
    let (zeros, address) = word.split_first_chunk::<12>()?;
    let address: [u8; 20] = address.try_into().ok()?;
    (*zeros == [0; 12]).then(|| address.into())
}
