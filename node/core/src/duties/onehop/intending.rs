//! Intents at Rocket Pool on their way: what operators order on this peer, what the peers have
//! signed, and what is in force here.
//!
//! What counts is told to all peers once, and all of it to one that comes back, or that stands on
//! an older intent on the same version of the agreement. It is kept in a file whenever it changes.
//!
//! **Disk.** The own signature is durable before anybody hears of it ([`Output::KeepIntents`]), and
//! an intent holds on this peer once that is: after a restart no older one does.
//!
//! **An old copy of the file.** Whoever comes back is told what others hold, its own signatures
//! among it, and then by what they act; it signs once enough have said that, and not while the
//! signing record is not trusted.
//!
//! Bounded: an operator's signatures count with rising numbers only, and [few are
//! kept](crate::pool::intent). What is passed on, and what is verified, is bounded for each slot.
//!
//! Never here: what may be signed, and what is in force ([`crate::pool::intent`]).

mod order;

use std::collections::{BTreeMap, BTreeSet};

use proto::agreement::PoolVersion;
use proto::frame::{Frame, MAX_INTENTS};
use proto::intent::{Aims, IntentId, SentIntent, StandsOn};
use proto::{ClusterSize, PeerIndex, Slot, WireVersion};

use crate::duties::Output;
use crate::duties::facts::{ClusterFacts, Step};
use crate::duties::fault::Breach;
use crate::duties::note::{IntentNote, Note};
use crate::duties::pool::Errand;
use crate::pool::intent::{Cluster, Intents};
pub use order::Stands;

/// The version that all of this came with.
const SINCE: WireVersion = WireVersion::V10;
/// How many signatures of one peer are verified in a slot: more than an honest one ever has to say,
/// even if it says everything again.
const MOST_CHECKED: usize = 2 * MAX_INTENTS * ClusterSize::MAX;
/// How often something is passed on in a slot as soon as it comes.
const AT_ONCE: usize = 16;

/// All that is known of intents.
#[derive(Debug, Default)]
pub struct Intending {
    intents: Intents,
    /// The version of the agreement in force, as it was signed.
    version: Option<PoolVersion>,
    /// The intent that holds here: what is in force and durable.
    holds: Option<(PoolVersion, IntentId)>,
    /// Own signatures that are not durable yet.
    unkept: Vec<Unkept>,
    /// How often it was given to the disk.
    keepings: u64,
    /// The disk did not take it: it is given once more.
    owes_keeping: bool,
    /// Something that counts was not passed on yet.
    is_fresh: bool,
    /// How often something was passed on in this slot.
    passed: usize,
    /// How many signatures of each peer were verified in it.
    checked: BTreeMap<PeerIndex, usize>,
    /// Who was told in it what is held, because of what it stands on.
    told: BTreeSet<PeerIndex>,
    slot: Option<Slot>,
    /// Why what was kept is not known: then nothing is kept, said or signed here.
    barred: Option<String>,
}

/// An own signature on its way to the disk.
#[derive(Debug)]
struct Unkept {
    keeping: u64,
    signed: SentIntent,
    ticket: u64,
}

fn cluster(facts: &ClusterFacts) -> Cluster {
    Cluster {
        lock: facts.lock,
        roster: facts.roster.as_ref().clone(),
        keys: facts.keys.public_keys(),
    }
}

impl Intending {
    /// Takes in what was kept before this start.
    pub fn recall(&mut self, kept: Intents) {
        self.intents = kept;
    }

    /// What was kept cannot be read: it may say what this operator has signed. So nothing is
    /// signed, and what lies on the disk is left as it is.
    pub fn bar(&mut self, why: String) {
        self.barred = Some(why);
    }

    /// This version of the agreement is in force.
    pub fn agreed(&mut self, version: &PoolVersion) {
        let is_news = self.intents.agreed(version);
        let signed = PoolVersion {
            aims: Aims::of(&version.terms.wishes),
            intent: None,
            ..version.clone()
        };
        self.version = Some(signed);
        if is_news {
            // What was kept before this start is durable.
            self.hold(self.keepings == 0);
        }
    }

    /// The version in force, with what holds on it here; none while that is not known.
    pub fn holding(&self) -> Option<PoolVersion> {
        if self.barred.is_some() {
            return None;
        }
        let version = self.version.as_ref()?;
        let holds = self.holds.as_ref();
        let holds = holds.filter(|(held, _)| held.hash == version.hash);
        Some(holds.map_or_else(|| version.clone(), |(held, _)| held.clone()))
    }

    /// Lets hold what is in force, if that is durable; whether that is news.
    fn hold(&mut self, is_durable: bool) -> bool {
        let Some(version) = &self.version else {
            return false;
        };
        let now = self.intents.holding(version.clone());
        let now = now.intent.map(|id| (now, id));
        let is_news = now.as_ref().map(|(_, id)| id) != self.holds.as_ref().map(|(_, id)| id);
        if is_news && is_durable {
            self.holds = now;
        }
        is_news && is_durable
    }

    /// What time brings.
    pub fn advance(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        if self.slot.replace(slot) == Some(slot) {
            return;
        }
        self.checked.clear();
        self.told.clear();
        self.passed = 0;
        self.pass_on(step);
        if std::mem::take(&mut self.owes_keeping) {
            self.keep(step);
        }
    }

    /// What `peer` holds.
    pub fn hear(&mut self, peer: PeerIndex, all: &[SentIntent], step: &mut Step<'_>) {
        if self.barred.is_some() {
            return;
        }
        let cluster = cluster(step.facts);
        let mut is_news = false;
        for sent in all {
            let count = self.intents.unknown(sent, &cluster);
            let checked = self.checked.entry(peer).or_default();
            *checked = checked.saturating_add(count);
            if *checked > MOST_CHECKED {
                accuse(
                    peer,
                    "says more of them in a slot than there can be".to_owned(),
                    step,
                );
                break;
            }
            let now = step.now.unix_seconds();
            match self.intents.hear(sent, &cluster, now) {
                Err(why) => {
                    accuse(peer, why.to_string(), step);
                    break;
                }
                Ok(taken) => {
                    for double in taken.doubles {
                        let number = sent.intent.number;
                        let what =
                            format!("two of the number {number} are signed by this operator");
                        accuse(double, what, step);
                    }
                    is_news |= taken.is_news;
                    if taken.is_news && !taken.came_into_force {
                        let signers = sent.signatures.len();
                        self.tell_open(sent, signers, step);
                    }
                }
            }
        }
        if is_news {
            self.intents.recover(step.facts.me);
            self.is_fresh = true;
            self.pass_on(step);
            self.keep(step);
        }
    }

    /// By what `peer` acts: one that stands on an older intent, or that `comes` to this version of
    /// the agreement only now, is told what is held: once in a slot, however often it says that.
    pub fn stands(
        &mut self,
        peer: PeerIndex,
        (theirs, comes): (&StandsOn, bool),
        step: &mut Step<'_>,
    ) {
        let Some(ours) = self.intents.stands_on() else {
            return;
        };
        let number = |stands: &StandsOn| stands.intent.map_or(0, |it| it.number);
        let lacks = comes || number(theirs) < number(&ours);
        if theirs.agreement == ours.agreement
            && lacks
            && !self.told.contains(&peer)
            && let Some(frame) = self.sent()
        {
            step.send(peer, SINCE, frame.encode());
            self.told.insert(peer);
        }
    }

    /// What a peer that comes back may have missed.
    pub fn sent(&self) -> Option<Frame> {
        let sent = self.intents.sent();
        (!sent.is_empty()).then_some(Frame::Intents(sent))
    }

    /// What was given to the disk up to this time is durable, or is not; whether something else
    /// holds since then.
    pub fn kept(
        &mut self,
        keeping: u64,
        (is_durable, stands): (bool, &Stands),
        step: &mut Step<'_>,
    ) -> bool {
        let unkept = std::mem::take(&mut self.unkept).into_iter();
        let (done, rest) = unkept.partition(|own: &Unkept| own.keeping <= keeping);
        self.unkept = rest;
        let done: Vec<Unkept> = done;
        for own in done {
            if is_durable {
                self.counts(&own.signed, step);
            }
            self.answer_kept(own.ticket, (is_durable, stands), step);
        }
        self.owes_keeping |= !is_durable;
        // The own signature may have been the last one: then it is written as what is in force.
        let is_last = keeping == self.keepings;
        let is_news = self.hold(is_durable && is_last);
        if is_news && let Some((version, id)) = &self.holds {
            let note = IntentNote::InForce(*id, version.aims.clone());
            step.note(Note::Intent(note));
        }
        if is_news {
            step.out.push(Output::Errand(Errand::Look));
        }
        is_news
    }

    /// The own signature is durable: it counts, and all are told.
    fn counts(&mut self, signed: &SentIntent, step: &mut Step<'_>) {
        let now = step.now.unix_seconds();
        // It was made for what stood then; if something came into force meanwhile, it is over.
        let taken = self.intents.hear(signed, &cluster(step.facts), now);
        let taken = taken.unwrap_or_default();
        if taken.is_news && !taken.came_into_force {
            self.tell_open(signed, 1, step);
        }
        self.is_fresh |= taken.is_news;
        self.pass_on(step);
        if taken.came_into_force {
            self.keep(step);
        }
    }

    fn tell_open(&self, sent: &SentIntent, signers: usize, step: &mut Step<'_>) {
        let hash = sent.intent.hash();
        let open = self.intents.open().into_iter().find(|it| it.hash() == hash);
        let Some(open) = open.filter(|open| open.count() <= signers) else {
            return;
        };
        let note = IntentNote::Open(open.id(), open.signers().collect());
        step.note(Note::Intent(note));
    }

    /// Tells all peers what is known, if something of it is new to some; nothing more in a slot in
    /// which much was told: then the next one does it.
    fn pass_on(&mut self, step: &mut Step<'_>) {
        if !self.is_fresh || self.passed >= AT_ONCE {
            return;
        }
        self.is_fresh = false;
        self.passed += 1;
        if let Some(frame) = self.sent() {
            step.broadcast(SINCE, frame.encode());
        }
    }

    /// Gives all of it to the disk, the own signatures that it does not have yet among them.
    fn keep(&mut self, step: &mut Step<'_>) {
        if self.barred.is_some() {
            return;
        }
        self.keepings += 1;
        let mut all = self.intents.clone();
        let (cluster, now) = (cluster(step.facts), step.now.unix_seconds());
        for own in &self.unkept {
            // What is over by now needs no place.
            all.hear(&own.signed, &cluster, now).ok();
        }
        step.out.push(Output::KeepIntents {
            keeping: self.keepings,
            text: all.to_json(cluster.lock),
        });
    }
}

fn accuse(peer: PeerIndex, detail: String, step: &mut Step<'_>) {
    step.note(Note::Fault {
        peer,
        breach: Breach::Intent,
        detail,
    });
}

#[cfg(test)]
mod tests;
