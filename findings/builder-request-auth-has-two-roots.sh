#!/usr/bin/env bash
# github.com/attestantio/go-eth2-client v0.30.1 (Go) and @lodestar/types 1.50.0 (npm), both of October
# 2026 and with the types of Gloas, hashing one `BuilderRequestAuth`: what a validator signs so that
# a builder answers its request for a bid.
#
# Guess:  two clients that read and write the same SSZ bytes and the same JSON of an object agree on
#         its hash tree root, the thing that is signed.
# Really: they agree on every byte of it, not on the root. builder-specs (specs/gloas/validator.md,
#         "Containers") defines a plain `Container`, and so does Lodestar; go-eth2-client merkleizes
#         a progressive one (EIP-7495), as it does for the consensus objects of Gloas. Bytes cannot
#         show it: both kinds serialize alike. `PayloadAttestation`, progressive for both, agrees.
#
# So a signature over it from one is none for the other, and a round trip through SSZ or JSON is no
# test of a type of Gloas: only a root is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @lodestar/types@1.50.0
export GOPATH=$folder/go GOFLAGS="-mod=mod -modcacherw" GOTOOLCHAIN=local
{ go mod init probe && go get github.com/attestantio/go-eth2-client@v0.30.1; } &>log || {
  cat log
  exit 1
}
cat >probe.go <<'SCRIPT'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/attestantio/go-eth2-client/spec/gloas"
)

type object interface {
	json.Unmarshaler
	json.Marshaler
	MarshalSSZ() ([]byte, error)
	HashTreeRoot() ([32]byte, error)
}

// Reads one object's JSON, and tells its SSZ bytes, its root, and its JSON again.
func main() {
	kinds := map[string]object{
		"BuilderRequestAuth": &gloas.BuilderRequestAuth{},
		"PayloadAttestation": &gloas.PayloadAttestation{},
	}
	value := kinds[os.Args[1]]
	if err := json.Unmarshal([]byte(os.Args[2]), value); err != nil {
		panic(err)
	}
	bytes, err := value.MarshalSSZ()
	if err != nil {
		panic(err)
	}
	root, err := value.HashTreeRoot()
	if err != nil {
		panic(err)
	}
	again, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x\n%x\n%s\n", bytes, root, again)
}
SCRIPT
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {createHash} from "node:crypto";
import {ssz} from "@lodestar/types";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const hash = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const chunk = (bytes) => Buffer.concat([bytes, Buffer.alloc(32)]).subarray(0, 32);
const little = (number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return chunk(bytes);
};
const compare = (kind, value) => {
  const type = ssz.gloas[kind];
  const text = JSON.stringify(type.toJson(value));
  const told = execFileSync("./probe", [kind, text], {encoding: "utf8"});
  const [bytes, root, again] = told.trim().split("\n");
  assert.equal(bytes, hex(type.serialize(value)));
  assert.deepEqual(JSON.parse(again), JSON.parse(text));
  const ours = hex(type.hashTreeRoot(value));
  console.log(`${kind}: the same ${bytes.length / 2} bytes and the same JSON`);
  console.log(`  root, @lodestar/types: ${ours}`);
  console.log(`  root, go-eth2-client:  ${root}`);
  return [ours, root];
};

const payload = ssz.gloas.PayloadAttestation.defaultValue();
payload.data.slot = 7;
const [one, other] = compare("PayloadAttestation", payload);
assert.equal(one, other);

const data = Buffer.from("https://builder.example");
const slot = 7;
const [plain, progressive] = compare("BuilderRequestAuth", {data, slot});
// By hand: `data` is a List[byte, 4096], one chunk of 128 with its length mixed in.
const zeros = [Buffer.alloc(32)];
let list = chunk(data);
for (let level = 0; level < 7; level++) {
  list = hash(list, zeros[level]);
  zeros.push(hash(zeros[level], zeros[level]));
}
list = hash(list, little(data.length));
// A container of two fields, and a progressive one: subtrees of 1 and 4 leaves, then the fields.
assert.equal(plain, hex(hash(list, little(slot))));
const four = hash(hash(little(slot), zeros[0]), zeros[1]);
const fields = hash(hash(list, hash(four, zeros[0])), chunk(Buffer.of(0b11)));
assert.notEqual(progressive, plain, "go-eth2-client now hashes a plain container");
assert.equal(progressive, hex(fields));
SCRIPT
go build -o probe probe.go
timeout 60 node probe.mjs
