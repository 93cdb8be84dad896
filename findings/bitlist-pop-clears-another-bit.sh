#!/usr/bin/env bash
# eth-remerkleable 0.1.31 (PyPI), the SSZ library under the Python of the consensus specifications,
# beside @chainsafe/ssz 1.9.0 (npm).
#
# Guess:  `append` and then `pop` give back the bitlist from before, with its bytes and its root: a
#         root is a function of the value (ssz/simple-serialize.md, "Merkleization"), and for lists
#         of the same library it is so.
# Really: `pop` shortens a `Bitlist` or `ProgressiveBitlist` by one and clears the place behind the
#         popped bit. A popped 1 stays in the tree: item by item the list is the one before, but its
#         root is that of no bitlist, it does not equal that list, and its bytes can be those of a
#         shorter one. And a `pop` from 256 bits to 255 clears the first bit of all.
#
# So roots and vectors from this library want bitlists that were made in one piece.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check eth-remerkleable==0.1.31
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @chainsafe/ssz@1.9.0
cat >probe.py <<'SCRIPT'
import json
from remerkleable.basic import uint8
from remerkleable.bitfields import Bitlist
from remerkleable.complex import List
from remerkleable.progressive import ProgressiveBitlist


def told(value):
    items = [int(item) for item in value]
    root = bytes(value.hash_tree_root()).hex()
    return {"items": items, "root": root, "bytes": value.encode_bytes().hex()}


seen = []
for name, kind in [("Bitlist", Bitlist[256]), ("ProgressiveBitlist", ProgressiveBitlist)]:
    for length in [3, 200, 255]:
        for last in [0, 1]:
            made = kind([1] * length)
            popped = kind(list(made))
            popped.append(last)
            popped.pop()
            equal = popped == made
            row = {"kind": name, "length": length, "last": last, "equal": equal}
            seen.append({**row, "made": told(made), "popped": told(popped)})
numbers = List[uint8, 512]([1, 2, 3])
numbers.append(4)
numbers.pop()
assert numbers == List[uint8, 512]([1, 2, 3])
print(json.dumps(seen))
SCRIPT
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {BitArray, BitListType, ProgressiveBitListType} from "@chainsafe/ssz";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const types = {Bitlist: new BitListType(256), ProgressiveBitlist: new ProgressiveBitListType()};
const seen = [];
for (const {kind, length, last, equal, made, popped} of JSON.parse(readFileSync(0, "utf8"))) {
  const type = types[kind];
  // What is made in one piece has the root and the bytes of the other library.
  const value = BitArray.fromBoolArray(made.items.map(Boolean));
  assert.equal(made.root, hex(type.hashTreeRoot(value)));
  assert.equal(made.bytes, hex(type.serialize(value)));
  const same = popped.root === made.root;
  assert.equal(equal, same);
  const items = popped.items.map((item, place) => (item === 1 ? "" : ` ${place}`)).join("");
  const bytes = type.deserialize(Buffer.from(popped.bytes, "hex")).bitLen;
  const told = [same ? "its root" : "another root", items ? `zero at${items}` : "its items"];
  const name = `${kind} of ${length} ones, append(${last}), pop()`;
  console.log(`${name}: ${told.join(", ")}, bytes of ${bytes} bits`);
  seen.push([length, last, ...told, bytes]);
}
const expected = [
  [3, 0, "its root", "its items", 3],
  [3, 1, "another root", "its items", 2],
  [200, 0, "its root", "its items", 200],
  [200, 1, "another root", "its items", 200],
  [255, 0, "another root", "zero at 0", 255],
  [255, 1, "another root", "zero at 0", 254],
];
assert.deepEqual(seen, [...expected, ...expected]);
SCRIPT
python/bin/python probe.py >seen.json
timeout 60 node probe.mjs <seen.json
