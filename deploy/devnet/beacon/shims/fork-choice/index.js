// Stands for @lodestar/fork-choice: LMD-GHOST and the FFG store with proposer boost, as far as
// beacon-node calls them. No late-block reorgs, no Gloas payload logic.
import {SLOTS_PER_EPOCH, ZERO_HASH_HEX, ForkSeq} from "@lodestar/params";
import {computeEpochAtSlot, computeStartSlotAtEpoch} from "@lodestar/state-transition";
import {toRootHex} from "@lodestar/utils";
import {findHead} from "./head.js";
import {Lookup} from "./lookup.js";
import {ExecutionStatus, ForkChoiceError, ForkChoiceErrorCode} from "./names.js";
import {NotReorgedReason, PayloadStatus, UpdateHeadOpt} from "./names.js";
import {withHex} from "./store.js";

export * from "./names.js";
export {ForkChoiceStore, ProtoArray} from "./store.js";

export const getForkChoiceMetrics = () => null;
export const getSafeExecutionBlockHash = (forkChoice) =>
  forkChoice.getJustifiedBlock()?.executionPayloadBlockHash ?? ZERO_HASH_HEX;

export class ForkChoice extends Lookup {
  constructor(config, store, tree, _validatorCount, _metrics, options, logger) {
    super();
    Object.assign(this, {config, store, tree, options: options ?? {}, logger});
    this.votes = new Map(); // validator index -> {epoch, root} of its latest vote
    this.queued = []; // votes of the current slot count from the next one on
    this.equivocating = new Set();
    this.boostRoot = null;
    this.previousBoostRoot = null;
    this.justifyingState = null; // the state that showed the unrealised justification
    this.genesis = tree.blocks.values().next().value;
    this.head = this.#findHead();
  }

  // ---- time

  getTime() {
    return this.store.currentSlot;
  }

  updateTime(slot) {
    const {store} = this;
    while (store.currentSlot < slot) {
      store.currentSlot += 1;
      this.previousBoostRoot = this.boostRoot;
      this.boostRoot = null;
      if (store.currentSlot % SLOTS_PER_EPOCH === 0) {
        this.#advance(store.unrealizedJustified, store.unrealizedFinalized, null);
      }
    }
    const ripe = this.queued.filter((vote) => vote.slot < store.currentSlot);
    this.queued = this.queued.filter((vote) => vote.slot >= store.currentSlot);
    ripe.forEach((vote) => this.#count(vote));
  }

  // ---- what arrives

  // The package's seven positional arguments.
  onBlock(block, state, delaySec, currentSlot, executionStatus, dataAvailabilityStatus, proposer) {
    const types = this.config.getForkTypes(block.slot);
    const blockRoot = toRootHex(types.BeaconBlock.hashTreeRoot(block));
    const parentRoot = toRootHex(block.parentRoot);
    const known = this.tree.blocks.get(blockRoot);
    if (known) return known;
    if (!this.tree.blocks.has(parentRoot)) {
      const err = {code: "UNKNOWN_PARENT", root: parentRoot};
      throw new ForkChoiceError({code: ForkChoiceErrorCode.INVALID_BLOCK, err});
    }
    const timeliness =
      currentSlot === block.slot && delaySec < this.config.SLOT_DURATION_MS / 3000;
    const expected = proposer == null || proposer === block.proposerIndex;
    if (timeliness && !this.boostRoot && this.options.proposerBoost && expected) {
      this.boostRoot = blockRoot;
    }
    const epochStart = computeStartSlotAtEpoch(computeEpochAtSlot(block.slot));
    const protoBlock = {
      slot: block.slot,
      blockRoot,
      parentRoot,
      targetRoot:
        block.slot === epochStart ? blockRoot : toRootHex(state.getBlockRootAtSlot(epochStart)),
      stateRoot: toRootHex(block.stateRoot),
      timeliness,
      proposerIndex: block.proposerIndex,
      ...this.#payload(block, executionStatus),
      dataAvailabilityStatus,
      payloadStatus: PayloadStatus.FULL,
      parentBlockHash: null,
    };
    this.#justify(protoBlock, state);
    this.tree.onBlock(protoBlock);
    return protoBlock;
  }

  onAttestation(indexed, _root, _force) {
    const {slot, beaconBlockRoot, target} = indexed.data;
    const root = toRootHex(beaconBlockRoot);
    if (!this.tree.blocks.has(root)) {
      const err = {code: "UNKNOWN_HEAD_BLOCK", beaconBlockRoot: root};
      throw new ForkChoiceError({code: ForkChoiceErrorCode.INVALID_ATTESTATION, err});
    }
    const vote = {slot, root, epoch: target.epoch, indices: [...indexed.attestingIndices]};
    if (slot < this.store.currentSlot) this.#count(vote);
    else this.queued.push(vote);
  }

  onAttesterSlashing({attestation1, attestation2}) {
    const second = new Set(attestation2.attestingIndices.map(Number));
    for (const index of attestation1.attestingIndices.map(Number)) {
      if (!second.has(index)) continue;
      this.equivocating.add(index);
      this.votes.delete(index);
    }
  }

  // The execution client's late verdict on a payload.
  validateLatestHash(verdict) {
    if (verdict.executionStatus === ExecutionStatus.Invalid) {
      this.logger?.error?.("the execution client called a payload invalid", verdict);
    }
    if (verdict.executionStatus !== ExecutionStatus.Valid) return;
    const isIt = (b) => b.executionPayloadBlockHash === verdict.latestValidExecHash;
    for (const block of this.tree.upFrom([...this.tree.blocks.values()].find(isIt))) {
      if (block.executionStatus !== ExecutionStatus.Syncing) return;
      block.executionStatus = ExecutionStatus.Valid;
    }
  }

  notifyPtcMessages() {}
  onExecutionPayload() {}
  getPTCVoteCounts() {
    return null;
  }

  #payload(block, executionStatus) {
    const isMerged = this.config.getForkSeq(block.slot) >= ForkSeq.bellatrix;
    if (!isMerged || executionStatus === ExecutionStatus.PreMerge) {
      return {executionPayloadBlockHash: null, executionStatus: ExecutionStatus.PreMerge};
    }
    const payload = block.body.executionPayload ?? block.body.executionPayloadHeader;
    return {
      executionPayloadBlockHash: toRootHex(payload.blockHash),
      executionPayloadNumber: payload.blockNumber,
      executionPayloadGasLimit: payload.gasLimit,
      executionStatus,
    };
  }

  // Notes in the block what its state justifies, and moves the store's checkpoints.
  #justify(protoBlock, state) {
    const {store} = this;
    const justified = withHex(state.currentJustifiedCheckpoint);
    const finalized = withHex(state.finalizedCheckpoint);
    const unrealized = state.computeUnrealizedCheckpoints();
    const nextJustified = withHex(unrealized.justifiedCheckpoint);
    const nextFinalized = withHex(unrealized.finalizedCheckpoint);
    Object.assign(protoBlock, {
      justifiedEpoch: justified.epoch,
      justifiedRoot: justified.rootHex,
      finalizedEpoch: finalized.epoch,
      finalizedRoot: finalized.rootHex,
      unrealizedJustifiedEpoch: nextJustified.epoch,
      unrealizedJustifiedRoot: nextJustified.rootHex,
      unrealizedFinalizedEpoch: nextFinalized.epoch,
      unrealizedFinalizedRoot: nextFinalized.rootHex,
    });
    this.#advance(justified, finalized, state);
    if (nextJustified.epoch > store.unrealizedJustified.epoch) {
      store.unrealizedJustified = nextJustified;
      this.justifyingState = state;
    }
    if (nextFinalized.epoch > store.unrealizedFinalized.epoch) {
      store.unrealizedFinalized = nextFinalized;
    }
    if (computeEpochAtSlot(protoBlock.slot) < computeEpochAtSlot(store.currentSlot)) {
      this.#advance(nextJustified, nextFinalized, state);
    }
  }

  #advance(justified, finalized, state) {
    this.store.advance(justified, finalized, state ?? this.justifyingState);
  }

  #count({indices, epoch, root}) {
    for (const index of indices.map(Number)) {
      if (this.equivocating.has(index)) continue;
      const latest = this.votes.get(index);
      if (!latest || epoch > latest.epoch) this.votes.set(index, {epoch, root});
    }
  }

  // ---- the head

  #findHead() {
    return findHead(this.tree, this.store, this.votes, this.boostRoot);
  }

  updateAndGetHead({mode}) {
    if (mode === UpdateHeadOpt.GetCanonicalHead) this.head = this.#findHead();
    return {
      head: this.head,
      isHeadTimely: this.head.timeliness,
      notReorgedReason: NotReorgedReason.ProposerBoostReorgDisabled,
    };
  }

  getHead() {
    return this.head;
  }

  getHeadRoot() {
    return this.head.blockRoot;
  }

  getHeads() {
    return this.getAllNodes().filter((b) => this.tree.childrenOf(b.blockRoot).length === 0);
  }

  getProposerBoostRoot() {
    return this.boostRoot ?? ZERO_HASH_HEX;
  }

  getPreviousProposerBoostRoot() {
    return this.previousBoostRoot ?? ZERO_HASH_HEX;
  }

  shouldOverrideForkChoiceUpdate() {
    return {
      shouldOverrideFcu: false,
      reason: NotReorgedReason.ProposerBoostReorgDisabled,
    };
  }

  shouldBuildOnFull(block) {
    return block.payloadStatus === PayloadStatus.FULL;
  }

  getMetrics() {
    return {
      votes: this.votes.size,
      queuedAttestations: this.queued.length,
      validatedAttestationDatas: 0,
      balancesLength: this.store.balances.length,
      nodes: this.tree.length(),
      indices: this.tree.length(),
    };
  }
}
