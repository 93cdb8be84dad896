// The questions fork choice answers about checkpoints and blocks; it decides nothing.
import {SLOTS_PER_EPOCH} from "@lodestar/params";
import {computeStartSlotAtEpoch} from "@lodestar/state-transition";
import {toRootHex} from "@lodestar/utils";
import {AncestorStatus} from "./names.js";

// Needs `store`, `tree`, `genesis` and `head` from the class that extends it.
export class Lookup {
  // ---- checkpoints

  getFinalizedCheckpoint() {
    return this.store.finalized;
  }

  getJustifiedCheckpoint() {
    return this.store.justified;
  }

  getUnrealizedJustifiedCheckpoint() {
    return this.store.unrealizedJustified;
  }

  getUnrealizedFinalizedCheckpoint() {
    return this.store.unrealizedFinalized;
  }

  getFinalizedCheckpointSlot() {
    return computeStartSlotAtEpoch(this.store.finalized.epoch);
  }

  getFinalizedBlock() {
    return this.tree.blocks.get(this.store.finalized.rootHex) ?? this.genesis;
  }

  getJustifiedBlock() {
    return this.tree.blocks.get(this.store.justified.rootHex) ?? this.genesis;
  }

  getConfirmedBlock() {
    return this.getFinalizedBlock();
  }

  getConfirmedRoot() {
    return this.getFinalizedBlock().blockRoot;
  }

  // ---- blocks: by root, by slot, by descent

  hasBlock(root) {
    return this.tree.blocks.has(toRootHex(root));
  }

  hasBlockHex(root) {
    return this.tree.blocks.has(root);
  }

  hasBlockUnsafe(root) {
    return this.hasBlock(root);
  }

  hasBlockHexUnsafe(root) {
    return this.hasBlockHex(root);
  }

  hasPayloadHexUnsafe(root) {
    return this.hasBlockHex(root);
  }

  getBlockHex(root) {
    return this.tree.blocks.get(root) ?? null;
  }

  getBlockHexDefaultStatus(root) {
    return this.getBlockHex(root);
  }

  getBlockDefaultStatus(root) {
    return this.getBlockHex(toRootHex(root));
  }

  getBlockHexAndBlockHash(root, payloadHash) {
    const block = this.getBlockHex(root);
    return block?.executionPayloadBlockHash === payloadHash ? block : null;
  }

  getAllNodes() {
    return [...this.tree.blocks.values()].map((b) => ({...b, weight: 0}));
  }

  getSlotsPresent(from) {
    return this.getAllNodes().filter((b) => b.slot > from).length;
  }

  *iterateAncestorBlocks(root) {
    for (const b of this.tree.upFrom(this.getBlockHex(root))) if (b.blockRoot !== root) yield b;
  }

  getAllAncestorBlocks(root) {
    const finalizedSlot = this.getFinalizedBlock().slot;
    return [...this.tree.upFrom(this.getBlockHex(root))].filter((b) => b.slot > finalizedSlot);
  }

  getAllAncestorAndNonAncestorBlocksDefaultStatus(root) {
    const ancestors = [...this.tree.upFrom(this.getBlockHex(root))];
    const nonAncestors = [...this.tree.blocks.values()].filter(
      (b) => !ancestors.includes(b) && !this.tree.isDescendant(root, b),
    );
    return {ancestors, nonAncestors};
  }

  isDescendant(ancestorRoot, root) {
    return this.tree.isDescendant(ancestorRoot, this.getBlockHex(root));
  }

  forwarditerateAncestorBlocks() {
    return [...this.tree.blocks.values()];
  }

  *forwardIterateDescendantsDefaultStatus(root) {
    for (const b of this.tree.blocks.values()) {
      if (b.blockRoot !== root && this.tree.isDescendant(root, b)) yield b;
    }
  }

  getBlockSummariesByParentRoot(root) {
    return this.tree.childrenOf(root);
  }

  getBlockSummariesAtSlot(slot) {
    return [...this.tree.blocks.values()].filter((b) => b.slot === slot);
  }

  #canonical(isIt) {
    for (const b of this.tree.upFrom(this.head)) if (isIt(b)) return b;
    return null;
  }

  getCanonicalBlockByRoot(root) {
    return this.#canonical((b) => b.blockRoot === toRootHex(root));
  }

  getCanonicalBlockAtSlot(slot) {
    return this.#canonical((b) => b.slot === slot);
  }

  getCanonicalBlockClosestLteSlot(slot) {
    return this.#canonical((b) => b.slot <= slot);
  }

  getCommonAncestorDepth(previous, next) {
    const old = new Set([...this.tree.upFrom(previous)].map((b) => b.blockRoot));
    for (const b of this.tree.upFrom(next)) {
      if (b.blockRoot === previous.blockRoot) return {code: AncestorStatus.Descendant};
      if (old.has(b.blockRoot)) {
        return {code: AncestorStatus.CommonAncestor, depth: previous.slot - b.slot};
      }
    }
    return {code: AncestorStatus.NoCommonAncenstor};
  }

  // The last block before the epoch `epochsBack` before the block's own: it fixes the duties.
  getDependentRoot(block, epochsBack) {
    const epochStart = block.slot - (block.slot % SLOTS_PER_EPOCH);
    const before = epochStart - epochsBack * SLOTS_PER_EPOCH;
    if (before <= 0) return this.genesis.blockRoot;
    let oldest = block;
    for (const b of this.tree.upFrom(block)) {
      oldest = b;
      if (b.slot < before) return b.blockRoot;
    }
    return oldest.parentRoot;
  }

  prune(finalizedRoot) {
    return this.tree.keepOnly(finalizedRoot);
  }
}
