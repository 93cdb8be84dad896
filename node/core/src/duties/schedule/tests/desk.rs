//! A schedule with its clock, and a beacon node that answers it.

use std::time::Duration;

use proto::eth::CommitteeIndex;

use super::super::topics::SHORTEST;
use super::super::*;
use crate::duties::agreed::value;

pub const SLOTS: u64 = 8;
pub const INDEX: ValidatorIndex = ValidatorIndex(7);
/// An epoch in the middle of Electra, and one in the middle of Fulu.
pub const ELECTRA: Epoch = Epoch(10);
pub const FULU: Epoch = Epoch(30);

pub fn chain() -> Arc<ChainSpec> {
    Arc::new(value::tests::chain())
}

pub fn key() -> PublicKey {
    [1; 48].into()
}

pub fn root(byte: u8) -> Root {
    [byte; 32].into()
}

pub fn registered(active: bool) -> Vec<(PublicKey, Registered)> {
    let found = Registered {
        index: INDEX,
        active,
        slashed: false,
    };
    vec![(key(), found)]
}

/// A schedule with its clock.
pub struct Desk {
    pub schedule: Schedule,
    pub now: Timestamp,
}

impl Desk {
    /// In the second slot of `epoch`, with everything answered that depends on these roots: the
    /// duties of the epoch on the first, those of the next on the second. The newest head is of
    /// the slot, and bears all of it out.
    pub fn settled(epoch: Epoch, previous: u8, current: u8) -> Self {
        let mut desk = Self::begun(epoch);
        desk.head(epoch, previous, current);
        desk.answer_all(epoch, previous, current);
        desk.pass(SHORTEST);
        assert_eq!(desk.answer_all(epoch, previous, current), []);
        desk
    }

    /// In the second slot of `epoch`, with nothing asked yet but who the validators are.
    pub fn begun(epoch: Epoch) -> Self {
        let chain = chain();
        let now = chain.start_of(chain.first_slot(epoch).next());
        let mut desk = Self {
            schedule: Schedule::new(chain, &[key()]),
            now,
        };
        for due in desk.schedule.due(now) {
            if matches!(due.topic, Topic::Validators(_)) {
                desk.schedule.set_registered(due, registered(true));
            } else {
                desk.schedule.done(due);
            }
        }
        desk
    }

    pub fn head(&mut self, epoch: Epoch, previous: u8, current: u8) {
        self.schedule.head(Head {
            slot: Slot(epoch.0 * SLOTS),
            block: root(99),
            previous: root(previous),
            current: root(current),
        });
    }

    pub fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    pub fn due(&mut self) -> Vec<Due> {
        self.schedule.due(self.now)
    }

    /// Answers whatever is asked, and says what was.
    pub fn answer_all(&mut self, epoch: Epoch, previous: u8, current: u8) -> Vec<Topic> {
        let mut asked = Vec::new();
        loop {
            let due = self.due();
            if due.is_empty() {
                return asked;
            }
            for due in due {
                asked.push(due.topic);
                self.answer(due, epoch, previous, current);
            }
        }
    }

    pub fn answer(&mut self, due: Due, epoch: Epoch, previous: u8, current: u8) {
        let byte = |settled_ahead: bool| match (settled_ahead, due.topic.epoch() == epoch) {
            (true, true) => previous,
            (true, false) | (false, true) => current,
            (false, false) => 99,
        };
        match due.topic {
            Topic::Validators(_) => self.schedule.set_registered(due, registered(true)),
            Topic::Attesters(of) => {
                let by = byte(true);
                self.schedule.set_attesters(due, attesters(of, by));
            }
            Topic::Proposers(_) => {
                let by = byte(has_lookahead(&chain(), due.topic.epoch()));
                self.schedule.set_proposers(due, &proposers(Some(by)));
            }
            Topic::Chain(_)
            | Topic::Seats(_)
            | Topic::Prepare(_)
            | Topic::Subscribe(_)
            | Topic::SubscribeSync(_) => self.schedule.done(due),
        }
    }

    /// In which slot of `epoch` our validator attests, by what is in use.
    pub fn seat(&self, epoch: Epoch) -> Option<u64> {
        let attests = |slot: &Slot| !self.schedule.attesters(*slot).is_empty();
        let slots = (epoch.0 * SLOTS..(epoch.0 + 1) * SLOTS).map(Slot);
        slots.clone().find(attests).map(|slot| slot.0 % SLOTS)
    }
}

/// The duties of `epoch` by this root: in the slot of that number.
pub fn attesters(epoch: Epoch, by: u8) -> Drawn<AttesterDuty> {
    let duty = AttesterDuty {
        pubkey: key(),
        validator_index: INDEX,
        slot: Slot(epoch.0 * SLOTS + u64::from(by) % SLOTS),
        committee_index: CommitteeIndex(0),
        committees_at_slot: 1,
        committee_length: Some(1),
        validator_committee_index: Some(0),
    };
    Drawn {
        root: Some(root(by)),
        duties: vec![duty],
    }
}

pub fn proposers(by: Option<u8>) -> Drawn<ProposerDuty> {
    Drawn {
        root: by.map(root),
        duties: Vec::new(),
    }
}
