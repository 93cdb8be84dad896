//! Whom blocks pay, as this peer knows it now: by the definition of the cluster, or, where there is
//! an agreement on Rocket Pool, by how the node account stands to the smoothing pool after the
//! block that a proposal builds on.
//!
//! That block is known only when its child is about to be proposed. So how the node stands is read
//! ahead, after the newest block, before each proposal of ours, and after any other block as soon
//! as somebody proposes on it. What is not read in time asks for the smoothing pool: a proposal
//! never waits for an execution node, and none is missed because of one.
//!
//! # What is taken
//!
//! | a block pays | it is voted for | it is signed once a quorum has |
//! |---|---|---|
//! | the expected address | yes | yes |
//! | the smoothing pool, where the megapool is expected: a gift | no | yes |
//! | the megapool, where nothing shows that the node owes the pool | no | if f + 1 others vouch |
//! | another | no | no |
//!
//! In the third row this peer cannot read how the node stands, or is ahead of the others with a new
//! version of the agreement; f + 1 others who have voted for a block have a correct one among them,
//! who has read it. Of t peers of whom some expect the one and some the other address, one part has
//! f + 1 at least: so all of them sign the same, and nothing is missed. Of three peers, where f is
//! 0, one that has never read an address takes no other's word for one, and signs no block.
//!
//! Source: RPIP-43; [`payee`](crate::pool::payee) has the rule.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proto::agreement::PoolVersion;
use proto::eth::ChainSpec;
use proto::intent::StandsOn;
use proto::{Address, Epoch, PeerIndex, Root, Timestamp, ValidatorPosition};

use super::facts::ClusterFacts;
use super::pool::{Looked, Stand, Where};
use crate::pool::agreement::{Order, RegisteredPayee};
use crate::pool::payee::{Payee, Reason, Standing, payee};
use crate::pool::view::Subject;

/// Blocks of which is remembered how the node stood: an epoch of the minimal preset, and its forks.
const REMEMBERED: usize = 16;
/// How many slots old a block may be for what was read after it to be told to a beacon node: two
/// epochs of mainnet. With the state unread for so long, it is told the smoothing pool.
const OLD: u32 = 64;
/// How long is waited before the same block is asked about again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// What speaks for or against the address that a block pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the expected one.
    Right,
    /// It is the smoothing pool, and another was expected: legal, but a gift.
    Gift {
        /// The expected one.
        expected: Address,
    },
    /// It may be right: others have to vouch for it.
    Unsure {
        /// The expected one, if it is known.
        expected: Option<Address>,
    },
    /// It is not to be paid.
    Wrong {
        /// The expected one.
        expected: Address,
    },
    /// Nobody has agreed yet whom blocks pay.
    Nobody,
}

/// What is known of it.
#[derive(Debug, Default)]
pub struct Payees {
    /// Nothing where there is no agreement on Rocket Pool.
    pool: Option<Pool>,
}

#[derive(Debug)]
struct Pool {
    /// Whose standing it is, and where that is read.
    subject: Subject,
    /// By what this peer acts.
    stands_on: StandsOn,
    /// Whether the node is to be in the smoothing pool by that.
    is_wished: bool,
    finalised: Option<Standing>,
    /// After the newest block that was read.
    newest: Option<Standing>,
    /// After the blocks that were read last, the oldest first.
    seen: VecDeque<Standing>,
    /// When which block was asked about.
    asked: BTreeMap<Root, Timestamp>,
}

impl Payees {
    /// This version of an agreement on Rocket Pool is in force, with its intent; whether that is
    /// news.
    pub fn agree(&mut self, version: &PoolVersion) -> bool {
        let terms = &version.terms;
        let subject = Subject {
            is_safe: false,
            storage: terms.fixed.rocket_storage,
            node: terms.fixed.node_account,
        };
        let before = self.stands_on();
        match &mut self.pool {
            // What was read of another account says nothing of this one.
            Some(pool) if pool.subject == subject => {
                pool.stands_on = version.stands_on();
                pool.is_wished = version.aims.smoothing_pool;
            }
            pool => {
                *pool = Some(Pool {
                    subject,
                    stands_on: version.stands_on(),
                    is_wished: version.aims.smoothing_pool,
                    finalised: None,
                    newest: None,
                    seen: VecDeque::new(),
                    asked: BTreeMap::new(),
                });
            }
        }
        before != self.stands_on()
    }

    /// By what this peer acts.
    pub fn stands_on(&self) -> Option<StandsOn> {
        self.pool.as_ref().map(|pool| pool.stands_on)
    }

    /// Rocket Pool was looked at; what is in force was [agreed](Self::agree) before.
    pub fn looked(&mut self, looked: &Looked) {
        let sight = &looked.sight;
        let head = Standing::of_view(&sight.head, sight.head_block);
        let finalised = sight.finalised.as_ref();
        let finalised = finalised.and_then(|it| Standing::of_view(it, sight.finalised_block));
        if let Some(pool) = &mut self.pool {
            pool.finalised = finalised.or(pool.finalised);
        }
        head.into_iter().for_each(|head| self.stands(head));
    }

    /// It was read how the node stands.
    pub fn stands(&mut self, standing: Standing) {
        let Some(pool) = &mut self.pool else {
            return;
        };
        let hash = standing.block.hash;
        pool.asked.remove(&hash);
        let is_newer = |it: &Standing| it.block.time <= standing.block.time;
        if pool.newest.as_ref().is_none_or(is_newer) {
            pool.newest = Some(standing);
        }
        pool.seen.retain(|it| it.block.hash != hash);
        if pool.seen.len() == REMEMBERED {
            pool.seen.pop_front();
        }
        pool.seen.push_back(standing);
    }

    /// Whether it wishes for the smoothing pool.
    pub fn is_wished(&self) -> bool {
        self.pool.as_ref().is_some_and(|pool| pool.is_wished)
    }

    /// Whether `validator` proposes at all: not before it is agreed whom its blocks pay.
    pub fn proposes(&self, validator: ValidatorPosition, facts: &ClusterFacts) -> bool {
        self.pool.is_some() || facts.fee_recipient(validator).is_some()
    }

    /// Whom a beacon node is to be told that blocks of `validator` pay, as far as can be said
    /// before the block is known that they build on.
    pub fn told(
        &self,
        validator: ValidatorPosition,
        now: Timestamp,
        facts: &ClusterFacts,
    ) -> Option<Address> {
        self.registers(validator, now, facts).map(|it| it.address)
    }

    /// The same, as builders are told it.
    pub fn registers(
        &self,
        validator: ValidatorPosition,
        now: Timestamp,
        facts: &ClusterFacts,
    ) -> Option<RegisteredPayee> {
        let Some(pool) = &self.pool else {
            let of_definition = |address| RegisteredPayee {
                address,
                order: Order::First,
            };
            return facts.fee_recipient(validator).map(of_definition);
        };
        let oldest = facts.chain.slot_duration() * OLD;
        let is_fresh = |it: &&Standing| {
            let time = Timestamp::from_unix(Duration::from_secs(it.block.time));
            now.since(time) <= oldest
        };
        let newest = pool.newest.as_ref().filter(is_fresh);
        let (payee, address) = pool.expected(newest, &facts.chain);
        let order = match payee {
            Payee::SmoothingPool(_) => Order::First,
            Payee::Megapool => Order::Last,
        };
        address.map(|address| RegisteredPayee { address, order })
    }

    /// What is to be asked ahead: how the node stands after the newest block.
    pub fn ahead(&self) -> Option<Stand> {
        let pool = self.pool.as_ref()?;
        Some(pool.stand(Where::Newest))
    }

    /// What is to be asked: how it stands after the block `parent`, unless that is known, or it was
    /// asked a moment ago.
    pub fn ask(&mut self, parent: Root, now: Timestamp) -> Option<Stand> {
        let pool = self.pool.as_mut()?;
        let is_known = pool.after(&parent).is_some();
        pool.asked.retain(|_, at| now < *at + ASK_AGAIN);
        if is_known || pool.asked.len() >= REMEMBERED || pool.asked.contains_key(&parent) {
            return None;
        }
        pool.asked.insert(parent, now);
        Some(pool.stand(Where::After(parent)))
    }

    /// Whether it is not known how the node stands after `parent`, and somebody might say it.
    pub fn is_unread(&self, parent: &Root) -> bool {
        let pool = self.pool.as_ref();
        pool.is_some_and(|it| it.after(parent).is_none() || it.finalised.is_none())
    }

    /// Judges a block of `validator` that builds on `parent` and pays `found`.
    pub fn judge(
        &self,
        validator: ValidatorPosition,
        (parent, found): (&Root, Address),
        facts: &ClusterFacts,
    ) -> Verdict {
        match (&self.pool, facts.fee_recipient(validator)) {
            (Some(pool), _) => pool.judge(parent, found, &facts.chain),
            (None, Some(expected)) if expected == found => Verdict::Right,
            (None, Some(expected)) => Verdict::Wrong { expected },
            (None, None) => Verdict::Nobody,
        }
    }
}

impl Pool {
    fn stand(&self, at: Where) -> Stand {
        Stand {
            subject: self.subject,
            at,
            guess: self.newest.map(|it| it.said_by),
        }
    }

    fn after(&self, parent: &Root) -> Option<&Standing> {
        self.seen.iter().find(|it| it.block.hash == *parent)
    }

    /// Whom a block pays that builds on a block after which the node stands so.
    fn expected(&self, parent: Option<&Standing>, chain: &ChainSpec) -> (Payee, Option<Address>) {
        let finalised = self.finalised.as_ref();
        let payee = payee(self.is_wished, parent, finalised, chain);
        let known = [parent, finalised, self.newest.as_ref()];
        let mut known = known.into_iter().flatten();
        let address = match payee {
            Payee::SmoothingPool(_) => known.next().map(|it| it.smoothing_pool),
            Payee::Megapool => known.find_map(|it| it.megapool),
        };
        (payee, address)
    }

    fn judge(&self, parent: &Root, found: Address, chain: &ChainSpec) -> Verdict {
        let parent = self.after(parent);
        let (payee, expected) = self.expected(parent, chain);
        let Some(address) = expected else {
            return Verdict::Unsure { expected };
        };
        if found == address {
            return Verdict::Right;
        }
        let known = [parent, self.finalised.as_ref(), self.newest.as_ref()];
        let mut known = known.into_iter().flatten();
        let is_megapool = known.clone().find_map(|it| it.megapool) == Some(found);
        let smoothing_pool = known.next().map(|it| it.smoothing_pool);
        match payee {
            Payee::Megapool if smoothing_pool == Some(found) => Verdict::Gift { expected: address },
            Payee::SmoothingPool(Reason::Agreed | Reason::Unread) if is_megapool => {
                Verdict::Unsure { expected }
            }
            Payee::Megapool | Payee::SmoothingPool(_) => Verdict::Wrong { expected: address },
        }
    }
}

/// Since when every peer acts by what this one acts, by what each says.
#[derive(Debug, Default)]
pub struct Switched(BTreeMap<PeerIndex, (StandsOn, Epoch)>);

impl Switched {
    /// The peer says in `epoch` by what it acts; whether that is on another version of the
    /// agreement than before.
    pub fn says(&mut self, peer: PeerIndex, stands_on: StandsOn, epoch: Epoch) -> bool {
        let known = self.0.get(&peer).map(|(before, _)| *before);
        if known != Some(stands_on) {
            self.0.insert(peer, (stands_on, epoch));
        }
        known.map(|it| it.agreement) != Some(stands_on.agreement)
    }

    /// By what each peer acts that has said it.
    pub fn all(&self) -> impl Iterator<Item = (PeerIndex, StandsOn)> {
        self.0
            .iter()
            .map(|(peer, (stands_on, _))| (*peer, *stands_on))
    }

    /// The epoch in which the last of `peers` came to act by it; none while one does not.
    pub fn since(
        &self,
        stands_on: StandsOn,
        mut peers: impl Iterator<Item = PeerIndex>,
    ) -> Option<Epoch> {
        peers.try_fold(Epoch(0), |latest, peer| {
            let (said, since) = self.0.get(&peer)?;
            (*said == stands_on).then_some(latest.max(*since))
        })
    }
}

#[cfg(test)]
mod tests;
