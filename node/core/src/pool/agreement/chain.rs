//! The versions of an agreement, every signature of them verified.

use proto::agreement::{
    AccountSignature, AgreementFile, AgreementHash, Content, Fixed, MAX_VERSIONS, Terms, Version,
};
use proto::definition::checksummed;
use proto::lock::Lock;
use proto::{Address, Identity, PeerIndex, Root};

use super::Deposits;
use super::account::signer;
use super::error::{BadAgreement, Claim};
use super::rules::check_terms;

/// The versions of one cluster's agreement: at least one, all but the last complete, each following
/// the one before, with valid signatures only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    lock: Lock,
    versions: Vec<Version>,
}

impl Agreement {
    /// The first version, which nobody has signed.
    ///
    /// # Errors
    /// If it cannot be.
    pub fn first(lock: Lock, terms: Terms) -> Result<Self, BadAgreement> {
        let content = Content {
            lock: lock.hash(),
            number: 1,
            previous: None,
            terms,
        };
        let versions = vec![unsigned(content)];
        let agreement = Self { lock, versions };
        agreement.verify(Deposits::None)?;
        Ok(agreement)
    }

    /// Verifies what stands in a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn of(file: AgreementFile, lock: Lock, deposits: Deposits) -> Result<Self, BadAgreement> {
        let agreement = Self {
            lock,
            versions: file.versions,
        };
        agreement.verify(deposits)?;
        Ok(agreement)
    }

    /// What is written to the file.
    pub fn to_file(&self) -> AgreementFile {
        AgreementFile {
            lock: self.lock.hash(),
            versions: self.versions.clone(),
        }
    }

    /// The lock of the cluster.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// The versions, the oldest first.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The newest version, complete or not.
    pub fn last(&self) -> &Version {
        self.versions.last().expect("there is at least one version")
    }

    /// The version in force.
    ///
    /// # Errors
    /// Names who has not signed the first.
    pub fn in_force(&self) -> Result<&Version, BadAgreement> {
        let complete = |it: &usize| self.missing(*it).is_empty();
        match (0..self.versions.len()).rev().find(complete) {
            Some(place) => Ok(&self.versions[place]),
            None => Err(BadAgreement::NotInForce {
                number: 1,
                missing: self.missing(0).join(", "),
            }),
        }
    }

    /// Whether all have signed the newest version.
    ///
    /// # Errors
    /// Names who has not.
    pub fn complete(&self) -> Result<(), BadAgreement> {
        let missing = self.unsigned_by();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(BadAgreement::NotInForce {
                number: self.last().content.number,
                missing: missing.join(", "),
            }),
        }
    }

    /// Who has not signed the newest version, the operators in the order of the definition.
    pub fn unsigned_by(&self) -> Vec<String> {
        self.missing(self.versions.len() - 1)
    }

    /// The agreement with another version behind this one, which nobody has signed.
    ///
    /// # Errors
    /// If the last version is not complete, or this one cannot follow it.
    pub fn next(&self, terms: Terms, deposits: Deposits) -> Result<Self, BadAgreement> {
        let last = self.last();
        let missing = self.unsigned_by();
        if !missing.is_empty() {
            return Err(BadAgreement::Open {
                number: last.content.number,
                missing: missing.join(", "),
            });
        }
        if last.content.terms == terms {
            return Err(BadAgreement::Unchanged(last.content.number));
        }
        let content = Content {
            lock: self.lock.hash(),
            number: last.content.number.saturating_add(1),
            previous: Some(last.hash),
            terms,
        };
        let mut next = self.clone();
        next.versions.push(unsigned(content));
        next.verify(deposits)?;
        Ok(next)
    }

    /// The agreement without a version that is still being signed; none if nothing is left.
    pub fn without_open(mut self) -> Option<Self> {
        if !self.unsigned_by().is_empty() {
            self.versions.pop();
        }
        (!self.versions.is_empty()).then_some(self)
    }

    /// Adds the operator's signature to the newest version; signing again changes nothing.
    ///
    /// # Errors
    /// If it is no operator's key.
    pub fn sign(&mut self, identity: &Identity) -> Result<PeerIndex, BadAgreement> {
        let key = identity.public();
        let peer = self.lock.definition.terms().roster().find(&key);
        let peer = peer.ok_or_else(|| BadAgreement::NotAnOperator(Box::new(key)))?;
        let name = self.lock.definition.name_of(peer).to_owned();
        let last = self.last_mut();
        let signature = identity.sign_bare(&AgreementHash(last.hash));
        last.signatures.insert(name, signature);
        Ok(peer)
    }

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
        let (node, number) = (last.content.terms.fixed.node_account, last.content.number);
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

    /// Adds what another copy has: signatures, and versions behind ours.
    ///
    /// # Errors
    /// If the other is not of this cluster, or has another version in the place of one of ours:
    /// then it names who has signed which.
    pub fn merge(&mut self, other: &Self) -> Result<(), BadAgreement> {
        if self.lock.hash() != other.lock.hash() {
            return Err(BadAgreement::OtherLock {
                found: other.lock.hash(),
                expected: self.lock.hash(),
            });
        }
        let shared = self.versions.iter().zip(&other.versions);
        if let Some((ours, theirs)) = shared.into_iter().find(|(a, b)| a.hash != b.hash) {
            return Err(BadAgreement::Conflict {
                number: ours.content.number,
                ours: claim(ours),
                theirs: claim(theirs),
            });
        }
        for (ours, theirs) in self.versions.iter_mut().zip(&other.versions) {
            for (name, signature) in &theirs.signatures {
                ours.signatures.entry(name.clone()).or_insert(*signature);
            }
            ours.node_signature = ours.node_signature.or(theirs.node_signature);
        }
        let more = other.versions.iter().skip(self.versions.len());
        self.versions.extend(more.cloned());
        Ok(())
    }

    fn last_mut(&mut self) -> &mut Version {
        let last = self.versions.last_mut();
        last.expect("there is at least one version")
    }

    /// Who has not signed the version at this place.
    fn missing(&self, place: usize) -> Vec<String> {
        let version = &self.versions[place];
        let operators = self.lock.definition.terms().operators.iter();
        let mut missing: Vec<String> = operators
            .map(|operator| operator.name.clone())
            .filter(|name| !version.signatures.contains_key(name))
            .collect();
        if self.wants_node(place) && version.node_signature.is_none() {
            let node = checksummed(&version.content.terms.fixed.node_account);
            missing.push(format!("the node account {node}"));
        }
        missing
    }

    /// Whether the version at this place is the first that names its node account: that one the
    /// account has to sign.
    fn wants_node(&self, place: usize) -> bool {
        let node = |it: &Version| it.content.terms.fixed.node_account;
        let before = place
            .checked_sub(1)
            .map(|before| node(&self.versions[before]));
        before != Some(node(&self.versions[place]))
    }

    fn verify(&self, deposits: Deposits) -> Result<(), BadAgreement> {
        if self.versions.len() > MAX_VERSIONS {
            return Err(BadAgreement::Full);
        }
        let mut before: Option<&Version> = None;
        for (place, (expected, version)) in (1..).zip(&self.versions).enumerate() {
            let content = &version.content;
            self.check_place(content, expected, before.map(|it| it.hash))?;
            let number = content.number;
            let terms = &content.terms;
            let checked = check_terms(terms, &self.lock);
            checked.map_err(|error| BadAgreement::Terms { number, error })?;
            if let Some(before) = before {
                check_fixed(
                    deposits,
                    number,
                    [&before.content.terms.fixed, &terms.fixed],
                )?;
            }
            self.check_signatures(version)?;
            let missing = self.missing(place);
            if place + 1 < self.versions.len() && !missing.is_empty() {
                let missing = missing.join(", ");
                return Err(BadAgreement::Followed { number, missing });
            }
            before = Some(version);
        }
        Ok(())
    }

    /// Whether a version is of this cluster, and follows the one with the hash `before`.
    fn check_place(
        &self,
        content: &Content,
        expected: u64,
        before: Option<Root>,
    ) -> Result<(), BadAgreement> {
        if content.lock != self.lock.hash() {
            return Err(BadAgreement::OtherLock {
                found: content.lock,
                expected: self.lock.hash(),
            });
        }
        let found = content.number;
        if found != expected {
            return Err(BadAgreement::Number { found, expected });
        }
        match content.previous == before {
            true => Ok(()),
            false => Err(BadAgreement::Previous(found)),
        }
    }

    fn check_signatures(&self, version: &Version) -> Result<(), BadAgreement> {
        let number = version.content.number;
        let definition = &self.lock.definition;
        for (name, signature) in &version.signatures {
            let Some(peer) = definition.peer_named(name) else {
                let name = name.chars().take(64).collect();
                return Err(BadAgreement::UnknownSigner { number, name });
            };
            let key = definition.terms().roster().key(peer);
            if !key.has_signed(&AgreementHash(version.hash), signature) {
                let name = name.clone();
                return Err(BadAgreement::Signature { number, name });
            }
        }
        let node = version.content.terms.fixed.node_account;
        match &version.node_signature {
            Some(signature) if signer(&version.hash, signature) != Some(node) => {
                Err(BadAgreement::NodeSignature(number))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn unsigned(content: Content) -> Version {
    Version {
        hash: content.hash(),
        content,
        signatures: [].into(),
        node_signature: None,
    }
}

/// Whether version `number` changes what stands.
fn check_fixed(
    deposits: Deposits,
    number: u64,
    [old, new]: [&Fixed; 2],
) -> Result<(), BadAgreement> {
    let since = match deposits {
        Deposits::Since(since) if since < number => since,
        Deposits::Since(_) | Deposits::None => return Ok(()),
    };
    let what = if old.rocket_storage != new.rocket_storage {
        "RocketStorage"
    } else if old.node_account != new.node_account {
        "the node account"
    } else {
        return Ok(());
    };
    Err(BadAgreement::Fixed {
        number,
        what,
        since,
    })
}

fn claim(version: &Version) -> Claim {
    Claim {
        hash: version.hash,
        signers: version.signatures.keys().cloned().collect(),
    }
}
