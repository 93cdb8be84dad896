//! Own beacon nodes of which one does what nodes do on a bad day, behind real connections.

mod lies;
mod pretend;

use futures::StreamExt as _;
use node_core::duties::Produced;
use node_core::duties::beacons::Standing;
use node_core::duties::schedule::Asked;
use node_core::duties::sight::Condition;
use proto::eth::ValidatorIndex;
use proto::{Address, DutyId, DutyKind, Epoch, Root, Slot};
use tokio::sync::mpsc::{Receiver, channel};

use super::probing::Probe;
use super::*;
use crate::beacon::BeaconClient;
use pretend::{Pretend, chain, definition, head_event, vote};

const VOTE: &str = "/eth/v1/validator/attestation_data";
const POOL: &str = "/eth/v2/beacon/pool/attestations";
const PRODUCE: &str = "/eth/v3/validator/blocks/418";
const PUBLISH: &str = "/eth/v2/beacon/blocks";
const PREPARE: &str = "/eth/v1/validator/prepare_beacon_proposer";

/// Everything of a peer that asks these nodes, all known to be on its chain.
struct Peer {
    nodes: Nodes,
    said: Receiver<Said>,
}

impl Peer {
    fn of(pretended: &[&Pretend]) -> Self {
        let (to_said, said) = channel(64);
        let chain = Arc::new(chain());
        let asking = pretended.iter().map(|node| {
            let client = BeaconClient::connect(&node.url).unwrap();
            Asking::new(client, Arc::clone(&chain), Root::ZERO)
        });
        let nodes = Nodes::new(asking.collect(), (&chain, Place(0)), to_said);
        for place in (0..pretended.len()).map(Place) {
            nodes.shared().beacons.identify(place, Identity::Ours);
        }
        Self { nodes, said }
    }

    async fn ask(&mut self, request: Request) -> Response {
        self.nodes.ask(request);
        self.answer().await
    }

    async fn answer(&mut self) -> Response {
        loop {
            let said = self.said.recv().await.unwrap();
            if let Some(response) = said.response {
                return response;
            }
        }
    }

    async fn vote(&mut self) -> Response {
        self.ask(Request::HeadVote(slot())).await
    }

    fn standing(&self, place: usize) -> Standing {
        self.nodes
            .shared()
            .beacons
            .standing(Place(place), clock::now())
    }

    /// Looks at all nodes once.
    async fn look(&mut self) {
        let probe = Probe {
            nodes: self.nodes.clone(),
            ours: definition(),
            chain: Arc::new(chain()),
        };
        for place in (0..self.nodes.nodes.len()).map(Place) {
            probe.look(place).await;
        }
        while self.said.try_recv().is_ok() {}
    }
}

fn slot() -> Slot {
    Slot(100)
}

fn says(head: char) -> Response {
    Response::HeadVote(slot(), Some(vote(head)))
}

#[tokio::test]
async fn a_node_that_accepts_and_never_answers_costs_no_vote() {
    let stuck = Pretend::start().await.held();
    let sound = [Pretend::start().await, Pretend::start().await];
    let mut two = Peer::of(&[&stuck, &sound[0]]);
    assert_eq!(two.vote().await, says('n'));
    let mut three = Peer::of(&[&stuck, &sound[0], &sound[1]]);
    assert_eq!(three.vote().await, says('n'));
    let condition = three.ask(Request::Condition).await;
    assert_eq!(condition, Response::Condition(Condition::Sound));
}

#[tokio::test]
async fn a_node_that_answers_nonsense_costs_no_vote() {
    let odd = Pretend::start()
        .await
        .answering(VOTE, "<html>welcome</html>");
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&odd, &sound]);
    assert_eq!(peer.vote().await, says('n'));
    assert_eq!(peer.standing(0), Standing::Failing);
    assert_eq!(peer.standing(1), Standing::Sound);
}

#[tokio::test]
async fn an_old_head_or_one_of_another_fork_loses_against_two_and_is_named_beside_one() {
    for other in ['p', 'x'] {
        let odd = Pretend::start().await.voting(other);
        let sound = [Pretend::start().await, Pretend::start().await];
        let mut three = Peer::of(&[&odd, &sound[0], &sound[1]]);
        assert_eq!(three.vote().await, says('n'));
        let mut two = Peer::of(&[&odd, &sound[0]]);
        let views = vec![vote(other), vote('n')];
        assert_eq!(two.vote().await, Response::SplitVote(slot(), views));
    }
}

#[tokio::test]
async fn a_head_that_the_preferred_of_three_makes_up_loses_against_one_that_two_know() {
    let liar = Pretend::start().await.voting('x').knowing("xnp");
    let sound = Pretend::start().await.knowing("np");
    let late = Pretend::start().await.voting('p').knowing("p");
    let mut peer = Peer::of(&[&liar, &sound, &late]);
    let Response::SplitVote(_, views) = peer.vote().await else {
        panic!("no two agree");
    };
    assert_eq!(views[0], vote('n'), "the newest that two of three know");
}

#[tokio::test]
async fn a_node_that_gets_the_block_a_moment_later_is_asked_once_more() {
    let late = Pretend::start().await.voting('p').then_voting('n');
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&late, &sound]);
    assert_eq!(peer.vote().await, says('n'));
    assert_eq!(late.asked(VOTE), 2);
}

#[tokio::test]
async fn a_node_that_is_killed_with_the_question_in_hand_costs_no_vote() {
    let mut killed = Pretend::start().await.held();
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&killed, &sound]);
    peer.nodes.ask(Request::HeadVote(slot()));
    killed.is_asked(VOTE).await;
    killed.kill();
    assert_eq!(peer.answer().await, says('n'));
    // Nobody is there any more.
    assert_eq!(peer.vote().await, says('n'));
}

#[tokio::test]
async fn a_slow_node_is_heard_where_no_other_says_anything() {
    let slow = Pretend::start().await.held();
    let odd = Pretend::start().await.answering(VOTE, "{}");
    let mut peer = Peer::of(&[&odd, &slow]);
    peer.nodes.ask(Request::HeadVote(slot()));
    slow.is_asked(VOTE).await;
    slow.release();
    assert_eq!(peer.answer().await, says('n'));
}

#[tokio::test]
async fn a_node_of_another_chain_is_found_out_and_asked_nothing() {
    let other = Pretend::start().await.of_another_chain();
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&other, &sound]);
    peer.nodes
        .shared()
        .beacons
        .identify(Place(0), Identity::Unsaid);
    assert_eq!(peer.vote().await, says('n'), "it has not said where it is");
    peer.look().await;
    assert_eq!(peer.standing(0), Standing::Elsewhere);
    let shown = peer.nodes.shown();
    assert!(!shown[0].is_sound && shown[1].is_first, "{shown:?}");
    let why = shown[0].problem.clone().unwrap();
    assert!(why.contains("its genesis validators root is"), "{why}");
    assert_eq!(peer.vote().await, says('n'));
    assert_eq!(other.asked(VOTE), 0);
}

#[tokio::test]
async fn the_same_word_for_every_node_shows_no_password() {
    let odd = Pretend::start().await.answering(VOTE, "{}");
    let url = odd.url.replace("http://", "http://user:pass4711@");
    let other = Pretend::start().await;
    let (to_said, _said) = channel(64);
    let chain = Arc::new(chain());
    let asking = [url, other.url.clone()].map(|url| {
        let client = BeaconClient::connect(&url).unwrap();
        Asking::new(client, Arc::clone(&chain), Root::ZERO)
    });
    let nodes = Nodes::new(asking.to_vec(), (&chain, Place(0)), to_said);
    let shown = format!("{:?} {nodes:?}", nodes.shown());
    assert!(!shown.contains("pass4711"), "{shown}");
}

fn submission() -> Request {
    let attestation = proto::eth::SingleAttestation {
        committee_index: proto::eth::CommitteeIndex(0),
        attester_index: ValidatorIndex(7),
        data: vote('n'),
        signature: [9; 96].into(),
    };
    Request::Submit {
        duty: DutyId {
            slot: slot(),
            kind: DutyKind::Head,
        },
        submission: Submission::Attestations(vec![attestation]),
    }
}

#[tokio::test]
async fn what_is_signed_goes_to_every_node_and_one_that_takes_it_is_enough() {
    let stuck = Pretend::start().await.held();
    let refusing = Pretend::start().await.refusing(POOL);
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&stuck, &refusing, &sound]);
    let response = peer.ask(submission()).await;
    let Response::Submit {
        accepted, refused, ..
    } = response
    else {
        panic!("{response:?}");
    };
    assert_eq!((accepted, refused), (vec![ValidatorIndex(7)], vec![]));
    stuck.is_asked(POOL).await;
    assert_eq!(refusing.asked(POOL), 1);
}

/// As the recorded block was asked for.
fn block() -> Request {
    let mut infinity = [0; 96];
    infinity[0] = 0xc0;
    Request::Block {
        slot: Slot(418),
        randao_reveal: infinity.into(),
        pays: None,
        boost_factor: 0,
    }
}

#[tokio::test]
async fn the_block_that_brings_most_is_taken_of_those_on_the_head_that_most_have() {
    let stuck = Pretend::start().await.held();
    let poor = Pretend::start().await.building('n', 1);
    let rich = Pretend::start().await.building('n', 5);
    let odd = Pretend::start().await.building('x', 9);
    let mut peer = Peer::of(&[&stuck, &poor, &odd, &rich]);
    let Response::Block(_, Some(Produced::Full(contents))) = peer.ask(block()).await else {
        panic!("a block is built");
    };
    assert_eq!(contents.block.parent_root(), vote('n').beacon_block_root);
    let root = contents.block.root();
    assert!(peer.nodes.shared().beacons.has_built(root, Place(3)));

    // Its builder need not check it once more; the others do.
    let submission = Submission::Block {
        contents: Box::new(contents),
        signature: [9; 96].into(),
        origin: Origin::Own,
    };
    let duty = DutyId {
        slot: Slot(418),
        kind: DutyKind::Block,
    };
    let response = peer.ask(Request::Submit { duty, submission }).await;
    assert!(matches!(response, Response::Submit { refused, .. } if refused.is_empty()));
    let gossip = format!("{PUBLISH}?broadcast_validation=gossip");
    let checked = format!("{PUBLISH}?broadcast_validation=consensus");
    rich.is_asked(&gossip).await;
    poor.is_asked(&checked).await;
    stuck.is_asked(&checked).await;
}

#[tokio::test]
async fn a_node_that_comes_back_is_told_again_whom_blocks_pay() {
    let first = Pretend::start().await;
    let second = Pretend::start().await;
    let mut peer = Peer::of(&[&first, &second]);
    let asked = Asked {
        epoch: Epoch(12),
        number: 1,
    };
    let recipients = vec![(ValidatorIndex(7), Address::from([1; 20]))];
    let response = peer.ask(Request::Prepare(asked, recipients)).await;
    assert_eq!(response, Response::Prepare(asked, Some(())));
    second.is_asked(PREPARE).await;
    first.is_asked(PREPARE).await;
    let before = second.asked(PREPARE);
    let mut heard = peer.nodes.listen(std::time::Duration::from_secs(36));
    assert!(matches!(heard.next().await, Some(Listened::Begins)));
    second.say(&head_event('n'));
    first.say(&head_event('n'));
    assert!(matches!(heard.next().await, Some(Listened::Head(_))));
    second.is_asked_more(PREPARE, before).await;
}

#[tokio::test]
async fn what_a_node_is_told_again_is_the_last_of_each_kind_for_two_epochs() {
    let node = Pretend::start().await;
    let peer = Peer::of(&[&node, &node]);
    let asked = |epoch| Asked {
        epoch: Epoch(epoch),
        number: epoch,
    };
    peer.nodes.keep(&Request::Prepare(asked(4), Vec::new()));
    for epoch in 3..6 {
        peer.nodes
            .keep(&Request::Subscribe(asked(epoch), Vec::new()));
        peer.nodes
            .keep(&Request::SubscribeSync(asked(epoch), Vec::new()));
    }
    let expected = [
        Request::Prepare(asked(4), Vec::new()),
        Request::Subscribe(asked(4), Vec::new()),
        Request::SubscribeSync(asked(4), Vec::new()),
        Request::Subscribe(asked(5), Vec::new()),
        Request::SubscribeSync(asked(5), Vec::new()),
    ];
    assert_eq!(peer.nodes.shared().notes, expected);
}

#[tokio::test]
async fn a_head_is_told_when_two_of_three_have_it_and_not_when_one_has() {
    let nodes = [(); 3].map(|()| Pretend::start());
    let nodes = futures::future::join_all(nodes).await;
    let peer = Peer::of(&[&nodes[0], &nodes[1], &nodes[2]]);
    let mut heard = peer.nodes.listen(std::time::Duration::from_secs(36));
    assert!(matches!(heard.next().await, Some(Listened::Begins)));
    for node in &nodes {
        node.say(&head_event('p'));
    }
    let told = heard.next().await;
    assert!(
        matches!(told, Some(Listened::Head(head)) if head.block == vote('p').beacon_block_root)
    );
    nodes[0].say(&head_event('x'));
    nodes[1].say(&head_event('n'));
    nodes[2].say(&head_event('n'));
    let told = heard.next().await;
    assert!(
        matches!(told, Some(Listened::Head(head)) if head.block == vote('n').beacon_block_root)
    );
}

#[tokio::test]
async fn one_node_is_asked_as_ever() {
    let only = Pretend::start().await;
    let mut peer = Peer::of(&[&only]);
    peer.nodes.watch(&definition(), &Arc::new(chain()));
    assert_eq!(peer.vote().await, says('n'));
    let asked: Vec<String> = only.all_asked();
    let expected = [VOTE, "/eth/v1/node/syncing"];
    assert_eq!(asked.len(), expected.len(), "{asked:?}");
    assert!(
        expected
            .iter()
            .all(|path| asked.iter().any(|it| it == path)),
        "{asked:?}"
    );
}
