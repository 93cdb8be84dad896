//! The program's own proofs, made from what the Beacon API gives: they are those of the pretend
//! chain's own trees, and both call surfaces take the calls that carry them.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use node_core::proof::{
    BlockProofs, Carried, Claim, Era, Form, ProofCall, StateReader, StateTerms, Surface, Wanted,
    WithdrawalProof,
};
use proto::eth::spec::Genesis;
use proto::eth::{BeaconBlockHeader, Block, ChainSpec, PresetBase, ValidatorIndex};
use proto::{PublicKey, Root, Slot};
use serde_json::{Value, json};

use crate::beacon::tests::Api;
use crate::chain::{Chain, ETHER, who};
use crate::keys;
use crate::node::{self, Node};
use crate::status::{megapool_of, stage_of};

/// What the program is told of the chain.
struct Prover<'a> {
    node: &'a Node<'a>,
    api: Api,
    spec: ChainSpec,
    pubkey: PublicKey,
    index: ValidatorIndex,
}

/// The chain as the API tells of it.
async fn chain_spec(api: &Api) -> ChainSpec {
    let keys = api.data("/eth/v1/config/spec").await;
    let keys: BTreeMap<String, Value> = serde_json::from_value(keys).unwrap();
    let genesis = api.data("/eth/v1/beacon/genesis").await;
    let text = |what: &str| genesis[what].as_str().unwrap();
    let genesis = Genesis {
        genesis_time: text("genesis_time").parse().unwrap(),
        genesis_validators_root: text("genesis_validators_root").parse().unwrap(),
        genesis_fork_version: text("genesis_fork_version").parse().unwrap(),
    };
    ChainSpec::new(&keys, genesis).unwrap()
}

fn words(steps: &[Root]) -> Vec<B256> {
    steps.iter().map(keys::fixed).collect()
}

impl Prover<'_> {
    /// The proofs of the validator at a slot, from pieces of its state as a socket gives them.
    async fn proofs(&self, slot: Slot, paid: Option<Form>) -> BlockProofs {
        let mut wanted = Wanted {
            validators: BTreeSet::from([self.index]),
            ..Wanted::default()
        };
        if let Some(form) = paid {
            form.want(&mut wanted);
        }
        let terms = StateTerms::at(&self.spec, slot).unwrap();
        let mut reader = StateReader::new(terms, wanted).unwrap();
        let state = format!("/eth/v2/debug/beacon/states/{}", slot.0);
        for piece in self.api.bytes(&state).await.chunks(9_973) {
            reader.push(piece).unwrap();
        }
        let header = self.api.header(&slot.0.to_string()).await;
        let (root, header): (Value, BeaconBlockHeader) = header;
        let root: Root = root.as_str().unwrap().parse().unwrap();
        reader.finish().unwrap().anchored(&header, root).unwrap()
    }

    /// That a block paid the validator out, from the block's SSZ and the roots of its era.
    async fn withdrawal(&self, made: &BlockProofs, form: Form) -> WithdrawalProof {
        let block = format!("/eth/v2/beacon/blocks/{}", form.slot().0);
        let block = self.api.bytes(&block).await;
        // Behind the offset of the message and the signature.
        let block = Block::from_ssz(&self.spec, &block[100..]).unwrap();
        let slots = Era::slots(PresetBase::Mainnet, form.slot());
        let beacon = self.node.chain.beacon.lock().unwrap();
        let before = beacon.before(Slot(slots.start));
        let roots = slots.map(|slot| beacon.at(Slot(slot)).map(|made| made.root));
        let era = Era::new(PresetBase::Mainnet, before, roots);
        made.withdrawal((&block, 0), form, era.as_ref()).unwrap()
    }

    fn call<'p>(&self, at: Slot, made: &'p BlockProofs, carried: Carried<'p>) -> ProofCall<'p> {
        ProofCall {
            megapool: self.node.megapool.into_array().into(),
            validator: 0,
            slot_timestamp: self.node.chain.beacon.lock().unwrap().proof_time(at),
            slot: made.slot(),
            carried,
        }
    }

    /// Claims something of the validator at a slot; the other surface refuses the call.
    async fn claim(&self, claim: Claim, at: Slot, surface: Surface) {
        let chain = self.node.chain;
        let made = self.proofs(at, None).await;
        let validator = made.validator(self.index).unwrap();
        let expected = self.node.proof(0, &self.pubkey, at).stake();
        assert_eq!(words(validator.witnesses()), expected.proof.witnesses);
        assert_eq!(words(made.slot().witnesses()), expected.slot.witnesses);
        let call = self.call(at, &made, Carried::Validator(claim, validator));
        let to = self.node.manager();
        for other in Surface::ALL.into_iter().filter(|it| *it != surface) {
            let refused = chain
                .simulate(who::STRANGER, to, call.calldata(other))
                .await;
            assert!(refused.is_err());
        }
        chain
            .send_bytes(who::STRANGER, to, call.calldata(surface))
            .await;
    }
}

#[tokio::test]
async fn the_programs_own_proofs_carry_a_validator_through_its_life() {
    let chain = Chain::start().await;
    let mut node = Node::register(&chain).await;
    let pubkey = keys::pubkey(1);
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    let slot = chain.slot().await;
    chain.slot().await;
    let index = chain.beacon.lock().unwrap().index_of(&pubkey).unwrap();
    let api = Api(chain.beacon_url());
    let prover = Prover {
        node: &node,
        spec: chain_spec(&api).await,
        api,
        pubkey,
        index: ValidatorIndex(index as u64),
    };
    prover.claim(Claim::Stake, slot, Surface::V1_4).await;
    assert_eq!(stage_of(&chain.seen(), 0), json!({"is": "staked"}));
    let Prover {
        api, spec, index, ..
    } = prover;
    node.upgrade().await;
    let prover = Prover {
        node: &node,
        api,
        spec,
        pubkey,
        index,
    };
    chain.slot().await;
    let withdrawable = chain.beacon.lock().unwrap().exit(&pubkey);
    let slot = chain.slot().await;
    chain.slot().await;
    prover.claim(Claim::NotifyExit, slot, Surface::V1_4_1).await;
    assert_eq!(stage_of(&chain.seen(), 0)["is"], "exiting");
    let paid = chain.withdrawal(withdrawable, &pubkey, None).await;
    its_final_balance_is_proved(&prover, paid).await;
}

async fn its_final_balance_is_proved(prover: &Prover<'_>, paid: Slot) {
    let chain = prover.node.chain;
    assert_eq!(prover.node.surface, node::Surface::Bytes);
    // Soon after by its owner, and from the summary of a past era by anybody.
    for (epochs, from) in [(1, who::OWNER), (1_575, who::STRANGER)] {
        let at = chain.epochs(epochs).await;
        chain.slot().await;
        let form = Form::of(&prover.spec, paid, at).unwrap();
        let made = prover.proofs(at, Some(form)).await;
        let balance = prover.withdrawal(&made, form).await;
        let expected = prover.node.balance_proof(0, (&prover.pubkey, at), paid);
        assert_eq!(words(balance.witnesses()), expected.paid.witnesses);
        let validator = made.validator(prover.index).unwrap();
        let carried = Carried::FinalBalance(&balance, validator);
        let call = prover.call(at, &made, carried);
        let (to, data) = (prover.node.manager(), call.calldata(Surface::V1_4_1));
        chain.simulate(from, to, data.clone()).await.unwrap();
        if from == who::STRANGER {
            chain.send_bytes(from, to, data).await;
        }
    }
    let seen = chain.seen();
    assert_eq!(stage_of(&seen, 0)["is"], "exited");
    assert_eq!(megapool_of(&seen)["debt"], "0");
}
