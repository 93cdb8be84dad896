//! The checks of what peers keep: their records, and what follows for what they may say and refuse.
//! The table of all checks stands in `checks`.

use std::collections::{BTreeMap, BTreeSet};

use node_core::record::{Entry, History, Record};
use node_core::vault::Refusal;
use proto::{DutyId, DutyKind, Root, Slot};

use crate::checks::{Checks, Claim, slashable};

/// What was ever durable in the records of correct peers, and who was told that its own is old.
pub struct Kept {
    /// Whether two correct locks of one duty are excluded (S17).
    pub locks_agree: bool,
    locks: BTreeMap<DutyId, BTreeSet<Root>>,
    /// The last sequence number of each peer's record.
    durable: BTreeMap<usize, u64>,
    /// What each peer has on record for each validator.
    claims: BTreeMap<(usize, u32), BTreeMap<Root, Claim>>,
    /// The duties that each peer has on record.
    duties: BTreeSet<(usize, DutyId)>,
    /// Who told which process that its record is an old one.
    witnesses: BTreeMap<(usize, u32), BTreeSet<usize>>,
    /// What each rolled-back peer has sent.
    sent: BTreeSet<(usize, Vec<u8>)>,
}

impl Kept {
    /// Nothing has been seen yet.
    pub fn new(locks_agree: bool) -> Self {
        Self {
            locks_agree,
            locks: BTreeMap::new(),
            durable: BTreeMap::new(),
            claims: BTreeMap::new(),
            duties: BTreeSet::new(),
            witnesses: BTreeMap::new(),
            sent: BTreeSet::new(),
        }
    }
}

/// What a record entry signs: the duty, what it claims, its root, by which validators.
fn signed(entry: &Entry) -> Option<(DutyId, Claim, Root, Vec<u32>)> {
    let of = |slot: Slot, kind| DutyId { slot, kind };
    match entry {
        Entry::Vote {
            data,
            signing_root,
            validators,
        } => {
            let claim = Claim::Vote(data.source.epoch, data.target.epoch);
            let duty = of(data.slot, DutyKind::Head);
            Some((
                duty,
                claim,
                *signing_root,
                validators.iter().map(|number| number.0).collect(),
            ))
        }
        Entry::Block {
            slot,
            signing_root,
            validator,
        } => {
            let duty = of(*slot, DutyKind::Block);
            Some((duty, Claim::Block(*slot), *signing_root, vec![validator.0]))
        }
        Entry::Agreed { duty, value } => Some((*duty, Claim::Agreed, *value, Vec::new())),
        Entry::Enrolled(_)
        | Entry::Mark(_)
        | Entry::Deposit { .. }
        | Entry::Raised { .. }
        | Entry::Renewed { .. }
        | Entry::Joined(_) => None,
    }
}

impl Checks {
    /// S3 and S17: these records of a correct peer are durable now.
    pub fn recorded(&mut self, peer: usize, records: &[Record]) {
        for record in records {
            let Some((duty, claim, root, validators)) = signed(record.entry()) else {
                continue;
            };
            for validator in validators {
                let claims = self.kept.claims.entry((peer, validator)).or_default();
                claims.insert(root, claim);
                let clashes =
                    |(other, its): (&Root, &Claim)| *other != root && slashable(*its, claim);
                if claims.iter().any(clashes) {
                    let detail =
                        format!("peer {peer}, validator {validator}: {claims:?} on record");
                    self.violated("S3", detail);
                }
            }
            self.kept.duties.insert((peer, duty));
            let locks = self.kept.locks.entry(duty).or_default();
            locks.insert(root);
            if locks.len() > 1 && self.kept.locks_agree {
                let detail = format!("{duty}: correct peers hold {locks:?}");
                self.violated("S17", detail);
            }
        }
        if let Some(last) = records.last() {
            self.kept.durable.insert(peer, last.sequence());
        }
    }

    /// S3: `peer` opens its record again and finds this.
    pub fn opens(&mut self, peer: usize, history: &History) {
        let durable = self.kept.durable.get(&peer).copied().unwrap_or(0);
        if history.sequence() < durable && !self.bad.contains(&peer) {
            let detail = format!("peer {peer}: record {durable} was durable, {history:?} is left");
            self.violated("S3", detail);
        }
    }

    /// L7: the vault of a correct peer refuses by a rule about slashing. Where locks agree, the
    /// value asked is the one that it holds: its root is signed again, always.
    pub fn refuses(&mut self, peer: usize, duty: DutyId, refusal: Refusal) {
        let is_of_the_record = matches!(
            refusal,
            Refusal::DoubleVote { .. }
                | Refusal::Surrounds { .. }
                | Refusal::Surrounded { .. }
                | Refusal::TargetNotAbove { .. }
                | Refusal::SourceBelow { .. }
                | Refusal::DoubleProposal { .. }
                | Refusal::SlotNotAbove { .. }
        );
        let holds = self.kept.duties.contains(&(peer, duty));
        if holds && self.kept.locks_agree && is_of_the_record {
            let detail = format!("peer {peer}, {duty}: on record, and: {refusal}");
            self.violated("L7", detail);
        }
    }

    /// Another peer tells this process of `peer` that its record is an old one.
    pub fn witnessed(&mut self, (peer, life): (usize, u32), witness: usize) {
        let witnesses = self.kept.witnesses.entry((peer, life)).or_default();
        witnesses.insert(witness);
    }

    /// S12: a peer whose record was rolled back sends a vote or shares.
    pub fn sends_rolled_back(&mut self, (peer, life): (usize, u32), frame: &[u8]) {
        let is_new = self.kept.sent.insert((peer, frame.to_vec()));
        let witnesses = self.kept.witnesses.get(&(peer, life));
        if is_new && witnesses.is_some_and(|told| told.len() > self.size.faulty()) {
            let detail = format!("peer {peer} knows from {witnesses:?}, and still speaks");
            self.violated("S12", detail);
        }
    }
}
