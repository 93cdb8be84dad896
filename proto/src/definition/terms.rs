//! The rules: a [`Draft`] that keeps them all becomes [`Terms`]. Each rule is a variant of
//! [`BadTerms`].

use std::collections::BTreeSet;
use std::ops::Deref;

use thiserror::Error;

use super::draft::{MAX_ADDRESSES, MAX_VALIDATORS};
use super::{
    Chain, ContentHash, Draft, FeeRecipient, Gwei, Operator, OtherChain, Version, Withdrawal,
};
use crate::{Address, BadClusterSize, ClusterSize, Root, Roster};

/// A rule that a draft breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadTerms {
    /// The number of operators.
    #[error(transparent)]
    Size(#[from] BadClusterSize),
    /// The cluster's name.
    #[error("the cluster's name must be 1 to 64 letters, digits, spaces or -_.' : change {0:?}")]
    Name(String),
    /// The chain's name. Letters of other alphabets can look like those of a known name.
    #[error(
        "the chain's name must be 1 to 64 ASCII letters, digits, spaces or -_.' : change \"{}\"",
        .0.escape_default()
    )]
    ChainName(String),
    /// An operator's name.
    #[error("an operator's name must be 1 to 32 ASCII letters, digits or -_. : change {0:?}")]
    OperatorName(String),
    /// Two operators have one name, apart from capitals.
    #[error("two operators are called {0:?}: give each a name of its own")]
    SameName(String),
    /// Two operators have one key.
    #[error(
        "{0:?} and {1:?} have the same identity key: each operator makes a key of their own with \
         `gantry identity new`"
    )]
    SameKey(String, String),
    /// Too many address hints.
    #[error("{0:?} has more than {MAX_ADDRESSES} addresses: remove some")]
    Addresses(String),
    /// Too few or too many validators.
    #[error("a cluster has 1 to {MAX_VALIDATORS} validators, not {0}: more need another cluster")]
    Validators(usize),
    /// No deposit amount.
    #[error("no deposit amount is given: write 32000000000 (gwei) for one deposit of 32 ETH")]
    NoAmount,
    /// An amount the deposit contract refuses or 0x01 credentials earn nothing on.
    #[error("a deposit must be 1 to 32 ETH (1000000000 to 32000000000 gwei), not {}", .0.0)]
    Amount(Gwei),
    /// A validator with 0x01 credentials earns on 32 ETH; the chain pays the rest back.
    #[error(
        "the deposits of a validator add up to {0}: more than 32 ETH earns nothing with 0x01 \
         withdrawal credentials"
    )]
    AmountSum(Gwei),
    /// The same amount twice: the two deposits could not be told apart.
    #[error("the deposit amount {0} is given twice: the two could not be told apart; split anew")]
    AmountTwice(Gwei),
    /// A list of addresses has another length than the list of validators.
    #[error("{what}: {given} addresses for {validators} validators; give one for each, or one")]
    AddressCount {
        /// Which list.
        what: &'static str,
        /// Its length.
        given: usize,
        /// The length it should have.
        validators: usize,
    },
    /// The zero address: what is sent there is lost.
    #[error("the {0} is the zero address: whatever goes there is lost for ever")]
    ZeroAddress(&'static str),
    /// An open fee recipient in a form that has none.
    #[error(
        "a definition of version 1 names whom blocks pay: name an address, or make a new one with \
         `gantry cluster new`"
    )]
    OpenFees,
    /// A genesis validators root of zeros: only deposits are signed under it.
    #[error(
        "the genesis validators root is zero: ask your beacon node at /eth/v1/beacon/genesis and \
         write the real one"
    )]
    ZeroRoot,
    /// A known chain by one value, and another by another.
    #[error(transparent)]
    OtherChain(Box<OtherChain>),
}

/// A draft that keeps every rule. Read its fields through the [`Draft`] it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    draft: Draft,
    roster: Roster,
}

impl Terms {
    /// Checks every rule.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(draft: Draft) -> Result<Self, BadTerms> {
        if !is_title(&draft.name) {
            return Err(BadTerms::Name(draft.name));
        }
        check_chain(&draft.chain)?;
        check_operators(&draft.operators)?;
        if !(1..=MAX_VALIDATORS).contains(&draft.validators) {
            return Err(BadTerms::Validators(draft.validators));
        }
        check_amounts(&draft.deposit_amounts)?;
        if let Withdrawal::Each(list) = &draft.withdrawal {
            check_count("withdrawal addresses", list, draft.validators)?;
        }
        if (draft.version, &draft.fee_recipient) == (Version::V1, &FeeRecipient::Later) {
            return Err(BadTerms::OpenFees);
        }
        if let FeeRecipient::Each(list) = &draft.fee_recipient {
            check_count("fee recipients", list, draft.validators)?;
        }
        refuse_zero("withdrawal address", draft.withdrawal.addresses())?;
        refuse_zero("fee recipient", draft.fee_recipient.addresses())?;
        let roster = Roster::new(draft.operators.iter().map(|o| o.identity_key).collect())?;
        Ok(Self { draft, roster })
    }

    /// n, t and what follows.
    pub fn size(&self) -> ClusterSize {
        self.roster.size()
    }

    /// The operators' identity keys.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Feeds the content to `hash`, in the order of the table in [`super`].
    pub(super) fn feed(&self, hash: &mut ContentHash) {
        hash.text(&self.name).fixed(self.nonce.as_bytes());
        let chain = &self.chain;
        hash.text(&chain.name)
            .number(chain.execution_chain_id)
            .fixed(chain.genesis_fork_version.as_bytes())
            .fixed(chain.genesis_validators_root.as_bytes())
            .fixed(chain.deposit_contract.as_bytes());
        hash.length(self.size().threshold());
        hash.length(self.operators.len());
        for operator in &self.operators {
            hash.text(&operator.name)
                .fixed(&operator.identity_key.to_bytes())
                .length(operator.addresses.len());
            for address in &operator.addresses {
                hash.text(&address.to_string());
            }
        }
        hash.length(self.validators);
        hash.length(self.deposit_amounts.len());
        for amount in &self.deposit_amounts {
            hash.number(amount.0);
        }
        let (kind, list) = match &self.withdrawal {
            Withdrawal::Later => (0, &[][..]),
            Withdrawal::One(address) => (1, std::slice::from_ref(address)),
            Withdrawal::Each(list) => (2, &list[..]),
        };
        hash.number(kind).addresses(list);
        let (kind, list) = match &self.fee_recipient {
            FeeRecipient::Later => (0, &[][..]),
            FeeRecipient::One(address) => (1, std::slice::from_ref(address)),
            FeeRecipient::Each(list) => (2, &list[..]),
        };
        hash.number(kind).addresses(list);
    }
}

impl Deref for Terms {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

fn is_title(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || " -_.'".contains(c);
    (1..=64).contains(&text.chars().count()) && text.chars().all(fits) && text.trim() == text
}

fn check_chain(chain: &Chain) -> Result<(), BadTerms> {
    if !is_title(&chain.name) || !chain.name.is_ascii() {
        let shown = chain.name.chars().take(64).collect();
        return Err(BadTerms::ChainName(shown));
    }
    refuse_zero(
        "deposit contract",
        std::slice::from_ref(&chain.deposit_contract),
    )?;
    if chain.genesis_validators_root == Root::ZERO {
        return Err(BadTerms::ZeroRoot);
    }
    chain.check().map_err(BadTerms::OtherChain)
}

fn check_operators(operators: &[Operator]) -> Result<(), BadTerms> {
    ClusterSize::of(operators.len())?;
    let mut names = BTreeSet::new();
    for (i, operator) in operators.iter().enumerate() {
        let name = &operator.name;
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if !(1..=32).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(BadTerms::OperatorName(name.chars().take(64).collect()));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(BadTerms::SameName(name.clone()));
        }
        let same_key = |other: &&Operator| other.identity_key == operator.identity_key;
        if let Some(other) = operators[..i].iter().find(same_key) {
            return Err(BadTerms::SameKey(other.name.clone(), name.clone()));
        }
        if operator.addresses.len() > MAX_ADDRESSES {
            return Err(BadTerms::Addresses(name.clone()));
        }
    }
    Ok(())
}

fn check_amounts(amounts: &[Gwei]) -> Result<(), BadTerms> {
    if amounts.is_empty() {
        return Err(BadTerms::NoAmount);
    }
    let mut sum = 0u64;
    for (i, amount) in amounts.iter().enumerate() {
        if !(Gwei::ONE_ETH..=Gwei::FULL).contains(amount) {
            return Err(BadTerms::Amount(*amount));
        }
        if amounts[..i].contains(amount) {
            return Err(BadTerms::AmountTwice(*amount));
        }
        sum = sum.saturating_add(amount.0);
        if sum > Gwei::FULL.0 {
            return Err(BadTerms::AmountSum(Gwei(sum)));
        }
    }
    Ok(())
}

fn check_count(what: &'static str, list: &[Address], validators: usize) -> Result<(), BadTerms> {
    if list.len() == validators {
        Ok(())
    } else {
        Err(BadTerms::AddressCount {
            what,
            given: list.len(),
            validators,
        })
    }
}

fn refuse_zero(what: &'static str, list: &[Address]) -> Result<(), BadTerms> {
    if list.contains(&Address::from([0; 20])) {
        Err(BadTerms::ZeroAddress(what))
    } else {
        Ok(())
    }
}
