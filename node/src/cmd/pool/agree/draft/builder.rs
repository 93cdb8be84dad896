//! The flags on who may build blocks.

use clap::Args;
use node_core::pool::agreement::GAS_LIMIT;
use proto::agreement::{BadRelay, BuilderTerms, Relay};

/// How much a bid counts where nobody has said it: as much as the own payload.
const AS_MUCH: u64 = 100;

/// On which terms others may build blocks. What is left out is as in the version before.
#[derive(Debug, Args)]
pub struct BuilderFlags {
    /// A relay whose bids are taken, with its public key, as its operator gives it; once for each.
    /// All that are to be taken are named: those of the version before that are not named go.
    #[arg(long = "relay", value_name = "https://0x…@HOST")]
    relays: Vec<String>,
    /// Take no bids any more: each peer's own nodes build all blocks.
    #[arg(long, conflicts_with = "relays")]
    no_relays: bool,
    /// The gas limit that builders are to move blocks towards; 60000000 if it was never said.
    #[arg(long, value_name = "GAS")]
    gas_limit: Option<u64>,
    /// How much a bid counts beside the payload of the own node, in percent; 100 if it was never
    /// said. With 90 a bid must be worth more than the own payload by a ninth.
    #[arg(long, value_name = "PERCENT")]
    boost_factor: Option<u64>,
}

impl BuilderFlags {
    /// The terms that follow `before`; nothing if neither says anything. Of two registrations the
    /// later one counts, so each version has a later time than the one before.
    pub(super) fn terms(
        &self,
        before: Option<&BuilderTerms>,
        now: u64,
    ) -> Result<Option<BuilderTerms>, BadRelay> {
        let relays: Vec<Relay> = self
            .relays
            .iter()
            .map(|text| Relay::parse(text))
            .collect::<Result<_, _>>()?;
        let is_said = self.no_relays
            || !relays.is_empty()
            || self.gas_limit.is_some()
            || self.boost_factor.is_some();
        if before.is_none() && !is_said {
            return Ok(None);
        }
        let relays = match (relays.is_empty(), self.no_relays) {
            (false, _) => relays,
            (true, true) => Vec::new(),
            (true, false) => before.map(|it| it.relays.clone()).unwrap_or_default(),
        };
        let gas_limit = self.gas_limit.or(before.map(|it| it.gas_limit));
        let boost_factor = self.boost_factor.or(before.map(|it| it.boost_factor));
        let after = before.map_or(0, |it| it.timestamp.saturating_add(1));
        Ok(Some(BuilderTerms {
            relays,
            gas_limit: gas_limit.unwrap_or(GAS_LIMIT),
            boost_factor: boost_factor.unwrap_or(AS_MUCH),
            timestamp: now.max(after),
        }))
    }
}

#[cfg(test)]
mod tests;
