//! What the group wants at Rocket Pool next: intents, each in force once t operators have signed
//! it.
//!
//! | file | holds |
//! |---|---|
//! | `backed` | an intent with valid signatures |
//! | `rules` | what an intent may say |
//! | `signing` | what this peer may propose and sign |
//! | `kept` | what is written to its file, and read again |
//! | `refused` | why something is not taken or signed |
//!
//! **In force** is, of the intents on the version of the agreement that is in force, the one with
//! the highest number that t operators have signed. While there is none, the wishes of that version
//! hold. A new version begins anew: what was wanted on an older one holds no more.
//!
//! **One number, one intent.** A peer signs one intent of each number, and none before one that it
//! has signed; that is durable before the signature leaves. So two intents of one number with t
//! signatures each would take 2t - n peers who have signed both: more than may be faulty.
//!
//! **The chain.** Each names the hash of the intent that was in force before it, or of the version
//! if there was none; a peer signs no other. A number that got too few signatures is passed over:
//! the next number names the same intent as its previous. Should the one passed over get its
//! signatures all the same, it holds until the later number has them, and never after that. Who has
//! t signatures in hand needs no earlier intent to believe them: among the t is a correct peer that
//! has seen the one before.
//!
//! **Bounds.** Kept are the one in force, and of each operator the newest that he has signed: a
//! signature of a later number takes the place of the one before.
//!
//! Source: none; this is ours. The document stands in [`proto::intent`]. Never here: a signature of
//! this peer's, files, frames.

mod backed;
mod kept;
mod refused;
mod rules;
mod signing;

use std::collections::BTreeMap;

use proto::agreement::PoolVersion;
use proto::intent::{Aims, Intent, IntentId, SentIntent, StandsOn};
use proto::lock::Lock;
use proto::{IdentitySignature, PeerIndex, PublicKey, Root, Roster};

pub use backed::Backed;
pub use kept::{BadKept, MAX_BYTES};
pub use refused::{BadSent, Refused};

/// How far above the one in force the number of an intent may be: more than can be passed over one
/// by one.
pub const MOST_AHEAD: u64 = 1 << 40;

/// How far above every other that a peer knows the number of one may be that it approves: more than
/// anybody proposes in vain.
///
/// Whoever has signed a number signs none below it. One that one operator alone has set to the end
/// of what can be would leave those who approve it nothing else to sign ever.
pub const MOST_LEAP: u64 = 1024;

/// Whose intents they are.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The lock hash.
    pub lock: Root,
    /// The operators.
    pub roster: Roster,
    /// The group keys, in the order of the lock.
    pub keys: Vec<PublicKey>,
}

impl Cluster {
    /// That of this lock.
    pub fn of(lock: &Lock) -> Self {
        Self {
            lock: lock.hash(),
            roster: lock.definition.terms().roster().clone(),
            keys: lock.group_keys(),
        }
    }

    fn threshold(&self) -> usize {
        self.roster.size().threshold()
    }
}

/// The version of the agreement that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Root,
    /// What it wishes for.
    pub aims: Aims,
}

/// The intent in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// What is signed, and by whom.
    pub backed: Backed,
    /// Since when, as this peer has seen it, Unix seconds; none if it was not there to see it.
    pub since: Option<u64>,
}

/// What came of something that was heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Something of it was new, and counts.
    pub is_news: bool,
    /// It is in force since now.
    pub came_into_force: bool,
    /// Who has signed two intents of one number.
    pub doubles: Vec<PeerIndex>,
}

/// What one peer knows of intents, every signature verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intents {
    base: Option<Base>,
    in_force: Option<InForce>,
    open: BTreeMap<Root, Backed>,
    /// The newest that this peer has signed on each version of the agreement, by its hash.
    signed: BTreeMap<Root, IntentId>,
}

impl Intents {
    /// This version of the agreement is in force; whether that is news. Intents on others hold no
    /// more.
    pub fn agreed(&mut self, version: &PoolVersion) -> bool {
        let hash = version.hash;
        if self.base.as_ref().is_some_and(|base| base.hash == hash) {
            return false;
        }
        self.base = Some(Base {
            number: version.number,
            hash,
            aims: Aims::of(&version.terms.wishes),
        });
        let is_on_it = |backed: &Backed| backed.intent().agreement == hash;
        self.in_force = self.in_force.take().filter(|it| is_on_it(&it.backed));
        self.open.retain(|_, backed| is_on_it(backed));
        self.drop_overtaken();
        true
    }

    /// The version of the agreement in force, if this peer knows one that is about Rocket Pool.
    pub fn base(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// The intent in force.
    pub fn in_force(&self) -> Option<&InForce> {
        self.in_force.as_ref()
    }

    /// Those that fewer than t have signed, of the lowest number first.
    pub fn open(&self) -> Vec<&Backed> {
        let mut open: Vec<&Backed> = self.open.values().collect();
        open.sort_by_key(|backed| backed.intent().number);
        open
    }

    /// By what this peer acts.
    pub fn stands_on(&self) -> Option<StandsOn> {
        Some(StandsOn {
            agreement: self.base.as_ref()?.hash,
            intent: self.in_force.as_ref().map(|it| it.backed.id()),
        })
    }

    /// What the node is to do.
    pub fn aims(&self) -> Option<&Aims> {
        let base = self.base.as_ref().map(|base| &base.aims);
        let in_force = self.in_force.as_ref();
        in_force.map(|it| &it.backed.intent().aims).or(base)
    }

    /// What holds where this version of the agreement is in force.
    pub fn holding(&self, version: PoolVersion) -> PoolVersion {
        let in_force = self.in_force.as_ref().map(|it| &it.backed);
        let on_it = in_force.filter(|it| it.intent().agreement == version.hash);
        match on_it {
            None => version,
            Some(backed) => PoolVersion {
                aims: backed.intent().aims.clone(),
                intent: Some(backed.id()),
                ..version
            },
        }
    }

    /// How many signatures of it are to be verified: none of what is known or over.
    pub fn unknown(&self, sent: &SentIntent, cluster: &Cluster) -> usize {
        match self.fresh(sent, cluster) {
            Ok(fresh) => fresh.len(),
            Err(_) => 0,
        }
    }

    /// What somebody says to be signed, at `now` in Unix seconds.
    ///
    /// # Errors
    /// What no honest peer says.
    pub fn hear(
        &mut self,
        sent: &SentIntent,
        cluster: &Cluster,
        now: u64,
    ) -> Result<Taken, BadSent> {
        rules::check(&sent.intent, cluster)?;
        let fresh = self.fresh(sent, cluster)?;
        if fresh.is_empty() {
            return Ok(Taken::default());
        }
        let mut backed = Backed::unsigned(sent.intent.clone());
        for (peer, signature) in fresh {
            backed.add(peer, signature, &cluster.roster)?;
        }
        self.take(backed, cluster, now)
    }

    /// The signatures that are not known yet, of an intent that may still count.
    fn fresh(
        &self,
        sent: &SentIntent,
        cluster: &Cluster,
    ) -> Result<Vec<(PeerIndex, IdentitySignature)>, BadSent> {
        let intent = &sent.intent;
        let base = self.base.as_ref().map(|base| base.hash);
        if base != Some(intent.agreement) {
            return Ok(Vec::new());
        }
        let hash = intent.hash();
        let in_force = self.in_force.as_ref().map(|it| &it.backed);
        let known = in_force.filter(|it| it.hash() == hash);
        let known = known.or_else(|| self.open.get(&hash));
        let is_over = in_force.is_some_and(|it| intent.number <= it.intent().number);
        if is_over && known.is_none() {
            return Ok(Vec::new());
        }
        let mut fresh: Vec<(PeerIndex, IdentitySignature)> = Vec::new();
        for signature in &sent.signatures {
            let position = usize::try_from(signature.operator).ok();
            let peer = position.and_then(|at| cluster.roster.size().peer(at));
            let peer = peer.ok_or(BadSent::Stranger(signature.operator))?;
            if fresh.iter().any(|(other, _)| *other == peer) {
                return Err(BadSent::Twice(peer));
            }
            if !known.is_some_and(|it| it.is_signed_by(peer)) {
                fresh.push((peer, signature.signature));
            }
        }
        Ok(fresh)
    }

    /// Whether the number of an open intent is within reach.
    fn check_place(&self, intent: &Intent) -> Result<(), BadSent> {
        let holds = self.in_force.as_ref();
        let holds = holds.map_or(0, |it| it.backed.intent().number);
        match intent.number.saturating_sub(holds) > MOST_AHEAD {
            true => Err(BadSent::Ahead(intent.number)),
            false => Ok(()),
        }
    }

    /// Takes in an intent with signatures that are verified.
    fn take(&mut self, mut backed: Backed, cluster: &Cluster, now: u64) -> Result<Taken, BadSent> {
        let hash = backed.hash();
        if let Some(in_force) = self.in_force.as_mut().filter(|it| it.backed.hash() == hash) {
            in_force.backed.merge(&backed);
            return Ok(Taken {
                is_news: true,
                ..Taken::default()
            });
        }
        let mut taken = Taken {
            doubles: self.doubles(&backed),
            ..Taken::default()
        };
        let mut whole = backed.clone();
        whole.merge_maybe(self.open.get(&hash));
        if whole.count() >= cluster.threshold() {
            self.in_force = Some(InForce {
                backed: whole,
                since: Some(now),
            });
            self.drop_overtaken();
            (taken.is_news, taken.came_into_force) = (true, true);
            return Ok(taken);
        }
        if backed.intent().previous != self.stands_at() {
            return Ok(taken);
        }
        self.check_place(backed.intent())?;
        self.keep_newest(&mut backed);
        if backed.count() > 0 {
            taken.is_news = true;
            backed.merge_maybe(self.open.get(&hash));
            self.open.insert(hash, backed);
        }
        Ok(taken)
    }

    /// The hash that the next intent names as its previous.
    fn stands_at(&self) -> Root {
        let base = self.base.as_ref().map_or(Root::ZERO, |base| base.hash);
        let in_force = self.in_force.as_ref();
        in_force.map_or(base, |it| it.backed.hash())
    }

    /// Who has signed this one and another one of its number.
    fn doubles(&self, backed: &Backed) -> Vec<PeerIndex> {
        let in_force = self.in_force.iter().map(|it| &it.backed);
        let known = in_force.chain(self.open.values());
        let number = backed.intent().number;
        let others = known.filter(|it| it.intent().number == number && it.hash() != backed.hash());
        let others: Vec<&Backed> = others.collect();
        let both = |peer: &PeerIndex| others.iter().any(|it| it.is_signed_by(*peer));
        backed.signers().filter(both).collect()
    }

    /// Of each of its signers only the newest is kept, and of two with one number the first.
    fn keep_newest(&mut self, backed: &mut Backed) {
        let IntentId { number, hash: own } = backed.id();
        let signers: Vec<PeerIndex> = backed.signers().collect();
        for peer in signers {
            let others = self.open.iter_mut().filter(|(hash, _)| **hash != own);
            for (_, other) in others.filter(|(_, it)| it.is_signed_by(peer)) {
                match other.intent().number < number {
                    true => other.remove(peer),
                    false => backed.remove(peer),
                }
            }
        }
        self.open.retain(|_, other| other.count() > 0);
    }

    /// Forgets what cannot come into force after what is.
    fn drop_overtaken(&mut self) {
        let (at, holds) = (self.stands_at(), self.in_force.as_ref());
        let number = holds.map_or(0, |it| it.backed.intent().number);
        let is_open = |it: &Backed| it.intent().number > number && it.intent().previous == at;
        self.open.retain(|_, backed| is_open(backed));
    }

    /// All of it, as it goes to the peers: the one in force first.
    pub fn sent(&self) -> Vec<SentIntent> {
        if self.base.is_none() {
            return Vec::new();
        }
        let in_force = self.in_force.iter().map(|it| it.backed.sent());
        in_force
            .chain(self.open.values().map(Backed::sent))
            .collect()
    }
}

#[cfg(test)]
mod tests;
