//! Four peers whose operators say yes and no to the exit of one validator.

mod opening;
mod paced;
mod presigned;
mod signing;
mod troubles;
mod views;
mod words;

use proto::control::{Answer, Exit, ExitRequest, Stage, Which};
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{ChainSpec, ValidatorIndex, VoluntaryExit};
use proto::exit::LONGEST_TERM;
use proto::frame::SentExitWord;
use proto::{Identity, PublicKey, Slot, Timestamp, example};

use super::standing::FAR_FUTURE;
use super::*;
use crate::duties::fault::Breach;
use crate::duties::onehop::four::{self, Ground, secret, share};
use crate::partials::keys::{ClusterKeys, ValidatorKeys};
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::{ApprovedExit, Held, Signable};

const VALIDATOR: ValidatorPosition = ValidatorPosition(0);
/// The second of two validators, of which the first leaves.
const OTHER: ValidatorPosition = ValidatorPosition(1);
const INDEX: ValidatorIndex = ValidatorIndex(77);
/// Slots of 12 s, eight in an epoch.
const SLOT: u64 = 12;
const EPOCH: u64 = 8 * SLOT;
const DAY: u64 = 24 * 60 * 60;
/// When everything begins: epoch 200, of a validator that may leave from epoch 64 on.
const BEGIN: u64 = 200 * EPOCH;

fn keys() -> ClusterKeys {
    let of = |validator: u8| ValidatorKeys {
        public_key: secret(5 + validator).public().to_bytes(),
        group: secret(5 + validator).public(),
        shares: (0..4)
            .map(|peer| share(validator, peer).public().to_bytes())
            .collect(),
    };
    let size = proto::ClusterSize::of(4).unwrap();
    ClusterKeys::new(size, vec![of(0), of(1)])
}

fn key(validator: ValidatorPosition) -> PublicKey {
    keys().get(validator).unwrap().public_key
}

fn identities() -> Vec<Identity> {
    example::identities(4)
}

fn chain() -> ChainSpec {
    example::chain([1; 32].into(), &[])
}

/// One peer: what it was told, and what it wants.
struct Peer {
    me: usize,
    ground: Ground,
    exits: Exits,
    now: u64,
}

impl Peer {
    fn new(me: usize) -> Self {
        let keys = keys();
        let mut history = History::default();
        history.add(Entry::Enrolled(keys.public_keys())).unwrap();
        let owner = Owner {
            cluster: lock(),
            identity: identities()[me].public(),
        };
        let journal = Journal::create(SimulatedDisk::new(), owner, history).unwrap();
        let held = (0..2u8).map(|validator| Held {
            group_key: secret(5 + validator).public().to_bytes(),
            share: share(validator, u8::try_from(me).unwrap()),
            deposits: None,
        });
        let facts = four::facts(me, lock(), keys);
        Self {
            me,
            ground: Ground::new(facts, WireVersion::V3, held.collect(), &journal),
            exits: Exits::default(),
            now: BEGIN,
        }
    }

    fn index(&self, peer: usize) -> PeerIndex {
        self.ground.index(peer)
    }

    fn act(&mut self, act: impl FnOnce(&mut Exits, &mut Step<'_>)) {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let mut step = self.ground.step(now);
        act(&mut self.exits, &mut step);
    }

    fn order(&mut self, request: ExitRequest) {
        let all = |which| match which {
            Which::Position(at) => Some(at),
            Which::Index(_) => None,
        };
        let order = Order::of(request, all).unwrap();
        self.act(|exits, step| exits.order(9, order, step));
    }

    fn approve(&mut self) {
        self.order(approve(DAY));
    }

    fn answer(&mut self, leaving: impl Into<Option<Leaving>>) {
        let found = vec![(VALIDATOR, leaving.into())];
        self.act(|exits, step| exits.answered(Some(found), step));
    }

    /// What it wants now, taken from it.
    fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.ground.out)
    }

    /// Its disk keeps what it wants kept.
    fn keep(&mut self) -> Vec<SentExitWord> {
        let kept = self.ground.out.iter().rev().find_map(|output| {
            if let Output::Keep { keeping, words } = output {
                Some((*keeping, words.clone()))
            } else {
                None
            }
        });
        let (keeping, words) = kept.expect("something is to be kept");
        self.act(|exits, step| exits.kept(keeping, true, step));
        words
    }

    /// Approves, with a sound beacon node and disk; gives what leaves for the others.
    fn says_yes(&mut self) -> Vec<Frame> {
        self.approve();
        self.answer(sound());
        self.keep();
        frames(&self.take())
    }

    fn hears(&mut self, from: usize, frames: &[Frame]) {
        let from = self.index(from);
        for frame in frames.iter().cloned() {
            self.act(|exits, step| {
                if let Frame::ExitWords(words) = frame {
                    exits.hear(from, words, step);
                } else if let Frame::ExitShare(share) = frame {
                    exits.take(from, share, step);
                }
            });
        }
    }

    fn passes(&mut self, seconds: u64) {
        self.now += seconds;
        self.act(|exits, step| exits.advance(step));
    }

    fn view(&self) -> Exit {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let seen = Seen {
            facts: &self.ground.facts,
            peers: &self.ground.peers,
            now,
        };
        self.exits.view(VALIDATOR, &seen)
    }

    fn approvers(&self) -> usize {
        self.view().approvals.len()
    }
}

fn lock() -> proto::Root {
    [3; 32].into()
}

fn approve(term: u64) -> ExitRequest {
    let validator = Which::Position(VALIDATOR);
    ExitRequest::Approve { validator, term }
}

/// A validator that may leave.
fn sound() -> Leaving {
    Leaving {
        index: INDEX,
        active: true,
        activation_epoch: Epoch(0),
        exit_epoch: FAR_FUTURE,
        withdrawable_epoch: FAR_FUTURE,
    }
}

fn frames(outputs: &[Output]) -> Vec<Frame> {
    let mut sent = Vec::new();
    for output in outputs {
        if let Output::Send(_, frame) = output {
            let frame = Frame::decode(frame).unwrap();
            if !sent.contains(&frame) {
                sent.push(frame);
            }
        }
    }
    sent
}

fn shares(frames: &[Frame]) -> Vec<Frame> {
    let is_share = |frame: &&Frame| matches!(frame, Frame::ExitShare(_));
    frames.iter().filter(is_share).cloned().collect()
}

fn submitted(outputs: &[Output]) -> Option<SignedVoluntaryExit> {
    outputs.iter().find_map(|output| {
        if let Output::Ask(Request::SubmitExit(_, exit)) = output {
            Some(exit.clone())
        } else {
            None
        }
    })
}

fn refused(outputs: &[Output]) -> Option<&str> {
    outputs.iter().find_map(|output| {
        if let Output::Answer(9, Answer::Refused(why)) = output {
            Some(why.as_str())
        } else {
            None
        }
    })
}

fn faults(outputs: &[Output]) -> Vec<(usize, Breach)> {
    let fault = |output: &Output| {
        if let Output::Note(Note::Fault { peer, breach, .. }) = output {
            Some((peer.position(), *breach))
        } else {
            None
        }
    };
    outputs.iter().filter_map(fault).collect()
}

/// A word of this operator, signed by this key for this cluster and validator.
fn word(
    (operator, signer): (usize, usize),
    (lock, validator): (proto::Root, ValidatorPosition),
    (said_at, says): (u64, Says),
) -> SentExitWord {
    let said = ExitWord {
        lock,
        validator: key(validator),
        said_at,
        says,
    };
    SentExitWord {
        operator: u32::try_from(operator).unwrap(),
        validator: VALIDATOR,
        said_at,
        says,
        signature: identities()[signer].sign_bare(&said),
    }
}

fn yes(epoch: u64, until: u64) -> Says {
    let epoch = Epoch(epoch);
    Says::Approved { epoch, until }
}

/// The yes of this operator for this epoch, said at the beginning and so many seconds later.
fn said(operator: usize, epoch: u64, later: u64) -> Frame {
    let says = (BEGIN + later, yes(epoch, BEGIN + DAY));
    Frame::ExitWords(vec![word((operator, operator), (lock(), VALIDATOR), says)])
}

/// The first peer, which has heard that t operators approve, and has signed.
fn decided() -> Peer {
    let mut peer = Peer::new(0);
    peer.says_yes();
    peer.hears(1, &[said(1, 200, 0), said(2, 200, 0)]);
    peer
}
