//! What can go wrong, and how it is mended.

use std::time::Duration;

use node_core::duties::Input;
use node_core::record::{DiskFault, JournalError, LogFile};
use proto::Slot;
use rand::RngExt as _;

use crate::chain::CATCHES_UP;
use crate::events::Event;
use crate::peer::{BeaconNode, Conduct};
use crate::world::{Weather, World};

/// One thing that goes wrong, or right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A process starts from what lies on its disk.
    Start(usize),
    /// A process dies; everything it has written stays.
    Kill(usize),
    /// The power will fail in one of the next disk operations.
    PlanPowerCut(usize),
    /// The power fails now: what was not synced may be lost.
    LosePower(usize),
    /// A disk operation soon finds the volume full.
    DiskFull(usize),
    /// A disk operation soon fails, and of a sync the bytes are lost.
    DiskBroken(usize),
    /// The process dies, and the disk as it was so many slots ago is put in place.
    RollBack(usize, usize),
    /// The process dies, and what it remembered of the others' records is gone (its sled).
    Forget(usize),
    /// The clock of a peer jumps: it is this far ahead now, in ms.
    SetClock(usize, i64),
    /// The clock of a peer runs fast or slow: it gains so many ms in each slot.
    Drift(usize, i64),
    /// The newest blocks, so many slots deep, give way to others or to none: at each beacon node
    /// within 2 s, or never.
    Reorganise(u64),
    /// The network between two peers is cut; it takes so many ms until they notice.
    Cut(usize, usize, u64),
    Mend(usize, usize),
    /// The beacon node of a peer changes.
    Beacon(usize, BeaconNode),
    /// The beacon node of a peer takes no block in until this slot, and then catches up.
    Stall(usize, u64),
    /// The head events of a peer's beacon node do not come, or come again.
    Hears(usize, bool),
    /// Everything is mended: every process runs, every network, every beacon node, and all of
    /// these see one chain; clocks differ by 500 ms at most; messages take 20 to 60 ms.
    Heal,
}

impl World {
    pub(crate) fn befall(&mut self, fault: Fault) {
        match fault {
            Fault::Start(peer) => self.start(peer),
            Fault::Kill(peer) => {
                self.peers[peer].disk.process_crash();
                self.die(peer, 60);
            }
            Fault::PlanPowerCut(peer) => {
                let within = self.dice.random_range(0..6);
                let disk = &self.peers[peer].disk;
                disk.plan(disk.operations() + within, DiskFault::PowerCut);
                self.peers[peer].power_cut = true;
            }
            Fault::LosePower(peer) => {
                let luck = self.dice.random();
                self.peers[peer].disk.power_loss(luck);
                self.peers[peer].power_cut = false;
                self.die(peer, 3_000);
                let later = self.draw_ms((500, 20_000));
                self.at(self.now + later, Event::Fault(Fault::Start(peer)));
            }
            Fault::DiskFull(peer) => self.plan(peer, DiskFault::Full),
            Fault::DiskBroken(peer) => self.plan(peer, DiskFault::Broken),
            Fault::RollBack(peer, slots) => self.roll_back(peer, slots),
            Fault::Forget(peer) => {
                self.peers[peer].disk.process_crash();
                self.die(peer, 60);
                self.peers[peer].memory.clear();
            }
            Fault::SetClock(peer, ahead_ms) => self.peers[peer].skew_micros = ahead_ms * 1_000,
            Fault::Drift(peer, gain_ms) => self.peers[peer].drift_micros = gain_ms * 1_000,
            Fault::Reorganise(depth) => self.reorganise(depth),
            Fault::Cut(one, other, notice_ms) => {
                self.links.set_cut(one, other, true);
                self.sever(one, other, notice_ms);
            }
            Fault::Mend(one, other) => {
                self.links.set_cut(one, other, false);
                self.redial(one, other);
            }
            Fault::Beacon(peer, state) => self.peers[peer].beacon = state,
            Fault::Stall(peer, until) => self.stall(peer, Slot(until)),
            Fault::Hears(peer, hears) => {
                self.peers[peer].hears = hears;
                self.feed(peer, Input::Hears(hears));
            }
            Fault::Heal => self.heal(),
        }
    }

    fn plan(&mut self, peer: usize, fault: DiskFault) {
        let within = self.dice.random_range(0..4);
        let disk = &self.peers[peer].disk;
        disk.plan(disk.operations() + within, fault);
    }

    fn start(&mut self, peer: usize) {
        if self.peers[peer].process.is_some() {
            return;
        }
        let spec = self.chain.spec.clone();
        let opened = self.peers[peer].start(&self.cluster, &spec);
        if let Err(error) = opened {
            if self.peers[peer].power_cut {
                return self.befall(Fault::LosePower(peer));
            }
            // A disk that is full or broken at the start: the operator tries again.
            self.at(
                self.now + Duration::from_secs(1),
                Event::Fault(Fault::Start(peer)),
            );
            return self.disk_must_explain(peer, &error);
        }
        let joins = !self.joining.cases.is_empty();
        if let Some(process) = self.peers[peer].process.as_mut().filter(|_| joins) {
            process.node.watch_pool();
        }
        let process = self.peers[peer]
            .process
            .as_ref()
            .expect("it has just started");
        let history = process.journal.history().clone();
        self.checks.opens(peer, &history);
        self.feed(peer, Input::Tick);
        if self.peers[peer].hears {
            self.feed(peer, Input::Hears(true));
        }
        for other in (0..self.peers.len()).filter(|other| *other != peer) {
            self.redial(peer, other);
        }
    }

    /// A record that cannot be opened is a violation unless the disk itself refuses.
    fn disk_must_explain(&mut self, peer: usize, error: &JournalError) {
        if !matches!(error, JournalError::Disk { .. }) {
            self.checks.violated("S3", format!("peer {peer}: {error}"));
        }
    }

    /// The process is gone; the others notice within so many ms.
    fn die(&mut self, peer: usize, notice_ms: u64) {
        self.peers[peer].process = None;
        self.peers[peer].life += 1;
        for other in (0..self.peers.len()).filter(|other| *other != peer) {
            self.links.believe(peer, other, None);
            self.sever(peer, other, notice_ms);
        }
    }

    /// Ends the session of two peers: what is on the way is lost.
    fn sever(&mut self, one: usize, other: usize, notice_ms: u64) {
        if let Some(session) = self.links.end(one, other) {
            for (me, other) in [(one, other), (other, one)] {
                let later = self.draw_ms((0, notice_ms));
                self.at(self.now + later, Event::Down(me, other, session));
            }
        }
    }

    pub(crate) fn down(&mut self, me: usize, other: usize, session: u64) {
        if self.links.believed(me, other) == Some(session) {
            self.links.believe(me, other, None);
            let index = self.peers[other].index;
            self.feed(me, Input::Down(index));
            self.redial(me, other);
        }
    }

    fn redial(&mut self, one: usize, other: usize) {
        let later = self.draw_ms((50, 400));
        self.at(self.now + later, Event::Dial(one, other));
    }

    /// Two peers try to reach each other.
    pub(crate) fn dial(&mut self, one: usize, other: usize) {
        let both = self.peers[one].process.is_some() && self.peers[other].process.is_some();
        if !both {
            return;
        }
        if let Some(session) = self.links.begin(one, other) {
            for (me, other) in [(one, other), (other, one)] {
                let later = self.draw_ms(self.weather.delay_ms);
                let opens = self.now + later;
                self.links.opens(me, other, opens);
                self.at(opens, Event::Up(me, other, session));
            }
        }
    }

    pub(crate) fn up(&mut self, me: usize, other: usize, session: u64) {
        if !self.links.carries(me, other, session) || self.peers[me].process.is_none() {
            return;
        }
        let index = self.peers[other].index;
        if self.links.believed(me, other).is_some() {
            self.links.believe(me, other, None);
            self.feed(me, Input::Down(index));
        }
        self.links.believe(me, other, Some(session));
        let versions = self.peers[me].versions;
        let version = versions.common(self.peers[other].versions);
        let version = version.expect("everybody speaks version 1");
        self.feed(me, Input::Up(index, version));
        let round_trip = 2 * self.draw_ms(self.weather.delay_ms);
        let life = self.peers[me].life;
        let measured = Input::RoundTrip(index, round_trip);
        self.at(self.now + round_trip, Event::Input(me, life, measured));
    }

    fn roll_back(&mut self, peer: usize, slots: usize) {
        let images = &self.peers[peer].images;
        let Some(image) = images
            .len()
            .checked_sub(slots)
            .and_then(|at| images.get(at))
            .cloned()
        else {
            return;
        };
        self.die(peer, 60);
        let this = &mut self.peers[peer];
        this.disk.process_crash();
        this.power_cut = false;
        let [a, b] = image;
        this.disk.tamper(LogFile::A, a);
        this.disk.tamper(LogFile::B, b);
        this.conduct = Conduct::RolledBack;
        self.checks.bad.insert(peer);
        // It has forgotten its votes and its mark, so it may vote otherwise before it is noticed.
        self.checks.expect_contradictions();
    }

    fn stall(&mut self, peer: usize, until: Slot) {
        let until = self.chain.spec.start_of(until);
        self.chain.stall(peer, self.now, until);
        for part in 0..=15 {
            self.at(until + CATCHES_UP * part / 15, Event::Block(peer));
        }
    }

    fn heal(&mut self) {
        self.weather = Weather {
            delay_ms: (20, 60),
            split_percent: 0,
            late_percent: 0,
        };
        self.chain.converge(self.now);
        let all = 0..self.peers.len();
        for peer in all.clone() {
            self.at(self.now, Event::Block(peer));
            let this = &mut self.peers[peer];
            this.skew_micros = this.skew_micros.clamp(-500_000, 500_000);
            this.drift_micros = 0;
            (this.beacon, this.answer_ms, this.sync_ms) = (BeaconNode::Sound, (5, 50), (2, 10));
            let process = this.process.as_ref();
            let vault = process.map(|process| process.node.vault());
            let poisoned = vault.is_some_and(|vault| vault.stopped().is_some());
            if (poisoned && this.is_correct()) || this.power_cut {
                this.disk.process_crash();
                this.power_cut = false;
                self.die(peer, 60);
            }
            self.peers[peer].disk.process_crash();
        }
        for peer in all.clone() {
            self.start(peer);
            for other in all.clone().filter(|other| *other > peer) {
                self.links.set_cut(peer, other, false);
                self.redial(peer, other);
            }
        }
    }
}
