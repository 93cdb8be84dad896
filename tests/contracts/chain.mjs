// Puts the stand-ins onto a chain of anvil and sends transactions to them.
//
//   node chain.mjs RPC COMPILED.json             compiles them into that file, deploys them, and
//                                                prints their addresses by their names
//   node chain.mjs RPC COMPILED.json STEPS.json  sends [from, contract, address, function,
//                                                arguments] each
//
// Accounts are anvil's own, which it signs for.

import {readFileSync, writeFileSync} from "node:fs";

const SOURCE = "RocketPool.sol";

// The name of each in RocketStorage, and the stand-in for it.
const CONTRACTS = {
  rocketNodeManager: "RocketNodeManager",
  rocketNodeDeposit: "RocketNodeDeposit",
  rocketNodeStaking: "RocketNodeStaking",
  rocketNodeDistributorFactory: "RocketNodeDistributorFactory",
  rocketMinipoolManager: "RocketMinipoolManager",
  rocketMegapoolFactory: "RocketMegapoolFactory",
  rocketMegapoolManager: "RocketMegapoolManager",
  rocketDepositPool: "RocketDepositPool",
  linkedListStorage: "LinkedListStorage",
  rocketRewardsPool: "RocketRewardsPool",
  rocketMerkleDistributorMainnet: "RocketMerkleDistributor",
  rocketNetworkPenalties: "RocketNetworkPenalties",
  rocketTokenRPL: "RocketTokenRPL",
  rocketDAOProtocolSettingsNode: "SettingsNode",
  rocketDAOProtocolSettingsDeposit: "SettingsDeposit",
  rocketDAOProtocolSettingsMegapool: "SettingsMegapool",
  rocketDAOProtocolSettingsMinipool: "SettingsMinipool",
  rocketDAONodeTrustedSettingsMinipool: "TrustedSettingsMinipool",
};

const [rpc, compiled, steps] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, "utf8"));

async function compile() {
  const {default: solc} = await import("solc");
  const source = readFileSync(new URL(SOURCE, import.meta.url), "utf8");
  const outputSelection = {"*": {"*": ["abi", "evm.bytecode.object", "evm.methodIdentifiers"]}};
  const settings = {optimizer: {enabled: true, runs: 200}, outputSelection};
  const input = {language: "Solidity", sources: {[SOURCE]: {content: source}}, settings};
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  if (errors.length > 0) throw new Error(errors.map((it) => it.formattedMessage).join("\n"));
  return output.contracts[SOURCE];
}

async function ask(method, params) {
  const body = JSON.stringify({jsonrpc: "2.0", id: 1, method, params});
  const headers = {"content-type": "application/json"};
  const response = await fetch(rpc, {method: "POST", headers, body});
  const answer = await response.json();
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

async function send(transaction) {
  // Anvil answers with the receipt, once there is one.
  const receipt = await ask("eth_sendTransactionSync", [{gas: "0xf00000", ...transaction}]);
  if (receipt.status !== "0x1") throw new Error(`reverted: ${JSON.stringify(receipt)}`);
  return receipt;
}

const word = (number) => BigInt(number).toString(16).padStart(64, "0");

// The arguments of a call (ABI): numbers, truth values, addresses, flat structs of these, and one
// level of text (quoted) or bytes.
function encoded(types, values) {
  const flat = (type, value) =>
    type.components ? type.components.flatMap((it, i) => flat(it, value[i])) : [[type.type, value]];
  const all = types.flatMap((type, i) => flat(type, values[i]));
  let head = "";
  let tail = "";
  for (const [type, value] of all) {
    if (type === "string" || type === "bytes") {
      const bytes = Buffer.from(...(type === "bytes" ? [value.slice(2), "hex"] : [value]));
      head += word(32 * all.length + tail.length / 2);
      const padded = bytes.toString("hex").padEnd(64 * Math.ceil(bytes.length / 32), "0");
      tail += word(bytes.length) + padded;
    } else {
      head += word(value === true ? 1 : value === false ? 0 : value);
    }
  }
  return head + tail;
}

function call(contract, name, values) {
  const {inputs} = contract.abi.find((it) => it.name === name);
  const selector = Object.entries(contract.evm.methodIdentifiers).find(([signature]) =>
    signature.startsWith(`${name}(`),
  )[1];
  return `0x${selector}${encoded(inputs, values)}`;
}

async function deploy(contracts) {
  const [from] = await ask("eth_accounts", []);
  const create = async (name, argument) => {
    const code = contracts[name].evm.bytecode.object;
    return (await send({from, data: `0x${code}${argument}`})).contractAddress;
  };
  const storage = await create("RocketStorage", "");
  const found = {rocketStorage: storage};
  const to = (method, values) =>
    send({from, to: storage, data: call(contracts.RocketStorage, method, values)});
  for (const [name, contract] of Object.entries(CONTRACTS)) {
    found[name] = await create(contract, word(storage));
    await to("register", [name, found[name]]);
  }
  // Its code is in the megapool itself; the address only has to be there.
  await to("register", ["rocketMegapoolDelegate", found.rocketMegapoolFactory]);
  await to("setProtocol", ["1.4"]);
  return found;
}

if (steps === undefined) {
  const contracts = await compile();
  writeFileSync(compiled, JSON.stringify(contracts));
  console.log(JSON.stringify(await deploy(contracts)));
} else {
  const contracts = read(compiled);
  for (const [from, contract, to, name, values] of read(steps)) {
    await send({from, to, data: call(contracts[contract], name, values)});
  }
}
