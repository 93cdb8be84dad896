//! A disk of a peer at the ceremony that can lose power between any two operations.
//!
//! A file is there as a whole or not at all: that is the promise of the program's files. What is
//! torn within one is the business of their tests, and of the journal's.

use std::collections::BTreeMap;

use dkg::bls::SecretShare;
use dkg::ceremony::{Heard, Position};
use proto::ceremony::Spoken;
use proto::lock::Lock;
use proto::{Identity, PublicKey, Root};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ceremony::example::{Disk, peer, place};
use crate::ceremony::*;
use crate::deposit;
use crate::record::{DiskFault, Journal, JournalError, Owner, SimulatedDisk};

/// Why a peer does not begin or go on.
#[derive(Debug)]
pub enum Refusal {
    /// It cannot go on.
    Halt(Halt),
    /// The record.
    Record(JournalError),
}

/// One peer's disk.
pub struct Simulated {
    at: usize,
    /// The seed that comes next.
    seed: u64,
    pub written: Written,
    /// The tasks that were done, by name.
    pub performed: Vec<&'static str>,
    /// Operations so far, without those of the record.
    operations: u64,
    /// The operation before which the power fails.
    cut: Option<u64>,
    is_off: bool,
    journal: Option<Journal<SimulatedDisk>>,
}

/// What lies there.
#[derive(Default)]
pub struct Written {
    pub seed: Option<[u8; 32]>,
    pub position: Option<Position>,
    pub heard: Vec<Spoken>,
    pub made: BTreeMap<Root, Made>,
    pub keystores: BTreeMap<PublicKey, SecretShare>,
    pub record: SimulatedDisk,
    pub lock: Option<Lock>,
    pub abandoned: Vec<Root>,
    pub deposits: BTreeMap<String, String>,
}

/// Four empty disks.
pub fn disks() -> [Simulated; 4] {
    [0, 1, 2, 3].map(|at| Simulated::new(at, 0))
}

impl Simulated {
    /// An empty disk of operator `at`, whose seeds are drawn from `seed` on.
    pub fn new(at: usize, seed: u64) -> Self {
        Self {
            at,
            seed,
            written: Written::default(),
            performed: Vec::new(),
            operations: 0,
            cut: None,
            is_off: false,
            journal: None,
        }
    }

    /// One on which a ceremony has begun at `attempt`, with a seed of its own, that knows of no
    /// earlier one.
    pub fn begun(at: usize, seed: u64, attempt: u32) -> Self {
        let mut disk = Self::new(at, seed);
        disk.written.position = Some(opened(attempt));
        disk.written.seed = Some(disk.draw());
        disk
    }

    /// Whether it is that of operator `at`.
    pub fn is_of(&self, at: usize) -> bool {
        self.at == at
    }

    /// Lets the power fail before this operation, the first of which is 0.
    pub fn cut_before(mut self, operation: u64) -> Self {
        self.cut = Some(operation);
        self
    }

    /// The power is back; of what the record had not synced, some is there.
    fn repower(&mut self) {
        (self.cut, self.is_off, self.journal) = (None, false, None);
        self.written.record.power_loss(self.operations);
    }

    fn draw(&mut self) -> [u8; 32] {
        self.seed += 1;
        let of = [self.at as u64, self.seed];
        let bytes: Vec<u8> = of.iter().flat_map(|n| n.to_le_bytes()).collect();
        Sha256::digest(bytes).into()
    }

    /// Counts an operation; an error if the power fails before it.
    fn operate(&mut self) -> Result<(), Option<Refusal>> {
        let done = self.operations + self.written.record.operations();
        self.operations += 1;
        self.is_off |= self.cut == Some(done);
        match self.is_off {
            true => Err(None),
            false => Ok(()),
        }
    }

    /// What the record says, or that the power has failed in it.
    fn of_record<T>(&mut self, said: Result<T, JournalError>) -> Result<T, Option<Refusal>> {
        let total = self.operations + self.written.record.operations();
        self.is_off |= said.is_err() && self.cut.is_some_and(|cut| cut < total);
        said.map_err(|error| (!self.is_off).then_some(Refusal::Record(error)))
    }

    /// The record's place on this disk, which fails when this disk does.
    fn volume(&self) -> SimulatedDisk {
        if let Some(cut) = self.cut.and_then(|cut| cut.checked_sub(self.operations)) {
            self.written.record.plan(cut, DiskFault::PowerCut);
        }
        self.written.record.clone()
    }

    fn owner(&self, cluster: Root) -> Owner {
        let identity: Identity = place(self.at).identity;
        Owner {
            cluster,
            identity: identity.public(),
        }
    }

    fn store(&mut self, shares: Vec<NewShare>) -> Result<(), Option<Refusal>> {
        for new in shares {
            self.operate()?;
            let key = new.share.public().to_bytes();
            self.written.keystores.insert(key, new.share);
        }
        Ok(())
    }

    fn forget(&mut self) -> Result<(), Option<Refusal>> {
        self.operate()?;
        self.written.seed = None;
        self.operate()?;
        self.written.position = None;
        self.operate()?;
        self.written.heard.clear();
        self.operate()?;
        self.written.made.clear();
        Ok(())
    }
}

fn name(task: &Task) -> &'static str {
    match task {
        Task::Begin(_) => "begin",
        Task::Persist(_) => "persist",
        Task::Remember(_) => "remember",
        Task::Keep(..) => "keep",
        Task::Store(_) => "store",
        Task::Abandon(_) => "abandon",
        Task::BeginRecord(..) => "begin record",
        Task::WriteLock(_) => "write lock",
        Task::Forget => "forget",
        Task::OpenShares(_) => "open shares",
        Task::OpenRecord(_) => "open record",
        Task::Append(_) => "append",
        Task::WriteDeposits { .. } => "write deposits",
    }
}

/// A position at `attempt`, which no earlier one is known of.
pub fn opened(attempt: u32) -> Position {
    Position {
        attempt,
        opened: attempt,
        ..Position::default()
    }
}

impl Disk for Simulated {
    type Refusal = Refusal;

    fn start(&mut self) -> Result<Participation, Refusal> {
        if self.is_off {
            self.repower();
        }
        let there = &self.written;
        let (terms, me) = (terms(&place(self.at).definition), peer(self.at));
        let heard = Heard::read(&terms, me, there.heard.clone()).unwrap();
        let start = match (&there.lock, there.seed, &there.position) {
            (Some(lock), _, _) => Start::Finished(Box::new(Finished {
                lock: lock.clone(),
                abandoned: there.abandoned.clone(),
                deposits: self.deposits().map(|text| {
                    let deposits = deposit::from_json(&text, lock).unwrap();
                    deposits.iter().map(|deposit| deposit.signature).collect()
                }),
            })),
            (None, Some(seed), position) => Start::Begun(Box::new(Begun {
                seed: Zeroizing::new(seed),
                position: position.clone().unwrap_or_default(),
                heard,
                made: there.made.clone(),
            })),
            (None, None, None) => Start::Blank(None, heard),
            (None, None, Some(position)) => {
                assert_eq!(
                    position.acked,
                    [],
                    "the program refuses this: the seed is lost"
                );
                let latest = position.attempt.max(position.opened);
                Start::Blank(Some(latest), heard)
            }
        };
        if there.lock.is_some() {
            // As the program does: what a crash has left of it.
            (self.written.seed, self.written.position) = (None, None);
            self.written.heard.clear();
            self.written.made.clear();
        }
        Participation::new(place(self.at), start, [9; 32]).map_err(Refusal::Halt)
    }

    fn perform(&mut self, task: Task) -> Result<Performed, Option<Refusal>> {
        self.performed.push(name(&task));
        match task {
            Task::Begin(position) => {
                if position != Position::default() {
                    self.operate()?;
                    self.written.position = Some(position);
                }
                self.operate()?;
                let seed = self.draw();
                self.written.seed = Some(seed);
                return Ok(Performed::Begun(Zeroizing::new(seed)));
            }
            Task::Persist(position) => {
                self.operate()?;
                self.written.position = Some(position);
            }
            Task::Remember(statements) => {
                self.operate()?;
                self.written.heard = statements;
            }
            Task::Keep(lock, made) => {
                self.operate()?;
                self.written.made.insert(lock, *made);
            }
            Task::Store(shares) => self.store(shares)?,
            Task::Abandon(locks) => {
                self.operate()?;
                self.written.abandoned = locks;
            }
            Task::BeginRecord(lock, history) => {
                let begun = Journal::create(self.volume(), self.owner(lock), *history);
                let begun = match begun {
                    Err(JournalError::Exists) => Journal::open(self.volume(), self.owner(lock)),
                    begun => begun,
                };
                self.of_record(begun)?;
            }
            Task::WriteLock(lock) => {
                self.operate()?;
                self.written.lock = Some(*lock);
            }
            Task::Forget => self.forget()?,
            Task::OpenShares(keys) => return Ok(Performed::Shares(self.shares(&keys))),
            Task::OpenRecord(lock) => {
                let opened = Journal::open(self.volume(), self.owner(lock));
                let journal = self.of_record(opened)?;
                let history = Box::new(journal.history().clone());
                self.journal = Some(journal);
                return Ok(Performed::Record(history));
            }
            Task::Append(records) => {
                self.volume();
                let mut journal = self.journal.take().expect("it is open");
                let recorded = self.of_record(journal.append(&records))?;
                return Ok(Performed::Recorded(recorded));
            }
            Task::WriteDeposits { name, text } => {
                self.operate()?;
                self.written.deposits.insert(name, text);
            }
        }
        Ok(Performed::Written)
    }

    fn refusal(&self, halt: Halt) -> Refusal {
        Refusal::Halt(halt)
    }

    fn sends(&mut self, _number: usize) {}

    fn lock(&self) -> Option<Lock> {
        self.written.lock.clone()
    }

    fn deposits(&self) -> Option<String> {
        self.written.deposits.values().next().cloned()
    }

    fn shares(&mut self, keys: &[PublicKey]) -> Vec<SecretShare> {
        let open = |key| self.written.keystores[key].clone();
        keys.iter().map(open).collect()
    }

    fn leftovers(&self) -> Vec<String> {
        let there = [
            ("seed", self.written.seed.is_some()),
            ("position", self.written.position.is_some()),
            ("heard", !self.written.heard.is_empty()),
            ("keys", !self.written.made.is_empty()),
        ];
        let left = there.into_iter().filter(|(_, is_there)| *is_there);
        left.map(|(name, _)| name.to_owned()).collect()
    }
}
