// The genesis state: the interop validators, whose keys everybody knows, and after them the
// validators of `--append`.
//
// A cluster definition holds the genesis validators root, and the keys of a cluster exist only
// after its definition: so the root is that of the interop validators alone. It is a field of the
// state, read by every signing domain and fork digest and never recomputed after genesis, so
// validators appended to the registry leave it as it is.
import fs from "node:fs";
import {DOMAIN_BEACON_PROPOSER, FAR_FUTURE_EPOCH, ForkSeq} from "@lodestar/params";
import {MAX_EFFECTIVE_BALANCE, MIN_SEED_LOOKAHEAD} from "@lodestar/params";
import * as transition from "@lodestar/state-transition";
import {ssz} from "@lodestar/types";
import {fromHex} from "@lodestar/utils";

const {initDevState} = await import("./node_modules/@lodestar/beacon-node/lib/node/utils/state.js");

// Stands for the execution chain's block 0 where the engine is a mock.
const MOCK_GENESIS_HASH = new Uint8Array(32).fill(0x42);

export function genesisState(config, flags) {
  const state = initDevState(config, flags.validators, {
    genesisTime: flags.genesisTime,
    eth1BlockHash: flags.genesisHash ? fromHex(flags.genesisHash) : MOCK_GENESIS_HASH,
    eth1Timestamp: flags.genesisHash ? 0 : flags.genesisTime,
    // The mock engine pays no withdrawals, so no validator may have an address to pay them to.
    withEth1Credentials: flags.genesisHash !== undefined,
  });
  if (flags.appendFile) append(state, JSON.parse(fs.readFileSync(flags.appendFile, "utf8")));
  state.commit();
  const active = actives(state);
  const committee = firstSyncCommittee(config.getForkSeq(0), state, active);
  state.currentSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committee);
  state.nextSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committee);
  if (state.proposerLookahead) {
    const proposers = firstProposers(state, active);
    state.proposerLookahead = ssz.fulu.ProposerLookahead.toViewDU(proposers);
  }
  state.commit();
  return state;
}

// Registers each validator with a full balance, active from epoch 0.
function append(state, validators) {
  for (const {pubkey, withdrawal_credentials} of validators) {
    const validator = ssz.phase0.Validator.toViewDU({
      pubkey: fromHex(pubkey),
      withdrawalCredentials: fromHex(withdrawal_credentials),
      effectiveBalance: MAX_EFFECTIVE_BALANCE,
      slashed: false,
      activationEligibilityEpoch: 0,
      activationEpoch: 0,
      exitEpoch: FAR_FUTURE_EPOCH,
      withdrawableEpoch: FAR_FUTURE_EPOCH,
    });
    state.validators.push(validator);
    state.balances.push(MAX_EFFECTIVE_BALANCE);
    state.previousEpochParticipation.push(0);
    state.currentEpochParticipation.push(0);
    state.inactivityScores.push(0);
  }
}

// Who is active at first, and what each of all counts, in ETH.
function actives(state) {
  const indices = transition.getActiveValidatorIndices(state, 0);
  const validators = state.validators.getAllReadonlyValues();
  const increments = transition.getEffectiveBalanceIncrementsWithLen(validators.length);
  validators.forEach((validator, i) => (increments[i] = validator.effectiveBalance / 1e9));
  return {indices, increments};
}

// The package chooses the first sync committees before validators are appended.
// (consensus-specs, altair/beacon-chain.md, get_next_sync_committee: the same for both periods)
function firstSyncCommittee(fork, state, {indices, increments}) {
  return transition.getNextSyncCommittee(fork, state, indices, increments).syncCommittee;
}

// Fulu keeps the proposers of the coming epochs in the state; the package's genesis leaves them
// zero. (consensus-specs, fulu/fork.md, initialize_proposer_lookahead)
function firstProposers(state, {indices: activeIndices, increments}) {
  const proposers = [];
  for (let epoch = 0; epoch <= MIN_SEED_LOOKAHEAD; epoch++) {
    const seed = transition.getSeed(state, epoch, DOMAIN_BEACON_PROPOSER);
    const shuffling = {epoch, activeIndices};
    proposers.push(...transition.computeProposers(ForkSeq.fulu, seed, shuffling, increments));
  }
  return proposers;
}
