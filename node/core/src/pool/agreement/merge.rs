//! Two copies of one agreement made one.
//!
//! Where one copy has gone on, the other follows. Where they part, each with another version of one
//! number, the branch holds whose newest complete version has the higher number: every operator has
//! signed that one later ([`super::Signed`]). While no branch has a complete one, the one that goes
//! further was written in place of the other, if as many stand behind it ([`super::backing`]). Of
//! two branches that are level nobody can say which one holds: the operators settle it.

use super::chain::Agreement;
use super::error::{BadAgreement, Claim};
use super::{Deposits, claim};

/// What a copy brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Signatures at most: both have the same versions.
    Level,
    /// Versions behind ours.
    Newer,
    /// It is older: it lacks this version of ours, and those behind it.
    Older(Claim),
    /// Versions in place of this one of ours, which was given up, and of those behind it.
    InPlace(Claim),
}

impl Agreement {
    /// Adds what another copy has: signatures, versions behind ours, and a branch that holds in
    /// place of ours.
    ///
    /// # Errors
    /// If the other is not of this cluster, has a branch that does not hold, or nobody can say
    /// which one does: then it names who has signed which. Nothing is changed.
    pub fn merge(&mut self, other: &Self, deposits: Deposits) -> Result<Merged, BadAgreement> {
        if self.lock.hash() != other.lock.hash() {
            return Err(BadAgreement::OtherLock {
                found: other.lock.hash(),
                expected: self.lock.hash(),
            });
        }
        let mut both = self.clone();
        let merged = both.take(other)?;
        both.verify(deposits)?;
        if self.refuse_crowd().is_ok() || both.versions.len() > self.versions.len() {
            both.refuse_crowd()?;
        }
        *self = both;
        Ok(merged)
    }

    fn take(&mut self, other: &Self) -> Result<Merged, BadAgreement> {
        let pairs = self.versions.iter().zip(&other.versions);
        let shared = pairs.take_while(|(a, b)| a.hash == b.hash).count();
        for (ours, theirs) in self.versions.iter_mut().zip(&other.versions[..shared]) {
            for (name, signature) in &theirs.signatures {
                ours.signatures.entry(name.clone()).or_insert(*signature);
            }
            for (name, signature) in &theirs.owner_signatures {
                ours.owner_signatures
                    .entry(name.clone())
                    .or_insert(*signature);
            }
            ours.node_signature = ours.node_signature.or(theirs.node_signature);
        }
        match (self.versions.get(shared), other.versions.get(shared)) {
            (None, None) => Ok(Merged::Level),
            (Some(ours), None) => Ok(Merged::Older(claim(ours))),
            (None, Some(_)) => {
                self.versions.extend_from_slice(&other.versions[shared..]);
                Ok(Merged::Newer)
            }
            (Some(ours), Some(_)) => {
                let given_up = claim(ours);
                self.choose(other, shared)?;
                self.versions.truncate(shared);
                self.versions.extend_from_slice(&other.versions[shared..]);
                Ok(Merged::InPlace(given_up))
            }
        }
    }

    /// Whether the branch of `other` from this place on holds in place of ours.
    fn choose(&self, other: &Self, from: usize) -> Result<(), BadAgreement> {
        let complete = |it: &Self| it.newest_complete(from..it.versions.len());
        let at =
            |place: usize| Box::new([&self.versions[place], &other.versions[place]].map(claim));
        let (backs_ours, backs_theirs) = (self.backing(from), other.backing(from));
        match (complete(self), complete(other)) {
            (Some(ours), Some(theirs)) if ours == theirs => {
                Err(BadAgreement::TwoComplete(at(ours)))
            }
            (ours, theirs) if theirs > ours => Ok(()),
            (ours, theirs) if ours > theirs => Err(self.behind(other, from)),
            _ if backs_theirs > backs_ours => Ok(()),
            _ if backs_theirs < backs_ours => Err(self.behind(other, from)),
            _ if other.versions.len() > self.versions.len() => Ok(()),
            _ if other.versions.len() < self.versions.len() => Err(self.behind(other, from)),
            _ => Err(BadAgreement::Conflict(at(from))),
        }
    }

    fn behind(&self, other: &Self, from: usize) -> BadAgreement {
        BadAgreement::Behind {
            both: Box::new([&self.versions[from], &other.versions[from]].map(claim)),
            last: self.last().content.number,
        }
    }
}
