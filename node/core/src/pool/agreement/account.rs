//! The signatures of accounts: that the group has those that it names. A node account with one key
//! signs for itself; of one that is a Safe the account of each operator that owns it does.
//!
//! Source: EIP-191, version `0x45` ("personal message").

use alloy_primitives::eip191_hash_message;
use proto::agreement::{AccountSignature, Content, NodeSafe, Version};
use proto::definition::checksummed;
use proto::{Address, Root};

use super::chain::Agreement;
use super::error::BadAgreement;
use crate::safe::signature;

impl Agreement {
    /// What the node account signs of the newest version, as a text (EIP-191).
    pub fn node_text(&self) -> String {
        Content::node_text(&self.last().hash)
    }

    /// Adds the node account's signature to the newest version.
    ///
    /// # Errors
    /// If it is that of another account.
    pub fn sign_as_node(
        &mut self,
        account: Address,
        signature: AccountSignature,
    ) -> Result<(), BadAgreement> {
        let last = self.last_mut();
        let number = last.content.number;
        let node = node_of(last).ok_or(BadAgreement::NoNode(number))?;
        if account != node {
            return Err(BadAgreement::NotTheNode {
                signer: account,
                node,
                number,
            });
        }
        if signer(&last.hash, &signature) != Some(node) {
            return Err(BadAgreement::NodeSignature(number));
        }
        last.node_signature = Some(signature);
        Ok(())
    }

    /// What the account of an operator signs of the newest version, as a text (EIP-191), if it is
    /// to own the Safe that is the node.
    pub fn owner_text(&self) -> String {
        Content::owner_text(&self.last().hash)
    }

    /// The account that the operator called `name` owns the Safe with, by the newest version.
    pub fn owner_of(&self, name: &str) -> Option<Address> {
        self.owner_at(self.versions.len() - 1, name)
    }

    /// The same, if that account still has to sign the newest version: it has signed none before.
    pub fn wants_owner(&self, name: &str) -> Option<Address> {
        self.wanted_owner(self.versions.len() - 1, name)
    }

    /// Adds the signature of the account with which the operator called `name` owns the Safe.
    ///
    /// # Errors
    /// If it is that of another account.
    pub fn sign_as_owner(
        &mut self,
        name: &str,
        (account, signature): (Address, AccountSignature),
    ) -> Result<(), BadAgreement> {
        let agreed = self.owner_of(name);
        let last = self.last_mut();
        let number = last.content.number;
        let agreed = agreed.ok_or(BadAgreement::NoSafe(number))?;
        if account != agreed {
            return Err(BadAgreement::NotTheOwner {
                name: name.to_owned(),
                signer: account,
                agreed,
                number,
            });
        }
        if owner(&last.hash, &signature) != Some(agreed) {
            let name = name.to_owned();
            return Err(BadAgreement::OwnerSignature { number, name });
        }
        last.owner_signatures.insert(name.to_owned(), signature);
        Ok(())
    }

    /// The account that the operator called `name` owns the Safe with, by the version at this
    /// place.
    fn owner_at(&self, place: usize, name: &str) -> Option<Address> {
        let safe = safe_of(&self.versions[place])?;
        let peer = self.lock.definition.peer_named(name)?;
        safe.owners.get(peer.position()).copied()
    }

    /// That account, if it still has to sign the version: it has signed none before in which it
    /// was this operator's.
    fn wanted_owner(&self, place: usize, name: &str) -> Option<Address> {
        let here = self.owner_at(place, name)?;
        let signed = |at: &usize| {
            let version = &self.versions[*at];
            self.owner_at(*at, name) == Some(here) && version.owner_signatures.contains_key(name)
        };
        (!(0..=place).any(|at| signed(&at))).then_some(here)
    }

    /// Which accounts have not signed the version at this place, in words.
    pub(super) fn missing_accounts(&self, place: usize) -> Vec<String> {
        let version = &self.versions[place];
        let mut missing = Vec::new();
        if let Some(node) = self.wanted_node(place)
            && version.node_signature.is_none()
        {
            missing.push(format!("the node account {}", checksummed(&node)));
        }
        let operators = self.lock.definition.terms().operators.iter();
        let owners = operators.filter_map(|it| {
            let account = checksummed(&self.wanted_owner(place, &it.name)?);
            Some(format!("the account {account} of {}", it.name))
        });
        missing.extend(owners);
        missing.extend(self.strange_founders(place));
        missing
    }

    /// The accounts that found the Safe of the version at this place and that no operator has
    /// shown to be his: whoever has t of them can leave in it, before he hands it over, what no
    /// list shows.
    fn strange_founders(&self, place: usize) -> Vec<String> {
        let Some(safe) = safe_of(&self.versions[place]) else {
            return Vec::new();
        };
        let operators = self.lock.definition.terms().operators.iter();
        let both = operators.zip(&safe.founders);
        let strange = both.filter(|(operator, founder)| {
            let signed = |at: usize| {
                let version = &self.versions[at];
                self.owner_at(at, &operator.name) == Some(**founder)
                    && version.owner_signatures.contains_key(&operator.name)
            };
            // Of a present owner it is said above.
            self.owner_at(place, &operator.name) != Some(**founder) && !(0..=place).any(signed)
        });
        let words = |(operator, founder): (&proto::definition::Operator, &Address)| {
            format!(
                "the account {} of {}, which founds the Safe and has never owned it by a signed \
                 version",
                checksummed(founder),
                operator.name
            )
        };
        strange.map(words).collect()
    }

    /// The account that the version at this place names, if it still has to sign it: it has not
    /// signed one before.
    fn wanted_node(&self, place: usize) -> Option<Address> {
        let here = node_of(&self.versions[place])?;
        if safe_of(&self.versions[place]).is_some() {
            return None;
        }
        let mut before = self.versions[..place].iter();
        let has_signed = before.any(|it| node_of(it) == Some(here) && it.node_signature.is_some());
        (!has_signed).then_some(here)
    }

    pub(super) fn check_accounts(&self, version: &Version) -> Result<(), BadAgreement> {
        let number = version.content.number;
        let definition = &self.lock.definition;
        for (name, signature) in &version.owner_signatures {
            let agreed = safe_of(version).zip(definition.peer_named(name));
            let agreed = agreed.and_then(|(safe, peer)| safe.owners.get(peer.position()));
            if agreed.is_none() || owner(&version.hash, signature).as_ref() != agreed {
                let name = name.chars().take(64).collect();
                return Err(BadAgreement::OwnerSignature { number, name });
            }
        }
        let node = node_of(version);
        match &version.node_signature {
            Some(signature) if node.is_none() || signer(&version.hash, signature) != node => {
                Err(BadAgreement::NodeSignature(number))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The node account that a version names, if it is on Rocket Pool.
fn node_of(version: &Version) -> Option<Address> {
    let pool = version.content.terms.pool.as_ref();
    pool.map(|it| it.fixed.node_account)
}

/// The Safe that is the node account of a version, if it is one.
fn safe_of(version: &Version) -> Option<&NodeSafe> {
    version.content.terms.pool.as_ref()?.node_safe.as_ref()
}

/// Which account has signed the version with this hash as node account; none if nobody has.
fn signer(hash: &Root, signature: &AccountSignature) -> Option<Address> {
    of_text(&Content::node_text(hash), signature)
}

/// Which account has signed it as one of the owners of a Safe.
fn owner(hash: &Root, signature: &AccountSignature) -> Option<Address> {
    of_text(&Content::owner_text(hash), signature)
}

fn of_text(text: &str, signature: &AccountSignature) -> Option<Address> {
    signature::signer(&eip191_hash_message(text).0.into(), signature)
}
