// An account of the execution chain that signs for itself, as a person's wallet does.
//
//   node wallet.mjs keystore KEY PASSWORD
//       prints the key in the file KEY as a keystore (version 3) that opens with the password in
//       the file PASSWORD
//   node wallet.mjs tip RPC KEY ETHER
//       gives whoever makes a block about so much ether, block after block, until it is ended
//   node wallet.mjs send RPC KEY DEPTH TO WEI [DATA]
//       sends that from the account whose key is in the file KEY, waits until DEPTH blocks stand on
//       the one that has it, and prints the receipt
//
// A client may forget a transaction whose block is taken back, so it is sent again until its block
// is deep enough.

import {createCipheriv, randomBytes, randomUUID, scryptSync} from "node:crypto";
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
import {keccak256} from "ethereum-cryptography/keccak.js";

const GWEI = 10n ** 9n;
// Far above what a test chain ever asks for.
const FEES = {maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI};
// What a transfer needs.
const TRANSFER_GAS = 21_000n;
// How long a transaction may take, and how often it is looked for and sent again.
const PATIENCE_MS = 180_000;
const LOOK_MS = 200;
const AGAIN_MS = 2_000;
// More in a block than a client executes in a second would let the chain fork.
const MOST_WAITING = 4;

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

  async send({to, value = 0n, gas, data = "0x", fees = FEES}) {
    const early = this.#sent[this.#sent.length - MOST_WAITING];
    if (early) await this.#done(early, 0);
    const nonce = this.#nonce++;
    const fields = {...fees, nonce, gasLimit: BigInt(gas), to, value, data};
    const signed = createFeeMarket1559Tx(fields, {common: this.#common}).sign(this.#key);
    const raw = bytesToHex(signed.serialize());
    const hash = await ask(this.#rpc, "eth_sendRawTransaction", [raw]);
    this.#sent.push({hash, raw, nonce});
  }

  // Waits until the last one is done, and with it all before it. What it did.
  settle() {
    return this.#done(this.#sent.at(-1), this.#depth);
  }

  async #done({hash, nonce}, depth) {
    const until = Date.now() + PATIENCE_MS;
    const sender = [this.address.toString(), "latest"];
    let sent = Date.now();
    for (;;) {
      const count = BigInt(await ask(this.#rpc, "eth_getTransactionCount", sender));
      const isIn = count > nonce;
      const receipt = isIn && (await ask(this.#rpc, "eth_getTransactionReceipt", [hash]));
      const head = BigInt(await ask(this.#rpc, "eth_blockNumber", []));
      if (receipt && head >= BigInt(receipt.blockNumber) + BigInt(depth)) {
        if (receipt.status === "0x1") return receipt;
        throw new Error(`reverted: ${JSON.stringify(receipt)}`);
      }
      if (Date.now() > until) throw new Error(`no block has the transaction ${hash}`);
      if (!isIn && Date.now() > sent + AGAIN_MS) {
        sent = Date.now();
        // Also those that were in a block once. That one is known already is no reason to stop.
        for (const {raw} of this.#sent.filter((it) => it.nonce >= count)) {
          await ask(this.#rpc, "eth_sendRawTransaction", [raw]).catch(() => {});
        }
      }
      await pause();
    }
  }
}

function keyOf(text) {
  const hex = text.trim();
  return hexToBytes(hex.startsWith("0x") ? hex : `0x${hex}`);
}

// Web3 Secret Storage, version 3. The password of a devnet needs no costly derivation.
function keystore(key, password) {
  const [salt, iv] = [randomBytes(32), randomBytes(16)];
  const [n, r, p] = [1024, 8, 1];
  const derived = scryptSync(password, salt, 32, {N: n, r, p});
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  const mac = keccak256(Buffer.concat([derived.subarray(16), ciphertext]));
  const hex = (bytes) => Buffer.from(bytes).toString("hex");
  return {
    version: 3,
    id: randomUUID(),
    address: hex(createAddressFromPrivateKey(key).bytes),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: {iv: hex(iv)},
      ciphertext: hex(ciphertext),
      kdf: "scrypt",
      kdfparams: {dklen: 32, n, r, p, salt: hex(salt)},
      mac: hex(mac),
    },
  };
}

async function tip(rpc, key, ether) {
  const each = BigInt(Math.round(ether * 1e9)) * GWEI / TRANSFER_GAS;
  const fees = {maxFeePerGas: each + 100n * GWEI, maxPriorityFeePerGas: each};
  const wallet = await Wallet.open(rpc, key, 0);
  for (;;) {
    await wallet.send({to: wallet.address, gas: TRANSFER_GAS, fees});
    await wallet.settle();
  }
}

const [, script, mode, ...rest] = process.argv;
const text = (file) => readFileSync(file, "utf8");
if (script !== fileURLToPath(import.meta.url)) {
  // It is a library.
} else if (mode === "keystore") {
  console.log(JSON.stringify(keystore(keyOf(text(rest[0])), text(rest[1]).trim())));
} else if (mode === "tip") {
  await tip(rest[0], text(rest[1]), Number(rest[2]));
} else {
  const [rpc, key, depth, to, wei, data] = rest;
  const wallet = await Wallet.open(rpc, text(key), Number(depth));
  await wallet.send({to, value: BigInt(wei), gas: 10_000_000, data});
  console.log(JSON.stringify(await wallet.settle()));
}
