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

    /// How the validator with this key registers, whose blocks pay this address.
    pub fn registration(&self, pubkey: PublicKey, fee_recipient: Address) -> ValidatorRegistration {
        ValidatorRegistration {
            fee_recipient,
            gas_limit: self.terms.gas_limit,
            timestamp: self.terms.timestamp,
            pubkey,
        }
    }
}
