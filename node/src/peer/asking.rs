//! A request of the core to one beacon node, and what it says in the core's words.
//!
//! A failure is told beside a response of "nothing": the core decides when to ask again. What is
//! signed and aggregated stands in `submitting`.

mod building;
mod submitting;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use proto::eth::{ChainSpec, SyncDuty, ValidatorIndex};
use proto::{DutyId, Epoch, PublicKey, Root, Slot, ValidatorPosition};
use tokio::time::timeout;
use tracing::debug;

use crate::beacon::{
    BeaconClient, BeaconError, BlockId, CommitteeSubscription, Duties, HeadEvent, StateId, Strange,
    ValidatorState,
};
use crate::clock;
use crate::report::news::News;
use node_core::duties::agreed::judge::{Sight, Sighting};
use node_core::duties::onehop::exit::standing::Leaving;
use node_core::duties::schedule::{Drawn, Registered, Subscription};
use node_core::duties::sight::Condition;
use node_core::duties::{Request, Response};

/// How long is waited for what the node says of its health, beside whether it is syncing: some
/// proxies never answer that.
pub(super) const HEALTH: Duration = Duration::from_millis(150);

/// What a beacon node answered to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    /// What a block of it brings, in wei, by the node's own word.
    pub(super) value_wei: u128,
    /// What the operator is told of it.
    pub(super) news: Option<News>,
}

/// Asks one beacon node for the core.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    pub(super) client: BeaconClient,
    chain: Arc<ChainSpec>,
    graffiti: Root,
    head: Option<HeadEvent>,
}

impl Asking {
    /// Puts requests to `client`. Own blocks carry `graffiti`.
    pub(super) fn new(client: BeaconClient, chain: Arc<ChainSpec>, graffiti: Root) -> Self {
        Self {
            client,
            chain,
            graffiti,
            head: None,
        }
    }

    /// Takes note of its newest head.
    pub(super) fn saw(&mut self, head: HeadEvent) {
        self.head = Some(head);
    }

    /// Puts `request` to it.
    pub(super) async fn put(self, request: Request) -> Answer {
        let mut question = Question {
            asking: self,
            value_wei: 0,
            news: None,
        };
        let response = question.put(request).await;
        let Question {
            value_wei, news, ..
        } = question;
        Answer {
            response,
            value_wei,
            news,
        }
    }
}

/// One request, and what the operator is to hear of it: it fails or lacks a part, not both.
struct Question {
    asking: Asking,
    value_wei: u128,
    news: Option<News>,
}

impl Question {
    fn client(&self) -> &BeaconClient {
        &self.asking.client
    }

    async fn put(&mut self, request: Request) -> Response {
        match request {
            Request::Chain(asked) => {
                let spec = self.client().chain_spec().await;
                Response::Chain(asked, self.planned(spec).map(Box::new))
            }
            Request::Validators(asked, keys) => {
                let found = self.validators(&keys).await;
                Response::Validators(asked, self.planned(found))
            }
            Request::Attesters(asked, indices) => {
                let found = self.client().attester_duties(asked.epoch, &indices).await;
                Response::Attesters(asked, self.drawn(found))
            }
            Request::Proposers(asked) => {
                let found = self.client().proposer_duties(asked.epoch).await;
                Response::Proposers(asked, self.drawn(found))
            }
            Request::Seats(asked, indices) => {
                Response::Seats(asked, self.seats(asked.epoch, &indices).await)
            }
            Request::SubscribeSync(asked, members) => {
                let noted = self.subscribe_sync(asked.epoch, &members).await;
                Response::SubscribeSync(asked, self.planned(noted))
            }
            Request::Prepare(asked, recipients) => {
                let noted = self.client().prepare_proposers(&recipients).await;
                Response::Prepare(asked, self.planned(noted))
            }
            Request::Subscribe(asked, attesters) => {
                let subscriptions: Vec<_> = attesters.iter().map(subscription).collect();
                let noted = self.client().subscribe_committees(&subscriptions).await;
                Response::Subscribe(asked, self.planned(noted))
            }
            Request::HeadVote(slot) => self.own_vote(slot).await,
            Request::Block {
                slot,
                randao_reveal,
                pays,
                boost_factor: boost,
            } => self.own_block((slot, boost), randao_reveal, pays).await,
            // Relays are asked, and no node.
            Request::Bids { duty, .. } => Response::Bids(duty, Vec::new()),
            Request::Aggregates {
                slot,
                data,
                committees,
            } => Response::Aggregates(slot, self.aggregates(slot, data, &committees).await),
            Request::Contribution {
                duty,
                subcommittee,
                root,
            } => {
                let found = self.contribution((duty.slot, subcommittee), root).await;
                Response::Contribution(duty, found.map(Box::new))
            }
            Request::Condition => Response::Condition(self.condition().await),
            Request::Knows { duty, root } => {
                let seen = self.known(duty, root).await;
                Response::Knows { duty, root, seen }
            }
            Request::Submit { duty, submission } => self.submit(duty, submission).await,
            Request::Register(all) => self.register(all).await,
            Request::Leaving(wanted) => Response::Leaving(self.at_head(&wanted).await),
            Request::Final(wanted) => Response::Final(self.at_finality(&wanted).await),
            Request::SubmitExit(validator, exit) => {
                let refused = self.client().submit_exit(&exit).await.err();
                Response::SubmitExit(validator, refused.map(|error| error.to_string()))
            }
        }
    }

    /// What the node would attest to.
    async fn own_vote(&mut self, slot: Slot) -> Response {
        let vote = self.client().head_vote(slot, self.asking.head).await;
        Response::HeadVote(slot, self.valued("a head vote", vote))
    }

    /// What the schedule was given; a failure is told.
    fn planned<T>(&mut self, found: Result<T, BeaconError>) -> Option<T> {
        found
            .inspect_err(|error| self.complain("the schedule", error))
            .ok()
    }

    /// The duties that the schedule was given.
    fn drawn<T>(&mut self, found: Result<Duties<T>, BeaconError>) -> Option<Drawn<T>> {
        let found = self.planned(found)?;
        self.passed_over(&found.strange);
        Some(Drawn {
            root: found.dependent_root,
            duties: found.duties,
        })
    }

    /// The value of a duty, unless the node gave none.
    fn valued<T>(
        &mut self,
        what: &'static str,
        value: Result<Option<T>, BeaconError>,
    ) -> Option<T> {
        match value {
            Ok(Some(value)) => return Some(value),
            Ok(None) => self.complain(what, &"the beacon node is syncing or optimistic"),
            Err(error) => self.complain(what, &error),
        }
        None
    }

    async fn validators(
        &mut self,
        keys: &[PublicKey],
    ) -> Result<Vec<(PublicKey, Registered)>, BeaconError> {
        let found = self.client().known_validators(StateId::Head, keys).await?;
        self.passed_over(&found.strange);
        let known = found.known.iter().map(|state| {
            let registered = Registered {
                index: state.index,
                active: state.status.is_active(),
                slashed: state.status.is_slashed(),
            };
            (state.validator.pubkey, registered)
        });
        Ok(known.collect())
    }

    /// How these validators stand at the head.
    async fn at_head(&mut self, wanted: &[(ValidatorPosition, PublicKey)]) -> Option<Standings> {
        self.standings(StateId::Head, wanted).await
    }

    /// How they stand in the last finalised state.
    async fn at_finality(
        &mut self,
        wanted: &[(ValidatorPosition, PublicKey)],
    ) -> Option<Standings> {
        self.standings(StateId::Finalized, wanted).await
    }

    /// How they stand in a state; none if the node does not say all of it.
    async fn standings(
        &mut self,
        state: StateId,
        wanted: &[(ValidatorPosition, PublicKey)],
    ) -> Option<Standings> {
        let what = "how validators stand that want to leave, or may one day";
        let keys: Vec<PublicKey> = wanted.iter().map(|(_, key)| *key).collect();
        let found = self.client().known_validators(state, &keys).await;
        let found = found.inspect_err(|error| self.complain(what, error)).ok()?;
        let all = found.known.into_iter();
        let known: BTreeMap<PublicKey, ValidatorState> =
            all.map(|state| (state.validator.pubkey, state)).collect();
        let standing = |(validator, key): &(ValidatorPosition, PublicKey)| match known.get(key) {
            Some(state) => Some((*validator, Some(standing(state)?))),
            None => Some((*validator, None)),
        };
        let standings: Option<Vec<_>> = wanted.iter().map(standing).collect();
        // One that the node describes in a way of its own is not one that it does not know.
        let standings = standings.filter(|_| found.strange.is_empty());
        if standings.is_none() {
            self.complain(
                what,
                &"its answer cannot be read or lacks a validator's epochs",
            );
        }
        standings
    }

    async fn condition(&self) -> Condition {
        let health = timeout(HEALTH, self.client().is_unready());
        let (status, health) = tokio::join!(self.client().sync_status(), health);
        let is_unready = health.unwrap_or(false);
        match status {
            Ok(status) if status.may_vote() && !status.el_offline && !is_unready => {
                Condition::Sound
            }
            Ok(_) => Condition::Behind,
            // One that does not serve this question serves others: they show how it is.
            Err(error) if error.rejected().is_some_and(|said| said.status < 500) => {
                Condition::Sound
            }
            Err(error) => {
                debug!(%error, "the beacon node does not say how it is");
                Condition::Mute
            }
        }
    }

    /// Tells why the beacon node gave no `what`.
    fn complain(&mut self, what: &'static str, why: &dyn Display) {
        self.news = Some(News::Lacking {
            what,
            why: why.to_string(),
            slot: self.asking.chain.slot_at(clock::now()),
        });
    }

    /// Tells what was of no use in an answer whose rest was taken.
    fn passed_over(&mut self, strange: &Strange) {
        if let Some(told) = strange.told() {
            self.complain("a part of the schedule", &told);
        }
    }

    /// What the node knows of a block.
    async fn known(&self, duty: DutyId, root: Root) -> Sight {
        self.sight(root).await.unwrap_or_else(|error| {
            debug!(%duty, %error, "cannot ask the beacon node for a block");
            Sight::Unready
        })
    }

    /// Where these validators sit in the sync committee.
    async fn seats(&mut self, epoch: Epoch, indices: &[ValidatorIndex]) -> Option<Vec<SyncDuty>> {
        let seats = self.client().sync_duties(epoch, indices).await;
        let (seats, strange) = self.planned(seats)?;
        self.passed_over(&strange);
        Some(seats)
    }

    /// The block with this root beside the present head, if the node follows the chain.
    async fn sight(&self, root: Root) -> Result<Sight, BeaconError> {
        let block = self.client().known_block(BlockId::Root(root));
        let head = self.client().known_block(BlockId::Head);
        let (block, head, status) = tokio::try_join!(block, head, self.client().sync_status())?;
        let Some(head) = head.filter(|head| status.may_vote() && !head.optimistic) else {
            return Ok(Sight::Unready);
        };
        let block = block.filter(|block| !block.optimistic);
        Ok(block.map_or(Sight::Unknown, |block| {
            Sight::Known(Sighting {
                slot: block.header.slot,
                head: head.header.slot,
                is_heads_parent: head.header.parent_root == root,
            })
        }))
    }
}

/// How validators stand; nothing of one that the node does not know.
type Standings = Vec<(ValidatorPosition, Option<Leaving>)>;

/// What an exit needs of a validator; none if the node does not say it.
fn standing(state: &ValidatorState) -> Option<Leaving> {
    Some(Leaving {
        index: state.index,
        active: state.status.is_active(),
        activation_epoch: state.validator.activation_epoch?,
        exit_epoch: state.validator.exit_epoch?,
        withdrawable_epoch: state.validator.withdrawable_epoch?,
    })
}

fn subscription(of: &Subscription) -> CommitteeSubscription {
    let attester = of.attester;
    CommitteeSubscription {
        validator_index: attester.duty.validator_index,
        committee_index: attester.duty.committee_index,
        committees_at_slot: attester.duty.committees_at_slot,
        slot: attester.duty.slot,
        is_aggregator: of.is_aggregator,
    }
}
