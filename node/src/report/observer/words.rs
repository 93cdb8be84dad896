//! What happened, in words for the operator.

use proto::{PeerSet, PublicKey};

use node_core::duties::note::{Halt, Miss, Phase};

/// Why a duty was missed. `names` are the operators' names of peers.
pub(super) fn of_miss(why: Miss, names: impl Fn(PeerSet) -> Vec<String>) -> String {
    match why {
        Miss::NoValue => "the beacon node gave no value".to_owned(),
        Miss::TooFewPeers(connected) => {
            format!("too few peers connected: only {:?}", names(connected))
        }
        Miss::NoVote => {
            "the cluster has signed nothing in this slot that it follows from".to_owned()
        }
        Miss::NoAggregate => "no beacon node had an aggregate of its committee".to_owned(),
        Miss::NoReveal => "too few parts of the RANDAO reveal came".to_owned(),
        Miss::NoFeeRecipient => {
            "no fee recipient agreed: until there is one, this validator proposes nothing"
                .to_owned()
        }
        Miss::Stopped(refusal) => format!("nothing is signed here: {refusal}"),
        Miss::Halted => {
            "this peer has halted the validator: `gantry status` shows what it saw".to_owned()
        }
        Miss::Refused(refusal) => format!("the vault refuses: {refusal}"),
        Miss::Objected(objection) => {
            let detail = objection.detail().map(|detail| format!(" ({detail})"));
            let detail = detail.unwrap_or_default();
            format!(
                "this peer would not sign the value: {}{detail}",
                objection.rule()
            )
        }
        Miss::DutyInDoubt => {
            "the chain has turned, and the beacon node has not said whose duty it is".to_owned()
        }
        Miss::Abstained => {
            "this peer does not vote yet: it has just restarted, or its disk hangs".to_owned()
        }
        Miss::NotTaken { why, by } => {
            let taken = if by.is_empty() {
                "no peer says that its own took it".to_owned()
            } else {
                format!("taken by that of {}", names(by).join(", "))
            };
            format!("signed, but my beacon node refused: {why}; {taken}")
        }
        Miss::Withheld(why) => format!(
            "a builder's block is signed, and its payload was not shown: {why}; no peer says that \
             its own node got it. The relay that offered it has kept it back, or lost it"
        ),
        Miss::NoAnswer => "signed, but my beacon node has not said that it has it".to_owned(),
        Miss::NoBlobs => {
            "signed, but my beacon node does not know the block, and no peer gave its blobs"
                .to_owned()
        }
        Miss::NoPrepareQuorum => "no value found enough votes".to_owned(),
        Miss::NoCommitQuorum => "too few peers signed".to_owned(),
    }
}

/// What the own beacon node shows of a validator whose duties have ended.
pub(super) fn of_halt(why: Halt, key: &PublicKey) -> String {
    match why {
        Halt::Slashed => "the chain has slashed it".to_owned(),
        Halt::Foreign(foreign) => format!(
            "for its {} of slot {} somebody else has signed something, as block {} shows. Once \
             nobody else has this key any more, each operator stops gantry and says `gantry \
             slashing resume {key}`",
            foreign.owed.work.name(),
            foreign.owed.slot,
            foreign.block
        ),
    }
}

/// How far a duty came.
pub(super) const fn of_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Trigger => "begun",
        Phase::ValueReady => "a value to vote for",
        Phase::PrepareQuorum => "enough votes",
        Phase::RecordDurable => "on record",
        Phase::CommitQuorum => "enough shares",
        Phase::SignatureVerified => "signed",
        Phase::Accepted => "taken by my beacon node",
    }
}
