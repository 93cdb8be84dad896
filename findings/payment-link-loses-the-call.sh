#!/usr/bin/env bash
# eth-url-parser 1.0.4 (npm), with which wallets read and write links of EIP-681 ("ethereum:0x…"),
# on links that ask for a call of a contract.
#
# Guess:  what `parse` gives is the call of the link, and `build` makes of it a link that asks for
#         the same. A link of EIP-681 has the arguments as TYPE=VALUE, one behind the other: these
#         types, in this order, are the function's signature and so its selector.
# Really: `parse` gathers the arguments by type, and which came before which is gone. The link of a
#         Safe's `execTransaction` and that of another function of this name, with the types in
#         another order, give equal objects. And `build` writes arguments of one type as `bytes[0]`
#         and `bytes[1]`, the names of other types: the link of a validator's deposit comes back as
#         one for a function that the deposit contract has not got. No error in either.
#         A call with one argument of each type, like `transfer` of ERC-20, comes back as it was.
#
# So a link of a call with two arguments of one type is not for a wallet with this parser: give its
# users the calldata, or let them compare the selector.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact eth-url-parser@1.0.4 ethers@6.17.0
cat >probe.mjs <<'SCRIPT'
import assert from "node:assert/strict";
import {ethers} from "ethers";
import parser from "eth-url-parser";

const contract = `0x${"11".repeat(20)}`;
const person = `0x${"22".repeat(20)}`;
const none = ethers.ZeroAddress;
const bytes = (length) => `0x${"07".repeat(length)}`;
const linked = (name, args, rest = "") =>
  `ethereum:${contract}@560048/${name}?${args.map((arg) => arg.join("=")).join("&")}${rest}`;
// The function that a link calls, as EIP-681 says it: every key but these four is a type.
const called = (link) => {
  const {pathname, searchParams} = new URL(link);
  const others = ["value", "gas", "gasLimit", "gasPrice"];
  const types = [...searchParams.keys()].filter((key) => !others.includes(key));
  return `${pathname.split("/")[1]}(${types.join(",")})`;
};
const selector = (link) => ethers.id(called(link)).slice(0, 10);

const transfer = [
  ["address", person],
  ["uint256", "1000"],
];
const exec = [
  ["address", person],
  ["uint256", "1000"],
  ["bytes", "0x"],
  ["uint8", "0"],
  ...["1", "2", "3"].map((gas) => ["uint256", gas]),
  ["address", none],
  ["address", none],
  ["bytes", bytes(65)],
];
const deposit = [...[48, 32, 96].map((size) => ["bytes", bytes(size)]), ["bytes32", bytes(32)]];

const links = {
  transfer: linked("transfer", transfer),
  execTransaction: linked("execTransaction", exec),
  deposit: linked("deposit", deposit, "&value=32000000000000000000"),
};
// The selectors of ERC-20, of a Safe and of the deposit contract.
const known = {transfer: "0xa9059cbb", execTransaction: "0x6a761202", deposit: "0x22895118"};
const seen = {};
for (const [name, link] of Object.entries(links)) {
  assert.equal(selector(link), known[name]);
  const back = parser.build(parser.parse(link));
  console.log(`${called(link)}\n  parsed and built: ${called(back)}`);
  seen[name] = {"in the link": selector(link), "parsed and built": selector(back)};
}
console.table(seen);
assert.equal(seen.transfer["parsed and built"], known.transfer);
const rebuilt = called(parser.build(parser.parse(links.deposit)));
assert.equal(rebuilt, "deposit(bytes[0],bytes[1],bytes[2],bytes32)");
for (const name of ["execTransaction", "deposit"]) {
  assert.notEqual(seen[name]["parsed and built"], known[name]);
}

// The same arguments of `execTransaction`, the types grouped: another function of that name.
const kinds = [...new Set(exec.map(([type]) => type))];
const grouped = kinds.flatMap((kind) => exec.filter(([type]) => type === kind));
const other = linked("execTransaction", grouped);
console.log(`${selector(other)} is ${called(other)}`);
assert.notEqual(selector(other), known.execTransaction);
assert.deepEqual(parser.parse(other), parser.parse(links.execTransaction));
console.log("  its link is parsed to the very object of the first one's");
SCRIPT
timeout 60 node probe.mjs
