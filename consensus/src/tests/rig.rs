//! One instance under test, and the keys of all its peers, so that a test can say whatever any peer
//! might say. Values are letters; outputs read as words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proto::vote::{
    Answer, Change, Commit, Committal, Message, Prepare, Prepared, Proposal, Propose, RoundChange,
    Scope, Signatures, Vote,
};
use proto::{
    DutyId, DutyKind, Identity, PeerIndex, Root, Roster, Round, Signed, Slot, Statement, Timestamp,
};

use crate::{Input, Instance, Opening, Output, Rule, Setup, Standing, Timing, Value};

/// A value, named by a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter(pub char);

impl Value for Letter {
    fn hash(&self) -> Root {
        root(self.0)
    }

    fn encode(&self) -> Vec<u8> {
        vec![self.0 as u8]
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [letter] => Some(Self(char::from(*letter))),
            _ => None,
        }
    }
}

pub const HEAD: DutyKind = DutyKind::Head;
pub const BLOCK: DutyKind = DutyKind::Block;

/// How the duties of these tests open.
pub fn opening(kind: DutyKind) -> Opening {
    match kind {
        DutyKind::Head => Opening::Leaderless,
        DutyKind::SyncMessage => Opening::Leaderless,
        DutyKind::Block | DutyKind::Aggregate | DutyKind::Contribution(_) => Opening::Led,
    }
}

pub const TIMING: Timing = Timing {
    start: Timestamp::from_micros(4_000_000),
    grace: Duration::from_millis(300),
    round: Duration::from_millis(500),
    pull: Duration::from_millis(200),
};

pub struct Rig {
    pub setup: Setup,
    pub instance: Instance<Letter>,
    pub now: Timestamp,
    identities: Vec<Identity>,
}

impl Rig {
    /// The peer that leads `turn` (1 is the first leader) of a cluster of `n`.
    pub fn new(n: usize, kind: DutyKind, turn: u64) -> Self {
        let identities: Vec<Identity> = (1..=n)
            .map(|i| Identity::from_seed(&[i as u8; 32]))
            .collect();
        let keys = identities.iter().map(Identity::public).collect();
        let roster = Arc::new(Roster::new(keys).unwrap());
        let slot = Slot(7);
        let scope = Scope {
            lock: Root::ZERO,
            duty: DutyId { slot, kind },
        };
        let order = crate::leaders(roster.size(), &scope.lock, scope.duty);
        let me = order[turn as usize - 1];
        let setup = Setup {
            scope,
            opening: opening(kind),
            identity: identities[me.position()].clone(),
            roster,
            me,
            timing: TIMING,
            standing: Standing::Voting,
        };
        let instance = Instance::new(setup.clone());
        let now = TIMING.start - Duration::from_millis(500);
        let mut rig = Self {
            setup,
            instance,
            now,
            identities,
        };
        rig.check(Input::Tick, &[]);
        rig
    }

    /// The same peer after a restart.
    pub fn restarted(mut self) -> Self {
        self.setup.standing = Standing::Abstaining;
        self.instance = Instance::new(self.setup.clone());
        self.check(Input::Tick, &[]);
        self
    }

    /// The leader of the round.
    pub fn leader(&self, number: u64) -> PeerIndex {
        self.instance.leader(round(number))
    }

    /// Asserts what an input leads to. Outputs read as [`word`] writes them.
    #[track_caller]
    pub fn check(&mut self, input: Input<Letter>, expected: &[&str]) {
        let outputs = self.instance.handle(self.now, input);
        let words: Vec<String> = outputs.iter().map(word).collect();
        assert_eq!(words, expected);
    }

    /// Asserts what a message from the peer that leads `turn` leads to.
    #[track_caller]
    pub fn hear(&mut self, turn: u64, message: Message, expected: &[&str]) {
        let from = self.leader(turn);
        self.check(Input::Message { from, message }, expected);
    }

    /// Asserts that a message from the peer that leads `turn` breaks this rule, and that nothing
    /// comes of it but to say so.
    #[track_caller]
    pub fn blames(&mut self, turn: u64, message: Message, rule: Rule) {
        let peer = self.leader(turn);
        let input = Input::Message {
            from: peer,
            message,
        };
        let outputs = self.instance.handle(self.now, input);
        assert_eq!(outputs, [Output::Fault { peer, rule }]);
    }

    /// Asserts what happens at this moment of the clock.
    #[track_caller]
    pub fn tick(&mut self, now: Timestamp, expected: &[&str]) {
        self.now = now;
        self.check(Input::Tick, expected);
    }

    pub fn recorded(&mut self, expected: &[&str]) {
        let input = Input::Recorded {
            sequence: 1,
            partials: Vec::new(),
        };
        self.check(input, expected);
    }

    pub fn judged(&mut self, number: u64, letter: char, expected: &[&str]) {
        let input = Input::Judged {
            round: round(number),
            value: root(letter),
            acceptable: true,
        };
        self.check(input, expected);
    }

    fn signed<T: Statement>(&self, turn: u64, statement: T) -> Signed<T> {
        let peer = self.leader(turn);
        let identity = &self.identities[peer.position()];
        identity.sign(peer, statement).into_signed()
    }

    fn vote(&self, turn: u64, number: u64, letter: char) -> Signed<Prepare> {
        let statement = Prepare {
            scope: self.setup.scope,
            round: round(number),
            value: root(letter),
        };
        self.signed(turn, statement)
    }

    pub fn prepare(&self, turn: u64, number: u64, letter: char) -> Message {
        Message::Prepare(Vote {
            signed: self.vote(turn, number, letter),
            proposal: None,
        })
    }

    /// A vote that shows what the round's leader proposed: `shown`, if all are honest the same.
    pub fn showing(&self, turn: u64, number: u64, (letter, shown): (char, char)) -> Message {
        Message::Prepare(Vote {
            signed: self.vote(turn, number, letter),
            proposal: Some(self.proposed(number, number, shown).signature),
        })
    }

    /// A vote of round 0 as an answer for round 1.
    pub fn voted(&self, turn: u64, letter: char) -> Answer {
        Answer::Prepare(self.vote(turn, 0, letter))
    }

    /// The votes of these peers for a value in a round.
    pub fn signatures(&self, number: u64, letter: char, turns: &[u64]) -> Signatures {
        let vote = |turn: &u64| {
            let vote = self.vote(*turn, number, letter);
            (vote.signer, vote.signature)
        };
        Signatures(turns.iter().map(vote).collect())
    }

    /// A ROUND-CHANGE to `number`; `votes` has one letter for each earlier round from 0 on, `-` for
    /// none.
    pub fn change(&self, turn: u64, number: u64, votes: &str) -> Change {
        self.prepared_change((turn, number), votes, None)
    }

    /// The same with the claim to hold a certificate of a round and value, and its proof.
    pub fn prepared_change(
        &self,
        (turn, number): (u64, u64),
        votes: &str,
        prepared: Option<(u64, char, Signatures)>,
    ) -> Change {
        let cast = votes.chars().enumerate().filter(|(_, l)| *l != '-');
        let votes: BTreeMap<Round, Root> = cast
            .map(|(number, letter)| (round(number as u64), root(letter)))
            .collect();
        let statement = RoundChange {
            scope: self.setup.scope,
            round: round(number),
            votes,
            prepared: prepared.as_ref().map(|(number, letter, _)| Prepared {
                round: round(*number),
                value: root(*letter),
            }),
        };
        Change {
            signed: self.signed(turn, statement),
            certificate: prepared.map(|(_, _, proof)| proof).unwrap_or_default(),
        }
    }

    /// Asserts how many signatures a message from the peer that leads `turn` makes this one verify.
    #[track_caller]
    pub fn costs(&mut self, turn: u64, message: Message, expected: u64) {
        let before = self.instance.verified();
        let from = self.leader(turn);
        self.instance
            .handle(self.now, Input::Message { from, message });
        assert_eq!(self.instance.verified() - before, expected);
    }

    /// Whether this peer reads an unreadable value that the peer that leads `turn` sends.
    pub fn reads(&mut self, turn: u64, unreadable: &Message) -> bool {
        let (from, message) = (self.leader(turn), unreadable.clone());
        let outputs = self
            .instance
            .handle(self.now, Input::Message { from, message });
        let peer = from;
        let rule = Rule::BadBody;
        outputs.contains(&Output::Fault { peer, rule })
    }

    fn proposed(&self, turn: u64, number: u64, letter: char) -> Signed<Propose> {
        let statement = Propose {
            scope: self.setup.scope,
            round: round(number),
            value: root(letter),
        };
        self.signed(turn, statement)
    }

    /// A PROPOSE by the round's leader.
    pub fn propose(&self, number: u64, letter: char, justification: Vec<Answer>) -> Message {
        self.propose_as(number, (number, letter), justification)
    }

    /// A PROPOSE for round `number` by the peer that leads `turn`.
    pub fn propose_as(
        &self,
        turn: u64,
        (number, letter): (u64, char),
        justification: Vec<Answer>,
    ) -> Message {
        Message::Propose(Proposal {
            signed: self.proposed(turn, number, letter),
            body: Letter(letter).encode().into(),
            justification,
        })
    }

    /// A COMMIT with these peers' votes as certificate.
    pub fn commit(&self, turn: u64, number: u64, (letter, turns): (char, &[u64])) -> Message {
        let statement = Commit {
            scope: self.setup.scope,
            round: round(number),
            value: root(letter),
            sequence: 1,
            partials: Vec::new(),
        };
        Message::Commit(Committal {
            signed: self.signed(turn, statement),
            certificate: self.signatures(number, letter, turns),
            proposal: None,
        })
    }
}

/// A ROUND-CHANGE that carries the bytes of these values.
pub fn round_change(change: Change, bodies: &str) -> Message {
    let bodies = bodies.chars().map(|l| Letter(l).encode().into()).collect();
    Message::RoundChange { change, bodies }
}

pub fn root(letter: char) -> Root {
    Root::from([letter as u8; 32])
}

pub fn round(number: u64) -> Round {
    Round::new(number).unwrap()
}

fn letter(root: &Root) -> char {
    char::from(root.as_bytes()[0])
}

/// An output as a short word.
fn word(output: &Output<Letter>) -> String {
    match output {
        Output::Broadcast(message) => message_word(message),
        Output::Send(_, message) => format!("send {}", message_word(message)),
        Output::WantCandidate { round } => format!("want {round}"),
        Output::Judge {
            round,
            value,
            forced,
        } => {
            let how = if *forced { "forced" } else { "free" };
            format!("judge {round}{} {how}", value.0)
        }
        Output::Sign { round, value, .. } => format!("sign {round}{}", value.0),
        Output::Committed { value, .. } => format!("committed {}", value.0),
        Output::Decided { value } => format!("decided {}", value.0),
        Output::Exhausted => "exhausted".into(),
        Output::Fault { rule, .. } => format!("fault {rule:?}"),
        Output::Evidence(_) => "evidence".into(),
    }
}

fn message_word(message: &Message) -> String {
    match message {
        Message::Propose(proposal) => {
            let Propose { round, value, .. } = &proposal.signed.statement;
            format!("PROPOSE {round}{}", letter(value))
        }
        Message::Prepare(vote) => {
            let Prepare { round, value, .. } = &vote.signed.statement;
            format!("PREPARE {round}{}", letter(value))
        }
        Message::Commit(committal) => {
            let Commit { round, value, .. } = &committal.signed.statement;
            format!("COMMIT {round}{}", letter(value))
        }
        Message::RoundChange { change, .. } => {
            let RoundChange {
                round,
                votes,
                prepared,
                ..
            } = &change.signed.statement;
            let vote = |(round, value): (&Round, &Root)| format!("{round}{}", letter(value));
            let votes: Vec<String> = votes.iter().map(vote).collect();
            let prepared = prepared.map(|p| format!(" prepared {}{}", p.round, letter(&p.value)));
            let prepared = prepared.unwrap_or_default();
            format!("CHANGE {round} [{}]{prepared}", votes.join(" "))
        }
        Message::Pull { value, .. } => format!("PULL {}", letter(value)),
        Message::Value { body, .. } => format!("VALUE {}", char::from(body[0])),
    }
}
