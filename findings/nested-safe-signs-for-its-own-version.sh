#!/usr/bin/env bash
# @safe-global/protocol-kit 8.0.7 (npm), signing with a Safe that is an owner of another Safe. The
# contracts are Safe's own, 1.4.1 and 1.5.0 (npm), on Foundry's anvil 1.7.1.
#
# Guess:  `signTransaction(transaction, SAFE_SIGNATURE, parent)` is told the parent's address, so
#         the owners of the Safe inside sign what the parent will ask it about: the parent calls,
#         so the parent's version decides. Up to 1.4.1 a Safe hands on the preimage of the hash of
#         its transaction (`isValidSignature(bytes,bytes)`), from 1.5.0 on the hash itself
#         (`isValidSignature(bytes32,bytes)`).
# Really: the version of the Safe that signs decides. A Safe 1.4.1 signs the preimage for a parent
#         1.5.0 too, and the parent refuses it; left without the parent's address the call throws.
#         The same Safe is a good owner all the same: signed over the hash, by the same library,
#         its signature is valid and the transaction goes through.
#         (Of a 1.5.0 inside a 1.4.1 none is valid: its handler has left the older call out.)
#
# So a group whose account moves to 1.5.0 while a member's Safe stays is short of that member, and
# nothing says so when it signs: ask the parent before a signature of this call is counted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
# The older contracts ask for an ethers of 2021 beside them; only their compiled code is read.
npm install --silent --no-audit --no-fund --save-exact --legacy-peer-deps \
  @safe-global/protocol-kit@8.0.7 @safe-global/types-kit@4.0.1 viem@2.57.20 \
  @safe-global/safe-contracts@1.4.1 @safe-global/safe-smart-account@1.5.0 @foundry-rs/anvil@1.7.1
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {readFileSync} from "node:fs";
import {createInterface} from "node:readline";
import Safe, {buildContractSignature} from "@safe-global/protocol-kit";
import {SigningMethod} from "@safe-global/types-kit";
import * as viem from "viem";
import {generatePrivateKey, privateKeyToAddress} from "viem/accounts";
import {foundry} from "viem/chains";

const packages = {"1.4.1": "safe-contracts", "1.5.0": "safe-smart-account"};
const parts = {
  safeSingleton: "Safe",
  safeProxyFactory: "proxies/SafeProxyFactory",
  fallbackHandler: "handler/CompatibilityFallbackHandler",
  multiSend: "libraries/MultiSend",
  multiSendCallOnly: "libraries/MultiSendCallOnly",
  signMessageLib: "libraries/SignMessageLib",
  createCall: "libraries/CreateCall",
  simulateTxAccessor: "accessors/SimulateTxAccessor",
};
const compiled = (version, part) => {
  const path = parts[part];
  const folder = `node_modules/@safe-global/${packages[version]}/build/artifacts/contracts`;
  return JSON.parse(readFileSync(`${folder}/${path}.sol/${path.split("/").at(-1)}.json`, "utf8"));
};

const anvil = spawn("node_modules/.bin/anvil", ["--host", "127.0.0.1", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let address;
  for await (const line of createInterface({input: anvil.stdout})) {
    address = /Listening on (\S+)/.exec(line)?.[1];
    if (address) break;
  }
  const provider = `http://${address}`;
  const node = viem
    .createTestClient({chain: foundry, mode: "anvil", transport: viem.http(provider)})
    .extend(viem.publicActions)
    .extend(viem.walletActions);
  const [account] = await node.getAddresses();
  const settled = async (hash) => node.waitForTransactionReceipt({hash});

  const networks = {};
  for (const version of Object.keys(packages)) {
    const at = {};
    for (const part of Object.keys(parts)) {
      const {abi, bytecode} = compiled(version, part);
      const made = await settled(await node.deployContract({abi, bytecode, account}));
      at[`${part}Address`] = made.contractAddress;
    }
    networks[version] = {[foundry.id]: at};
  }

  // The one person in this, the owner of every Safe inside.
  const signer = generatePrivateKey();
  const person = privateKeyToAddress(signer);
  await node.setBalance({address: person, value: viem.parseEther("1")});
  let salt = 0n;
  const found = async (version, owner) => {
    const at = networks[version][foundry.id];
    const none = viem.zeroAddress;
    const data = viem.encodeFunctionData({
      abi: compiled(version, "safeSingleton").abi,
      functionName: "setup",
      args: [[owner], 1n, none, "0x", at.fallbackHandlerAddress, none, 0n, none],
    });
    const {request, result} = await node.simulateContract({
      address: at.safeProxyFactoryAddress,
      abi: compiled(version, "safeProxyFactory").abi,
      functionName: "createProxyWithNonce",
      args: [at.safeSingletonAddress, data, salt++],
      account,
    });
    await settled(await node.writeContract(request));
    const contractNetworks = networks[version];
    const safe = await Safe.init({provider, signer, safeAddress: result, contractNetworks});
    assert.equal(safe.getContractVersion(), version);
    return safe;
  };

  const {SAFE_SIGNATURE} = SigningMethod; // a contract's signature
  const seen = {};
  for (const [child, parent] of [
    ["1.4.1", "1.4.1"],
    ["1.5.0", "1.5.0"],
    ["1.4.1", "1.5.0"],
    ["1.5.0", "1.4.1"],
  ]) {
    const inside = await found(child, person);
    const owner = await inside.getAddress();
    const outside = await found(parent, owner);
    const made = async () =>
      outside.createTransaction({transactions: [{to: person, value: "0", data: "0x"}]});
    const valid = async (signatures) => {
      const transaction = await made();
      transaction.addSignature(await buildContractSignature(signatures, owner));
      return [await outside.isValidTransaction(transaction), transaction];
    };

    const plain = await made();
    await assert.rejects(inside.signTransaction(plain, SAFE_SIGNATURE), /parent Safe .* mandatory/);
    const signed = await inside.signTransaction(plain, SAFE_SIGNATURE, await outside.getAddress());
    const [offered] = await valid([...signed.signatures.values()]);

    // By hand: what the owner signs when the parent asks about the hash itself.
    const message = await inside.getSafeMessageHash(await outside.getTransactionHash(plain));
    const [byHand, transaction] = await valid([await inside.signHash(message)]);
    let executed = false;
    if (byHand) {
      const {hash} = await outside.executeTransaction(transaction);
      executed = (await settled(hash)).status === "success" && (await outside.getNonce()) === 1;
    }
    const row = {signTransaction: offered, "over the hash": byHand, executed};
    seen[`${child} inside ${parent}`] = row;
  }
  console.table(seen);
  assert.deepEqual(
    Object.values(seen).map((row) => Object.values(row)),
    [
      [true, false, false],
      [true, true, true],
      [false, true, true],
      [false, false, false],
    ],
  );
} finally {
  anvil.kill("SIGTERM");
}
SCRIPT
timeout 100 node probe.mjs
