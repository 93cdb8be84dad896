#!/usr/bin/env bash
# micro-key-producer 0.8.6 reading EIP-2335 keystores written by @chainsafe/bls-keystore 3.1.0 (npm).
#
# Guess:  an EIP-2335 keystore names its own key derivation (`c` of pbkdf2, `n` of scrypt), so any
#         reader of the standard derives with these numbers.
# Really: the reader takes no number from the file: it derives with c = 262144, or n = 262144. A
#         valid keystore of another cost, cheaper or dearer, fails with "Checksum … does not match",
#         the very words for a wrong password. The same key at the default cost opens.
#
# So a keystore that is to open everywhere must be written at the costs of the EIP's test vectors.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  micro-key-producer@0.8.6 @chainsafe/bls-keystore@3.1.0
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {create, decrypt} from "@chainsafe/bls-keystore";
import {decryptEIP2335Keystore} from "micro-key-producer/bls.js";

const password = "a valid password";
// The secret key 1: its public key is the generator of G1, so that any reader can check the pair.
const secret = Uint8Array.from({length: 32}, (_, place) => (place === 31 ? 1 : 0));
const publicKey = Uint8Array.from(
  Buffer.from(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58" +
      "6c55e83ff97a1aeffb3af00adb22c6bb",
    "hex",
  ),
);
const salt = "07".repeat(32);
const pbkdf2 = (c) => ({function: "pbkdf2", params: {dklen: 32, c, prf: "hmac-sha256", salt}});
const scrypt = (n) => ({function: "scrypt", params: {dklen: 32, n, r: 8, p: 1, salt}});
const told = async (read) => {
  try {
    await read();
    return "opens";
  } catch (error) {
    return error.message.replace(/[0-9a-f]{64}/g, "…");
  }
};

let standard;
for (const [name, kdf, expected] of [
  ["pbkdf2, c = 262144", pbkdf2(262144), "opens"],
  ["pbkdf2, c = 524288", pbkdf2(524288), "Checksum … does not match …"],
  ["pbkdf2, c = 65536", pbkdf2(65536), "Checksum … does not match …"],
  ["scrypt, n = 16384", scrypt(16384), "Checksum … does not match …"],
]) {
  const keystore = await create(password, secret, publicKey, "m/12381/3600/0/0/0", "", kdf);
  standard ??= keystore;
  assert.deepEqual(Buffer.from(await decrypt(keystore, password)), Buffer.from(secret));
  const file = JSON.parse(JSON.stringify(keystore));
  const seen = await told(() => decryptEIP2335Keystore(file, password));
  console.log(`${name}: its writer opens it; micro-key-producer: ${seen}`);
  assert.equal(seen, expected);
}
const wrong = await told(() => decryptEIP2335Keystore(standard, "not the password"));
console.log(`a wrong password: ${wrong}`);
assert.equal(wrong, "Checksum … does not match …");
SCRIPT
timeout 300 node probe.mjs
