//! What is signed, handed to the beacon node, and what it aggregates itself.

use futures::stream::{self, StreamExt};
use proto::eth::{Aggregate, CommitteeIndex, Contribution, ForkName, ValidatorIndex};
use proto::{DutyId, Epoch, Root, Slot, Subcommittee};

use super::Question;
use crate::beacon::{BeaconError, ItemFailure, Published, SyncSubscription, Validation, told};
use node_core::duties::schedule::Member;
use node_core::duties::{Origin, Response, Submission};

/// For how many committees a node is asked at once: their aggregates are due in the same moment,
/// and a mainnet node answers in some milliseconds.
const AT_ONCE: usize = 8;

impl Question {
    /// What the beacon node has of a submission now, and what it refused.
    pub(super) async fn submit(&self, duty: DutyId, submission: Submission) -> Response {
        let (all, refused) = match submission {
            Submission::Attestations(attestations) => {
                let all: Vec<_> = attestations.iter().map(|a| a.attester_index).collect();
                let refused = self.refused_of(duty, &all, async |fork| {
                    self.client().submit_attestations(fork, &attestations).await
                });
                let refused = refused.await;
                (all, refused)
            }
            Submission::Aggregates(aggregates) => {
                let all: Vec<_> = aggregates.iter().map(|a| a.aggregator_index).collect();
                let preset = self.asking.chain.preset();
                let refused = self.refused_of(duty, &all, async |fork| {
                    let of = (preset, fork);
                    self.client().submit_aggregates(of, &aggregates).await
                });
                let refused = refused.await;
                (all, refused)
            }
            Submission::SyncMessages(messages) => {
                let all: Vec<_> = messages.iter().map(|m| m.validator_index).collect();
                let refused = self.refused_of(duty, &all, async |_| {
                    self.client().submit_sync_messages(&messages).await
                });
                let refused = refused.await;
                (all, refused)
            }
            Submission::Contributions(contributions) => {
                let all: Vec<_> = contributions.iter().map(|c| c.aggregator_index).collect();
                let preset = self.asking.chain.preset();
                let refused = self.refused_of(duty, &all, async |_| {
                    self.client()
                        .submit_contributions(preset, &contributions)
                        .await
                });
                let refused = refused.await;
                (all, refused)
            }
            Submission::Block {
                contents,
                signature,
                origin,
            } => {
                let proposer = contents.block.proposer_index();
                let validation = match origin {
                    Origin::Own => Validation::Gossip,
                    Origin::Peer => Validation::Consensus,
                };
                let published = self
                    .client()
                    .publish_block(&contents, signature, validation);
                let refused = match published.await {
                    Ok(Published::Imported | Published::AlreadyKnown) => None,
                    Ok(Published::OnlySentOn) => {
                        Some("it sent the block on, and could not import it itself".to_owned())
                    }
                    Err(error) => Some(error.to_string()),
                };
                let refused = refused.into_iter().map(|why| (proposer, why)).collect();
                (vec![proposer], refused)
            }
        };
        Response::Submit {
            duty,
            accepted: without(all, &refused),
            refused,
        }
    }

    /// What the node has aggregated of each of these committees' votes.
    pub(super) async fn aggregates(
        &mut self,
        slot: Slot,
        data: Root,
        committees: &[CommitteeIndex],
    ) -> Vec<Aggregate> {
        let (client, chain) = (self.client(), &self.asking.chain);
        let ask = |committee: &CommitteeIndex| client.aggregate(chain, (slot, *committee), data);
        let asked = committees.iter().map(ask).collect::<Vec<_>>();
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let mut found = Vec::new();
        for answer in answers {
            match answer {
                Ok(aggregate) => found.extend(aggregate),
                Err(error) => self.complain("an aggregate", &error),
            }
        }
        found
    }

    /// What the node has of a subcommittee's messages.
    pub(super) async fn contribution(
        &mut self,
        of: (Slot, Subcommittee),
        root: Root,
    ) -> Option<Contribution> {
        let found = self.client().contribution(&self.asking.chain, of, root);
        let found = found.await;
        found
            .inspect_err(|error| self.complain("a contribution", error))
            .ok()
            .flatten()
    }

    /// Tells the node of the members of the sync committee in `epoch`.
    pub(super) async fn subscribe_sync(
        &self,
        epoch: Epoch,
        members: &[Member],
    ) -> Result<(), BeaconError> {
        let size = self.asking.chain.preset().subcommittee_size();
        let subscription = |member: &Member| SyncSubscription {
            validator_index: member.index,
            sync_committee_indices: member
                .seats
                .iter()
                .map(|(of, place)| of.index() * size + place)
                .collect(),
            until_epoch: epoch.next(),
        };
        let subscriptions: Vec<_> = members.iter().map(subscription).collect();
        self.client().subscribe_sync(&subscriptions).await
    }

    /// Of whose parts, which `submit` posts in this order, the beacon node did not take which, and
    /// why.
    async fn refused_of(
        &self,
        duty: DutyId,
        whose: &[ValidatorIndex],
        submit: impl AsyncFnOnce(ForkName) -> Result<Vec<ItemFailure>, BeaconError>,
    ) -> Vec<(ValidatorIndex, String)> {
        let all = |why: String| whose.iter().map(|index| (*index, why.clone())).collect();
        let chain = &self.asking.chain;
        let fork = match chain.fork_at(chain.epoch_of(duty.slot)) {
            Ok(fork) => fork,
            Err(unknown) => return all(unknown.to_string()),
        };
        match submit(fork).await {
            Ok(failures) => {
                let of = |failure: &ItemFailure| {
                    Some((*whose.get(failure.index)?, failure.message.to_string()))
                };
                let named: Option<Vec<_>> = failures.iter().map(of).collect();
                // Which one it is cannot be told: it may be any.
                named.unwrap_or_else(|| {
                    let words = failures.iter().map(|failure| &*failure.message);
                    let said = told(words, failures.len()).unwrap_or_default();
                    all(format!(
                        "it refuses parts that it names by no position: {said}"
                    ))
                })
            }
            Err(error) => all(error.to_string()),
        }
    }
}

fn without(
    mut all: Vec<ValidatorIndex>,
    refused: &[(ValidatorIndex, String)],
) -> Vec<ValidatorIndex> {
    all.retain(|index| refused.iter().all(|(refused, _)| refused != index));
    all
}

#[cfg(test)]
mod tests;
