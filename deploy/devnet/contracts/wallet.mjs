// An account of the execution chain that signs for itself, as a person's wallet does.
//
//   node wallet.mjs send RPC KEY DEPTH TO WEI [DATA]
//       sends that from the account whose key is in the file KEY, waits until DEPTH blocks stand on
//       the one that has it, and prints the receipt
//
// A client may forget a transaction whose block is taken back, so it is sent again until its block
// is deep enough.

import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {Common, Hardfork, Mainnet} from "@ethereumjs/common";
import {createFeeMarket1559Tx} from "@ethereumjs/tx";
import {
  bytesToHex,
  createAddressFromPrivateKey,
  createContractAddress,
  hexToBytes,
} from "@ethereumjs/util";

const GWEI = 10n ** 9n;
// Far above what a test chain ever asks for.
const FEES = {maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI};
// How long a transaction may take, and how often it is looked for and sent again.
const PATIENCE_MS = 180_000;
const LOOK_MS = 200;
const AGAIN_MS = 2_000;
// More in a block than a client executes in a second would let the chain fork.
const MOST_WAITING = 10;

export async function ask(rpc, method, params) {
  const body = JSON.stringify({jsonrpc: "2.0", id: 1, method, params});
  const headers = {"content-type": "application/json"};
  const response = await fetch(rpc, {method: "POST", headers, body});
  const answer = await response.json();
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

export class Wallet {
  #rpc;
  #key;
  #common;
  #depth;
  #nonce;
  #sent = [];

  // What it sends is done when `depth` blocks stand on the block that has it.
  static async open(rpc, key, depth) {
    const wallet = new Wallet();
    wallet.#rpc = rpc;
    wallet.#depth = depth;
    wallet.#key = keyOf(key);
    wallet.address = createAddressFromPrivateKey(wallet.#key);
    const chainId = Number(await ask(rpc, "eth_chainId", []));
    wallet.#common = new Common({
      chain: {...Mainnet, chainId},
      hardfork: Hardfork.Prague,
    });
    const asked = [wallet.address.toString(), "latest"];
    wallet.#nonce = BigInt(await ask(rpc, "eth_getTransactionCount", asked));
    return wallet;
  }

  // Where the contract will be that the next transaction makes.
  nextContract() {
    return createContractAddress(this.address, this.#nonce).toString();
  }

  async send({to, value = 0n, gas, data = "0x"}) {
    const early = this.#sent[this.#sent.length - MOST_WAITING];
    if (early) await this.#done(early, 0);
    const nonce = this.#nonce++;
    const fields = {...FEES, nonce, gasLimit: BigInt(gas), to, value, data};
    const signed = createFeeMarket1559Tx(fields, {common: this.#common}).sign(this.#key);
    const raw = bytesToHex(signed.serialize());
    const hash = await ask(this.#rpc, "eth_sendRawTransaction", [raw]);
    this.#sent.push({hash, raw, nonce, at: Date.now()});
  }

  // Waits until the last one is done, and with it all before it. What it did.
  settle() {
    return this.#done(this.#sent.at(-1), this.#depth);
  }

  async #done({hash, raw, nonce, at}, depth) {
    const until = Date.now() + PATIENCE_MS;
    const sender = [this.address.toString(), "latest"];
    let sent = at;
    for (;;) {
      const isIn = BigInt(await ask(this.#rpc, "eth_getTransactionCount", sender)) > nonce;
      const receipt = isIn && (await ask(this.#rpc, "eth_getTransactionReceipt", [hash]));
      const head = BigInt(await ask(this.#rpc, "eth_blockNumber", []));
      if (receipt && head >= BigInt(receipt.blockNumber) + BigInt(depth)) {
        if (receipt.status === "0x1") return receipt;
        throw new Error(`reverted: ${JSON.stringify(receipt)}`);
      }
      if (Date.now() > until) throw new Error(`no block has the transaction ${hash}`);
      if (!isIn && Date.now() > sent + AGAIN_MS) {
        sent = Date.now();
        // That it is known already is no reason to stop.
        await ask(this.#rpc, "eth_sendRawTransaction", [raw]).catch(() => {});
      }
      await pause();
    }
  }
}

function keyOf(text) {
  const hex = text.trim();
  return hexToBytes(hex.startsWith("0x") ? hex : `0x${hex}`);
}

const [, script, mode, rpc, key, depth, to, wei, data] = process.argv;
if (script === fileURLToPath(import.meta.url) && mode === "send") {
  const wallet = await Wallet.open(rpc, readFileSync(key, "utf8"), Number(depth));
  await wallet.send({to, value: BigInt(wei), gas: 10_000_000, data});
  console.log(JSON.stringify(await wallet.settle()));
}
