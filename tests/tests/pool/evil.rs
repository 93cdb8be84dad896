//! The peer that coordinates and another one are evil: fewer than sign together, they sign for the
//! node account and send to the others what they like.

use std::collections::BTreeMap;
use std::fs;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall as _, sol};
use k256::ecdsa::SigningKey;
use node::net::{self, Event, Limits, Outbox, Settings};
use node_core::safe::Safe;
use node_core::safe::signature::bundle;
use node_core::safe::transaction::{Account, Transaction};
use proto::agreement::AccountSignature;
use proto::frame::{Frame, SafeCall, SafeStep};
use proto::lock::Lock;
use proto::session::Purpose;
use proto::{PeerIndex, example};

use crate::abi::{Megapool, NodeDeposit, NodeManager, Storage};
use crate::chain::{Chain, ETHER, who};
use crate::coordinator::owner_sends;
use crate::group::{Group, ours};
use crate::node::expected;
use crate::owners::Owners;
use crate::running::Peer;
use crate::safe::{account_of, getTransactionHashCall, owner_keys, sign};

sol! {
    function addOwnerWithThreshold(address owner, uint256 threshold) external;
    function changeThreshold(uint256 threshold) external;
    function enableModule(address module) external;
    function setGuard(address guard) external;
    function setFallbackHandler(address handler) external;
    function approve(address spender, uint256 amount) external returns (bool);
    function setRPLLockingAllowed(address node, bool allowed) external;
}

/// An evil peer: a session with each honest one, and its own account's key.
struct Evil {
    me: PeerIndex,
    key: SigningKey,
    outbox: Outbox,
    honest: Vec<PeerIndex>,
}

impl Evil {
    /// It takes the place of the peer at `at`, whose program does not run.
    async fn begin(owners: &Owners<'_>, at: usize) -> Self {
        let file = owners.all[at].dir.join("cluster-lock.json");
        let lock = Lock::from_json(&fs::read_to_string(file).unwrap()).unwrap();
        let terms = lock.definition.terms();
        let size = terms.size();
        let (me, honest) = (
            size.peer(at).unwrap(),
            [2, 3].map(|it| size.peer(it).unwrap()),
        );
        let addresses = owners.all.iter().map(|it| vec![it.listens().into()]);
        let settings = Settings {
            identity: Group::identity(at),
            me,
            roster: terms.roster().clone(),
            names: example::NAMES[..4]
                .iter()
                .map(|it| (*it).to_owned())
                .collect(),
            addresses: addresses.collect(),
            listen: vec![owners.all[at].listens()],
            purpose: Purpose::Duties,
            context: lock.hash(),
            limits: Limits::default(),
        };
        let (outbox, mut events) = net::start(settings).await.unwrap();
        let mut missing = honest.to_vec();
        while !missing.is_empty() {
            let event = events.recv().await.unwrap();
            if let Event::Up { peer, .. } = event {
                missing.retain(|it| *it != peer);
            }
        }
        // What they say is of no interest.
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        Self {
            me,
            key: owner_keys()[at].clone(),
            outbox,
            honest: honest.to_vec(),
        }
    }

    fn say(&self, step: SafeStep) {
        let frame = Frame::SafeStep(step).encode();
        for peer in &self.honest {
            self.outbox.send(*peer, frame.clone().into());
        }
    }
}

/// What evil peers would have the Safe do: a name, whom it calls, wei, and the call.
type Wish = (&'static str, Address, u128, Vec<u8>);

/// What a coordinator could try with a key of the node account alone, of its addresses and pool.
fn at_the_node(chain: &Chain, node: Address) -> Vec<Wish> {
    let storage = chain.at("rocketStorage");
    let nodes = chain.at("rocketNodeManager");
    let next = who::EVIL;
    let withdrawal = |confirm| {
        let call = Storage::setWithdrawalAddressCall {
            node,
            next,
            confirm,
        };
        call.abi_encode()
    };
    let rpl = NodeManager::setRPLWithdrawalAddressCall {
        node,
        next,
        confirm: true,
    };
    let leave = NodeManager::setSmoothingPoolRegistrationStateCall { state: false };
    let lock_rpl = setRPLLockingAllowedCall {
        node,
        allowed: true,
    };
    let approve = approveCall {
        spender: next,
        amount: U256::ONE,
    };
    vec![
        ("withdrawal", storage, 0, withdrawal(false)),
        ("withdrawal-at-once", storage, 0, withdrawal(true)),
        ("rpl-withdrawal", nodes, 0, rpl.abi_encode()),
        ("leave-smoothing-pool", nodes, 0, leave.abi_encode()),
        ("lock-rpl", nodes, 0, lock_rpl.abi_encode()),
        ("approve", storage, 0, approve.abi_encode()),
    ]
}

/// What it could try with the money, and with the megapool.
fn with_the_money(chain: &Chain, node: Address) -> Vec<Wish> {
    let deposits = chain.at("rocketNodeDeposit");
    let megapool = expected(chain, node);
    let foreign = NodeDeposit::depositCall {
        bond: U256::from(4 * ETHER),
        express: false,
        pubkey: vec![0x77; 48].into(),
        signature: vec![0x77; 96].into(),
        root: [0; 32].into(),
    };
    let amount = U256::ONE;
    let takes_out = NodeDeposit::withdrawEthCall { node, amount };
    let dequeue = Megapool::dequeueCall { id: 0 };
    let reduce = Megapool::reduceBondCall { amount };
    let delegate = Megapool::delegateUpgradeCall {};
    vec![
        ("foreign-key", deposits, 4 * ETHER, foreign.abi_encode()),
        ("take-ether-out", deposits, 0, takes_out.abi_encode()),
        ("dequeue", megapool, 0, dequeue.abi_encode()),
        ("reduce-bond", megapool, 0, reduce.abi_encode()),
        ("delegate", megapool, 0, delegate.abi_encode()),
        ("pay", who::EVIL, ETHER, Vec::new()),
    ]
}

/// What it could try with a Safe.
fn at_the_safe(safe: Address) -> Vec<Wish> {
    let (next, threshold) = (who::EVIL, U256::ONE);
    let owner = addOwnerWithThresholdCall {
        owner: next,
        threshold,
    };
    let swap = Safe::swapOwnerCall {
        prevOwner: account_of(&owner_keys()[0]),
        oldOwner: account_of(&owner_keys()[1]),
        newOwner: next,
    };
    let lower = changeThresholdCall { threshold };
    let module = enableModuleCall { module: next };
    let guard = setGuardCall { guard: next };
    let handler = setFallbackHandlerCall { handler: next };
    vec![
        ("add-owner", safe, 0, owner.abi_encode()),
        ("swap-owner", safe, 0, swap.abi_encode()),
        ("threshold", safe, 0, lower.abi_encode()),
        ("module", safe, 0, module.abi_encode()),
        ("guard", safe, 0, guard.abi_encode()),
        ("handler", safe, 0, handler.abi_encode()),
    ]
}

/// Four found a node; then the first two turn evil.
async fn founded(chain: &Chain, owners: &Owners<'_>) -> [Peer; 2] {
    let [mut first, second, third, fourth] = [0, 1, 2, 3].map(|at: usize| owners.all[at].run());
    first.wait_for("coordinator: sent propose-withdrawal:");
    owner_sends(&owners.all[0]).await;
    first.wait_for("coordinator: sent deploy-megapool:");
    first.wait_for("coordinator: sent join-smoothing-pool:");
    let nonce = chain.view(owners.safe(), Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(5));
    drop((first, second));
    [third, fourth]
}

/// Another operation, a price of gas and who is paid back: nobody but its signer has these.
async fn of_other_fields(evil: &Evil, honest: &mut [Peer], (chain, safe): (&Chain, Address)) {
    let asked = getTransactionHashCall {
        to: who::EVIL,
        value: U256::ZERO,
        data: Vec::new().into(),
        operation: 1,
        safeTxGas: U256::ONE,
        baseGas: U256::ONE,
        gasPrice: U256::ONE,
        gasToken: Address::ZERO,
        refundReceiver: who::EVIL,
        nonce: U256::from(5),
    };
    let hash = chain.view(safe, asked).await;
    let signature: AccountSignature = sign(&evil.key, &hash.0);
    evil.say(SafeStep {
        nonce: 5,
        call: None,
        signature,
    });
    for peer in honest {
        let line = peer.wait_for("sends what its account has not signed for the node account");
        let name = example::NAMES[evil.me.position()];
        assert!(line.contains(name), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_evil_peers_of_four_have_nothing_done_that_the_others_do_not_plan() {
    let chain = Chain::start().await;
    let keys = owner_keys();
    let owners = Owners::found_with(&chain, "pool-safe-evil", &keys[..2]).await;
    let safe = owners.safe();
    let mut honest = founded(&chain, &owners).await;
    chain.credit(safe, 2 * ETHER).await;
    let evil = [Evil::begin(&owners, 0).await, Evil::begin(&owners, 1).await];
    let account = Account {
        chain_id: 31_337,
        address: ours(safe),
    };
    let wishes = [
        at_the_node(&chain, safe),
        with_the_money(&chain, safe),
        at_the_safe(safe),
    ];
    for (name, to, wei, data) in wishes.concat() {
        let wish = Transaction {
            to: ours(to),
            value: U256::from(wei),
            data: data.clone(),
            nonce: 5,
        };
        let hash = wish.hash(&account);
        let mut signatures = BTreeMap::new();
        for it in &evil {
            let signature = sign(&it.key, hash.as_bytes());
            signatures.insert(ours(account_of(&it.key)), signature);
            it.say(SafeStep {
                nonce: 5,
                call: Some(SafeCall {
                    step: name.to_owned(),
                    to: wish.to,
                    value: wish.value.to_be_bytes(),
                    data: data.clone(),
                }),
                signature,
            });
        }
        let [alice, bob, ..] = example::NAMES;
        for peer in &mut honest {
            let both = format!("{alice} and {bob} have signed {name} at nonce 5 of the Safe");
            peer.wait_for(&both);
        }
        // What they have together the contract does not take.
        let bytes = wish.execution(bundle(&signatures, 2).unwrap());
        let words = chain.simulate(who::EVIL, safe, bytes).await.unwrap_err();
        assert!(words.contains("GS020"), "{name}: {words}");
    }
    of_other_fields(&evil[0], &mut honest, (&chain, safe)).await;
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(5));
    let there = chain.view(safe, Safe::getOwnersCall {}).await;
    assert_eq!(there, owners.accounts);
    let asked = Storage::getNodeWithdrawalAddressCall { node: safe };
    let withdrawal = chain.view(chain.at("rocketStorage"), asked).await;
    assert_eq!(withdrawal, who::OWNER);
}
