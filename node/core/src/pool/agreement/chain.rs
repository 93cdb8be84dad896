//! The versions of an agreement, every signature of them verified.

use std::ops::Range;

use proto::agreement::{
    AgreementFile, AgreementHash, Content, MAX_VERSIONS, PoolVersion, Terms, Version,
};
use proto::lock::Lock;
use proto::{Identity, PeerIndex, Root};

use super::Deposits;
use super::error::BadAgreement;
use super::rules::check_terms;

/// The versions of one cluster's agreement: at least one, each following the one before, with valid
/// signatures only. One that others follow before all have signed it was given up for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub(super) lock: Lock,
    pub(super) versions: Vec<Version>,
}

impl Agreement {
    /// The first version, which nobody has signed.
    ///
    /// # Errors
    /// If it cannot be.
    pub fn first(lock: Lock, terms: impl Into<Terms>) -> Result<Self, BadAgreement> {
        let content = Content {
            lock: lock.hash(),
            number: 1,
            previous: None,
            terms: terms.into(),
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

    /// The version in force: of the complete ones that with the highest number.
    ///
    /// # Errors
    /// Names who has not signed the newest.
    pub fn in_force(&self) -> Result<&Version, BadAgreement> {
        match self.newest_complete(0..self.versions.len()) {
            Some(place) => Ok(&self.versions[place]),
            None => Err(BadAgreement::NotInForce {
                number: self.last().content.number,
                missing: self.unsigned_by().join(", "),
            }),
        }
    }

    /// Whether nothing older is in force than the version with this number and hash, which once
    /// was.
    ///
    /// # Errors
    /// If an older one is, or another one of that number, or none.
    pub fn goes_on_from(&self, number: u64, hash: Root) -> Result<(), BadAgreement> {
        let goes_on = |it: &Version| it.content.number > number || it.hash == hash;
        match self.in_force().is_ok_and(goes_on) {
            true => Ok(()),
            false => Err(BadAgreement::Forgets { number, hash }),
        }
    }

    /// What the version in force says of Rocket Pool.
    ///
    /// # Errors
    /// If none is in force, or it says nothing of it.
    pub fn on_pool(&self) -> Result<PoolVersion, BadAgreement> {
        let version = self.in_force()?;
        let not = BadAgreement::NotOnPool(version.content.number);
        let mut on_pool = version.on_pool().ok_or(not)?;
        // Those of versions that were in force before, whoever has them now.
        let before = (0..self.versions.len()).filter(|place| self.missing(*place).is_empty());
        let before = before.filter_map(|place| self.versions[place].on_pool());
        for deciders in before.flat_map(|it| it.deciders) {
            if !on_pool.deciders.contains(&deciders) {
                on_pool.deciders.push(deciders);
            }
        }
        Ok(on_pool)
    }

    /// The version before the newest that all had signed, if there is one.
    pub fn complete_before(&self) -> Option<&Version> {
        let place = self.newest_complete(0..self.versions.len() - 1)?;
        Some(&self.versions[place])
    }

    /// The versions that are given up if the newest one holds.
    pub fn given_up(&self) -> &[Version] {
        let last = self.versions.len() - 1;
        let from = self.newest_complete(0..last).map_or(0, |place| place + 1);
        &self.versions[from..last]
    }

    /// The last of these places whose version is complete.
    pub(super) fn newest_complete(&self, places: Range<usize>) -> Option<usize> {
        let complete = |it: &usize| self.missing(*it).is_empty();
        places.rev().find(complete)
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
    pub fn next(&self, terms: impl Into<Terms>, deposits: Deposits) -> Result<Self, BadAgreement> {
        let last = self.last();
        let missing = self.unsigned_by();
        match missing.is_empty() {
            true => self.followed_by(terms.into(), deposits),
            false => Err(BadAgreement::Open {
                number: last.content.number,
                missing: missing.join(", "),
            }),
        }
    }

    /// The agreement with another version in place of one that not all have signed. It names the
    /// hash of that one and has the number after it, so whoever has signed that one may sign this
    /// one, and of the two this one holds however late somebody signs the other.
    ///
    /// Versions that too few stand behind are left out where they are in its way: once enough have
    /// signed this one, it holds against them.
    ///
    /// # Errors
    /// If it cannot follow, or there is none to give up and nothing is new.
    pub fn instead(
        &self,
        terms: impl Into<Terms>,
        deposits: Deposits,
    ) -> Result<Self, BadAgreement> {
        self.followed_by(terms.into(), deposits)
    }

    fn followed_by(&self, terms: Terms, deposits: Deposits) -> Result<Self, BadAgreement> {
        let last = self.last();
        if is_same(&last.content.terms, &terms) {
            return Err(BadAgreement::Unchanged(last.content.number));
        }
        let mut next = self.with_room();
        let before = next.versions.last();
        let content = Content {
            lock: self.lock.hash(),
            number: before.map_or(1, |it| it.content.number.saturating_add(1)),
            previous: before.map(|it| it.hash),
            terms,
        };
        next.versions.push(unsigned(content));
        next.verify(deposits)?;
        Ok(next)
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

    pub(super) fn last_mut(&mut self) -> &mut Version {
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
        missing.extend(self.missing_accounts(place));
        missing
    }

    pub(super) fn verify(&self, deposits: Deposits) -> Result<(), BadAgreement> {
        if self.versions.len() > MAX_VERSIONS {
            return Err(BadAgreement::Full);
        }
        let mut before: Option<&Version> = None;
        // The newest complete version that what is fixed must be compared with.
        let mut standing: Option<&Version> = None;
        for (place, (expected, version)) in (1..).zip(&self.versions).enumerate() {
            let content = &version.content;
            self.check_place(content, expected, before.map(|it| it.hash))?;
            let number = content.number;
            let terms = &content.terms;
            let checked = check_terms(terms, &self.lock);
            checked.map_err(|error| BadAgreement::Terms { number, error })?;
            if let Some(standing) = standing {
                check_fixed(standing, version)?;
            }
            self.check_signatures(version)?;
            let stands = match deposits {
                Deposits::Since(since) => since <= number,
                Deposits::None => false,
            };
            if stands && terms.pool.is_some() && self.missing(place).is_empty() {
                standing = Some(version);
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
        self.check_accounts(version)
    }
}

fn unsigned(content: Content) -> Version {
    Version {
        hash: content.hash(),
        content,
        signatures: [].into(),
        node_signature: None,
        owner_signatures: [].into(),
    }
}

/// Whether a version changes what stands by another one.
fn check_fixed(standing: &Version, version: &Version) -> Result<(), BadAgreement> {
    let [old, new] =
        [standing, version].map(|it| it.content.terms.pool.as_ref().map(|it| it.fixed));
    let Some(old) = old else { return Ok(()) };
    let refused = |what| BadAgreement::Fixed {
        number: version.content.number,
        what,
        since: standing.content.number,
    };
    let new = new.ok_or_else(|| refused("that the cluster is at Rocket Pool"))?;
    if old.rocket_storage != new.rocket_storage {
        Err(refused("RocketStorage"))
    } else if old.node_account != new.node_account {
        Err(refused("the node account"))
    } else {
        Ok(())
    }
}

/// Whether nothing is new but the time at which it was written.
fn is_same(old: &Terms, new: &Terms) -> bool {
    let timeless = |it: &Terms| {
        let mut it = it.clone();
        it.builder.iter_mut().for_each(|it| it.timestamp = 0);
        it
    };
    timeless(old) == timeless(new)
}
