#!/usr/bin/env bash
# Foundry's anvil 1.7.1 (npm: @foundry-rs/anvil) as an execution client of Prague.
#
# Guess:  with `--hardfork prague` and the real deposit contract in its genesis, a block that holds
#         a deposit commits to it: `requestsHash` (EIP-7685) covers the deposit request (EIP-6110).
# Really: the deposit is executed and its log is there, but `requestsHash` is that of a block
#         without requests, sha256 of nothing.
#
# So a test on anvil shows that a deposit was paid, never that a beacon chain will see it: what
# checks `requestsHash` against the logs wants another execution client.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  @foundry-rs/anvil@1.7.1 @ethereumjs/genesis@10.0.0 ethers@6.17.0
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {createHash} from "node:crypto";
import {writeFileSync} from "node:fs";
import {createInterface} from "node:readline";
import {getGenesis} from "@ethereumjs/genesis";
import {ethers} from "ethers";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
// The contracts of the Hoodi genesis, the deposit contract among them, with code and storage.
const contract = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
const alloc = {};
for (const [address, account] of Object.entries(getGenesis(560048))) {
  if (Array.isArray(account) && account[1] && account[1] !== "0x") {
    const [, code, storage] = account;
    const slots = Object.fromEntries(storage ?? []);
    alloc[address] = {balance: "0x0", nonce: "0x1", code, storage: slots};
  }
}
const payer = ethers.Wallet.createRandom();
alloc[payer.address] = {balance: ethers.toQuantity(ethers.parseEther("100"))};
const always = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople"];
const blocks = [...always, "petersburg", "istanbul", "berlin", "london"];
const config = {
  chainId: 1337,
  ...Object.fromEntries(blocks.map((fork) => [`${fork}Block`, 0])),
  ...{terminalTotalDifficulty: 0, shanghaiTime: 0, cancunTime: 0, pragueTime: 0},
  depositContractAddress: contract,
};
const zero = `0x${"00".repeat(32)}`;
const genesis = {config, nonce: "0x0", timestamp: "0x0", extraData: "0x", gasLimit: "0x1c9c380"};
const rest = {difficulty: "0x0", mixHash: zero, baseFeePerGas: "0x3b9aca00", alloc};
writeFileSync("genesis.json", JSON.stringify({...genesis, ...rest}));

const flags = ["--host", "127.0.0.1", "--port", "0", "--init", "genesis.json"];
const anvil = spawn("node_modules/.bin/anvil", [...flags, "--hardfork", "prague"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let address;
  for await (const line of createInterface({input: anvil.stdout})) {
    address = /Listening on (\S+)/.exec(line)?.[1];
    if (address) break;
  }
  const node = new ethers.JsonRpcProvider(`http://${address}`, 1337, {staticNetwork: true});
  const abi = ["function deposit(bytes,bytes,bytes,bytes32) payable"];
  const deposits = new ethers.Contract(contract, abi, payer.connect(node));
  const [key, credentials, signature] = [48, 32, 96].map((length) => Buffer.alloc(length, 1));
  const amount = Buffer.alloc(32);
  amount.writeBigUInt64LE(32_000_000_000n);
  const tail = Buffer.alloc(32);
  const signed = sha256(
    sha256(signature.subarray(0, 64)),
    sha256(signature.subarray(64), tail),
  );
  const root = sha256(
    sha256(sha256(key, tail.subarray(16)), credentials),
    sha256(amount, signed),
  );
  const value = ethers.parseEther("32");
  const sent = await deposits.deposit(key, credentials, signature, root, {value});
  const receipt = await sent.wait();
  const number = ethers.toQuantity(receipt.blockNumber);
  const {requestsHash} = await node.send("eth_getBlockByNumber", [number, false]);
  const none = `0x${sha256().toString("hex")}`;
  console.log(`deposit: status ${receipt.status}, ${receipt.logs.length} log of the contract`);
  console.log(`requestsHash of its block: ${requestsHash}`);
  console.log(`of a block of no requests: ${none}`);
  assert.deepEqual([receipt.status, receipt.logs.length], [1, 1]);
  assert.equal(receipt.logs[0].address, contract);
  assert.equal(requestsHash, none);
} finally {
  anvil.kill("SIGTERM");
}
SCRIPT
timeout 300 node probe.mjs
