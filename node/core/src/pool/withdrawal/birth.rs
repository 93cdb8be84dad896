//! How a Safe was made: by the log of the transaction in which that was done.
//!
//! Who owns a Safe now proves nothing. Whoever had it alone for a moment may have left behind what
//! no list shows: a module in its storage, by code that it delegated to, or an allowance at a
//! token. So it has to have been the operators' own from the first moment: then t of them have
//! signed whatever it did, and fewer can do nothing with it, as with everything else of theirs.
//!
//! - A factory of Safe's made the proxy with a singleton of Safe's, and set it up in the same
//!   transaction, once.
//! - The setup named the agreed owners, all of them and nobody else, and the agreed threshold;
//!   those of an earlier version of the agreement are as good.
//! - It delegated to nothing, or to Safe's own setup for L2, and whatever singletons that gave it
//!   are Safe's: each is named in an event, also one that is put away again in the same moment.
//! - Its fallback handler was one of Safe's, or none. Whoever calls a Safe makes that call it with
//!   what they like, and a token would take that for an order.
//!
//! Source: `SafeSetup` and `ProxyCreation` of Safe 1.3.0, 1.4.1 and 1.5.0, `ChangedMasterCopy` of
//! `SafeToL2Setup`. Names and types are the same in all of them, only what is indexed is not.
//!
//! Never here: asking a node, and how the Safe is now.

use std::collections::BTreeSet;

use alloy_primitives::{Address as Theirs, U256};
use alloy_sol_types::{SolEvent as _, SolValue as _};
use proto::{Address, Root};

use super::{Owned, Unfit};
use crate::pool::book::ours;
use crate::safe::known::Part;

alloy_sol_types::sol! {
    event SafeSetup(
        address indexed initiator, address[] owners, uint256 threshold, address initializer,
        address fallbackHandler
    );
    event ProxyCreation(address proxy, address singleton);
    event ChangedMasterCopy(address singleton);
}

/// The name of the event by which it is found when it was set up.
pub const SET_UP: [u8; 32] = SafeSetup::SIGNATURE_HASH.0;

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

impl Logged {
    pub(in crate::pool) fn is(&self, name: [u8; 32]) -> bool {
        self.topics.first().is_some_and(|of| *of.as_bytes() == name)
    }

    /// Its words, indexed or not.
    pub(in crate::pool) fn words(&self) -> Option<Vec<[u8; 32]>> {
        let indexed = self.topics.iter().skip(1).map(|word| *word.as_bytes());
        let (data, rest) = self.data.as_chunks::<32>();
        let words = indexed.chain(data.iter().copied());
        rest.is_empty().then(|| words.collect())
    }
}

/// How a Safe was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    owners: BTreeSet<Address>,
    threshold: U256,
    /// The contracts that had to do with it, each as what it has to be.
    pub parts: BTreeSet<(Address, Part)>,
}

impl Birth {
    /// By the log of the transaction that set it up.
    ///
    /// # Errors
    /// If that did not make it, or cannot be read.
    pub fn read(safe: &Address, log: &[Logged]) -> Result<Self, Unfit> {
        let its = || log.iter().filter(|entry| entry.by == *safe);
        let setups: Vec<&Logged> = its().filter(|entry| entry.is(SET_UP)).collect();
        let [setup] = setups[..] else {
            return Err(Unfit::Setups(setups.len()));
        };
        let misread = || Unfit::Misread(setup.transaction);
        let said = <(Vec<Theirs>, U256, Theirs, Theirs)>::abi_decode_params(&setup.data);
        let (owners, threshold, initializer, handler) = said.map_err(|_| misread())?;
        let mut made = log.iter().filter_map(made_by);
        let made = made.find(|(_, proxy, _)| proxy == safe);
        let (factory, _, singleton) = made.ok_or(Unfit::NotMade(setup.transaction))?;
        let mut parts = BTreeSet::from([(factory, Part::Factory), (singleton, Part::Singleton)]);
        parts.extend(ours(initializer).map(|at| (at, Part::Setup)));
        parts.extend(ours(handler).map(|at| (at, Part::Handler)));
        let changed = |entry: &&Logged| entry.is(ChangedMasterCopy::SIGNATURE_HASH.0);
        for entry in its().filter(changed) {
            let words = entry.words().filter(|words| words.len() == 1);
            let given = words.and_then(|words| address(&words[0]));
            parts.insert((given.ok_or_else(misread)?, Part::Singleton));
        }
        Ok(Self {
            owners: owners.into_iter().filter_map(ours).collect(),
            threshold,
            parts,
        })
    }

    /// Whether it was the operators' own from the first moment.
    ///
    /// # Errors
    /// If somebody else had it, or fewer of them.
    pub fn check(&self, agreed: &Owned) -> Result<(), Unfit> {
        let owned_so = |owners: &Vec<Address>| {
            owners.len() == self.owners.len() && owners.iter().all(|it| self.owners.contains(it))
        };
        let is_agreed = agreed.ever.iter().any(owned_so);
        match is_agreed && self.threshold == U256::from(agreed.threshold) {
            true => Ok(()),
            false => Err(Unfit::BornOtherwise),
        }
    }
}

/// By which factory which proxy was made, and with which singleton; what is indexed of it differs.
fn made_by(entry: &Logged) -> Option<(Address, Address, Address)> {
    if !entry.is(ProxyCreation::SIGNATURE_HASH.0) {
        return None;
    }
    match entry.words()?[..] {
        [proxy, singleton] => Some((entry.by, address(&proxy)?, address(&singleton)?)),
        _ => None,
    }
}

/// The address in a word, if it is one.
pub(in crate::pool) fn address(word: &[u8; 32]) -> Option<Address> {
    let (zeros, address) = word.split_first_chunk::<12>()?;
    let address: [u8; 20] = address.try_into().ok()?;
    (*zeros == [0; 12]).then(|| address.into())
}
