//! The node account that is a Safe does what a plan says, and nothing else.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, sol};
use proto::agreement::{NodeSafe, PoolTerms};
use proto::intent::Aims;
use proto::{Address, Root};

use crate::pool::agreement::example::terms;
use crate::pool::allowed::{Forbidden, Ground, Signing};
use crate::pool::book::theirs;
use crate::pool::contracts::Contracts;
use crate::pool::example::{MEGAPOOL, NODE, OWNER, STORAGE, World, at};
use crate::pool::plan::calls::{Deposits, Megapool, NodeManager, Storage};
use crate::proof::calls::{Plain, SlotProof, ValidatorProof, Withdrawal, WithdrawalProof};
use crate::safe::Safe;

sol! {
    function approve(address spender, uint256 amount) external;
    function withdrawEth(address node, uint256 amount) external;
    function withdrawCredit(uint256 amount) external;
    function setUseLatestDelegate(bool on) external;
    function reduceBond(uint256 amount) external;
    function enableModule(address module) external;
    function setGuard(address guard) external;
    function addOwnerWithThreshold(address owner, uint256 threshold) external;
    function changeThreshold(uint256 threshold) external;
    function unsetRPLWithdrawalAddress(address node) external;
    function confirmWithdrawalAddress(address node) external;
}

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn agreed() -> PoolTerms {
    let owners: Vec<Address> = (1..=4).map(address).collect();
    let safe = NodeSafe {
        singleton: address(0x51),
        factory: address(0x52),
        handler: address(0x53),
        proxy_hash: Root::ZERO,
        founders: owners.clone(),
        owners,
    };
    PoolTerms {
        node_safe: Some(safe),
        ..terms()
    }
}

/// A proof of a final balance in this megapool; what it shows is the contract's to verify.
fn final_balance(megapool: [u8; 20]) -> Vec<u8> {
    Plain::notifyFinalBalanceCall {
        megapool: theirs(&megapool.into()),
        id: 3,
        slotTimestamp: 9,
        withdrawal: WithdrawalProof {
            withdrawalSlot: 77,
            withdrawalNum: 1,
            withdrawal: Withdrawal {
                index: 1,
                validatorIndex: 2,
                withdrawalCredentials: [3; 20].into(),
                amountInGwei: 4,
            },
            witnesses: Vec::new(),
        },
        validator: ValidatorProof::default(),
        slot: SlotProof::default(),
    }
    .abi_encode()
}

fn judged(to: impl Into<Address>, wei: u64, data: &[u8]) -> Result<(), Forbidden> {
    judged_by(&Aims::of(&agreed().wishes), (to.into(), wei), data)
}

fn judged_by(aims: &Aims, (to, wei): (Address, u64), data: &[u8]) -> Result<(), Forbidden> {
    let contracts: Contracts = World::saturn().view().unwrap().0.contracts;
    let terms = agreed();
    let ground = Ground {
        contracts: &contracts,
        megapool: Some(MEGAPOOL.into()),
        terms: &terms,
        aims,
    };
    ground.check(&Signing {
        to: &to,
        value: U256::from(wei),
        data,
    })
}

fn refusal(to: impl Into<Address>, wei: u64, call: &impl SolCall) -> String {
    judged(to, wei, &call.abi_encode()).unwrap_err().to_string()
}

#[test]
fn what_a_plan_says_is_allowed_and_with_ether_only_what_pays() {
    let node = theirs(&NODE.into());
    let next = theirs(&OWNER.into());
    let nodes = at("rocketNodeManager");
    let timezone = "Europe/Berlin".to_owned();
    let unpaid: [(Address, Vec<u8>); 8] = [
        (
            STORAGE.into(),
            Storage::setWithdrawalAddressCall {
                node,
                next,
                confirm: false,
            }
            .abi_encode(),
        ),
        (
            nodes,
            NodeManager::setRPLWithdrawalAddressCall {
                node,
                next,
                confirm: false,
            }
            .abi_encode(),
        ),
        (
            nodes,
            NodeManager::registerNodeCall { timezone }.abi_encode(),
        ),
        (nodes, NodeManager::deployMegapoolCall {}.abi_encode()),
        (
            nodes,
            NodeManager::setSmoothingPoolRegistrationStateCall { state: true }.abi_encode(),
        ),
        (MEGAPOOL.into(), Megapool::claimCall {}.abi_encode()),
        (
            MEGAPOOL.into(),
            Megapool::dequeueCall { id: 3 }.abi_encode(),
        ),
        (at("rocketMegapoolManager"), final_balance(MEGAPOOL)),
    ];
    for (to, data) in unpaid {
        assert_eq!(judged(to, 0, &data), Ok(()));
        let paid = judged(to, 1, &data);
        assert!(matches!(paid, Err(Forbidden::Ether { .. })), "{paid:?}");
    }
    let deposit = Deposits::depositCall {
        bond: U256::from(4),
        express: true,
        pubkey: vec![1; 48].into(),
        signature: vec![2; 96].into(),
        root: [3; 32].into(),
    };
    let deposits = at("rocketNodeDeposit");
    assert_eq!(judged(deposits, 4, &deposit.abi_encode()), Ok(()));
    let multi = Deposits::depositMultiCall {
        deposits: Vec::new(),
    };
    assert_eq!(judged(deposits, 4, &multi.abi_encode()), Ok(()));
    let debt = Megapool::repayDebtCall {}.abi_encode();
    assert_eq!(judged(MEGAPOOL, 4, &debt), Ok(()));
}

#[test]
fn what_the_intent_in_force_rules_out_is_signed_by_nobody() {
    let claim = Megapool::claimCall {}.abi_encode();
    let switch = NodeManager::setSmoothingPoolRegistrationStateCall { state: true }.abi_encode();
    let agreed = Aims::of(&agreed().wishes);
    let judge = |aims: &Aims| {
        let nodes = at("rocketNodeManager");
        [
            judged_by(aims, (MEGAPOOL.into(), 0), &claim).is_ok(),
            judged_by(aims, (nodes, 0), &switch).is_ok(),
        ]
    };
    assert_eq!(judge(&agreed), [true, true]);
    let quiet = Aims {
        claims: false,
        smoothing_pool: false,
        ..agreed
    };
    assert_eq!(judge(&quiet), [false, false]);
    let why = judged_by(&quiet, (MEGAPOOL.into(), 0), &claim).unwrap_err();
    assert!(
        why.to_string().contains("the intent in force says no"),
        "{why}"
    );
}

#[test]
fn what_no_plan_says_is_refused_with_contract_and_function() {
    let (who, amount) = (theirs(&address(0xee)), U256::from(1));
    let words = refusal(
        at("rocketTokenRPL"),
        0,
        &approveCall {
            spender: who,
            amount,
        },
    );
    assert!(words.contains("never calls 0x"), "{words}");
    // A plain payment, to whomever.
    let paid = judged(address(0xee), 5, &[]).unwrap_err();
    assert_eq!(paid, Forbidden::Target(address(0xee)));
    let deposits = at("rocketNodeDeposit");
    let words = refusal(deposits, 0, &withdrawEthCall { node: who, amount });
    assert!(words.contains("of rocketNodeDeposit"), "{words}");
    refusal(at("rocketDepositPool"), 0, &withdrawCreditCall { amount });
    for data in [
        setUseLatestDelegateCall { on: true }.abi_encode(),
        reduceBondCall { amount }.abi_encode(),
        Vec::new(),
        vec![1, 2, 3],
    ] {
        let refused = judged(MEGAPOOL, 0, &data).unwrap_err();
        assert!(matches!(refused, Forbidden::Function { .. }), "{refused:?}");
    }
    let nodes = at("rocketNodeManager");
    refusal(nodes, 0, &unsetRPLWithdrawalAddressCall { node: who });
    refusal(STORAGE, 0, &confirmWithdrawalAddressCall { node: who });
}

#[test]
fn of_the_safes_own_functions_one_owner_is_exchanged_as_agreed_and_nothing_else() {
    let (who, threshold) = (theirs(&address(0xee)), U256::from(1));
    for data in [
        enableModuleCall { module: who }.abi_encode(),
        setGuardCall { guard: who }.abi_encode(),
        addOwnerWithThresholdCall {
            owner: who,
            threshold,
        }
        .abi_encode(),
        changeThresholdCall { threshold }.abi_encode(),
        Vec::new(),
    ] {
        let refused = judged(NODE, 0, &data).unwrap_err();
        assert!(matches!(refused, Forbidden::Function { .. }), "{refused:?}");
    }
    let swap = |old: u8, new: u8| Safe::swapOwnerCall {
        prevOwner: theirs(&address(1)),
        oldOwner: theirs(&address(old)),
        newOwner: theirs(&address(new)),
    };
    assert_eq!(judged(NODE, 0, &swap(0x71, 2).abi_encode()), Ok(()));
    let words = refusal(NODE, 0, &swap(0x71, 0x72));
    assert!(
        words.contains("a new owner that is not agreed on"),
        "{words}"
    );
    let words = refusal(NODE, 0, &swap(3, 2));
    assert!(words.contains("an old owner that is agreed on"), "{words}");
}

#[test]
fn whose_money_it_is_is_read_off_the_arguments() {
    let propose = |node: [u8; 20], next: [u8; 20], confirm: bool| {
        let call = Storage::setWithdrawalAddressCall {
            node: theirs(&node.into()),
            next: theirs(&next.into()),
            confirm,
        };
        refusal(STORAGE, 0, &call)
    };
    assert!(propose([9; 20], OWNER, false).contains("another node"));
    assert!(propose(NODE, [9; 20], false).contains("not the agreed one"));
    assert!(propose(NODE, OWNER, true).contains("need not confirm itself"));
    let rpl = NodeManager::setRPLWithdrawalAddressCall {
        node: theirs(&NODE.into()),
        next: theirs(&[9; 20].into()),
        confirm: false,
    };
    assert!(refusal(at("rocketNodeManager"), 0, &rpl).contains("not the agreed one"));
    let leave = NodeManager::setSmoothingPoolRegistrationStateCall { state: false };
    assert!(refusal(at("rocketNodeManager"), 0, &leave).contains("not agreed on"));
    let manager = at("rocketMegapoolManager");
    let refused = judged(manager, 0, &final_balance([9; 20])).unwrap_err();
    assert!(
        refused.to_string().contains("another megapool"),
        "{refused}"
    );
    let mut longer = final_balance(MEGAPOOL);
    longer.extend([0; 32]);
    let refused = judged(manager, 0, &longer).unwrap_err();
    assert!(matches!(refused, Forbidden::Function { .. }), "{refused:?}");
    // More bytes than the arguments are: what follows could mean something to somebody.
    let mut data = Megapool::dequeueCall { id: 3 }.abi_encode();
    data.push(0);
    let refused = judged(MEGAPOOL, 0, &data).unwrap_err();
    assert!(
        matches!(refused, Forbidden::Malformed { .. }),
        "{refused:?}"
    );
}
