// Starts the execution client of the package, mended where it makes a busy devnet stop.
//
// `receipts.mjs`, `calls.mjs`, `params.mjs` and `payloads.mjs` say what they mend. Here are its
// transactions: it forgets those of a block that the chain turns away from, and one whose nonce is
// used up keeps all behind it waiting. Now they wait again, and none is in the way. And after a
// fault that nothing catches it ends at once, and says which.
// node client.mjs, with the flags of `ethereumjs`
import {createAddressFromString, equalsBytes} from "@ethereumjs/util";
import {TxPool} from "@ethereumjs/client/dist/esm/src/service/txpool.js";
import "./calls.mjs";
import "./params.mjs";
import "./payloads.mjs";
import "./receipts.mjs";

// The chain turns away from fewer blocks with transactions than that.
const MOST_RECENT = 8;

const recent = [];
let head;
const removeNewBlockTxs = TxPool.prototype.removeNewBlockTxs;
TxPool.prototype.removeNewBlockTxs = function (blocks) {
  removeNewBlockTxs.call(this, blocks);
  const isFork = head && !equalsBytes(blocks[0].header.parentHash, head);
  head = blocks.at(-1).hash();
  if (isFork) {
    const left = recent.flatMap((block) => block.transactions);
    // What is in the chain nevertheless is refused by its nonce.
    for (const tx of left) this.add(tx, true).catch(() => {});
  }
  recent.push(...blocks.filter((block) => block.transactions.length > 0));
  recent.splice(0, Math.max(0, recent.length - MOST_RECENT));
};

const txsByPriceAndNonce = TxPool.prototype.txsByPriceAndNonce;
TxPool.prototype.txsByPriceAndNonce = async function (vm, options) {
  const pool = new Map();
  for (const [address, waiting] of this.pool) {
    const account = await vm.stateManager.getAccount(createAddressFromString(`0x${address}`));
    const usable = waiting.filter(({tx}) => tx.nonce >= (account?.nonce ?? 0n));
    if (usable.length > 0) pool.set(address, usable);
  }
  return txsByPriceAndNonce.call(Object.create(this, {pool: {value: pool}}), vm, options);
};

// As it comes, it would close its ports and stay: the devnet would wait for it and not know why.
process.on("uncaughtException", (error) => {
  console.error(error);
  process.exit(1);
});

await import("@ethereumjs/client/dist/esm/bin/cli.js");
