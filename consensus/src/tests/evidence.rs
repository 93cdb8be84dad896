//! Promises of evidence: every contradiction can be shown to an outsider, no changed letter passes,
//! and nobody is convicted by what somebody else, another cluster or a correct peer says.

use proptest::prelude::*;
use proto::identity::BadSignature;
use proto::vote::{Commit, Message, Partial, Prepare, Propose};
use proto::{DutyKind, Identity, IdentitySignature, Root, Round, Signed, ValidatorPosition};

use super::rig::{Rig, root, round};
use crate::evidence::exhibit::{BadExhibit, Exhibit, MAX_LINE};
use crate::evidence::*;

fn prepare(message: Message) -> Signed<Prepare> {
    let Message::Prepare(vote) = message else {
        panic!("{message:?}");
    };
    vote.signed
}

fn propose(message: Message) -> Signed<Propose> {
    let Message::Propose(proposal) = message else {
        panic!("{message:?}");
    };
    proposal.signed
}

fn commit(message: Message) -> Signed<Commit> {
    let Message::Commit(committal) = message else {
        panic!("{message:?}");
    };
    committal.signed
}

/// One of each kind, all of the peer that leads the second round.
fn every_kind(rig: &Rig) -> Vec<Evidence> {
    let vote = |number, letter| prepare(rig.prepare(2, number, letter));
    let proposal = |letter| propose(rig.propose(2, letter, Vec::new()));
    let commit = |number, letter| commit(rig.commit(2, number, (letter, &[1, 2, 3])));
    let change = |number, votes| rig.change(2, number, votes).signed;
    vec![
        Evidence::Proposes(proposal('a'), proposal('b')),
        Evidence::Prepares(vote(1, 'a'), vote(1, 'b')),
        Evidence::Denial(vote(0, 'a'), change(2, "-")),
        Evidence::RoundChanges(change(1, "a"), change(3, "b")),
        Evidence::Commits(commit(3, 'a'), commit(1, 'b')),
    ]
}

fn rig() -> Rig {
    Rig::new(4, DutyKind::Head, 1)
}

/// What an outsider finds, who has the lock and the line.
fn judged(rig: &Rig, line: &str) -> Result<Conviction, BadExhibit> {
    let setup = &rig.setup;
    Exhibit::from_line(line)?.verify(&setup.roster, setup.scope.lock)
}

#[test]
fn every_contradiction_convinces_an_outsider() {
    let rig = rig();
    let rounds = [2, 1, 0, 1, 1].map(round);
    for (evidence, round) in every_kind(&rig).iter().zip(rounds) {
        let verdict = Conviction {
            culprit: rig.leader(2),
            duty: rig.setup.scope.duty,
            round,
            contradiction: evidence.contradiction(),
        };
        let direct = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
        assert_eq!(direct, Ok(verdict));
        let line = evidence.exhibit(&rig.setup.roster).to_line();
        assert_eq!(judged(&rig, &line).unwrap(), verdict, "{line}");
    }
}

#[test]
fn the_line_can_be_read_by_people_and_stays_the_same() {
    let rig = rig();
    let [_, votes, ..] = &every_kind(&rig)[..] else {
        panic!("five kinds");
    };
    let line = votes.exhibit(&rig.setup.roster).to_line();
    let key = rig.setup.roster.key(rig.leader(2));
    let begin = format!(
        "{{\"version\":1,\"contradiction\":\"two-votes\",\"identity_key\":\"{key}\",\
         \"duty\":\"head\",\"slot\":7,\"round\":1,\"statements\":[\
         {{\"purpose\":\"gantry/prepare/1\",\"bytes\":\"000000"
    );
    assert!(line.starts_with(&begin), "{line}");
}

#[test]
fn another_clusters_lock_convicts_nobody() {
    let (rig, other) = (rig(), root('o'));
    let here = rig.setup.scope.lock;
    for evidence in every_kind(&rig) {
        let found = evidence.verify(&rig.setup.roster, other);
        assert_eq!(found, Err(Unfounded::OtherCluster(here)));
    }
}

#[test]
fn peers_that_differ_from_each_other_convict_nobody() {
    let rig = rig();
    let (one, other) = (rig.prepare(2, 0, 'a'), rig.prepare(3, 0, 'b'));
    let evidence = Evidence::Prepares(prepare(one), prepare(other));
    let found = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
    let expected = Unfounded::TwoPeers(rig.leader(2), rig.leader(3));
    assert_eq!(found, Err(expected));
}

#[test]
fn a_signature_lent_from_another_peer_convicts_nobody() {
    let rig = rig();
    let mut forged = prepare(rig.prepare(3, 0, 'b'));
    forged.signer = rig.leader(2);
    let evidence = Evidence::Prepares(prepare(rig.prepare(2, 0, 'a')), forged);
    let found = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
    let signer = rig.leader(2);
    assert_eq!(found, Err(BadSignature { signer }.into()));
}

#[test]
fn a_peer_beyond_the_roster_is_refused_and_panics_nobody() {
    let large = Rig::new(13, DutyKind::Head, 1);
    let beyond = (1..=13).find(|turn| large.leader(*turn).position() >= 4);
    let turn = beyond.unwrap();
    let vote = |letter| prepare(large.prepare(turn, 0, letter));
    let found = Evidence::Prepares(vote('a'), vote('b')).verify(&rig().setup.roster, Root::ZERO);
    assert_eq!(found, Err(Unfounded::NoSuchPeer(large.leader(turn))));
}

#[test]
fn two_duties_are_no_contradiction() {
    let (head, block) = (rig(), Rig::new(4, DutyKind::Block, 2));
    let culprit = head.leader(2);
    let turn = (1..=4).find(|turn| block.leader(*turn) == culprit).unwrap();
    let evidence = Evidence::Prepares(
        prepare(head.prepare(2, 1, 'a')),
        prepare(block.prepare(turn, 1, 'b')),
    );
    let found = evidence.verify(&head.setup.roster, head.setup.scope.lock);
    let (one, other) = (head.setup.scope.duty, block.setup.scope.duty);
    assert_eq!(found, Err(Unfounded::TwoDuties(one, other)));
}

#[test]
fn a_line_that_claims_more_than_its_statements_show_is_refused() {
    let rig = rig();
    let line = every_kind(&rig)[1].exhibit(&rig.setup.roster).to_line();
    let lies = [
        ("\"slot\":7", "\"slot\":8"),
        ("\"round\":1", "\"round\":2"),
        ("\"head\"", "\"block\""),
    ];
    for (says, lie) in lies {
        let error = judged(&rig, &line.replace(says, lie)).unwrap_err();
        assert!(matches!(error, BadExhibit::Misstated(_)), "{error}");
    }
    let other = line.replace("two-votes", "two-proposals");
    let error = judged(&rig, &other).unwrap_err();
    assert!(matches!(error, BadExhibit::Purpose { .. }), "{error}");
    let key = Identity::from_seed(&[99; 32]).public().to_string();
    let mine = rig.setup.roster.key(rig.leader(2)).to_string();
    let error = judged(&rig, &line.replace(&mine, &key)).unwrap_err();
    assert!(matches!(error, BadExhibit::Stranger(_)), "{error}");
    let later = line.replace("\"version\":1", "\"version\":2");
    let error = judged(&rig, &later).unwrap_err();
    assert!(matches!(error, BadExhibit::Version(2)), "{error}");
}

#[test]
fn the_longest_commitments_fit_into_a_line_and_more_is_not_read() {
    let identity = Identity::from_seed(&[2; 32]);
    let rig = rig();
    let me = rig.setup.roster.find(&identity.public()).unwrap();
    let commit = |letter| {
        let partial = Partial {
            validator: ValidatorPosition(u32::MAX),
            signature: [0xff; 96].into(),
        };
        let mut scope = rig.setup.scope;
        scope.duty.slot.0 = u64::MAX;
        let statement = Commit {
            scope,
            round: Round::LAST,
            value: root(letter),
            sequence: u64::MAX,
            partials: vec![partial; proto::vote::MAX_PARTIALS],
        };
        identity.sign(me, statement).into_signed()
    };
    let line = Evidence::Commits(commit('a'), commit('b'))
        .exhibit(&rig.setup.roster)
        .to_line();
    assert!(judged(&rig, &line).is_ok());
    let longer = line + &" ".repeat(MAX_LINE);
    let error = judged(&rig, &longer).unwrap_err();
    assert!(matches!(error, BadExhibit::TooLong), "{error}");
}

/// Every piece of evidence that could be made of what a correct peer may say about a duty: one vote
/// a round, a ROUND-CHANGE to any round that tells its votes, commitments to one value, and one
/// proposal a round, sent again.
fn of_a_correct_peer(rig: &Rig, votes: &str) -> Vec<Evidence> {
    let cast = votes
        .chars()
        .zip(0u64..)
        .filter(|(letter, _)| *letter != '-');
    let cast = cast.map(|(letter, number)| prepare(rig.prepare(2, number, letter)));
    let cast: Vec<_> = cast.collect();
    let changes = (1..=votes.len()).map(|at| rig.change(2, at as u64, &votes[..at]).signed);
    let changes: Vec<_> = changes.collect();
    let commits = [0, 1].map(|number| commit(rig.commit(2, number, ('a', &[1, 2, 3]))));
    let proposal = propose(rig.propose(2, 'b', Vec::new()));
    let proposals = [proposal.clone(), proposal];
    let mut all = pairs(&cast, &cast, Evidence::Prepares);
    all.extend(pairs(&cast, &changes, Evidence::Denial));
    all.extend(pairs(&changes, &changes, Evidence::RoundChanges));
    all.extend(pairs(&commits, &commits, Evidence::Commits));
    all.extend(pairs(&proposals, &proposals, Evidence::Proposes));
    all
}

fn pairs<A: Clone, B: Clone>(
    one: &[Signed<A>],
    other: &[Signed<B>],
    evidence: fn(Signed<A>, Signed<B>) -> Evidence,
) -> Vec<Evidence> {
    let with_all = |a: &Signed<A>| {
        other
            .iter()
            .map(|b| evidence(a.clone(), b.clone()))
            .collect()
    };
    one.iter().flat_map(|a| -> Vec<_> { with_all(a) }).collect()
}

proptest! {
    #[test]
    fn a_line_with_a_changed_byte_never_convicts(
        which in 0..5usize,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let rig = rig();
        let line = every_kind(&rig)[which].exhibit(&rig.setup.roster).to_line();
        let mut bytes = line.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert_eq!(judged(&rig, &changed).is_ok(), changed == line, "{}", changed);
        }
    }

    #[test]
    fn a_changed_signature_or_statement_never_convicts(
        at in 0..64usize,
        bit in 0..8u8,
        letter in prop::char::range('c', 'z'),
    ) {
        let rig = rig();
        let verify = |evidence: Evidence| {
            evidence.verify(&rig.setup.roster, rig.setup.scope.lock)
        };
        let (one, other) = (rig.prepare(2, 0, 'a'), rig.prepare(2, 0, 'b'));
        let (one, other) = (prepare(one), prepare(other));
        let mut changed = other.clone();
        let IdentitySignature(signature) = &mut changed.signature;
        signature[at] ^= 1 << bit;
        prop_assert!(verify(Evidence::Prepares(one.clone(), changed)).is_err());
        let mut changed = other;
        changed.statement.value = root(letter);
        prop_assert!(verify(Evidence::Prepares(one, changed)).is_err());
    }

    #[test]
    fn no_line_makes_reading_panic(line in ".{0,300}") {
        prop_assert!(judged(&rig(), &line).is_err());
    }

    #[test]
    fn what_a_correct_peer_says_is_never_evidence(votes in "[ab-]{1,6}") {
        let rig = rig();
        for evidence in of_a_correct_peer(&rig, &votes) {
            let found = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
            prop_assert_eq!(found, Err(Unfounded::NoContradiction));
        }
    }
}
