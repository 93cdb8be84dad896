#!/usr/bin/env bash
# @ethereumjs/client 0.10.5 (npm), led by its Engine API into a fork of one block, and back.
#
# Guess:  a transaction whose block the chain leaves for an empty sibling is pending again, as in
#         geth, and the next block has it. And when forkchoiceUpdated returns to its own block, its
#         receipt is there again: hive's engine test "Transaction Re-Org, Re-Org Out" asks for it.
# Really: the client forgets both. The transaction is neither in the pool nor in the next block,
#         although the same bytes, sent once more, are taken. And it deletes the receipts of a block
#         that is left, so there are none when the block is back: by its number it is there, with
#         the transaction, a bloom of its log and the nonce behind it, but
#         `eth_getTransactionReceipt` and `eth_getTransactionByHash` answer null,
#         `eth_getBlockReceipts` and `eth_getLogs` an empty list. The next block does not mend it.
#
# So on a chain that forks, what waits for a receipt of this client can wait for ever: it has to
# send again when its block is left, and to look for its transaction in the blocks themselves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  @ethereumjs/client@0.10.5 @ethereumjs/genesis@10.0.0 ethers@6.17.0
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import {writeFileSync} from "node:fs";
import {createServer} from "node:net";
import {setTimeout as pause} from "node:timers/promises";
import {getGenesis} from "@ethereumjs/genesis";
import {ethers} from "ethers";

const payer = ethers.Wallet.createRandom();
const alloc = {[payer.address]: {balance: ethers.toQuantity(ethers.parseEther("1"))}};
// The contracts that a block of Prague calls are those of Hoodi.
for (const [address, account] of Object.entries(getGenesis(560048))) {
  const [, code, storage] = Array.isArray(account) ? account : [];
  if (!code || code === "0x") continue;
  alloc[address] = {balance: "0x0", nonce: "0x1", code, storage: Object.fromEntries(storage ?? [])};
}
const early = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople"];
const forks = [...early, "petersburg", "istanbul", "berlin", "london"];
const config = {
  chainId: 1337,
  ...Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])),
  ...{terminalTotalDifficulty: 0, shanghaiTime: 0, cancunTime: 0, pragueTime: 0},
  depositContractAddress: "0x00000000219ab540356cBB839Cbe05303d7705Fa",
};
const zero = ethers.ZeroHash;
const genesis = {config, nonce: "0x0", timestamp: "0x0", extraData: "0x", gasLimit: "0x1c9c380"};
const rest = {difficulty: "0x0", mixHash: zero, baseFeePerGas: "0x3b9aca00", alloc};
writeFileSync("genesis.json", JSON.stringify({...genesis, ...rest}));

const here = "127.0.0.1";
const free = createServer().listen(0, here);
await once(free, "listening");
const {port} = free.address();
await once(free.close(), "close");
const flags = [
  "--gethGenesis genesis.json --dataDir data --logFile false --saveReceipts true",
  `--rpc --rpcAddr ${here} --rpcPort ${port} --rpcEngine --rpcEngineAddr ${here}`,
  `--rpcEnginePort ${port} --rpcEngineAuth=false --port 0 --extIP ${here}`,
  "--isSingleNode --sync none --discDns=false --discV4=false",
];
const client = spawn("node_modules/.bin/ethereumjs", flags.join(" ").split(" "), {
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  const options = {staticNetwork: true, cacheTimeout: -1};
  const node = new ethers.JsonRpcProvider(`http://${here}:${port}`, 1337, options);
  const ask = (method, ...params) => node.send(method, params);
  const until = async (look) => {
    for (;;) {
      assert.equal(client.exitCode, null, "the client has ended");
      const found = await look().catch(() => null);
      if (found) return found;
      await pause(100);
    }
  };
  const choose = async (headBlockHash, attributes = null) => {
    const state = {headBlockHash, safeBlockHash: zero, finalizedBlockHash: zero};
    const {payloadStatus, payloadId} = await ask("engine_forkchoiceUpdatedV3", state, attributes);
    assert.equal(payloadStatus.status, "VALID");
    return payloadId;
  };
  const now = Math.floor(Date.now() / 1000);
  const build = async (parent, second) => {
    const timestamp = ethers.toQuantity(now + second);
    const fees = {suggestedFeeRecipient: ethers.ZeroAddress, withdrawals: []};
    const roots = {prevRandao: zero, parentBeaconBlockRoot: zero};
    return ask("engine_getPayloadV4", await choose(parent, {timestamp, ...fees, ...roots}));
  };
  const extend = async ({executionPayload: payload, executionRequests: requests}) => {
    const {status} = await ask("engine_newPayloadV4", payload, [], zero, requests);
    assert.equal(status, "VALID");
    await choose(payload.blockHash);
    return payload.blockHash;
  };
  const count = ({executionPayload}) => executionPayload.transactions.length;
  const {hash: first} = await until(() => ask("eth_getBlockByNumber", "0x0", false));
  const parent = await extend(await build(first, 1));
  const empty = await build(parent, 2);
  // It makes a contract without code, whose creation logs nothing once (LOG0).
  const fee = {gasLimit: 100_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n};
  const data = "0x60006000a000";
  const raw = await payer.signTransaction({type: 2, chainId: 1337, nonce: 0, ...fee, data});
  const transaction = await ask("eth_sendRawTransaction", raw);
  const full = await build(parent, 3);
  assert.deepEqual([count(empty), count(full)], [0, 1]);

  const seen = async (step) => {
    const block = await ask("eth_getBlockByNumber", "0x2", false);
    const {pending} = await ask("txpool_content");
    const receipt = await ask("eth_getTransactionReceipt", transaction);
    const byHash = await ask("eth_getTransactionByHash", transaction);
    const row = {
      inBlock: block.transactions.includes(transaction),
      nonce: Number(await ask("eth_getTransactionCount", payer.address, "latest")),
      bloom: BigInt(block.logsBloom) > 0n,
      pooled: Object.keys(pending).length,
      receipt: receipt && Number(receipt.status),
      byHash: byHash && Number(byHash.nonce),
      receipts: (await ask("eth_getBlockReceipts", "0x2")).length,
      logs: (await ask("eth_getLogs", {fromBlock: "0x2", toBlock: "0x2"})).length,
    };
    console.log(`${step}: ${JSON.stringify(row)}`);
    return Object.values(row);
  };
  const own = await extend(full);
  await until(() => ask("eth_getTransactionReceipt", transaction));
  assert.deepEqual(await seen("in its block   "), [true, 1, true, 0, 1, 0, 1, 1]);

  const sibling = await extend(empty);
  assert.deepEqual(await seen("in the sibling "), [false, 0, false, 0, null, null, 0, 0]);
  const next = await build(sibling, 14);
  await ask("eth_sendRawTransaction", raw);
  const again = await build(sibling, 15);
  console.log(`on the sibling : ${count(next)} in the next block; sent once more, ${count(again)}`);
  assert.deepEqual([count(next), count(again)], [0, 1], "what the sibling left is now kept");

  await choose(own);
  const back = [true, 1, true, 0, null, null, 0, 0];
  assert.deepEqual(await seen("its block again"), back, "what the fork left is now kept");
  await extend(await build(own, 16));
  assert.deepEqual(await seen("one block later"), back);
} finally {
  client.kill("SIGKILL");
}
SCRIPT
timeout 300 node probe.mjs
