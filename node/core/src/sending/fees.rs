//! What a unit of gas may cost (EIP-1559), set here and not by a node.
//!
//! The highest price leaves room for a base fee that rises, and is paid only if it does. The tip
//! follows the node's suggestion within bounds, since a node may suggest anything.

use thiserror::Error;

/// Wei in a gwei.
pub const WEI_PER_GWEI: u64 = 1_000_000_000;
/// A tip up to this many wei by unit of gas is never far above anything: 3 gwei.
const CHEAP: u64 = 3 * WEI_PER_GWEI;
/// How many times the node's suggestion is far above it.
const FAR_ABOVE: u64 = 4;
/// The least that is offered to a proposer, in wei: 0.01 gwei.
const LEAST_TIP: u64 = WEI_PER_GWEI / 100;
/// What is offered where the node suggests nothing.
const USUAL_TIP: u64 = WEI_PER_GWEI;

/// Both prices of a unit of gas that a transaction names, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The highest price in all.
    pub max_fee: u64,
    /// What of it goes to the proposer at most.
    pub tip: u64,
}

/// What a unit of gas costs at one block, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// The base fee of the block.
    pub base_fee: u64,
    /// What the node would give the proposer, if it says so.
    pub suggested: Option<u64>,
}

/// Why no price can be named now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoPrice {
    /// It would be above the operator's bound.
    #[error(
        "a unit of gas costs {} gwei now and `max_fee_gwei` allows {}: waiting until it is \
         cheaper", gwei(*.needs), gwei(*.cap)
    )]
    TooDear {
        /// Wei.
        needs: u64,
        /// Wei.
        cap: u64,
    },
    /// Raised again and again, the tip is far from what is usual.
    #[error(
        "a higher fee would give the proposer {} gwei by unit of gas, far more than the node \
         suggests: waiting with the fee as it is", gwei(*.0)
    )]
    FarAbove(u64),
}

/// A fee by which a node lets a transaction take the place of another: both fees a tenth higher in
/// go-ethereum, Nethermind, Besu, Erigon and Reth; an eighth, as other nodes once wanted, is enough
/// for all.
pub fn raised(fee: u64) -> u64 {
    fee.saturating_add(fee.div_ceil(8).max(1))
}

/// Whether the proposer gets far more by this tip, in wei, than the node suggests: a slip of the
/// keyboard, or what became of a fee that was raised again and again.
pub fn is_far_above(tip: u64, suggested: Option<u64>) -> bool {
    tip > CHEAP.max(FAR_ABOVE.saturating_mul(suggested.unwrap_or(0)))
}

/// Wei as gwei, with all decimals that there are.
pub fn gwei(wei: u64) -> String {
    let decimals = format!("{:09}", wei % WEI_PER_GWEI);
    match decimals.trim_end_matches('0') {
        "" => (wei / WEI_PER_GWEI).to_string(),
        rest => format!("{}.{rest}", wei / WEI_PER_GWEI),
    }
}

impl Market {
    /// The base fee of the next block at most: an eighth more (EIP-1559).
    fn next_base_fee(&self) -> u64 {
        self.base_fee.saturating_add(self.base_fee.div_ceil(8))
    }

    fn tip(&self) -> u64 {
        self.suggested.unwrap_or(USUAL_TIP).clamp(LEAST_TIP, CHEAP)
    }

    /// Prices that get a transaction into one of the next blocks, within `cap`: twice the base fee,
    /// so that it may rise for six full blocks.
    ///
    /// # Errors
    /// If the next block may already cost more than that.
    pub fn offer(&self, cap: u64) -> Result<Offer, NoPrice> {
        let tip = self.tip();
        self.within(
            cap,
            tip,
            self.base_fee.saturating_mul(2).saturating_add(tip),
        )
    }

    /// Prices by which a transaction takes the place of one with `earlier`.
    ///
    /// # Errors
    /// As [`Self::offer`], or if the tip would be far above what is usual.
    pub fn better(&self, earlier: Offer, cap: u64) -> Result<Offer, NoPrice> {
        let tip = raised(earlier.tip).max(self.tip());
        if is_far_above(tip, self.suggested) {
            return Err(NoPrice::FarAbove(tip));
        }
        let least = raised(earlier.max_fee);
        if least > cap {
            return Err(NoPrice::TooDear { needs: least, cap });
        }
        let wanted = self.base_fee.saturating_mul(2).saturating_add(tip);
        self.within(cap, tip, wanted.max(least))
    }

    fn within(&self, cap: u64, tip: u64, wanted: u64) -> Result<Offer, NoPrice> {
        let needs = self.next_base_fee().saturating_add(tip);
        match needs > cap {
            true => Err(NoPrice::TooDear { needs, cap }),
            false => Ok(Offer {
                max_fee: wanted.min(cap),
                tip,
            }),
        }
    }

    /// Whether proposers have better ones to choose than a transaction with this offer.
    pub fn outbids(&self, offer: Offer) -> bool {
        offer.max_fee < self.next_base_fee().saturating_add(offer.tip) || offer.tip < self.tip()
    }
}
