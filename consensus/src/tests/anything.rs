//! Whatever all other peers sign, and in whatever order things happen, a peer keeps its own
//! promises: one PREPARE in a round, rounds that only grow, one value, one COMMIT, no panic, and a
//! deadline that lies ahead.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proto::vote::{Answer, Message};
use proto::{ClusterSize, DutyKind, Root, Round};

use super::rig::{Letter, Rig, round_change};
use crate::{Input, Output};

/// One random event: what happens, by whom, in which round, about which letters.
type Step = (u8, u64, u64, [char; 3]);

fn step() -> impl Strategy<Value = Step> {
    let letter = prop::sample::select(vec!['a', 'b', '-']);
    (
        0..12u8,
        1..=7u64,
        0..=4u64,
        [letter.clone(), letter.clone(), letter],
    )
}

/// What the peer has said and asked for so far.
#[derive(Default)]
struct Said {
    prepares: BTreeMap<Round, Root>,
    signed: Option<Root>,
    commits: usize,
    announced: Option<Round>,
}

impl Said {
    /// Checks one output against all before it; returns the driver's answer.
    fn check(&mut self, output: Output<Letter>) -> Option<Input<Letter>> {
        match output {
            Output::Broadcast(Message::Prepare(vote)) => {
                let said = &vote.signed.statement;
                let (round, value) = (said.round, said.value);
                assert_eq!(
                    self.prepares.insert(round, value),
                    None,
                    "one PREPARE a round"
                );
                assert!(
                    self.prepares.last_key_value().unwrap().0 == &round,
                    "rounds grow"
                );
                assert!(
                    self.announced.is_none_or(|left| left <= round),
                    "a round left"
                );
                assert!(self.signed.is_none_or(|signed| signed == value), "bound");
                None
            }
            Output::Broadcast(Message::RoundChange { change, .. }) => {
                let statement = change.signed.statement;
                assert_eq!(statement.votes, self.prepares, "it says what it voted");
                self.announced = Some(statement.round);
                None
            }
            Output::Broadcast(Message::Commit(committal)) => {
                self.commits += 1;
                assert_eq!(self.signed, Some(committal.signed.statement.value));
                assert_eq!(self.commits, 1);
                None
            }
            Output::Sign { value, .. } => {
                let value = crate::Value::hash(&value);
                assert_eq!(self.signed.replace(value), None, "one value, once");
                Some(Input::Recorded {
                    sequence: 1,
                    partials: Vec::new(),
                })
            }
            Output::Judge { round, value, .. } => Some(Input::Judged {
                round,
                value: crate::Value::hash(&value),
                acceptable: true,
            }),
            Output::WantCandidate { .. } => Some(Input::Candidate(Letter('c'))),
            Output::Broadcast(_)
            | Output::Send(..)
            | Output::Committed { .. }
            | Output::Decided { .. }
            | Output::Exhausted
            | Output::Fault { .. }
            | Output::Evidence(_) => None,
        }
    }
}

/// The votes of rounds 0 up to `number`, by these letters in turn.
fn votes(number: u64, letters: [char; 3]) -> String {
    (0..number).map(|at| letters[at as usize % 3]).collect()
}

/// A quorum of the others, by their turns as leaders; this peer is the second.
fn quorum(size: ClusterSize) -> Vec<u64> {
    let turns = (1..).filter(|turn| *turn != 2);
    turns.take(size.threshold()).collect()
}

fn input(rig: &Rig, (what, turn, number, letters): Step) -> Input<Letter> {
    let size = rig.setup.roster.size();
    let quorum = quorum(size);
    let turn = (turn - 1) % size.peers() as u64 + 1;
    let letter = if letters[0] == '-' { 'c' } else { letters[0] };
    let led = number.max(1);
    let justification = |turns: &[u64]| {
        let change = |turn: &u64| {
            let word = votes(led, [letters[(*turn % 3) as usize], letters[1], letters[2]]);
            Answer::Change(rig.change(*turn, led, &word))
        };
        turns.iter().map(change).collect::<Vec<_>>()
    };
    let message = match what {
        0 => return Input::Candidate(Letter(letter)),
        1 => return Input::Tick,
        2 => return Input::Down(rig.leader(turn)),
        3 => return Input::Up(rig.leader(turn)),
        4 => {
            let peer = rig.leader(turn);
            let is_blind = letter == letters[1];
            return Input::Blind { peer, is_blind };
        }
        5 | 6 => rig.prepare(turn, number, letter),
        7 => rig.commit(turn, number, (letter, &quorum)),
        8 | 9 => round_change(rig.change(turn, led, &votes(led, letters)), ""),
        10 => rig.propose(led, letter, justification(&quorum)),
        _ => {
            let claim = Some((led - 1, letter, rig.signatures(led - 1, letter, &quorum)));
            round_change(
                rig.prepared_change((turn, led), &votes(led, letters), claim),
                "",
            )
        }
    };
    let from = message.signer().expect("all of these are signed");
    Input::Message { from, message }
}

fn run(n: usize, kind: DutyKind, steps: Vec<(Step, u64)>) {
    let mut rig = Rig::new(n, kind, 2);
    let mut said = Said::default();
    for (step, wait_ms) in steps {
        rig.now = rig.now + Duration::from_millis(wait_ms);
        let mut inputs = vec![input(&rig, step)];
        // This peer is the second leader: nobody else speaks for it.
        inputs
            .retain(|input| !matches!(input, Input::Message { from, .. } if *from == rig.setup.me));
        while let Some(input) = inputs.pop() {
            for output in rig.instance.handle(rig.now, input) {
                inputs.extend(said.check(output));
            }
            assert!(
                rig.instance
                    .deadline()
                    .is_none_or(|deadline| deadline > rig.now)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn s14_a_peer_keeps_its_promises_whatever_the_others_sign(
        steps in prop::collection::vec((step(), prop_oneof![3 => Just(0), 1 => 1..900u64]), 1..40),
        block in any::<bool>(),
        n in prop::sample::select(vec![4, 5, 7]),
    ) {
        run(n, if block { DutyKind::Block } else { DutyKind::Head }, steps);
    }
}
