// LMD-GHOST: which block is the head, given the votes (consensus-specs, phase0 fork-choice,
// get_head with the viable-branch filter).
import {SLOTS_PER_EPOCH} from "@lodestar/params";
import {computeEpochAtSlot} from "@lodestar/state-transition";
import {ExecutionStatus} from "./names.js";

// PROPOSER_SCORE_BOOST: 40 % of a slot's committee weight.
const PROPOSER_BOOST = 0.4;

export function findHead(tree, store, votes, boostRoot) {
  const weight = weights(tree, directWeights(store, votes, boostRoot));
  const viable = viableBlocks(tree, store);
  const heavierFirst = (a, b) =>
    weight.get(b.blockRoot) - weight.get(a.blockRoot) || (a.blockRoot < b.blockRoot ? 1 : -1);
  let head = tree.blocks.get(store.justified.rootHex) ?? tree.blocks.values().next().value;
  for (;;) {
    const children = tree.childrenOf(head.blockRoot).filter((b) => viable.has(b.blockRoot));
    if (children.length === 0) return head;
    head = children.sort(heavierFirst)[0];
  }
}

// Root -> the balance of those whose latest vote names it, and the proposer boost.
function directWeights(store, votes, boostRoot) {
  const weight = new Map();
  const add = (root, amount) => weight.set(root, (weight.get(root) ?? 0) + amount);
  for (const [index, {root}] of votes) add(root, store.balances[index] ?? 0);
  if (boostRoot) {
    const total = store.balances.reduce((sum, balance) => sum + balance, 0);
    add(boostRoot, Math.floor((total / SLOTS_PER_EPOCH) * PROPOSER_BOOST));
  }
  return weight;
}

// Root -> its own weight and that of all its descendants.
function weights(tree, direct) {
  const total = new Map();
  for (const block of [...tree.blocks.values()].reverse()) {
    const below = tree.childrenOf(block.blockRoot).map((b) => total.get(b.blockRoot));
    const own = direct.get(block.blockRoot) ?? 0;
    total.set(block.blockRoot, below.reduce((sum, weight) => sum + weight, own));
  }
  return total;
}

// The roots of blocks that lead to a leaf which agrees with the justified checkpoint.
function viableBlocks(tree, store) {
  const now = computeEpochAtSlot(Math.max(store.currentSlot, 0));
  const agrees = (block) => {
    const past = computeEpochAtSlot(block.slot) < now;
    const source = past ? block.unrealizedJustifiedEpoch : block.justifiedEpoch;
    const justified = store.justified.epoch;
    return justified === 0 || source === justified || source + 2 >= now;
  };
  const viable = new Set();
  for (const block of [...tree.blocks.values()].reverse()) {
    if (block.executionStatus === ExecutionStatus.Invalid) continue;
    const children = tree.childrenOf(block.blockRoot);
    const leads = children.length
      ? children.some((b) => viable.has(b.blockRoot))
      : agrees(block);
    if (leads) viable.add(block.blockRoot);
  }
  return viable;
}
