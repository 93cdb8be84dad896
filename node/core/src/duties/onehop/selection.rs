//! Selection proofs: signatures that decide who aggregates. An attester signs its slot, a member
//! of the sync committee slot and subcommittee. One hop, no agreement, because what they sign is
//! already determined.
//!
//! All attesters of a slot sign the same, so a slot's are signed, sent and combined together. They
//! are exchanged an epoch ahead and never in a hurry: only in the last quarter of a slot, when its
//! attestations are out, [`PACE`] chores at a time, of which each signs or combines those of one
//! slot, the nearest first. So an epoch's are there after a quarter of the epoch before it,
//! whatever the size of the cluster, and no attestation waits for more than one slot's.
//!
//! Members of the sync committee sign something new in every slot: theirs are exchanged [`AHEAD`]
//! slots ahead, in the same quarter, and are few. They have a pace of their own, [`MEMBERS_PACE`]:
//! members in all four subcommittees would leave attesters nothing of the other.
//!
//! Of each peer the newest part of an attester in an epoch is kept, for this epoch and the next,
//! and one of a member for each slot to come and subcommittee: bounded by peers and validators.
//! What it is worth is seen when it is combined, and only for whom the own beacon node confirms
//! the duty.
//!
//! Source: consensus-specs `phase0/validator.md` (`get_slot_signature`, `is_aggregator`),
//! `altair/validator.md` (`get_sync_committee_selection_proof`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use dkg::bls::Message;
use proto::eth::ChainSpec;
use proto::frame::{Electorate, Frame, SelectionShares};
use proto::vote::Partial;
use proto::{Epoch, PeerIndex, SignatureBytes, Slot, Timestamp, ValidatorPosition};

use crate::duties::facts::Step;
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::vault::Signable;

/// How many chores of attesters are begun in one slot: four slots are signed and combined.
pub const PACE: usize = 8;

/// How many chores of members are begun in one slot: those of four subcommittees are signed and
/// combined, and again without the part of a liar.
pub const MEMBERS_PACE: usize = 16;

/// How many slots ahead members of the sync committee sign.
pub const AHEAD: u64 = 2;

/// The parts of this epoch and the next.
#[derive(Debug, Default)]
pub struct Selections {
    epochs: BTreeMap<Epoch, BTreeMap<(ValidatorPosition, PeerIndex), Part>>,
    /// The parts of members of the sync committee.
    members: BTreeMap<Electorate, BTreeMap<(ValidatorPosition, PeerIndex), SignatureBytes>>,
    /// The slot in which chores were begun last, and how many.
    begun: Option<(Slot, Begun)>,
    /// The chores that are not done.
    open: BTreeSet<Electorate>,
    /// Whether parts have come since no chore was found last.
    news: News,
}

/// A peer's part of an attester's proof, this one's among them.
#[derive(Debug, Clone, Copy)]
struct Part {
    slot: Slot,
    signature: SignatureBytes,
}

/// Of whom parts have come.
#[derive(Debug, Clone, Copy, Default)]
struct News {
    attesters: bool,
    members: bool,
}

/// How many chores were begun in a slot.
#[derive(Debug, Clone, Copy, Default)]
struct Begun {
    attesters: usize,
    members: usize,
}

impl Begun {
    fn has_room_for(self, of: Electorate) -> bool {
        match of.subcommittee {
            None => self.attesters < PACE,
            Some(_) => self.members < MEMBERS_PACE,
        }
    }

    fn has_room_for_any(self, news: News) -> bool {
        let has_room = |is_news: bool, begun: usize, pace: usize| is_news && begun < pace;
        has_room(news.attesters, self.attesters, PACE)
            || has_room(news.members, self.members, MEMBERS_PACE)
    }

    fn count(&mut self, of: Electorate) {
        match of.subcommittee {
            None => self.attesters += 1,
            Some(_) => self.members += 1,
        }
    }
}

/// When in `slot` its work begins.
pub fn begins_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.start_of(slot) + 3 * (chain.slot_duration() / 4)
}

impl Selections {
    /// Whether it is worth looking for chores in slot `now`: none was looked for, or a part has
    /// come since, and not all that may be were begun.
    pub fn may_begin(&self, now: Slot) -> bool {
        match self.begun_in(now) {
            None => true,
            Some(begun) => begun.has_room_for_any(self.news),
        }
    }

    /// How many chores were begun in slot `now`, if any were looked for.
    fn begun_in(&self, now: Slot) -> Option<Begun> {
        let begun = self.begun.filter(|(slot, _)| *slot == now);
        begun.map(|(_, begun)| begun)
    }

    /// The chores that are to be begun in the slot of this step, of those who `lack` a whole proof,
    /// the first of them first.
    pub fn begin(
        &mut self,
        lack: Vec<(Electorate, Vec<ValidatorPosition>)>,
        step: &Step<'_>,
    ) -> Vec<Electorate> {
        let now = step.slot();
        let mut begun = self.begun_in(now).unwrap_or_default();
        let mut chores = Vec::new();
        for (of, lacking) in lack {
            let may = begun.has_room_for(of) && !self.open.contains(&of);
            if may && self.is_ripe(of, &lacking, step) {
                begun.count(of);
                chores.push(of);
            }
        }
        self.news = News::default();
        self.begun = Some((now, begun));
        self.open.extend(&chores);
        chores
    }

    /// Whether there is something to be done for these, of whom the proof is not whole: this peer's
    /// part is not made, or t parts are there.
    fn is_ripe(&self, of: Electorate, lacking: &[ValidatorPosition], step: &Step<'_>) -> bool {
        let size = step.facts.roster.size();
        lacking.iter().any(|validator| {
            let has = |peer: &PeerIndex| self.part(of, *validator, *peer, step).is_some();
            !has(&step.facts.me) || size.all().filter(has).count() >= size.threshold()
        })
    }

    /// Makes and sends this peer's parts for these, as far as it has not, and gives those proofs
    /// that are whole.
    pub fn work(
        &mut self,
        of: Electorate,
        lacking: &[ValidatorPosition],
        step: &mut Step<'_>,
    ) -> Vec<(ValidatorPosition, SignatureBytes)> {
        self.open.remove(&of);
        self.sign(of, lacking, step);
        let root = signable(of, &step.facts.chain).signing_root();
        let mut collector = Collector::new(step.facts.roster.size());
        for peer in step.facts.roster.size().all() {
            let of_peer = |validator: &ValidatorPosition| {
                let part = self.part(of, *validator, peer, step)?;
                Some((*validator, Share::Sent(part)))
            };
            let parts: Vec<_> = lacking.iter().filter_map(of_peer).collect();
            if !parts.is_empty() {
                collector.add(peer, root, parts);
            }
        }
        if !collector.is_ready(&root, lacking) {
            return Vec::new();
        }
        let message = Message::hash(root);
        let combined = collector.combine(&root, lacking, step.combining(&message));
        for (peer, validator) in &combined.bad_shares {
            self.drop_part(of, (*validator, *peer), step);
        }
        let slot = of.slot;
        step.blame(&combined.bad_shares, |validator| {
            format!("selection proof for slot {slot}, validator {validator}")
        });
        combined.signatures
    }

    fn sign(&mut self, of: Electorate, lacking: &[ValidatorPosition], step: &mut Step<'_>) {
        let me = step.facts.me;
        let is_made =
            |validator: &&ValidatorPosition| self.part(of, **validator, me, step).is_some();
        let wanted: Vec<_> = lacking.iter().filter(|of| !is_made(of)).copied().collect();
        if wanted.is_empty() {
            return;
        }
        let signable = signable(of, &step.facts.chain);
        // The vault refuses these only where it signs nothing at all any more, which is told.
        let signing = step.vault.sign(step.slot(), &signable, &wanted);
        // They are slashable with nothing, so they wait for no record.
        let opened = signing
            .sealed
            .and_then(|sealed| sealed.open(&step.recorded).ok());
        let partial = |signed: crate::vault::PartialSignature| Partial {
            validator: signed.validator(),
            signature: signed.signature().to_bytes(),
        };
        let partials: Vec<Partial> = opened.into_iter().flatten().map(partial).collect();
        if !partials.is_empty() {
            let shares = SelectionShares { of, partials };
            self.keep(me, &shares, step);
            let frame = Frame::SelectionShares(shares);
            step.broadcast(frame.since(), frame.encode());
        }
    }

    /// A peer's parts. Those of attesters of other epochs than this and the next are not kept, of
    /// members of other slots than the next few, nor what is for a validator that is not ours.
    pub fn take(&mut self, peer: PeerIndex, shares: &SelectionShares, step: &Step<'_>) {
        let chain = &step.facts.chain;
        let (slots, epochs) = near(step.slot(), chain);
        let is_near = match shares.of.subcommittee {
            Some(_) => slots.contains(&shares.of.slot),
            None => epochs.contains(&chain.epoch_of(shares.of.slot)),
        };
        if is_near {
            self.keep(peer, shares, step);
        }
    }

    fn keep(&mut self, peer: PeerIndex, shares: &SelectionShares, step: &Step<'_>) {
        match shares.of.subcommittee {
            None => self.news.attesters = true,
            Some(_) => self.news.members = true,
        }
        let slot = shares.of.slot;
        let is_ours = |of: &&Partial| step.facts.keys.get(of.validator).is_some();
        let ours = shares.partials.iter().filter(is_ours);
        if shares.of.subcommittee.is_some() {
            let parts = self.members.entry(shares.of).or_default();
            parts.extend(ours.map(|of| ((of.validator, peer), of.signature)));
            return;
        }
        let parts = self
            .epochs
            .entry(step.facts.chain.epoch_of(slot))
            .or_default();
        parts.extend(ours.map(|of| {
            let signature = of.signature;
            ((of.validator, peer), Part { slot, signature })
        }));
    }

    /// The frames this peer has sent and a peer that comes back may have missed.
    pub fn sent(&self, me: PeerIndex) -> Vec<Frame> {
        let mut all: BTreeMap<Electorate, Vec<Partial>> = BTreeMap::new();
        let mut add = |of: Electorate, validator: ValidatorPosition, signature: SignatureBytes| {
            all.entry(of).or_default().push(Partial {
                validator,
                signature,
            });
        };
        for ((validator, peer), part) in self.epochs.values().flatten() {
            let of = Electorate {
                slot: part.slot,
                subcommittee: None,
            };
            if *peer == me {
                add(of, *validator, part.signature);
            }
        }
        for (of, parts) in &self.members {
            for ((validator, _), signature) in parts.iter().filter(|((_, peer), _)| *peer == me) {
                add(*of, *validator, *signature);
            }
        }
        let frame = |(of, partials)| Frame::SelectionShares(SelectionShares { of, partials });
        all.into_iter().map(frame).collect()
    }

    /// Forgets what is not of one of these slots and epochs: what is over, and what was of a clock
    /// that was ahead.
    pub fn keep_only(&mut self, slots: &RangeInclusive<Slot>, epochs: &RangeInclusive<Epoch>) {
        self.epochs.retain(|of, _| epochs.contains(of));
        self.members.retain(|of, _| slots.contains(&of.slot));
    }

    fn part(
        &self,
        of: Electorate,
        validator: ValidatorPosition,
        peer: PeerIndex,
        step: &Step<'_>,
    ) -> Option<SignatureBytes> {
        if of.subcommittee.is_some() {
            return self.members.get(&of)?.get(&(validator, peer)).copied();
        }
        let epoch = step.facts.chain.epoch_of(of.slot);
        let part = self.epochs.get(&epoch)?.get(&(validator, peer))?;
        (part.slot == of.slot).then_some(part.signature)
    }

    fn drop_part(
        &mut self,
        of: Electorate,
        whose: (ValidatorPosition, PeerIndex),
        step: &Step<'_>,
    ) {
        if of.subcommittee.is_some() {
            self.members
                .get_mut(&of)
                .and_then(|parts| parts.remove(&whose));
        } else {
            let epoch = step.facts.chain.epoch_of(of.slot);
            self.epochs
                .get_mut(&epoch)
                .and_then(|parts| parts.remove(&whose));
        }
    }
}

/// Of which slots parts of members are kept in `slot`, and of which epochs those of attesters. A
/// peer whose clock is ahead signs a slot, or an epoch, ahead of its own.
pub fn near(slot: Slot, chain: &ChainSpec) -> (RangeInclusive<Slot>, RangeInclusive<Epoch>) {
    let latest = slot.next();
    let slots = slot..=Slot(latest.0.saturating_add(AHEAD));
    (slots, chain.epoch_of(slot)..=chain.epoch_of(latest).next())
}

/// What those who may be chosen sign.
fn signable(of: Electorate, chain: &ChainSpec) -> Signable {
    match of.subcommittee {
        None => Signable::selection(chain, of.slot),
        Some(subcommittee) => Signable::sync_selection(chain, of.slot, subcommittee),
    }
}

#[cfg(test)]
mod tests;
