//! Everything that peers have signed in one instance: at most one statement for each peer, kind and
//! round, all verified. Finds quorums and contradictions; decides nothing.

use std::collections::BTreeMap;

use proto::vote::{Answer, Change, Commit, Prepare, Prepared, Propose, RoundChange, Signatures};
use proto::{PeerIndex, PeerSet, Root, Round, Signed, Verified};

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
    changes: BTreeMap<Round, BTreeMap<PeerIndex, Changed>>,
    proposes: BTreeMap<Round, Verified<Propose>>,
    commits: BTreeMap<PeerIndex, Verified<Commit>>,
    evidence: BTreeMap<PeerIndex, Evidence>,
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
        let twice = evidence::prepares(&first.statement, &vote.statement)
            .then(|| Evidence::Prepares((**first).clone(), (*vote).clone()));
        self.accuse(twice);
    }

    /// Keeps a ROUND-CHANGE, unless this peer has sent one to this round already.
    pub(crate) fn add_change(&mut self, changed: Changed) {
        let new = &changed.statement;
        let denied = self
            .prepares_of(new.signer)
            .find(|vote| evidence::denial(&vote.statement, &new.statement))
            .map(|vote| Evidence::Denial((**vote).clone(), (**new).clone()));
        let differs = self
            .changes_of(new.signer)
            .find(|old| evidence::changes(&old.statement, &new.statement))
            .map(|old| Evidence::RoundChanges((**old).clone(), (**new).clone()));
        let of_round = self.changes.entry(new.statement.round).or_default();
        of_round.entry(new.signer).or_insert(changed);
        self.accuse(denied);
        self.accuse(differs);
    }

    /// Keeps a proposal, unless this round has one already.
    pub(crate) fn add_propose(&mut self, propose: Verified<Propose>) {
        let round = propose.statement.round;
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
        let first = self
            .commits
            .entry(commit.signer)
            .or_insert_with(|| commit.clone());
        let twice = evidence::commits(&first.statement, &commit.statement)
            .then(|| Evidence::Commits((**first).clone(), (*commit).clone()));
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

    /// The proposal of `round`.
    pub(crate) fn propose(&self, round: Round) -> Option<&Verified<Propose>> {
        self.proposes.get(&round)
    }

    /// Whether this very vote has been verified before.
    pub(crate) fn has_prepare(&self, signed: &Signed<Prepare>) -> bool {
        self.prepares
            .get(&signed.statement.round)
            .and_then(|of_round| of_round.get(&signed.signer))
            .is_some_and(|known| **known == *signed)
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

    /// Who has voted for `value` in `round`.
    pub(crate) fn voters(&self, round: Round, value: &Root) -> impl Iterator<Item = PeerIndex> {
        let votes = self.prepares.get(&round).into_iter().flatten();
        let for_it = votes.filter(move |(_, vote)| vote.statement.value == *value);
        for_it.map(|(peer, _)| *peer)
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

    /// A PREPARE quorum of `threshold` votes, of the lowest round that has one.
    pub(crate) fn certificate(&self, threshold: usize) -> Option<Certificate> {
        self.prepares.iter().find_map(|(round, votes)| {
            let count = self.count(*round);
            let (value, _) = count.into_iter().find(|(_, count)| *count >= threshold)?;
            let signatures = votes
                .iter()
                .filter(|(_, vote)| vote.statement.value == value)
                .take(threshold)
                .map(|(peer, vote)| (*peer, vote.signature));
            let round = *round;
            Some(Certificate {
                prepared: Prepared { round, value },
                signatures: Signatures(signatures.collect()),
            })
        })
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
