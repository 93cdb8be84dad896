//! On which terms others may build blocks, as all operators have signed it: what registrations say,
//! and whose bids are taken.
//!
//! Never here: a relay that is asked.

use proto::agreement::{BuilderTerms, Relay};
use proto::eth::ValidatorRegistration;
use proto::{Address, PublicKey};

use super::chain::Agreement;

/// The part on builders of a version that is in force. Made only of an agreement whose signatures
/// were verified, so whoever has one knows that all operators want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuilderPolicy {
    /// The number of its version.
    number: u64,
    terms: BuilderTerms,
}

impl BuilderPolicy {
    /// What is in force, if something is that names relays.
    pub fn of(agreement: &Agreement) -> Option<Self> {
        let content = &agreement.in_force().ok()?.content;
        let terms = content.terms.builder.clone();
        Some(Self {
            number: content.number,
            terms: terms.filter(|it| !it.relays.is_empty())?,
        })
    }

    /// The number of the version in which it stands.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whose bids are taken. There is at least one.
    pub fn relays(&self) -> &[Relay] {
        &self.terms.relays
    }

    /// How much a bid counts beside the own payload, in percent.
    pub fn boost_factor(&self) -> u64 {
        self.terms.boost_factor
    }

    /// The time of its registrations, in Unix seconds.
    pub fn timestamp(&self) -> u64 {
        self.terms.timestamp
    }

    /// How the validator with this key registers.
    pub fn registration(&self, pubkey: PublicKey, payee: RegisteredPayee) -> ValidatorRegistration {
        let later = match payee.order {
            Order::First => 0,
            Order::Last => 1,
        };
        ValidatorRegistration {
            fee_recipient: payee.address,
            gas_limit: self.terms.gas_limit,
            timestamp: self.terms.timestamp.saturating_add(later),
            pubkey,
        }
    }
}

/// Whom blocks of a validator pay, and whether that comes after another under the same version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredPayee {
    /// The address.
    pub address: Address,
    /// In which order.
    pub order: Order,
}

/// The order of the addresses that blocks pay under one version. A node account that leaves the
/// smoothing pool owes it for a while: its blocks pay the pool first, and then the megapool. Of two
/// registrations of one time a relay keeps the first, so what comes last is a second later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// That of the definition, or the smoothing pool.
    First,
    /// The megapool.
    Last,
}
