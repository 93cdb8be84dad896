//! What is read before typing yes: where the money goes, who has it back, and all that it costs.

use super::*;
use crate::execution::Unsigned;
use proto::eth::DepositData;

fn step(owner: u8, amount: Gwei, kind: Kind) -> Step {
    let deposit = DepositData {
        pubkey: [1; 48].into(),
        withdrawal_credentials: deposit::credentials(&[owner; 20].into()),
        amount: amount.0,
        signature: [2; 96].into(),
    };
    let transaction = Unsigned {
        nonce: 0,
        deposit: Some(deposit),
        max_fee: 3 * WEI_PER_GWEI,
        priority_fee: WEI_PER_GWEI,
    };
    Step {
        transaction,
        deposit,
        kind,
    }
}

const FEES: Fees = Fees {
    base_fee: WEI_PER_GWEI,
    max_fee: 3 * WEI_PER_GWEI,
    priority_fee: WEI_PER_GWEI,
    suggested: Some(WEI_PER_GWEI / 2),
};

#[test]
fn what_is_asked_for_names_contract_chain_total_owner_and_every_cost() {
    let chain = Chain::known("hoodi").unwrap();
    let steps = [
        step(0x11, Gwei::ONE_ETH, Kind::New),
        step(0x11, Gwei::FULL, Kind::New),
        step(0x22, Gwei::FULL, Kind::New),
    ];
    assert_eq!(
        in_words(&steps, &chain, &FEES),
        "To be sent        3 deposits, 65 ETH in all\n  \
           on              hoodi, chain id 560048\n  \
           to the contract 0x00000000219ab540356cBB839Cbe05303d7705Fa\n  \
           returns to      0x1111111111111111111111111111111111111111 (2 of them)\n  \
           returns to      0x2222222222222222222222222222222222222222 (1 of them)\n  \
           gas             at most 250000 for a deposit, as a rule 60000\n  \
           fee per gas     at most 3 gwei, now 1\n  \
           of it the tip   1 gwei (the node suggests 0.5)\n  \
           fees            at most 0.00225 ETH, as a rule 0.00036\n  \
           in all          at most 65.00225 ETH"
    );
}

#[test]
fn what_is_under_way_is_told_from_what_is_new() {
    let chain = Chain::known("hoodi").unwrap();
    let mut empty = step(0x11, Gwei::FULL, Kind::Instead);
    empty.transaction.deposit = None;
    let steps = [step(0x11, Gwei::FULL, Kind::Instead), empty];
    let words = in_words(&steps, &chain, &FEES);
    for line in [
        "To be sent        0 deposits, 0 ETH in all",
        "under way       1 deposits, 32 ETH: replaced at their nonces, with a higher fee",
        "under way       1 deposits, 32 ETH: replaced by nothing: these are on the chain already",
        "fees            at most 0.000813 ETH",
        "in all          at most 32.000813 ETH",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
}
