#!/usr/bin/env bash
# Foundry's anvil 1.7.1 (npm: @foundry-rs/anvil) beside @ethereumjs/statemanager 10.1.3.
#
# Guess:  a slot that is written and then set back to zero leaves no trace in the state: a storage
#         trie has no entries for zero (execution-specs, `set_storage`: zero deletes the key), and
#         the account has the storage root that it had before.
# Really: anvil's storage trie keeps an entry whose value is zero. `eth_getStorageAt` says 0, but the
#         account's `storageHash`, and with it the `stateRoot` in the header and the block's hash,
#         are not those of an Ethereum chain after the same transactions.
#
# So a state root of anvil tells nothing about another client's, and what reads `eth_getProof` has to
# be tested elsewhere too: here a proof that a slot is empty ends in a leaf, not in a gap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  @foundry-rs/anvil@1.7.1 @ethereumjs/statemanager@10.1.3 @ethereumjs/util@10.1.3 ethers@6.17.0
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {MerkleStateManager} from "@ethereumjs/statemanager";
import {Account, bytesToHex, createAddressFromString} from "@ethereumjs/util";
import {ethers} from "ethers";

// The runtime stores the first word of its input in slot 0; the rest returns it at creation.
const runtime = "60003560005500";
const creation = `0x66${runtime}60005260076019f3`;
const slot = ethers.ZeroHash;
const word = (value) => ethers.zeroPadValue(ethers.toBeHex(value), 32);

// What the storage root of the account is after each of the writes, on a chain as specified.
const manager = new MerkleStateManager();
const someone = createAddressFromString(`0x${"11".repeat(20)}`);
await manager.putAccount(someone, new Account(1n));
const specified = async () => bytesToHex((await manager.getAccount(someone)).storageRoot);
const roots = [await specified()];
for (const value of [1, 0]) {
  await manager.putStorage(someone, ethers.getBytes(slot), Uint8Array.of(value));
  await manager.flush();
  roots.push(await specified());
}
assert.equal(roots[2], roots[0]);
assert.equal(roots[0], ethers.keccak256(ethers.encodeRlp("0x")));

const anvil = spawn("node_modules/.bin/anvil", ["--host", "127.0.0.1", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let address;
  for await (const line of createInterface({input: anvil.stdout})) {
    address = /Listening on (\S+)/.exec(line)?.[1];
    if (address) break;
  }
  const options = {staticNetwork: true, cacheTimeout: -1};
  const node = new ethers.JsonRpcProvider(`http://${address}`, 31337, options);
  const payer = await node.getSigner(0);
  const made = await (await payer.sendTransaction({data: creation})).wait();
  const contract = made.contractAddress;
  assert.equal(await node.getCode(contract), `0x${runtime}`);
  const seen = async (step) => {
    const proof = await node.send("eth_getProof", [contract, [slot], "latest"]);
    const {stateRoot} = await node.send("eth_getBlockByNumber", ["latest", false]);
    const value = await node.getStorage(contract, 0);
    // The account that the state root commits to is the one with this storage root.
    assert.equal(ethers.keccak256(proof.accountProof[0]), stateRoot);
    const leaf = ethers.decodeRlp(ethers.decodeRlp(proof.accountProof.at(-1)).at(-1));
    assert.equal(leaf[2], proof.storageHash);
    const nodes = proof.storageProof[0].proof.filter((bytes) => bytes !== "0x80");
    console.log(`${step}: slot 0 is ${BigInt(value)}, storage root ${proof.storageHash}`);
    return {value: BigInt(value), root: proof.storageHash, nodes};
  };
  const before = await seen("never written");
  await (await payer.sendTransaction({to: contract, data: word(1)})).wait();
  const written = await seen("set to 1     ");
  await (await payer.sendTransaction({to: contract, data: word(0)})).wait();
  const cleared = await seen("set back to 0");
  console.log(`as specified it is again the first one: ${roots[2]}`);
  assert.deepEqual([before.value, written.value, cleared.value], [0n, 1n, 0n]);
  assert.deepEqual([before.root, written.root], [roots[0], roots[1]]);
  assert.notEqual(cleared.root, roots[2], "anvil now removes a cleared slot");
  // One leaf, whose value is the RLP of zero.
  assert.equal(cleared.nodes.length, 1);
  assert.equal(ethers.decodeRlp(cleared.nodes[0])[1], ethers.encodeRlp("0x"));
  assert.equal(ethers.keccak256(cleared.nodes[0]), cleared.root);
} finally {
  anvil.kill("SIGTERM");
}
SCRIPT
timeout 100 node probe.mjs
