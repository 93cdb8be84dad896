//! From steps that are due to a transaction of the Safe with the signatures of t owners.
//!
//! Whoever's turn it is ([`super::rank`]) proposes the first step that is due at the Safe's next
//! nonce: signs it, and tells all. A peer that hears of it compares it with what its own plan says
//! of its own nodes, byte for byte, and signs the same or nothing. Each says what it has signed,
//! whole, as long as that nonce is open: so who was away learns all of it, and no message is
//! waited for. Who holds t signatures has it done, again by turns.
//!
//! **One nonce is open**, the Safe's next one. What is signed there stands on the disk before
//! ([`super::signed`]).
//!
//! **Stuck.** Where a call got too few signatures for long, or is no longer what the own plan says,
//! peers sign nothing in its place ([`Transaction::nothing`](super::transaction::Transaction)), and
//! the nonce is used up by whichever of the two has t signatures first. Who sees that more do so
//! than may be faulty does it too.
//!
//! **Once.** A call that must not happen twice is signed only when all nonces before are used up
//! finally: then what was signed at one of them can never be done any more.
//!
//! **Which intent, which block** a proposal follows from, it does not name. A peer signs what its
//! own plan says, whatever the proposer's says, and two peers by two intents whose plans say the
//! same step are to sign it; so a name could only be shown, and what is beside an owner's signature
//! is signed by nobody. By what each peer acts, all are told
//! ([`StandsOn`](proto::frame::Frame::StandsOn)), and `gantry pool intent show` shows it.
//!
//! **Bounds.** Of each peer the last call and the last nothing are kept, and their signatures are
//! verified at the next look, not when they come.
//!
//! Never here: whether a call is right; a signature is asked for, never made.

mod choosing;
mod doing;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use proto::agreement::AccountSignature;
use proto::frame::{SafeCall, SafeStep};
use proto::{Address, PeerIndex, Root};

use super::rank::{Seat, Turns};
use super::signature::signer;
use super::signed::{Contents, Proposal, Signed, SignedError, hash_of};
use super::transaction::Account;
use crate::sending::call::{Call, StepId};

/// So many delays of a rank a call may lack signatures, or be unwanted, before it gives way.
const PATIENCE: u64 = 2;
/// Gas of `execTransaction` beside that of its call: about 9,000 for each signature (measured with
/// two: 45,000 in all), and the 64th part that a call may not have (EIP-150).
const OVERHEAD: u64 = 60_000;
const EACH: u64 = 9_000;

/// What a peer says: that it has signed this at this nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The Safe's nonce.
    pub nonce: u64,
    /// What is to be done at it.
    pub contents: Contents,
    /// The signature of its account.
    pub signature: AccountSignature,
}

impl Said {
    /// What came from a peer; none if it names no step that there can be.
    pub fn of_frame(frame: SafeStep) -> Option<Self> {
        let contents = match frame.call {
            None => Contents::Nothing,
            Some(call) => Contents::Call(Proposal {
                step: call.step.parse().ok()?,
                to: call.to,
                value: U256::from_be_bytes(call.value),
                data: call.data,
            }),
        };
        Some(Self {
            nonce: frame.nonce,
            contents,
            signature: frame.signature,
        })
    }

    /// As it goes to the peers.
    pub fn to_frame(&self) -> SafeStep {
        let call = match &self.contents {
            Contents::Nothing => None,
            Contents::Call(proposal) => Some(SafeCall {
                step: proposal.step.to_string(),
                to: proposal.to,
                value: proposal.value.to_be_bytes(),
                data: proposal.data.clone(),
            }),
        };
        SafeStep {
            nonce: self.nonce,
            call,
            signature: self.signature,
        }
    }
}

/// How the Safe stands at one look.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Unix seconds.
    pub now: u64,
    /// The Safe's next nonce, at the newest block.
    pub nonce: u64,
    /// The same at the finalised block.
    pub settled: u64,
    /// Its owner of each peer, at the newest block and by the agreement.
    pub owners: &'a BTreeMap<PeerIndex, Address>,
    /// What each peer is called, in the order of the definition.
    pub names: &'a [String],
    /// The steps that it has to take by the own plan and that would succeed now, in their order.
    pub due: &'a [Call],
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Sign this at this nonce, once that is durable.
    pub sign: Option<(u64, Contents)>,
    /// Tell all peers that it is signed.
    pub say: Vec<Said>,
    /// Have this done by a transaction of the own account.
    pub execute: Option<Call>,
    /// Who has said something that his account has not signed.
    pub liars: BTreeSet<PeerIndex>,
    /// What is waited for, in words.
    pub waits: Vec<String>,
}

/// What one peer knows of what the others have signed, and what it has signed itself.
#[derive(Debug)]
pub struct Cosign {
    seat: Seat,
    threshold: usize,
    faulty: usize,
    signed: Signed,
    own: BTreeMap<(u64, bool), Said>,
    heard: BTreeMap<(PeerIndex, bool), Said>,
    turns: Turns,
    /// Those of transactions that have t signatures.
    doing: Turns,
    bundles: BTreeMap<Root, Vec<u8>>,
}

/// Whose signatures one transaction has.
struct Votes {
    contents: Contents,
    hash: Root,
    peers: Vec<PeerIndex>,
    signatures: BTreeMap<Address, AccountSignature>,
}

impl Votes {
    /// Who has signed it, and what they do.
    fn who(&self, names: &[String]) -> String {
        let name = |peer: &PeerIndex| names.get(peer.position()).map(String::as_str);
        let found: Vec<&str> = self.peers.iter().filter_map(name).collect();
        let have = if found.len() == 1 { "has" } else { "have" };
        format!("{} {have} signed", found.join(" and "))
    }
}

fn is_nothing(contents: &Contents) -> bool {
    *contents == Contents::Nothing
}

impl Cosign {
    /// One of a Safe with this threshold, and with what was signed before.
    pub fn new(seat: Seat, threshold: usize, signed: Signed) -> Self {
        Self {
            faulty: seat.size.faulty(),
            threshold,
            signed,
            own: BTreeMap::new(),
            heard: BTreeMap::new(),
            turns: Turns::new(seat),
            doing: Turns::new(seat),
            bundles: BTreeMap::new(),
            seat,
        }
    }

    /// What this peer has signed.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    fn account(&self) -> &Account {
        self.signed.account()
    }

    /// What another peer says.
    pub fn hear(&mut self, peer: PeerIndex, said: Said) {
        let place = (peer, is_nothing(&said.contents));
        self.heard.insert(place, said);
    }

    /// What others say of this step at this nonce. Nothing of it is verified.
    pub fn heard(&self, step: &StepId, nonce: u64) -> Vec<&Proposal> {
        let of = |said: &Said| said.nonce == nonce;
        let calls = self.heard.values().filter(|said| of(said));
        let calls = calls.filter_map(|said| match &said.contents {
            Contents::Call(proposal) if proposal.step == *step => Some(proposal),
            Contents::Call(_) | Contents::Nothing => None,
        });
        calls.collect()
    }

    /// What this peer has signed at this nonce, if it is a call of this step.
    pub fn own(&self, step: &StepId, nonce: u64) -> Option<&Proposal> {
        let (proposal, _) = self.signed.at(nonce)?.call.as_ref()?;
        (proposal.step == *step).then_some(proposal)
    }

    /// What would be kept if this were signed.
    ///
    /// # Errors
    /// If it may not be.
    pub fn fuller(
        &self,
        (nonce, contents): (u64, &Contents),
        now: u64,
    ) -> Result<Signed, SignedError> {
        let mut fuller = self.signed.clone();
        fuller.add(nonce, contents, now)?;
        Ok(fuller)
    }

    /// It was signed, after what is kept now was durable.
    pub fn took(&mut self, fuller: Signed, said: Said) {
        self.signed = fuller;
        self.own
            .insert((said.nonce, is_nothing(&said.contents)), said);
    }

    /// The hash that is to be signed.
    pub fn hash(&self, nonce: u64, contents: &Contents) -> Root {
        hash_of(contents, self.account(), nonce)
    }

    /// What is to be done by what is seen.
    pub fn look(&mut self, facts: &Facts<'_>) -> Looked {
        let mut looked = Looked::default();
        self.signed.settle(facts.settled);
        self.own.retain(|(nonce, _), _| *nonce >= facts.nonce);
        self.heard.retain(|_, said| said.nonce >= facts.nonce);
        let due = facts.due.iter().map(|call| &call.step);
        self.turns.see(due, facts.now);
        let votes = self.votes(facts, &mut looked);
        looked.sign = self.choose(facts, &votes, &mut looked.waits);
        looked.say = self.said(facts.nonce);
        looked.execute = self.execution(facts, &votes, &mut looked.waits);
        looked
    }

    /// What was signed at this nonce, by whom; this peer first.
    fn votes(&mut self, facts: &Facts<'_>, looked: &mut Looked) -> Vec<Votes> {
        let mut votes: Vec<Votes> = Vec::new();
        let heard = self.heard.iter().map(|((peer, _), said)| (*peer, said));
        let own = self.own.values().map(|said| (self.seat.me, said));
        for (peer, said) in own.chain(heard) {
            if said.nonce != facts.nonce {
                continue;
            }
            let hash = hash_of(&said.contents, self.account(), said.nonce);
            let Some(owner) = facts.owners.get(&peer) else {
                continue;
            };
            if signer(&hash, &said.signature) != Some(*owner) {
                looked.liars.insert(peer);
                continue;
            }
            let same = votes.iter_mut().find(|it| it.hash == hash);
            match same {
                Some(it) => {
                    it.signatures.insert(*owner, said.signature);
                    it.peers.push(peer);
                }
                None => votes.push(Votes {
                    contents: said.contents.clone(),
                    hash,
                    peers: vec![peer],
                    signatures: [(*owner, said.signature)].into(),
                }),
            }
        }
        let liars = &looked.liars;
        self.heard.retain(|(peer, _), _| !liars.contains(peer));
        votes
    }

    /// What this peer has signed at a nonce that is open.
    fn said(&self, nonce: u64) -> Vec<Said> {
        let of = |is_nothing: bool| self.own.get(&(nonce, is_nothing)).cloned();
        [false, true].into_iter().filter_map(of).collect()
    }
}
