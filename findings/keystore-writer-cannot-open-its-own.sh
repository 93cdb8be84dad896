#!/usr/bin/env bash
# eth-keyfile 0.10.0 (PyPI) writing EIP-2335 keystores (version 4), beside @chainsafe/bls-keystore
# 3.1.0 (npm).
#
# Guess:  what a library writes with a password, it opens with that password. EIP-2335 ("Password
#         requirements") has every reader and writer bring it to NFKD and drop control characters
#         first, so that each of them may be given it as it was typed.
# Really: the library does so when it writes, but derives from the password as it stands when it
#         reads. A keystore with one accented letter in its password never opens again with that
#         password: "Checksum mismatch", the words for a wrong one. bls-keystore opens all of them;
#         the writer, only when its caller has done the EIP's steps by hand.
#
# So a round trip with a plain password is no test of a keystore library, and the password of one
# that is to open everywhere has printable ASCII only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check eth-keyfile==0.10.0
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @chainsafe/bls-keystore@3.1.0
cat >probe.py <<'SCRIPT'
import json
import unicodedata
from eth_keyfile import create_keyfile_json, decode_keyfile_json

# The secret key 1: its public key is the generator of G1, so that any reader can check the pair.
SECRET = (1).to_bytes(32, "big")
GENERATOR = (
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
    "6c55e83ff97a1aeffb3af00adb22c6bb"
)


def opens(keystore, password):
    try:
        assert decode_keyfile_json(keystore, password.encode()) == SECRET
        return "opens"
    except ValueError as error:
        return str(error)


def by_hand(password):
    kept = unicodedata.normalize("NFKD", password)
    return "".join(sign for sign in kept if unicodedata.category(sign) != "Cc")


plain, accented = "a valid password", "mot de passe tr\u00e8s long"
rows = []
for password in [plain, accented, "with a \t tab", "no \u2460 of them"]:
    keystore = create_keyfile_json(SECRET, password.encode(), version=4, iterations=262144)
    assert keystore["pubkey"] == GENERATOR
    own, prepared = opens(keystore, password), opens(keystore, by_hand(password))
    rows.append({"keystore": keystore, "password": password, "own": own, "prepared": prepared})
assert opens(rows[0]["keystore"], "not the password") == "Checksum mismatch"
print(json.dumps(rows))
SCRIPT
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {decrypt} from "@chainsafe/bls-keystore";

const seen = [];
for (const {keystore, password, own, prepared} of JSON.parse(readFileSync(0, "utf8"))) {
  const secret = Buffer.from(await decrypt(keystore, password)).toString("hex");
  assert.equal(secret, "1".padStart(64, "0"));
  const name = JSON.stringify(password);
  console.log(`${name}: bls-keystore: opens; its writer: ${own}, prepared by hand: ${prepared}`);
  assert.equal(prepared, "opens");
  seen.push(own);
}
const failed = "Checksum mismatch";
assert.deepEqual(seen, ["opens", failed, failed, failed]);
SCRIPT
python/bin/python probe.py >seen.json
timeout 60 node probe.mjs <seen.json
