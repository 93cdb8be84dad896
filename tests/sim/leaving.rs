//! Exits in the simulated world: what operators order, what their machines keep, what the chain
//! takes.
//!
//! Checked at every step (`exits`): no correct peer lets go of a share, and no signature reaches
//! the chain, unless t operators have said yes; every bad peer's operator counts as one who has.

use std::collections::{BTreeMap, BTreeSet};

use dkg::bls::Message as Hashed;
use dkg::seal::{SealedPartial, exit_set};
use node_core::duties::note::ExitNote;
use node_core::duties::onehop::exit::standing::{FAR_FUTURE, Leaving};
use node_core::duties::{Input, Response};
use node_core::vault::Presigned;
use proto::control::{Answer, ExitRequest as Order, Stage, Which};
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{ValidatorIndex, signing_root};
use proto::exit::{ExitWord, Says, SealedExit};
use proto::frame::{ExitOpening, ExitShare, Frame, SentExitWord, SentSealedExit};
use proto::{Epoch, PeerIndex, ValidatorPosition};

use crate::chain::FIRST_INDEX;
use crate::draws::position_of;
use crate::events::Event;
use crate::peer::BeaconNode;
use crate::villains::Means;
use crate::world::World;

/// How many epochs after its exit was taken a validator has no duties any more.
const TO_EXIT: u64 = 5;
/// How many more until its balance is withdrawn.
const TO_WITHDRAWAL: u64 = 256;

/// What has been said and done about exits.
#[derive(Default)]
pub struct Exits {
    /// Whose operators have ever said yes to which exit.
    approved: BTreeMap<u32, BTreeSet<usize>>,
    /// Whose operators have ever let what was signed in advance of which exit be opened.
    opened: BTreeMap<u32, BTreeSet<usize>>,
    /// Which peers let go of their parts of the keys to which exit.
    pub keys: BTreeSet<(usize, u32)>,
    /// The first epoch without duties of those that leave.
    taken: BTreeMap<u32, Epoch>,
    /// The answers to orders, with whose peer gave them.
    pub answers: Vec<(usize, Answer)>,
    /// How far each peer told its operator that each exit has come.
    pub told: BTreeMap<(usize, u32), Stage>,
    /// Which peers let go of a share of which exit, for which epoch.
    pub shares: BTreeSet<(usize, u32, Epoch)>,
    orders: u64,
}

impl Exits {
    pub(crate) fn note(&mut self, peer: usize, validator: u32, note: ExitNote) {
        if let ExitNote::Stage(stage) = note {
            self.told.insert((peer, validator), stage);
        }
    }
}

impl World {
    /// The operator of `peer` approves of the exit of `validator`.
    pub fn approve(&mut self, peer: usize, validator: u32) {
        let operators = self.exits.approved.entry(validator).or_default();
        operators.insert(peer);
        let validator = Which::Position(ValidatorPosition(validator));
        let term = proto::exit::TERM;
        self.order(peer, Order::Approve { validator, term });
    }

    /// The operator of `peer` lets what was signed in advance of the exit be opened.
    pub fn open_exit(&mut self, peer: usize, validator: u32) {
        let operators = self.exits.opened.entry(validator).or_default();
        operators.insert(peer);
        let validator = Which::Position(ValidatorPosition(validator));
        let term = proto::exit::TERM;
        self.order(peer, Order::Open { validator, term });
    }

    /// The operator of `peer` orders something.
    pub fn order(&mut self, peer: usize, order: Order) {
        self.exits.orders += 1;
        let number = self.exits.orders;
        self.feed(peer, Input::Order(number, order));
    }

    /// The chain shows that this validator leaves.
    pub fn leaves(&self, validator: u32) -> bool {
        self.exits.taken.contains_key(&validator)
    }

    /// What operators have said is on its way to the disk of a peer.
    pub(crate) fn keep(&mut self, peer: usize, keeping: u64, words: Vec<SentExitWord>) {
        let later = self.draw_ms(self.peers[peer].sync_ms);
        let life = self.peers[peer].life;
        self.at(self.now + later, Event::Kept(peer, life, (keeping, words)));
    }

    pub(crate) fn kept(
        &mut self,
        peer: usize,
        life: u32,
        (keeping, words): (u64, Vec<SentExitWord>),
    ) {
        if self.lives(peer, life) {
            self.peers[peer].words = words;
            self.feed(peer, Input::Kept(keeping, true));
        }
    }

    /// How many operators may have said yes: those that have, and those of bad peers.
    fn yes(&self, said: &BTreeMap<u32, BTreeSet<usize>>, validator: u32) -> usize {
        let said = said.get(&validator).into_iter().flatten().copied();
        said.chain(self.checks.bad.iter().copied())
            .collect::<BTreeSet<_>>()
            .len()
    }

    fn is_approved(&self, validator: u32) -> bool {
        self.yes(&self.exits.approved, validator) >= self.checks.size.threshold()
    }

    fn may_be_opened(&self, validator: u32) -> bool {
        self.yes(&self.exits.opened, validator) >= self.checks.size.halting()
    }

    fn check_that(&mut self, holds: bool, validator: u32, what: &str) {
        if !holds {
            let detail = format!("{what} of validator {validator}, and too few operators approve");
            self.checks.violated("exits", detail);
        }
    }

    /// A correct peer is about to send this.
    pub(crate) fn check_exit(&mut self, peer: usize, frame: &Frame) {
        if let Frame::ExitShare(ExitShare { epoch, partial }) = frame
            && self.peers[peer].is_correct()
        {
            let validator = partial.validator.0;
            self.exits.shares.insert((peer, validator, *epoch));
            let holds = self.is_approved(validator);
            self.check_that(holds, validator, &format!("peer {peer} signs the exit"));
        }
        if let Frame::ExitOpening(opening) = frame
            && self.peers[peer].is_correct()
        {
            let validator = opening.validator.0;
            self.exits.keys.insert((peer, validator));
            let own = self.exits.opened.get(&validator);
            let holds = own.is_some_and(|own| own.contains(&peer)) && self.may_be_opened(validator);
            self.check_that(holds, validator, &format!("peer {peer} opens the exit"));
        }
    }

    /// How these validators stand, by the beacon node of a peer.
    pub(crate) fn standing(
        &self,
        state: BeaconNode,
        asked: &[(ValidatorPosition, proto::PublicKey)],
    ) -> Option<Vec<(ValidatorPosition, Option<Leaving>)>> {
        let of = |(at, _): &(ValidatorPosition, proto::PublicKey)| {
            let exit = self.exits.taken.get(&at.0).copied();
            let withdrawable = exit.map(|epoch| Epoch(epoch.0 + TO_WITHDRAWAL));
            let known = Leaving {
                index: ValidatorIndex(FIRST_INDEX + u64::from(at.0)),
                active: true,
                activation_epoch: Epoch(0),
                exit_epoch: exit.unwrap_or(FAR_FUTURE),
                withdrawable_epoch: withdrawable.unwrap_or(FAR_FUTURE),
            };
            (*at, Some(known))
        };
        let speaks = ![BeaconNode::Dead, BeaconNode::Hung].contains(&state);
        speaks.then(|| asked.iter().map(of).collect())
    }

    /// A beacon node is given an exit, and takes it if the chain would.
    pub(crate) fn take_exit(
        &mut self,
        peer: usize,
        validator: ValidatorPosition,
        exit: &SignedVoluntaryExit,
    ) -> Response {
        let of = position_of(exit.message.validator_index);
        let root = signing_root(&exit.message, self.chain.spec.voluntary_exit_domain());
        self.verify(of, root, exit.signature);
        let holds = self.is_approved(of) || self.may_be_opened(of);
        self.check_that(holds, of, "an exit reaches the chain");
        let slot = self
            .chain
            .spec
            .slot_at(self.now)
            .expect("the chain has begun");
        let now = self.chain.spec.epoch_of(slot);
        let silent = [BeaconNode::Dead, BeaconNode::Hung];
        let this = &self.peers[peer];
        let refused = if silent.contains(&this.beacon) || this.refuses {
            Some("no connection, or no will")
        } else if exit.message.epoch > now {
            Some("an exit of an epoch to come")
        } else if now.0 < self.chain.spec.shard_committee_period() {
            Some("too young")
        } else {
            let left = Epoch(now.0 + TO_EXIT);
            self.exits.taken.entry(of).or_insert(left);
            None
        };
        Response::SubmitExit(validator, refused.map(str::to_owned))
    }
}

/// The same words, but of a yes of `me` another one: for the epoch before.
pub fn undecided(me: PeerIndex, words: &[SentExitWord], means: &Means<'_>) -> Frame {
    let identity = &means.cluster.identities[me.position()];
    let other = |word: &SentExitWord| match word.says {
        Says::Approved { epoch, until } if word.operator as usize == me.position() => {
            let epoch = Epoch(epoch.0 - 1);
            let says = Says::Approved { epoch, until };
            let said = ExitWord {
                lock: means.cluster.lock.hash(),
                validator: means.cluster.lock.validators[word.validator.index()].public_key,
                said_at: word.said_at,
                says,
            };
            let signature = identity.sign_bare(&said);
            SentExitWord {
                says,
                signature,
                ..*word
            }
        }
        Says::Approved { .. } | Says::Opens { .. } | Says::Withdrawn => *word,
    };
    Frame::ExitWords(words.iter().map(other).collect())
}

/// A share of something else.
pub fn bad_share(me: PeerIndex, share: &ExitShare, means: &Means<'_>) -> Frame {
    let mut share = *share;
    let held = &means.cluster.outcomes[me.position()].validators;
    let held = &held[share.partial.validator.index()].share;
    share.partial.signature = held.sign(&Hashed::hash([0xbb; 32].into())).to_bytes();
    Frame::ExitShare(share)
}

/// Of its own sealed parts others, which only opening shows to be none; those of others as they
/// are.
pub fn bad_sealed(me: PeerIndex, sealed: &[SentSealedExit], means: &Means<'_>) -> Frame {
    let cluster = means.cluster;
    let other = |sent: &SentSealedExit| {
        if sent.sealer as usize != me.position() {
            return *sent;
        }
        let at = sent.validator.index();
        let key = cluster.lock.validators[at].public_key;
        let exit = Presigned::new(&means.chain.spec, key, (sent.index, sent.epoch));
        let part = exit.part(cluster.lock.hash(), me);
        let size = cluster.lock.definition.terms().size();
        let points = cluster.lock.exit_seal_commitment.as_ref().unwrap();
        let key = exit_set(size, points).unwrap();
        let share = &cluster.outcomes[me.position()].validators[at].share;
        let message = Hashed::hash([0xbb; 32].into());
        let text = SealedPartial::seal(&key, share, &message, part.label());
        let signature = cluster.identities[me.position()].sign_bare(&SealedExit { part, text });
        SentSealedExit {
            text,
            signature,
            ..*sent
        }
    };
    Frame::SealedExits(sealed.iter().map(other).collect())
}

/// Parts of keys to something else.
pub fn bad_opening(mut opening: ExitOpening) -> Frame {
    let first = opening.parts[0].share;
    for part in &mut opening.parts {
        part.share = first;
    }
    Frame::ExitOpening(opening)
}
