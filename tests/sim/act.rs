//! Carrying out what the nodes ask for: frames, records, questions, submissions; and what the
//! chain does by itself.

use std::time::Duration;

use node_core::duties::fault::Breach;
use node_core::duties::note::Note;
use node_core::duties::{Input, Output};
use node_core::record::{Record, Recorded};
use proto::frame::Frame;
use proto::vote::Message;
use proto::{DutyId, PeerIndex, Slot, WireVersion};

use crate::checks::Release;
use crate::events::Event;
use crate::faults::Fault;
use crate::old;
use crate::peer::Conduct;
use crate::villains::Means;
use crate::words::in_short;
use crate::world::{Signing, World};

impl World {
    pub(crate) fn perform(&mut self, peer: usize, output: Output) {
        let life = self.peers[peer].life;
        match output {
            Output::Broadcast(frame) => {
                self.check_frame(peer, &frame);
                for to in (0..self.peers.len()).filter(|to| *to != peer) {
                    self.send(peer, to, frame.clone());
                }
            }
            Output::Send(to, frame) | Output::SendLast(to, frame) => {
                self.check_frame(peer, &frame);
                self.send(peer, to.position(), frame);
            }
            Output::Persist(records) => self.persist(peer, records),
            Output::Ask(request) => self.ask(peer, request),
            Output::Later(chore) => {
                let soon = self.now + Duration::from_micros(500);
                self.at(soon, Event::Input(peer, life, Input::Later(chore)));
            }
            Output::Remember {
                peer: shown_by,
                sequence,
            } => {
                self.peers[peer].memory.insert(shown_by, sequence);
            }
            Output::Keep { keeping, words } => self.keep(peer, keeping, words),
            Output::KeepIntents { keeping, text } => self.keep_intents(peer, keeping, text),
            // A write of this file takes no time here: nothing waits for it.
            Output::KeepSealed(sealed) => self.peers[peer].sealed = sealed,
            Output::Answer(_, answer) => self.exits.answers.push((peer, answer)),
            Output::Errand(errand) => self.errand(peer, errand),
            // No cluster here has a Safe as node account.
            Output::Hear(..) => {}
            Output::Stand(stand) => self.stand(peer, stand),
            // No peer of the simulator reads its chain back.
            Output::Follow(owed) => {
                let owed = owed.into_iter().map(|it| (peer, it.owed));
                self.followed.extend(owed);
            }
            Output::Halt(..) => {}
            Output::Note(note) => self.tell(peer, note),
        }
    }

    fn tell(&mut self, peer: usize, note: Note) {
        if self.peers[peer].is_correct() {
            self.checks.told(peer, &note);
        }
        self.narrate(|| format!("peer {peer}: {note:?}"));
        let of = of_duty(&note).map(|duty| (peer, duty, note.clone()));
        self.told.extend(of);
        match note {
            Note::Reached { duty, phase } => {
                self.reached.entry((peer, duty, phase)).or_insert(self.now);
            }
            Note::Signed { duty, round, .. } => {
                self.signed.entry((peer, duty)).or_insert(Signing {
                    at: self.now,
                    round,
                });
            }
            Note::RolledBack { witness, .. } => {
                let process = (peer, self.peers[peer].life);
                self.checks.witnessed(process, witness.position());
                *self.rolled_back.entry(peer).or_default() += 1;
            }
            Note::RandaoRefused { .. } => self.refused_reveals += 1,
            Note::Objected { .. } | Note::PayeeUnread(_) => self.pay_heed(peer, note),
            Note::Fault {
                peer: culprit,
                breach,
                ..
            } => {
                self.blamed.insert((peer, culprit.position(), breach));
            }
            Note::Evidence(evidence) => {
                let lock = &self.cluster.lock;
                let roster = lock.definition.terms().roster();
                let exhibit = evidence.exhibit(roster);
                let verdict = exhibit.verify(roster, lock.hash());
                verdict.expect("what a peer keeps convinces whoever has the lock");
                let culprit = evidence.culprit().position();
                self.blamed.insert((peer, culprit, Breach::Contradiction));
            }
            Note::Unknown { peer: sender, what } => {
                let of = (peer, sender.position(), what);
                *self.passed_over.entry(of).or_default() += 1;
            }
            Note::OtherGenesis { peer: other, .. } => self.estrange(peer, other),
            Note::Exit(validator, note) => self.exits.note(peer, validator.0, note),
            Note::Intent(note) => self.hear_of_intent(peer, note),
            Note::Deposit(note) => self.joining.told.push((peer, note)),
            Note::Seats { .. } => self.seats_told.push((peer, note)),
            Note::Halted { validator, why, .. } => self.halted.push((peer, validator, why)),
            Note::UnservedFork(_) => *self.warned.entry(peer).or_default() += 1,
            Note::Sight { .. }
            | Note::Looked(_)
            | Note::Registration(_)
            | Note::Missed { .. }
            | Note::Refused { .. }
            | Note::DiskHangs { .. }
            | Note::OtherChain { .. }
            | Note::Accepted { .. }
            | Note::NotTaken { .. }
            | Note::Moved { .. }
            | Note::Pulled { .. }
            | Note::Absent { .. }
            | Note::Ended { .. }
            | Note::Connected { .. } => {}
        }
    }

    /// A peer says of another that its chain begins at another time.
    fn estrange(&mut self, peer: usize, other: PeerIndex) {
        self.estranged.insert((peer, other.position()));
    }

    /// What speaks against blocks, and who did not know whom they are to pay.
    fn pay_heed(&mut self, peer: usize, note: Note) {
        if let Note::PayeeUnread(duty) = note {
            self.unread.insert((peer, duty));
        } else if let Note::Objected {
            duty,
            objection,
            by,
        } = note
        {
            self.objections.push((peer, duty, objection));
            let by = by.map(|by| (peer, duty, by.position()));
            self.objected.extend(by);
        }
    }

    /// Tells what happens to whoever looks for the reason of a failure.
    pub(crate) fn narrate(&self, what: impl FnOnce() -> String) {
        if std::env::var_os("SIM_TELL").is_some() {
            let micros = self
                .now
                .since(self.chain.spec.start_of(Slot(0)))
                .as_micros();
            eprintln!("{:>9}.{:03} {}", micros / 1000, micros % 1000, what());
        }
    }

    /// Looks at what a correct peer is about to send.
    fn check_frame(&mut self, peer: usize, frame: &[u8]) {
        self.hash.feed(&self.now.micros().to_le_bytes());
        self.hash.feed(frame);
        let size = self.cluster.lock.definition.terms().size();
        let bytes = match Frame::decode(frame).expect("a node sends what can be read") {
            Frame::Vote(bytes) => bytes,
            other @ (Frame::Greeting(_)
            | Frame::Randao(_)
            | Frame::Sight { .. }
            | Frame::Refused(_)
            | Frame::Taken(_)
            | Frame::BlobsWanted(_)
            | Frame::BlobsPart(_)
            | Frame::ExitWords(_)
            | Frame::ExitShare(_)
            | Frame::Agreement(_)
            | Frame::DepositDemand(_)
            | Frame::DepositShares(_)
            | Frame::DepositRefusal(_)
            | Frame::SafeStep(_)
            | Frame::Intents(_)
            | Frame::StandsOn(_)
            | Frame::RegistrationShares(_)
            | Frame::SealedExits(_)
            | Frame::SealedExitsWanted(_)
            | Frame::ExitOpening(_)
            | Frame::SelectionShares(_)) => {
                self.count_blobs(peer, &other);
                self.check_exit(peer, &other);
                self.check_joining(peer, &other);
                self.check_selection(peer, &other);
                return self.narrate(|| format!("peer {peer}: {other:?}"));
            }
        };
        let me = self.peers[peer].index;
        let message = Message::decode(self.cluster.lock.hash(), size, me, &bytes);
        let message = message.expect("a node sends what can be read");
        self.narrate(|| format!("peer {peer}: {}", in_short(&message)));
        self.note_aggregates(peer, &message);
        if self.peers[peer].is_correct() {
            self.check_duty(peer, message.scope().duty);
            self.checks.says(peer, &message);
        }
        let speaks = matches!(message, Message::Prepare(_) | Message::Commit(_));
        if speaks && self.peers[peer].conduct == Conduct::RolledBack {
            let process = (peer, self.peers[peer].life);
            self.checks.sends_rolled_back(process, &bytes);
        }
        let Message::Commit(committal) = message else {
            return;
        };
        let commit = committal.signed.statement;
        if !self.peers[peer].is_correct() {
            return;
        }
        let Some(value) = self.chain.value(&commit.value) else {
            return self
                .checks
                .violated("S5", format!("peer {peer} signs {}", commit.value));
        };
        let durable = self.peers[peer].durable_history(&self.cluster).ok();
        let release = Release {
            value,
            signing_roots: self.signing_roots(peer, value, &commit),
            durable: durable.as_ref(),
        };
        self.checks.releases(peer, &commit, release);
    }

    /// S8: a correct peer speaks only of duties that some beacon node has named.
    fn check_duty(&mut self, peer: usize, duty: DutyId) {
        if !self.named.contains(&duty) {
            let detail = format!("peer {peer} speaks of {duty}, which nobody has");
            self.checks.violated("S8", detail);
        }
    }

    fn send(&mut self, from: usize, to: usize, frame: Vec<u8>) {
        let frame = self.lie(from, frame);
        let frames = match self.peers[from].conduct {
            Conduct::Correct | Conduct::RolledBack => vec![frame],
            Conduct::Villain(villain) => {
                let ends = (self.peers[from].index, self.peers[to].index);
                let mut means = Means {
                    cluster: &self.cluster,
                    chain: &self.chain,
                    past: &mut self.past[from],
                    dice: &mut self.dice,
                };
                villain.spoil(ends, frame, &mut means)
            }
        };
        let Some(session) = self.links.believed(from, to) else {
            return;
        };
        let is_old = |peer: usize| self.peers[peer].versions == old::VERSIONS;
        let passes_old = is_old(from) || is_old(to);
        for mut bytes in frames {
            if passes_old {
                bytes = match old::through(&bytes) {
                    Ok(bytes) => bytes,
                    Err(unknown) => {
                        let detail = format!("peer {from} sends the old peer {to} {unknown}");
                        return self.checks.violated("versions", detail);
                    }
                };
            }
            if self.peers[to].versions.highest() < WireVersion::V8 && self.is_blinded(from, &bytes)
            {
                let detail = format!("peer {from} sends the older peer {to} a blinded block");
                return self.checks.violated("versions", detail);
            }
            let later = self.draw_ms(self.weather.delay_ms);
            let arrival = self.links.arrival(from, to, self.now + later);
            self.at(
                arrival,
                Event::Frame {
                    from,
                    to,
                    session,
                    bytes,
                },
            );
        }
    }

    fn persist(&mut self, peer: usize, records: Vec<Record>) {
        let later = self.draw_ms((0, 1));
        let life = self.peers[peer].life;
        let process = self.peers[peer].process.as_mut().expect("who writes lives");
        process.waiting.extend(records);
        if !process.is_writing {
            process.is_writing = true;
            self.at(self.now + later, Event::Write(peer, life));
        }
    }

    /// The writer takes everything that waits and makes it durable in one go.
    pub(crate) fn write(&mut self, peer: usize, life: u32) {
        if !self.lives(peer, life) {
            return;
        }
        let later = self.draw_ms(self.peers[peer].sync_ms);
        let process = self.peers[peer].process.as_mut().expect("it lives");
        let batch = std::mem::take(&mut process.waiting);
        let written = process.journal.append(&batch);
        let written = written.and_then(|recorded| {
            process.journal.rotate_when_due()?;
            Ok(recorded)
        });
        match written {
            Ok(recorded) => {
                if self.peers[peer].is_correct() {
                    self.checks.recorded(peer, &batch);
                }
                self.at(self.now + later, Event::Written(peer, life, recorded));
            }
            Err(_) if self.peers[peer].power_cut => self.befall(Fault::LosePower(peer)),
            Err(_) => self.at(
                self.now + later,
                Event::Input(peer, life, Input::NotRecorded),
            ),
        }
    }

    pub(crate) fn written(&mut self, peer: usize, life: u32, recorded: Recorded) {
        if !self.lives(peer, life) {
            return;
        }
        let process = self.peers[peer].process.as_mut().expect("it lives");
        process.is_writing = !process.waiting.is_empty();
        if process.is_writing {
            self.at(self.now, Event::Write(peer, life));
        }
        self.feed(peer, Input::Recorded(recorded));
    }
}

/// Of which duty a note says how it ended, or what became of it.
fn of_duty(note: &Note) -> Option<DutyId> {
    if let Note::Signed { duty, .. }
    | Note::Accepted { duty, .. }
    | Note::NotTaken { duty, .. }
    | Note::Moved { duty, .. }
    | Note::Missed { duty, .. }
    | Note::Pulled { duty, .. }
    | Note::Absent { duty, .. }
    | Note::Ended { duty, .. } = note
    {
        return Some(*duty);
    }
    None
}
