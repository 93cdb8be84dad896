//! Everything that peers have signed in one instance: at most one statement for each peer, kind and
//! round (of votes also the one that contradicts it), all verified, and the first certificate that
//! came whole. Finds quorums and contradictions; decides nothing.

use std::collections::BTreeMap;

use proto::vote::{Answer, Change, Commit, Prepare, Prepared, Propose, RoundChange, Signatures};
use proto::{IdentitySignature, PeerIndex, PeerSet, Root, Round, Signed, Verified};

use crate::evidence::{self, Evidence};
use crate::justify::{Answers, Stand};

/// A PREPARE quorum whose signatures have been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The round and the value that the quorum prepared.
    pub prepared: Prepared,
    /// The proof: at least t signatures.
    pub signatures: Signatures,
}

/// A verified ROUND-CHANGE with its verified certificate.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    statement: Verified<RoundChange>,
    certificate: Signatures,
}

/// The statements of one instance.
#[derive(Debug, Default)]
pub(crate) struct Ballots {
    prepares: BTreeMap<Round, BTreeMap<PeerIndex, Verified<Prepare>>>,
    /// Votes for a second value. They say nothing of their signer, who lies, but make up quorums:
    /// whoever heard the other one first holds the proof.
    seconds: BTreeMap<(Round, PeerIndex), Verified<Prepare>>,
    /// The first quorum that a message has proven. It counts whatever its signers said to this
    /// peer before.
    proven: Option<Certificate>,
    changes: BTreeMap<Round, BTreeMap<PeerIndex, Changed>>,
    proposes: BTreeMap<Round, Verified<Propose>>,
    /// Of each round the first proposal that its leader itself has sent; the one in `proposes` may
    /// be another, which a vote has shown.
    arrived: BTreeMap<Round, Verified<Propose>>,
    /// Who was the first to propose each value, as far as this peer has heard.
    proposers: BTreeMap<Root, PeerIndex>,
    commits: BTreeMap<PeerIndex, Verified<Commit>>,
    /// What was signed and not proven: it counts for nothing, and contradicts like all else.
    unproven: Unproven,
    evidence: BTreeMap<PeerIndex, Evidence>,
}

/// Statements whose certificate does not hold.
#[derive(Debug, Default)]
struct Unproven {
    changes: BTreeMap<(PeerIndex, Round), Verified<RoundChange>>,
    commits: BTreeMap<PeerIndex, Verified<Commit>>,
}

impl Ballots {
    /// Keeps a vote, unless this peer has voted in this round already.
    pub(crate) fn add_prepare(&mut self, vote: Verified<Prepare>) {
        let peer = vote.signer;
        let denied = self
            .changes_of(peer)
            .find(|change| evidence::denial(&vote.statement, &change.statement))
            .map(|change| Evidence::Denial((*vote).clone(), (**change).clone()));
        self.accuse(denied);
        let of_round = self.prepares.entry(vote.statement.round).or_default();
        let first = of_round.entry(peer).or_insert_with(|| vote.clone());
        if evidence::prepares(&first.statement, &vote.statement) {
            let twice = Evidence::Prepares((**first).clone(), (*vote).clone());
            self.accuse(Some(twice));
            let place = (vote.statement.round, peer);
            self.seconds.entry(place).or_insert(vote);
        }
    }

    /// Keeps a quorum all of whose signatures have been verified, unless there is one already.
    pub(crate) fn add_certificate(&mut self, certificate: Certificate) {
        self.proven.get_or_insert(certificate);
    }

    /// Keeps a ROUND-CHANGE, unless this peer has sent one to this round already.
    pub(crate) fn add_change(&mut self, changed: Changed) {
        let new = &changed.statement;
        self.compare_change(new);
        let of_round = self.changes.entry(new.statement.round).or_default();
        of_round.entry(new.signer).or_insert(changed);
    }

    /// Keeps a ROUND-CHANGE whose certificate does not hold, as what its signer has said.
    pub(crate) fn add_unproven_change(&mut self, change: Verified<RoundChange>) {
        self.compare_change(&change);
        let place = (change.signer, change.statement.round);
        self.unproven.changes.entry(place).or_insert(change);
    }

    /// Finds what a ROUND-CHANGE contradicts.
    fn compare_change(&mut self, new: &Verified<RoundChange>) {
        let denied = self
            .prepares_of(new.signer)
            .find(|vote| evidence::denial(&vote.statement, &new.statement))
            .map(|vote| Evidence::Denial((**vote).clone(), (**new).clone()));
        let differs = self
            .changes_of(new.signer)
            .find(|old| evidence::changes(&old.statement, &new.statement))
            .map(|old| Evidence::RoundChanges((**old).clone(), (**new).clone()));
        self.accuse(denied);
        self.accuse(differs);
    }

    /// Keeps a proposal that its leader has sent.
    pub(crate) fn add_arrived(&mut self, propose: Verified<Propose>) {
        let of_round = self.arrived.entry(propose.statement.round);
        of_round.or_insert_with(|| propose.clone());
        self.add_propose(propose);
    }

    /// Keeps a proposal, whoever has shown it, unless this round has one already.
    pub(crate) fn add_propose(&mut self, propose: Verified<Propose>) {
        let round = propose.statement.round;
        let by_value = self.proposers.entry(propose.statement.value);
        by_value.or_insert(propose.signer);
        let first = self
            .proposes
            .entry(round)
            .or_insert_with(|| propose.clone());
        let twice = evidence::proposes(&first.statement, &propose.statement)
            .then(|| Evidence::Proposes((**first).clone(), (*propose).clone()));
        self.accuse(twice);
    }

    /// Keeps a commitment, unless this peer has made one already.
    pub(crate) fn add_commit(&mut self, commit: Verified<Commit>) {
        self.compare_commit(&commit);
        self.commits.entry(commit.signer).or_insert(commit);
    }

    /// Keeps a commitment whose certificate does not hold, as what its signer has said.
    pub(crate) fn add_unproven_commit(&mut self, commit: Verified<Commit>) {
        self.compare_commit(&commit);
        let of_peer = self.unproven.commits.entry(commit.signer);
        of_peer.or_insert(commit);
    }

    /// Finds what a commitment contradicts.
    fn compare_commit(&mut self, new: &Verified<Commit>) {
        let proven = self.commits.get(&new.signer);
        let unproven = self.unproven.commits.get(&new.signer);
        let twice = proven
            .into_iter()
            .chain(unproven)
            .find(|old| evidence::commits(&old.statement, &new.statement))
            .map(|old| Evidence::Commits((**old).clone(), (**new).clone()));
        self.accuse(twice);
    }

    fn accuse(&mut self, found: Option<Evidence>) {
        if let Some(found) = found {
            self.evidence.entry(found.culprit()).or_insert(found);
        }
    }

    /// The first contradiction of every peer that made one.
    pub(crate) fn evidence(&self) -> &BTreeMap<PeerIndex, Evidence> {
        &self.evidence
    }

    /// Who was the first to propose `value`.
    pub(crate) fn proposer(&self, value: &Root) -> Option<PeerIndex> {
        self.proposers.get(value).copied()
    }

    /// The first proposal of `round` that is known, whoever has shown it.
    pub(crate) fn propose(&self, round: Round) -> Option<&Verified<Propose>> {
        self.proposes.get(&round)
    }

    /// The first proposal of `round` that its leader has sent.
    pub(crate) fn arrived(&self, round: Round) -> Option<&Verified<Propose>> {
        self.arrived.get(&round)
    }

    /// The leader's signature under its proposal of `value` for `round`, if it is known.
    pub(crate) fn proposal_of(&self, round: Round, value: &Root) -> Option<IdentitySignature> {
        [self.arrived(round), self.propose(round)]
            .into_iter()
            .flatten()
            .find(|propose| propose.statement.value == *value)
            .map(|propose| propose.signature)
    }

    /// Whether this very vote has been verified before.
    pub(crate) fn has_prepare(&self, signed: &Signed<Prepare>) -> bool {
        let (round, peer) = (signed.statement.round, signed.signer);
        let first = self.prepares.get(&round).and_then(|votes| votes.get(&peer));
        let second = self.seconds.get(&(round, peer));
        [first, second]
            .into_iter()
            .flatten()
            .any(|known| **known == *signed)
    }

    /// The commitment of `peer`.
    pub(crate) fn commit(&self, peer: PeerIndex) -> Option<&Verified<Commit>> {
        self.commits.get(&peer)
    }

    /// All commitments.
    pub(crate) fn commits(&self) -> impl Iterator<Item = &Verified<Commit>> {
        self.commits.values()
    }

    /// Everything that `peer` voted, by round.
    pub(crate) fn prepares_of(&self, peer: PeerIndex) -> impl Iterator<Item = &Verified<Prepare>> {
        self.prepares
            .values()
            .filter_map(move |of_round| of_round.get(&peer))
    }

    fn changes_of(&self, peer: PeerIndex) -> impl Iterator<Item = &Verified<RoundChange>> {
        self.changes
            .values()
            .filter_map(move |of_round| of_round.get(&peer))
            .map(|changed| &changed.statement)
            .chain(
                self.unproven
                    .changes
                    .range((peer, Round::ZERO)..=(peer, Round::LAST))
                    .map(|(_, change)| change),
            )
    }

    /// Whether this very ROUND-CHANGE has been verified before.
    pub(crate) fn has_change(&self, signed: &Signed<RoundChange>) -> bool {
        self.changes
            .get(&signed.statement.round)
            .and_then(|of_round| of_round.get(&signed.signer))
            .is_some_and(|known| *known.statement == *signed)
    }

    /// The highest round that each peer has announced to enter.
    pub(crate) fn announced(&self) -> BTreeMap<PeerIndex, Round> {
        let mut highest = BTreeMap::new();
        for (round, of_round) in &self.changes {
            highest.extend(of_round.keys().map(|peer| (*peer, *round)));
        }
        highest
    }

    /// How often each value was voted for in `round`.
    pub(crate) fn count(&self, round: Round) -> BTreeMap<Root, usize> {
        let mut count = BTreeMap::new();
        for vote in self.prepares.get(&round).into_iter().flatten() {
            *count.entry(vote.1.statement.value).or_default() += 1;
        }
        count
    }

    /// Who has voted in round 0, or has left it.
    pub(crate) fn done_with_round_zero(&self) -> PeerSet {
        let voted = self.prepares.get(&Round::ZERO).into_iter().flatten();
        let left = self.changes.values().flatten();
        voted
            .map(|(peer, _)| *peer)
            .chain(left.map(|(peer, _)| *peer))
            .collect()
    }

    /// A PREPARE quorum of `threshold` votes: the one that came whole, or else one of the votes
    /// that came one by one, of the lowest round that has one.
    pub(crate) fn certificate(&self, threshold: usize) -> Option<Certificate> {
        let counted = || {
            let mut rounds = self.prepares.keys();
            rounds.find_map(|round| self.quorum(*round, threshold))
        };
        self.proven.clone().or_else(counted)
    }

    fn quorum(&self, round: Round, threshold: usize) -> Option<Certificate> {
        let firsts = self.prepares.get(&round).into_iter().flatten();
        let seconds = self.seconds.iter().filter(|((of, _), _)| *of == round);
        let votes = firsts
            .map(|(_, vote)| vote)
            .chain(seconds.map(|(_, vote)| vote));
        let mut by_value: BTreeMap<Root, BTreeMap<PeerIndex, _>> = BTreeMap::new();
        for vote in votes {
            let of_value = by_value.entry(vote.statement.value).or_default();
            of_value.insert(vote.signer, vote.signature);
        }
        let (value, signatures) = by_value
            .into_iter()
            .find(|(_, signatures)| signatures.len() >= threshold)?;
        Some(Certificate {
            prepared: Prepared { round, value },
            signatures: Signatures(signatures.into_iter().take(threshold).collect()),
        })
    }

    /// Votes of rounds before `round` that their signers do not tell of in these stands.
    pub(crate) fn concealed(&self, round: Round, stands: &Answers) -> Vec<(PeerIndex, Prepared)> {
        let firsts = self.prepares.values().flat_map(BTreeMap::values);
        let votes = firsts.chain(self.seconds.values());
        let is_concealed = |vote: &&Verified<Prepare>| {
            let told = stands.get(&vote.signer);
            let (of, value) = (vote.statement.round, vote.statement.value);
            of < round && told.is_some_and(|stand| stand.votes.get(&of) != Some(&value))
        };
        votes
            .filter(is_concealed)
            .map(|vote| {
                let (round, value) = (vote.statement.round, vote.statement.value);
                (vote.signer, Prepared { round, value })
            })
            .collect()
    }

    /// The peers that know the value with this hash, if they are correct.
    pub(crate) fn vouchers(&self, value: &Root) -> PeerSet {
        let prepares = self.prepares.values().flat_map(BTreeMap::values);
        let changes = self.changes.values().flat_map(BTreeMap::values);
        let proposes = self.proposes.values();
        prepares
            .filter(|vote| vote.statement.value == *value)
            .map(|vote| vote.signer)
            .chain(
                changes
                    .filter(|changed| {
                        changed
                            .statement
                            .statement
                            .votes
                            .values()
                            .any(|v| v == value)
                    })
                    .map(|changed| changed.statement.signer),
            )
            .chain(
                proposes
                    .filter(|propose| propose.statement.value == *value)
                    .map(|propose| propose.signer),
            )
            .collect()
    }

    /// What peers have answered for `round`, as it would stand in a justification. In round 1 a
    /// vote of round 0 is an answer.
    pub(crate) fn answers(&self, round: Round) -> Vec<Answer> {
        let mut answers = BTreeMap::new();
        if round == Round::FIRST {
            for (peer, vote) in self.prepares.get(&Round::ZERO).into_iter().flatten() {
                answers.insert(*peer, Answer::Prepare((**vote).clone()));
            }
        }
        for (peer, changed) in self.changes.get(&round).into_iter().flatten() {
            answers.insert(*peer, Answer::Change(changed.to_change()));
        }
        answers.into_values().collect()
    }
}

impl Changed {
    /// A ROUND-CHANGE whose certificate has been verified too.
    pub(crate) fn new(statement: Verified<RoundChange>, certificate: Signatures) -> Self {
        Self {
            statement,
            certificate,
        }
    }

    /// The form in which it travels.
    pub(crate) fn to_change(&self) -> Change {
        Change {
            signed: (*self.statement).clone(),
            certificate: self.certificate.clone(),
        }
    }
}

/// The stands of verified answers.
pub(crate) fn stands(answers: &[Answer]) -> Answers {
    answers
        .iter()
        .map(|answer| (answer.signer(), stand(answer)))
        .collect()
}

fn stand(answer: &Answer) -> Stand {
    match answer {
        Answer::Prepare(signed) => Stand {
            votes: [(signed.statement.round, signed.statement.value)].into(),
            prepared: None,
        },
        Answer::Change(change) => Stand {
            votes: change.signed.statement.votes.clone(),
            prepared: change.signed.statement.prepared,
        },
    }
}
