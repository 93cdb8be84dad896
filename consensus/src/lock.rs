//! When to sign: a PREPARE quorum of any round binds a peer to its value, once and for all. What
//! others have committed is passed on, whatever this peer has signed itself.

use proto::vote::{Commit, Committal, Message, Signatures};
use proto::{Root, Verified};

use crate::instance::{Course, Instance, Lock};
use crate::{Evidence, Output, Value};

impl<V: Value> Instance<V> {
    /// A quorum binds this peer, unless its record holds another value already.
    pub(crate) fn see_quorum(&mut self) -> bool {
        if self.certificate.is_some() {
            return false;
        }
        let Some(certificate) = self.ballots.certificate(self.size().threshold()) else {
            return false;
        };
        if self.is_bound_against(&certificate.prepared.value) {
            return false;
        }
        let round = certificate.prepared.round;
        self.certificate = Some(certificate);
        if round > self.round && self.course == Course::Running {
            self.enter_silently(round);
        }
        true
    }

    /// Has the vault record and sign what a quorum PREPAREd.
    pub(crate) fn ask_vault(&mut self) -> bool {
        let Some(certificate) = self
            .certificate
            .as_ref()
            .filter(|_| self.lock == Lock::Open)
        else {
            return false;
        };
        let prepared = certificate.prepared;
        let Some(value) = self.values.known(&prepared.value).cloned() else {
            self.pull(prepared.value);
            return false;
        };
        self.outputs.push(Output::Sign {
            round: prepared.round,
            value,
            certificate: certificate.signatures.clone(),
        });
        self.lock = Lock::Signing;
        true
    }

    /// Tells everybody what the record holds now.
    pub(crate) fn commit(&mut self, commit: Verified<Commit>, certificate: Signatures) {
        self.ballots.add_commit(commit.clone());
        let Commit { round, value, .. } = &commit.statement;
        let message = Message::Commit(Committal {
            proposal: self.ballots.proposal_of(*round, value).map(Box::new),
            signed: commit.into_signed(),
            certificate,
        });
        self.sent.commit = Some(message.clone());
        self.outputs.push(Output::Broadcast(message));
    }

    /// Passes on the next commitment of another peer, once its value is known.
    pub(crate) fn pass_on_commits(&mut self) -> bool {
        let mut known = self.delivered;
        known.insert(self.setup.me);
        let commits = self.ballots.commits();
        let waiting: Vec<Verified<Commit>> = commits
            .filter(|commit| !known.contains(commit.signer))
            .cloned()
            .collect();
        for commit in waiting {
            let Commit {
                value,
                sequence,
                partials,
                ..
            } = &commit.statement;
            let Some(value) = self.values.known(value).cloned() else {
                self.pull(*value);
                continue;
            };
            self.delivered.insert(commit.signer);
            self.outputs.push(Output::Committed {
                peer: commit.signer,
                value,
                sequence: *sequence,
                partials: partials.clone(),
            });
            return true;
        }
        false
    }

    /// t commitments to one value end the instance's rounds.
    pub(crate) fn decide(&mut self) -> bool {
        if self.course == Course::Decided {
            return false;
        }
        let Some(value) = self.committed_by_quorum() else {
            return false;
        };
        let Some(value) = self.values.known(&value).cloned() else {
            return false;
        };
        self.course = Course::Decided;
        self.outputs.push(Output::Decided { value });
        true
    }

    /// The value that t peers have committed to.
    fn committed_by_quorum(&self) -> Option<Root> {
        let committed = |value: &Root| {
            let commits = self.ballots.commits();
            commits.filter(|c| c.statement.value == *value).count()
        };
        self.ballots
            .commits()
            .map(|commit| commit.statement.value)
            .find(|value| committed(value) >= self.size().threshold())
    }

    /// Puts out the evidence against a peer, once.
    pub(crate) fn report_evidence(&mut self) -> bool {
        let found: Option<Evidence> = self
            .ballots
            .evidence()
            .iter()
            .find(|(peer, _)| !self.accused.contains(**peer))
            .map(|(_, evidence)| evidence.clone());
        let Some(evidence) = found else {
            return false;
        };
        self.accused.insert(evidence.culprit());
        self.outputs.push(Output::Evidence(Box::new(evidence)));
        true
    }
}
