//! A whole cluster made in memory: the real ceremony between n machines that talk without loss.

use std::collections::{BTreeMap, VecDeque};

use dkg::ceremony::{Ceremony, Input, Outcome, Output, Participant, Position};
use proto::ceremony::{Purpose, Terms as CeremonyTerms};
use proto::definition::{Chain, Draft, Version, Withdrawal};
use proto::lock::{Contents, Lock, Validator};
use proto::{Identity, Machine as _, PeerIndex, Roster, Timestamp, example};

/// A cluster and everybody's secrets.
pub struct Cluster {
    /// The lock that all have signed.
    pub lock: Lock,
    /// The identities in the order of the definition.
    pub identities: Vec<Identity>,
    /// What the ceremony gave to each peer.
    pub outcomes: Vec<Outcome>,
}

/// How a cluster is made.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// How many peers, 3 to 13.
    pub peers: usize,
    /// How many validators.
    pub validators: usize,
    pub chain: Chain,
    /// Whether the definition leaves open where the stake returns to.
    pub joins: bool,
    /// Whether it has a seal key for exits that are signed in advance.
    pub presigns: bool,
    /// Makes all keys.
    pub seed: u8,
}

impl Cluster {
    /// Makes a cluster: the same recipe gives the same keys.
    pub fn make(recipe: &Recipe) -> Self {
        let identities: Vec<Identity> = (0..recipe.peers)
            .map(|at| Identity::from_seed(&[recipe.seed ^ (at as u8 + 1); 32]))
            .collect();
        let mut draft = Draft {
            nonce: [recipe.seed; 32].into(),
            chain: recipe.chain.clone(),
            validators: recipe.validators,
            ..example::draft(&identities)
        };
        if recipe.presigns {
            draft.version = Version::V2;
        }
        if recipe.joins {
            draft.withdrawal = Withdrawal::Later;
        }
        let definition = example::agreed(draft, &identities);
        let terms = CeremonyTerms {
            definition: definition.hash(),
            roster: definition.terms().roster().clone(),
            validators: u16::try_from(recipe.validators).unwrap(),
            purpose: match recipe.presigns {
                true => Purpose::NewClusterWithExitKey,
                false => Purpose::NewCluster,
            },
        };
        let outcomes = hold(&terms, &identities, recipe.seed);
        let first = &outcomes[0];
        let validators = first.validators.iter().map(|key| Validator {
            public_key: key.public_key,
            share_public_keys: key.share_public_keys.clone(),
        });
        let contents = Contents {
            validators: validators.collect(),
            seal_commitment: first.seal.commitment.clone(),
            exit_seal_commitment: first.exit_seal.as_ref().map(|key| key.commitment.clone()),
            transcript_hash: first.transcript,
            keystore_salt: first.transcript,
            definition,
        };
        Self {
            lock: example::witnessed(contents, &identities),
            identities,
            outcomes,
        }
    }
}

/// Holds the ceremony between all peers until everybody has made the keys.
fn hold(terms: &CeremonyTerms, identities: &[Identity], seed: u8) -> Vec<Outcome> {
    let roster: &Roster = &terms.roster;
    let all: Vec<PeerIndex> = roster.size().all().collect();
    let mut machines: Vec<Ceremony> = all
        .iter()
        .map(|peer| {
            let who = Participant {
                terms: terms.clone(),
                me: *peer,
                identity: identities[peer.position()].clone(),
                seed: [seed ^ (peer.position() as u8 + 100); 32].into(),
            };
            Ceremony::new(who, Position::default()).unwrap()
        })
        .collect();
    let mut outcomes: BTreeMap<PeerIndex, Outcome> = BTreeMap::new();
    let mut inputs: VecDeque<(PeerIndex, Input)> = VecDeque::new();
    for me in &all {
        inputs.extend(
            all.iter()
                .filter(|peer| *peer != me)
                .map(|peer| (*me, Input::Up(*peer))),
        );
    }
    let now = Timestamp::from_micros(0);
    while outcomes.len() < all.len() {
        let (me, input) = inputs.pop_front().unwrap_or_else(|| {
            let busy = all
                .iter()
                .find(|p| machines[p.position()].deadline().is_some());
            (
                *busy.expect("the ceremony is not over, so somebody has work"),
                Input::Tick,
            )
        });
        for output in machines[me.position()].handle(now, input) {
            match output {
                Output::Send(to, frame) => inputs.push_back((to, Input::Frame(me, frame))),
                Output::Broadcast(frame) => {
                    let others = all.iter().filter(|peer| **peer != me);
                    inputs.extend(others.map(|to| (*to, Input::Frame(me, frame.clone()))));
                }
                Output::Store(outcome) => {
                    outcomes.insert(me, *outcome);
                }
                Output::Fault(peer, breach) => panic!("{me} finds a fault of {peer}: {breach}"),
                Output::Contradicted(peer, how) => panic!("{me} says of {peer} that it {how}"),
                Output::Blame(blame) => panic!("{me} blames: {:?}", blame.1),
                Output::Opened(_) | Output::Refused(_) => panic!("there is one attempt"),
                Output::Persist(_)
                | Output::Remember(_)
                | Output::Progress(_)
                | Output::Finished(_)
                | Output::Closed => {}
            }
        }
    }
    outcomes.into_values().collect()
}
