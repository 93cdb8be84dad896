// Starts the execution client of the package, mended in one place: after a fork it loses receipts.
//
// It deletes those of a block that the chain turns away from, also if the chain comes back to it;
// and for a transaction it remembers only the block that it executed last. Then it says for ever
// that there is neither receipt nor log. Here all are kept, and it is looked which block is the
// chain's.
// node client.mjs, with the flags of `ethereumjs`
import {equalsBytes, bytesToHex} from "@ethereumjs/util";
import {ReceiptsManager} from "@ethereumjs/client/dist/esm/src/execution/receipt.js";

const places = new Map();

const saveReceipts = ReceiptsManager.prototype.saveReceipts;
ReceiptsManager.prototype.saveReceipts = function (block, receipts) {
  for (const [index, tx] of block.transactions.entries()) {
    const hash = bytesToHex(tx.hash());
    places.set(hash, [...(places.get(hash) ?? []), [block.hash(), index]]);
  }
  return saveReceipts.call(this, block, receipts);
};

ReceiptsManager.prototype.deleteReceipts = async function () {};

ReceiptsManager.prototype.getIndex = async function (_, txHash) {
  for (const place of places.get(bytesToHex(txHash)) ?? []) {
    const {header} = await this.chain.getBlock(place[0]);
    const canonical = await this.chain.getBlock(header.number).catch(() => undefined);
    if (canonical && equalsBytes(canonical.hash(), place[0])) return place;
  }
  return null;
};

await import("@ethereumjs/client/dist/esm/bin/cli.js");
