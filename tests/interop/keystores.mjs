// Opens exported keystores with standard tools: @chainsafe/bls-keystore and micro-key-producer.
//
// Run in this directory, whose packages it uses. The first argument is a JSON file:
// {"keystores": [{"file", "password", "secret"}]}, the secret in hex as other code has found it.
// It prints what it found to be right, a line each.
import assert from "node:assert/strict";
import fs from "node:fs";
import {decrypt, isValidKeystore, verifyPassword} from "@chainsafe/bls-keystore";
import {decryptEIP2335Keystore} from "micro-key-producer/bls.js";

const {keystores} = JSON.parse(fs.readFileSync(process.argv.at(-1), "utf8"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const readings = {
  "@chainsafe/bls-keystore": async (keystore, password) => {
    assert.ok(isValidKeystore(keystore));
    assert.ok(!(await verifyPassword(keystore, `${password}0`)));
    return decrypt(keystore, password);
  },
  "micro-key-producer": async (keystore, password) => decryptEIP2335Keystore(keystore, password),
};
for (const [tool, open] of Object.entries(readings)) {
  for (const {file, password, secret} of keystores) {
    const keystore = JSON.parse(fs.readFileSync(file, "utf8"));
    assert.equal(hex(await open(keystore, password)), secret);
  }
  console.log(`${tool} opens ${keystores.length} exported keystores`);
}
