// Verifies deposit files and keystores of a cluster with code that is not ours: Lodestar's deposit
// check and SSZ, the C library blst behind @chainsafe/blst, and OpenSSL behind node's crypto.
//
// Run in deploy/devnet/beacon, whose packages it uses. The first argument is a JSON file:
// {"deposits": FILE, "forkVersion", "lock": FILE, "keystores": [[{"file", "password"} of each
// validator] of each peer], "secrets": FILE}. It prints what it found to be right, a line each, and
// writes the shares it found to the file of secrets, in the order of the keystores.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import {SecretKey} from "@chainsafe/blst";
import {ssz} from "@lodestar/types";
import {fromHex, toHex} from "@lodestar/utils";

// The package does not export its check of one deposit; it is a file in it.
const lodestar = "./node_modules/@lodestar/state-transition/lib/block/processDeposit.js";
const {isValidDepositSignature} = await import(lodestar);

// The order of the group, for interpolation.
const ORDER = BigInt("0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const bytes = (hex) => fromHex(hex.startsWith("0x") ? hex : `0x${hex}`);
const plain = (array) => toHex(array).slice(2);

const task = read(process.argv.at(-1));
const lock = read(task.lock);
const keys = lock.validators.map((validator) => validator.public_key);

const deposits = read(task.deposits);
assert.deepEqual(deposits.map((deposit) => `0x${deposit.pubkey}`), keys);
for (const deposit of deposits) checkDeposit(deposit);
console.log(`${deposits.length} deposits are valid`);

const secrets = task.keystores.map((peer) => peer.map(({file, password}) => open(file, password)));
secrets.forEach((peer, i) => {
  peer.forEach((secret, at) => {
    assert.equal(publicKey(secret), lock.validators[at].share_public_keys[i]);
  });
});
console.log(`${secrets.flat().length} keystores hold the shares of the lock`);
fs.writeFileSync(task.secrets, JSON.stringify(secrets.map((peer) => peer.map(plain))));

for (const peers of subsets(secrets.length, lock.definition.threshold)) {
  keys.forEach((key, at) => {
    const points = peers.map((i) => [BigInt(i + 1), BigInt(`0x${plain(secrets[i][at])}`)]);
    const secret = interpolate(points).toString(16).padStart(64, "0");
    assert.equal(publicKey(bytes(secret)), key);
  });
}
console.log(`any ${lock.definition.threshold} shares make the group's key`);

function checkDeposit(deposit) {
  const version = bytes(task.forkVersion);
  assert.equal(deposit.fork_version, plain(version));
  const message = {
    pubkey: bytes(deposit.pubkey),
    withdrawalCredentials: bytes(deposit.withdrawal_credentials),
    amount: deposit.amount,
  };
  const signature = bytes(deposit.signature);
  const messageRoot = ssz.phase0.DepositMessage.hashTreeRoot(message);
  assert.equal(plain(messageRoot), deposit.deposit_message_root);
  const root = ssz.phase0.DepositData.hashTreeRoot({...message, signature});
  assert.equal(plain(root), deposit.deposit_data_root);
  const config = {GENESIS_FORK_VERSION: version};
  const {pubkey, withdrawalCredentials, amount} = message;
  const isValid = (gwei) =>
    isValidDepositSignature(config, pubkey, withdrawalCredentials, gwei, signature);
  assert.ok(isValid(amount));
  assert.ok(!isValid(amount + 1));
}

// EIP-2335, from its text: PBKDF2-HMAC-SHA256, checksum over the key's second half, AES-128-CTR.
function open(file, password) {
  const {kdf, checksum, cipher} = read(file).crypto;
  assert.equal(kdf.function, "pbkdf2");
  assert.equal(kdf.params.prf, "hmac-sha256");
  const {salt, c, dklen} = kdf.params;
  const key = crypto.pbkdf2Sync(password.normalize("NFKD"), bytes(salt), c, dklen, "sha256");
  const sum = crypto.createHash("sha256").update(key.subarray(16, 32));
  assert.equal(sum.update(bytes(cipher.message)).digest("hex"), checksum.message);
  assert.equal(cipher.function, "aes-128-ctr");
  const iv = bytes(cipher.params.iv);
  const opened = crypto.createDecipheriv("aes-128-ctr", key.subarray(0, 16), iv);
  return Buffer.concat([opened.update(bytes(cipher.message)), opened.final()]);
}

function publicKey(secret) {
  return SecretKey.fromBytes(secret).toPublicKey().toHex();
}

// Lagrange interpolation at zero.
function interpolate(points) {
  let sum = 0n;
  for (const [x, y] of points) {
    let [above, below] = [1n, 1n];
    for (const [other] of points) {
      if (other === x) continue;
      above = (above * other) % ORDER;
      below = (below * (other - x + ORDER)) % ORDER;
    }
    sum = (sum + y * above * power(below, ORDER - 2n)) % ORDER;
  }
  return sum;
}

function power(base, exponent) {
  let result = 1n;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function subsets(n, size) {
  if (size === 0) return [[]];
  if (n < size) return [];
  const withLast = subsets(n - 1, size - 1).map((set) => [...set, n - 1]);
  return [...subsets(n - 1, size), ...withLast];
}
