#!/usr/bin/env bash
# @ethereumjs/client 0.10.5 (npm), asked twice by its Engine API for the payload of one payloadId.
#
# Guess:  `engine_getPayloadV4` only reads. Asked twice, one after the other or at once, it gives
#         the same answer twice: a beacon node that validator clients share asks like that.
# Really: it builds. One after the other, only the first answer has `executionRequests`: the second
#         is of the same block, with a deposit in it, without that field, and newPayload without the
#         deposit is INVALID.
#         At once, it builds twice in one state. The payload lists each withdrawal once, but behind
#         its state root some of the receivers have been paid twice. What the client built counts as
#         executed, so newPayload and forkchoiceUpdated are VALID and `eth_getBalance` shows it. A
#         second client of the same version, which has to execute that block, says INVALID.
#         At once it is a race: here eight blocks are tried, and it holds in at least one of them.
#
# So what asks this client for a payload has to ask once for each payloadId and keep the answer. If
# not, a withdrawal may be paid once more than the blocks say, and this client never tells.
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
const alloc = {[payer.address]: {balance: ethers.toQuantity(ethers.parseEther("2"))}};
// The contracts that a block of Prague calls are those of Hoodi.
for (const [address, account] of Object.entries(getGenesis(560048))) {
  const [, code, storage] = Array.isArray(account) ? account : [];
  if (!code || code === "0x") continue;
  alloc[address] = {balance: "0x0", nonce: "0x1", code, storage: Object.fromEntries(storage ?? [])};
}
const depositContract = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
const early = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople"];
const forks = [...early, "petersburg", "istanbul", "berlin", "london"];
const config = {
  chainId: 1337,
  ...Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])),
  ...{terminalTotalDifficulty: 0, shanghaiTime: 0, cancunTime: 0, pragueTime: 0},
  depositContractAddress: depositContract,
};
const zero = ethers.ZeroHash;
const genesis = {config, nonce: "0x0", timestamp: "0x0", extraData: "0x", gasLimit: "0x1c9c380"};
const rest = {difficulty: "0x0", mixHash: zero, baseFeePerGas: "0x3b9aca00", alloc};
writeFileSync("genesis.json", JSON.stringify({...genesis, ...rest}));

const here = "127.0.0.1";
const clients = [];
const launch = async (name) => {
  const free = createServer().listen(0, here);
  await once(free, "listening");
  const {port} = free.address();
  await once(free.close(), "close");
  const flags = [
    `--gethGenesis genesis.json --dataDir ${name} --logFile false`,
    `--rpc --rpcAddr ${here} --rpcPort ${port} --rpcEngine --rpcEngineAddr ${here}`,
    `--rpcEnginePort ${port} --rpcEngineAuth=false --port 0 --extIP ${here}`,
    "--isSingleNode --sync none --discDns=false --discV4=false",
  ];
  const client = spawn("node_modules/.bin/ethereumjs", flags.join(" ").split(" "), {
    stdio: ["ignore", "ignore", "inherit"],
    ...{timeout: 240_000, killSignal: "SIGKILL"},
  });
  clients.push(client);
  const options = {staticNetwork: true, cacheTimeout: -1};
  const node = new ethers.JsonRpcProvider(`http://${here}:${port}`, 1337, options);
  const ask = (method, ...params) => node.send(method, params);
  for (;;) {
    assert.equal(client.exitCode, null, "the client has ended");
    const block = await ask("eth_getBlockByNumber", "0x0", false).catch(() => null);
    if (block) return [ask, block.hash];
    await pause(100);
  }
};
try {
  const [ask, first] = await launch("one");
  const [askOther, same] = await launch("other");
  assert.equal(first, same);
  const choose = async (headBlockHash, attributes = null) => {
    const state = {headBlockHash, safeBlockHash: zero, finalizedBlockHash: zero};
    const {payloadStatus, payloadId} = await ask("engine_forkchoiceUpdatedV3", state, attributes);
    assert.equal(payloadStatus.status, "VALID");
    return payloadId;
  };
  const give = async (to, {executionPayload: payload}, requests) => {
    const {status} = await to("engine_newPayloadV4", payload, [], zero, requests);
    return status;
  };
  const get = (payloadId) => ask("engine_getPayloadV4", payloadId);
  // Each block pays one gwei to each of sixteen addresses that no other block pays.
  const begin = (parent, block) => {
    const indices = Array.from({length: 16}, (_, place) => 16 * block + place);
    const withdrawals = indices.map((index) => ({
      index: ethers.toQuantity(index),
      validatorIndex: "0x0",
      address: ethers.toBeHex(0x100000 + index, 20),
      amount: "0x1",
    }));
    const timestamp = ethers.toQuantity(Math.floor(Date.now() / 1000) + block);
    const fees = {suggestedFeeRecipient: ethers.ZeroAddress, withdrawals};
    return choose(parent, {timestamp, ...fees, prevRandao: zero, parentBeaconBlockRoot: zero});
  };
  // How many of the block's receivers have got twice what its list says, once it is the head.
  const paidTwice = async ({executionPayload: {blockHash, withdrawals}}) => {
    await choose(blockHash);
    assert.equal(new Set(withdrawals.map(({address}) => address)).size, 16);
    assert.equal(withdrawals.length, 16);
    const balances = withdrawals.map(({address}) => ask("eth_getBalance", address, "latest"));
    return (await Promise.all(balances)).filter((wei) => BigInt(wei) === 2n * 10n ** 9n).length;
  };

  const [key, credentials, signature] = [48, 32, 96].map((length) => new Uint8Array(length));
  const pair = (left, right) => ethers.sha256(ethers.concat([left, right]));
  const amount = ethers.zeroPadBytes("0x00ca9a3b", 32);
  const signed = pair(pair(zero, zero), pair(zero, zero));
  const root = pair(pair(ethers.sha256(new Uint8Array(64)), credentials), pair(amount, signed));
  const abi = new ethers.Interface(["function deposit(bytes,bytes,bytes,bytes32)"]);
  const data = abi.encodeFunctionData("deposit", [key, credentials, signature, root]);
  const fee = {gasLimit: 200_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n};
  const call = {to: depositContract, value: ethers.parseEther("1"), data};
  const raw = await payer.signTransaction({type: 2, chainId: 1337, nonce: 0, ...fee, ...call});
  await ask("eth_sendRawTransaction", raw);

  console.log("one after the other:");
  const payloadId = await begin(first, 0);
  const one = await get(payloadId);
  const two = await get(payloadId);
  assert.deepEqual(one.executionPayload, two.executionPayload);
  assert.equal(one.executionPayload.transactions.length, 1);
  const lengths = [one, two].map(({executionRequests: requests}) =>
    requests?.map((request) => ethers.dataLength(request)),
  );
  console.log(`  executionRequests: first of lengths ${lengths[0]}, then ${lengths[1]}`);
  // The type of a deposit, then its key, credentials, amount, signature and index.
  assert.deepEqual(lengths, [[1 + 48 + 32 + 8 + 96 + 8], undefined]);
  const statuses = [
    await give(askOther, two, []),
    await give(askOther, one, one.executionRequests),
    await give(ask, one, one.executionRequests),
  ];
  console.log(`  newPayload without and with those of the first: ${statuses}`);
  assert.deepEqual(statuses, ["INVALID", "VALID", "VALID"]);
  const before = await paidTwice(one);
  console.log(`  receivers paid twice: ${before} of 16`);
  assert.equal(before, 0);

  console.log("at once, for eight siblings on that block:");
  const seen = [];
  for (let block = 1; block <= 8; block += 1) {
    const id = await begin(one.executionPayload.blockHash, block);
    // Both are in one batch of JSON-RPC. One may fail: "trying to commit when not checkpointed".
    const both = await Promise.allSettled([get(id), get(id)]);
    const {value: built} = both.find(({status}) => status === "fulfilled");
    const row = [await give(ask, built, []), await paidTwice(built)];
    row.push(await give(askOther, built, []));
    console.log(`  newPayload ${row[0]}, paid twice: ${row[1]} of 16; other client: ${row[2]}`);
    seen.push(row);
  }
  const held = ([own, twice, other]) => own === "VALID" && twice > 0 && other === "INVALID";
  assert(seen.some(held), "a payload asked for twice at once is built once");
} finally {
  for (const client of clients) client.kill("SIGKILL");
}
SCRIPT
timeout 300 node probe.mjs
