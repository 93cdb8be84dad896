//! Amounts as people read them: as many decimals as they have.

use alloy::primitives::U256;
use proto::definition::Gwei;

use crate::execution::WEI_PER_GWEI;

pub(crate) fn gwei(wei: u64) -> String {
    decimal(wei / WEI_PER_GWEI, &format!("{:09}", wei % WEI_PER_GWEI))
}

/// Wei as ETH, rounded up to a gwei.
pub(crate) fn eth(wei: U256) -> String {
    let gwei = wei.div_ceil(U256::from(WEI_PER_GWEI));
    let gwei = u64::try_from(gwei).unwrap_or(u64::MAX);
    decimal(
        gwei / Gwei::ONE_ETH.0,
        &format!("{:09}", gwei % Gwei::ONE_ETH.0),
    )
}

fn decimal(whole: u64, decimals: &str) -> String {
    match decimals.trim_end_matches('0') {
        "" => whole.to_string(),
        rest => format!("{whole}.{rest}"),
    }
}
