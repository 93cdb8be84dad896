//! Every call of the Beacon API that Gantry makes: its name, its time, the size of its answer.

use std::fmt;
use std::time::Duration;

/// One call of the Beacon API, or of a relay's: [`Call::route`] says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    Genesis,
    Spec,
    Version,
    Syncing,
    Health,
    PeerCount,
    Validators,
    PendingDeposits,
    Header,
    Block,
    Committees,
    AttesterDuties,
    ProposerDuties,
    SyncDuties,
    AttestationData,
    SubmitAttestations,
    Aggregate,
    SubmitAggregates,
    Contribution,
    SubmitSyncMessages,
    SubmitContributions,
    SubscribeSync,
    SubmitExit,
    PooledExits,
    ProduceBlock,
    PublishBlock,
    PrepareProposers,
    SubscribeCommittees,
    BuilderHeader,
    RegisterValidators,
    BlockRoot,
    Checkpoints,
    State,
    Events,
}

const MIB: usize = 1 << 20;

impl Call {
    /// Whether every beacon node has it, in this very form: what does not is none.
    pub const fn is_basic(self) -> bool {
        match self {
            Self::Genesis | Self::Spec | Self::Version | Self::Syncing => true,
            Self::Health
            | Self::PeerCount
            | Self::Validators
            | Self::PendingDeposits
            | Self::Header
            | Self::Block
            | Self::Committees
            | Self::AttesterDuties
            | Self::ProposerDuties
            | Self::SyncDuties
            | Self::AttestationData
            | Self::SubmitAttestations
            | Self::Aggregate
            | Self::SubmitAggregates
            | Self::Contribution
            | Self::SubmitSyncMessages
            | Self::SubmitContributions
            | Self::SubscribeSync
            | Self::SubmitExit
            | Self::PooledExits
            | Self::ProduceBlock
            | Self::PublishBlock
            | Self::PrepareProposers
            | Self::SubscribeCommittees
            | Self::RegisterValidators
            | Self::BuilderHeader
            | Self::BlockRoot
            | Self::Checkpoints
            | Self::State
            | Self::Events => false,
        }
    }

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Spec => "spec",
            Self::Version => "version",
            Self::Syncing => "syncing",
            Self::Health => "health",
            Self::PeerCount => "peer count",
            Self::Validators => "validators",
            Self::PendingDeposits => "pending deposits",
            Self::Header => "header",
            Self::Block => "block",
            Self::Committees => "committees",
            Self::AttesterDuties => "attester duties",
            Self::ProposerDuties => "proposer duties",
            Self::SyncDuties => "sync committee duties",
            Self::AttestationData => "attestation data",
            Self::SubmitAttestations => "submit attestations",
            Self::Aggregate => "aggregate",
            Self::SubmitAggregates => "submit aggregates",
            Self::Contribution => "sync committee contribution",
            Self::SubmitSyncMessages => "submit sync committee messages",
            Self::SubmitContributions => "submit contributions",
            Self::SubscribeSync => "subscribe sync committee",
            Self::SubmitExit => "submit exit",
            Self::PooledExits => "pooled exits",
            Self::ProduceBlock => "produce block",
            Self::PublishBlock => "publish block",
            Self::PrepareProposers => "prepare proposers",
            Self::SubscribeCommittees => "subscribe committees",
            Self::RegisterValidators => "register validators",
            Self::BuilderHeader => "builder header",
            Self::BlockRoot => "block root",
            Self::Checkpoints => "checkpoints",
            Self::State => "state",
            Self::Events => "events",
        }
    }

    /// Its method and path, as the API has them.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Genesis => "GET /eth/v1/beacon/genesis",
            Self::Spec => "GET /eth/v1/config/spec",
            Self::Version => "GET /eth/v1/node/version",
            Self::Syncing => "GET /eth/v1/node/syncing",
            Self::Health => "GET /eth/v1/node/health",
            Self::PeerCount => "GET /eth/v1/node/peer_count",
            Self::Validators => "POST /eth/v1/beacon/states/{state}/validators or GET",
            Self::PendingDeposits => "GET /eth/v1/beacon/states/{state}/pending_deposits",
            Self::Header => "GET /eth/v1/beacon/headers/{block}",
            Self::Block => "GET /eth/v2/beacon/blocks/{block}",
            Self::Committees => "GET /eth/v1/beacon/states/{state}/committees",
            Self::AttesterDuties => "POST /eth/v1/validator/duties/attester/{epoch}",
            Self::ProposerDuties => "GET /eth/v2/validator/duties/proposer/{epoch}, or v1",
            Self::SyncDuties => "POST /eth/v1/validator/duties/sync/{epoch}",
            Self::AttestationData => "GET /eth/v1/validator/attestation_data",
            Self::SubmitAttestations => "POST /eth/v2/beacon/pool/attestations",
            Self::Aggregate => "GET /eth/v2/validator/aggregate_attestation",
            Self::SubmitAggregates => "POST /eth/v2/validator/aggregate_and_proofs",
            Self::Contribution => "GET /eth/v1/validator/sync_committee_contribution",
            Self::SubmitSyncMessages => "POST /eth/v1/beacon/pool/sync_committees",
            Self::SubmitContributions => "POST /eth/v1/validator/contribution_and_proofs",
            Self::SubscribeSync => "POST /eth/v1/validator/sync_committee_subscriptions",
            Self::SubmitExit => "POST /eth/v1/beacon/pool/voluntary_exits",
            Self::PooledExits => "GET /eth/v1/beacon/pool/voluntary_exits",
            Self::ProduceBlock => "GET /eth/v3/validator/blocks/{slot}",
            Self::PublishBlock => "POST /eth/v2/beacon/blocks, or blinded_blocks",
            Self::PrepareProposers => "POST /eth/v1/validator/prepare_beacon_proposer",
            Self::SubscribeCommittees => "POST /eth/v1/validator/beacon_committee_subscriptions",
            Self::BuilderHeader => "GET /eth/v1/builder/header/{slot}/{parent_hash}/{pubkey}",
            Self::RegisterValidators => "POST /eth/v1/validator/register_validator",
            Self::BlockRoot => "GET /eth/v1/beacon/blocks/{block}/root",
            Self::Checkpoints => "GET /eth/v1/beacon/states/{state}/finality_checkpoints",
            Self::State => "GET /eth/v2/debug/beacon/states/{state}",
            Self::Events => "GET /eth/v1/events",
        }
    }

    /// Who is asked.
    pub(super) const fn of_whom(self) -> &'static str {
        match self.is_of_relay() {
            true => "relay",
            false => "beacon node",
        }
    }

    /// Whether a relay is asked, and no beacon node.
    pub(super) const fn is_of_relay(self) -> bool {
        matches!(self, Self::BuilderHeader)
    }

    /// How long it may take until the whole answer is there; of [`Call::Events`] and
    /// [`Call::State`], until it begins. Calls of a slot get the part of it after which their
    /// answer is of no use on mainnet; the caller drops them earlier where slots are shorter.
    pub const fn timeout(self) -> Duration {
        Duration::from_secs(match self {
            Self::Syncing
            | Self::Health
            | Self::PeerCount
            | Self::Version
            | Self::Header
            | Self::BlockRoot => 3,
            Self::BuilderHeader => 2,
            Self::AttestationData
            | Self::SubmitAttestations
            | Self::Aggregate
            | Self::SubmitAggregates
            | Self::Contribution
            | Self::SubmitSyncMessages
            | Self::SubmitContributions => 4,
            Self::Genesis | Self::Spec | Self::Events | Self::Checkpoints => 5,
            Self::ProduceBlock | Self::PublishBlock => 8,
            Self::PrepareProposers
            | Self::SubscribeCommittees
            | Self::RegisterValidators
            | Self::SubscribeSync
            | Self::SubmitExit
            | Self::PooledExits
            | Self::Block => 10,
            Self::AttesterDuties
            | Self::ProposerDuties
            | Self::SyncDuties
            | Self::Committees
            | Self::Validators => 12,
            Self::PendingDeposits => 30,
            Self::State => 120, // the node may have to make it first
        })
    }

    /// The most bytes its answer may have: several times what the largest cluster on the busiest
    /// chain needs.
    pub const fn answer_limit(self) -> usize {
        match self {
            Self::Genesis
            | Self::Version
            | Self::Syncing
            | Self::Health
            | Self::PeerCount
            | Self::Header
            | Self::AttestationData
            | Self::SubmitAttestations
            | Self::Aggregate
            | Self::SubmitAggregates
            | Self::Contribution
            | Self::SubmitSyncMessages
            | Self::SubmitContributions
            | Self::SubscribeSync
            | Self::SubmitExit
            | Self::PublishBlock
            | Self::PrepareProposers
            | Self::SubscribeCommittees
            | Self::RegisterValidators
            | Self::BlockRoot
            | Self::Checkpoints
            | Self::Events => 256 << 10,
            Self::Spec | Self::BuilderHeader => MIB,
            Self::Committees | Self::AttesterDuties | Self::ProposerDuties | Self::SyncDuties => {
                8 * MIB
            }
            Self::Validators | Self::PooledExits => 16 * MIB,
            Self::Block => 32 * MIB,
            Self::PendingDeposits | Self::ProduceBlock => 64 * MIB,
            Self::State => u32::MAX as usize, // its offsets have 32 bits; it is never held
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
