//! What is said, in a few words for whoever looks for the reason of a failure.

use proto::vote::Message;

/// A message in a few words.
pub fn in_short(message: &Message) -> String {
    let duty = message.scope().duty;
    let (kind, round, value) = match message {
        Message::Propose(proposal) => {
            let said = &proposal.signed.statement;
            ("PROPOSE", Some(said.round), Some(said.value))
        }
        Message::Prepare(vote) => {
            let said = &vote.signed.statement;
            ("PREPARE", Some(said.round), Some(said.value))
        }
        Message::Commit(committal) => ("COMMIT", None, Some(committal.signed.statement.value)),
        Message::RoundChange { change, .. } => {
            ("ROUND-CHANGE", Some(change.signed.statement.round), None)
        }
        Message::Pull { value, .. } => ("PULL", None, Some(*value)),
        Message::Value { .. } => ("VALUE", None, None),
    };
    let round = round.map(|round| round.number());
    let value = value.map(|value| value.to_string()[..10].to_owned());
    format!("{duty}: {kind} {round:?} {value:?}")
}
