// Lets the execution client keep its receipts when its chain forks, and give them cheaply.
//
// As it comes, it deletes those of a block that the chain turns away from, also if the chain comes
// back to it; for a transaction it remembers only the block that it executed last; and to give one
// it executes the whole block again, which fails on a busy chain. Here all are kept, it is looked
// which block is the chain's, and what is told of a transaction is what was kept.
import {
  bigIntToHex,
  bytesToHex,
  createContractAddress,
  equalsBytes,
  hexToBytes,
  intToHex,
} from "@ethereumjs/util";
import {ReceiptsManager} from "@ethereumjs/client/dist/esm/src/execution/receipt.js";
import {Eth} from "@ethereumjs/client/dist/esm/src/rpc/modules/eth.js";

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

Eth.prototype.getTransactionReceipt = async function ([transactionHash]) {
  const found = await this.receiptsManager.getReceiptByTxHash(hexToBytes(transactionHash));
  if (!found) return null;
  const [receipt, hash, index, logIndex] = found;
  const {header, transactions} = await this._chain.getBlock(hash);
  const all = await this.receiptsManager.getReceipts(hash);
  const before = index > 0 ? all[index - 1].cumulativeBlockGasUsed : 0n;
  const tx = transactions[index];
  const from = tx.getSenderAddress();
  const price = header.baseFeePerGas + tx.getEffectivePriorityFee(header.baseFeePerGas);
  const at = {
    transactionHash,
    transactionIndex: intToHex(index),
    blockHash: bytesToHex(hash),
    blockNumber: bigIntToHex(header.number),
  };
  return {
    ...at,
    from: from.toString(),
    to: tx.to?.toString() ?? null,
    contractAddress: tx.to ? null : createContractAddress(from, tx.nonce).toString(),
    cumulativeGasUsed: bigIntToHex(receipt.cumulativeBlockGasUsed),
    gasUsed: bigIntToHex(receipt.cumulativeBlockGasUsed - before),
    effectiveGasPrice: bigIntToHex(price),
    logs: receipt.logs.map(([address, topics, data], i) => ({
      ...at,
      removed: false,
      logIndex: intToHex(logIndex + i),
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(data),
    })),
    logsBloom: bytesToHex(receipt.bitvector),
    status: intToHex(receipt.status),
    type: intToHex(tx.type),
  };
};
