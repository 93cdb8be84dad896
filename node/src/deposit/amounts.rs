//! Amounts as people read them: as many decimals as they have.

use alloy::primitives::U256;
use node_core::sending::fees::gwei as in_billions;

use crate::execution::WEI_PER_GWEI;

/// Wei as ETH, rounded up to a gwei.
pub(crate) fn eth(wei: U256) -> String {
    let gwei = wei.div_ceil(U256::from(WEI_PER_GWEI));
    let gwei = u64::try_from(gwei).unwrap_or(u64::MAX);
    // A gwei is of an ETH what a wei is of a gwei.
    in_billions(gwei)
}
