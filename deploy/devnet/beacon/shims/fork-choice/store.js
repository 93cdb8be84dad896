// What fork choice knows: the checkpoints, and the tree of blocks.
import {toRootHex} from "@lodestar/utils";

// A checkpoint with its root in both forms.
export const withHex = ({epoch, root, rootHex}) => ({
  epoch,
  root,
  rootHex: rootHex ?? toRootHex(root),
});

export class ForkChoiceStore {
  constructor(currentSlot, justified, finalized, balances, balancesGetter, _stateGetter, events) {
    this.currentSlot = currentSlot;
    this.justified = withHex(justified);
    this.finalized = withHex(finalized);
    // What the next epoch's start will justify and finalise.
    this.unrealizedJustified = this.justified;
    this.unrealizedFinalized = this.finalized;
    // Effective balances of the justified state: the weight of each vote.
    this.balances = balances;
    this.balancesGetter = balancesGetter;
    this.events = events ?? {};
  }

  get finalizedCheckpoint() {
    return this.finalized;
  }

  // Moves to newer checkpoints; `state` is one from which the justified balances can be read.
  advance(justified, finalized, state) {
    if (justified.epoch > this.justified.epoch) {
      this.justified = justified;
      this.balances = this.#balancesAt(justified, state) ?? this.balances;
      this.events.onJustified?.(justified);
    }
    if (finalized.epoch > this.finalized.epoch) {
      this.finalized = finalized;
      this.events.onFinalized?.(finalized);
    }
  }

  // The node may have dropped that state: the older balances then stand in for these.
  #balancesAt(justified, state) {
    try {
      return this.balancesGetter(justified, state);
    } catch {
      return null;
    }
  }
}

// The tree of blocks. The package keeps it in an array with indices, hence its name there.
export class ProtoArray {
  constructor() {
    this.blocks = new Map(); // root -> block; parents come before their children
    this.children = new Map(); // root -> roots
  }

  static initialize(block, _slot) {
    const tree = new ProtoArray();
    tree.onBlock({...block, targetRoot: block.targetRoot ?? block.blockRoot});
    return tree;
  }

  onBlock(block) {
    if (this.blocks.has(block.blockRoot)) return;
    this.blocks.set(block.blockRoot, block);
    if (!this.children.has(block.parentRoot)) this.children.set(block.parentRoot, []);
    this.children.get(block.parentRoot).push(block.blockRoot);
  }

  length() {
    return this.blocks.size;
  }

  childrenOf(root) {
    return (this.children.get(root) ?? []).map((r) => this.blocks.get(r)).filter(Boolean);
  }

  // The block and its ancestors, newest first.
  *upFrom(block) {
    for (let b = block; b; b = this.blocks.get(b.parentRoot)) yield b;
  }

  isDescendant(ancestorRoot, block) {
    for (const b of this.upFrom(block)) if (b.blockRoot === ancestorRoot) return true;
    return false;
  }

  // Forgets every block that does not descend from `root`, and answers with them.
  keepOnly(root) {
    if (!this.blocks.has(root)) return [];
    const kept = new Set([root]);
    for (const b of this.blocks.values()) if (kept.has(b.parentRoot)) kept.add(b.blockRoot);
    const pruned = [...this.blocks.values()].filter((b) => !kept.has(b.blockRoot));
    for (const b of pruned) {
      this.blocks.delete(b.blockRoot);
      this.children.delete(b.blockRoot);
    }
    return pruned;
  }
}
