// Puts the stand-ins onto a chain: anvil's, or that of the devnet.
//
//   node chain.mjs compile
//       compiles them into COMPILED, unless that is of the same sources already
//   node chain.mjs deploy RPC KEY TERMS
//       deploys them from the account whose key is in the file KEY, and prints their addresses by
//       their names
//   node chain.mjs safe RPC KEY DEPTH
//       deploys Safe's own contracts, as they were published, to the addresses that they have on
//       every chain
//
// TERMS is JSON: {beaconRoots, slotsPerHistoricalRoot, withdrawals, capellaSlot, electraSlot,
// genesisTime, genesisValidatorsRoot, slotsPerEpoch, notifyThreshold}, of the beacon chain that is
// proved from, and `depth`: how many blocks have to stand on the last one. Both call surfaces are
// deployed, and that of 1.4 is registered; `RocketStorage`'s `register` upgrades to the other.
//
// Anvil has none of the contracts that a chain has at its genesis: their code and storage are those
// of Hoodi.

import {createHash} from "node:crypto";
import {existsSync, readFileSync, readdirSync, renameSync, writeFileSync} from "node:fs";
import {Wallet, ask} from "./wallet.mjs";

// Beside the compiler, and with it out of the repository.
const COMPILED = new URL("node_modules/.compiled.json", import.meta.url);
const HOODI = 560048;
const DEPOSIT_CONTRACT = "0x00000000219ab540356cbb839cbe05303d7705fa";

// Whom Safe's contracts come from on every chain (safe-global/safe-singleton-factory), and where
// they lie in their package.
const SINGLETON_FACTORY = "0x914d7fec6aac8cd542e72bca78b30650d45643d7";
const SAFE_PACKAGE = new URL(
  "node_modules/@safe-global/safe-contracts/build/artifacts/contracts/",
  import.meta.url,
);
const SAFE = [
  "Safe.sol/Safe",
  "proxies/SafeProxyFactory.sol/SafeProxyFactory",
  "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
];

// The name of each in RocketStorage, the stand-in for it, and the terms that it is built with.
const CONTRACTS = {
  casperDeposit: null,
  rocketTokenRETH: ["RocketTokenRETH"],
  rocketTokenRPL: ["RocketTokenRPL"],
  rocketNodeManager: ["RocketNodeManager"],
  rocketNodeDeposit: ["RocketNodeDeposit"],
  rocketNodeStaking: ["RocketNodeStaking"],
  rocketNodeDistributorFactory: ["RocketNodeDistributorFactory"],
  rocketMinipoolManager: ["RocketMinipoolManager"],
  rocketMegapoolFactory: ["RocketMegapoolFactory"],
  rocketMegapoolProxy: ["RocketMegapoolProxy"],
  rocketMegapoolDelegate: ["RocketMegapoolDelegate"],
  rocketMegapoolManager: ["RocketMegapoolManager", "epoch"],
  rocketMegapoolPenalties: ["RocketMegapoolPenalties"],
  beaconStateVerifier: ["BeaconStateVerifier", "shape"],
  rocketDepositPool: ["RocketDepositPool"],
  linkedListStorage: ["LinkedListStorage"],
  rocketSmoothingPool: ["RocketSmoothingPool"],
  rocketRewardsPool: ["RocketRewardsPool"],
  rocketMerkleDistributorMainnet: ["RocketMerkleDistributor"],
  rocketNetworkPenalties: ["RocketNetworkPenalties"],
  rocketNetworkRevenues: ["RocketNetworkRevenues"],
  rocketDAOProtocolSettingsNode: ["SettingsNode"],
  rocketDAOProtocolSettingsDeposit: ["SettingsDeposit"],
  rocketDAOProtocolSettingsMegapool: ["SettingsMegapool", "threshold"],
  rocketDAOProtocolSettingsMinipool: ["SettingsMinipool"],
  rocketDAONodeTrustedSettingsMinipool: ["TrustedSettingsMinipool"],
};

// Of protocol 1.4.1, to be registered under the names before the dot.
const UPGRADE = {
  "rocketMegapoolManager.1.4.1": ["RocketMegapoolManagerV2", "epoch"],
  "beaconStateVerifier.1.4.1": ["BeaconStateVerifierV2", "shape", "epoch"],
};

async function compile() {
  const into = COMPILED;
  const here = new URL(".", import.meta.url);
  const names = readdirSync(here).filter((name) => name.endsWith(".sol"));
  const text = (name) => readFileSync(new URL(name, here), "utf8");
  const sources = Object.fromEntries(names.map((name) => [name, {content: text(name)}]));
  const outputSelection = {"*": {"*": ["abi", "evm.bytecode.object", "evm.methodIdentifiers"]}};
  const settings = {optimizer: {enabled: true, runs: 200}, outputSelection};
  const input = JSON.stringify({language: "Solidity", sources, settings});
  const of = createHash("sha256").update(input).digest("hex");
  if (existsSync(into) && JSON.parse(readFileSync(into, "utf8")).of === of) return;
  const {default: solc} = await import("solc");
  const output = JSON.parse(solc.compile(input));
  if (output.errors) throw new Error(output.errors.map((it) => it.formattedMessage).join("\n"));
  const contracts = Object.assign({}, ...Object.values(output.contracts));
  // Another one may read it at this moment, or write it.
  const made = new URL(`${into}.${process.pid}`);
  writeFileSync(made, JSON.stringify({of, contracts}));
  renameSync(made, into);
}

async function putGenesis(rpc) {
  const {getGenesis} = await import("@ethereumjs/genesis");
  for (const [address, account] of Object.entries(getGenesis(HOODI))) {
    if (!Array.isArray(account) || !account[1] || account[1] === "0x") continue;
    await ask(rpc, "anvil_setCode", [address, account[1]]);
    // Only that one; the others begin to work with the first block after their fork.
    const storage = address === DEPOSIT_CONTRACT ? account[2] : [];
    for (const [slot, value] of storage) {
      await ask(rpc, "anvil_setStorageAt", [address, slot, value]);
    }
  }
}

const word = (value) => BigInt(value).toString(16).padStart(64, "0");

function parameters(terms) {
  const shape = [
    terms.beaconRoots,
    terms.slotsPerHistoricalRoot,
    Math.log2(terms.slotsPerHistoricalRoot),
    Math.log2(terms.withdrawals),
    terms.capellaSlot,
    terms.electraSlot,
    terms.genesisTime,
    terms.genesisValidatorsRoot,
  ];
  return {shape, epoch: [terms.slotsPerEpoch], threshold: [terms.notifyThreshold]};
}

// What a contract may cost: 200 gas a byte of code, 16 a byte of data, and what it writes at first.
const gasOf = (code) => 1_500_000 + 150 * code.length;

async function deploy(rpc, key, {contracts}, terms) {
  if ((await ask(rpc, "eth_getCode", [DEPOSIT_CONTRACT, "latest"])) === "0x") await putGenesis(rpc);
  const wallet = await Wallet.open(rpc, key, terms.depth);
  // All are sent at once: where each will be is known from the number of its transaction.
  const create = async (name, words) => {
    const code = contracts[name].evm.bytecode.object;
    const at = wallet.nextContract();
    await wallet.send({gas: gasOf(code), data: `0x${code}${words.map(word).join("")}`});
    return at;
  };
  const storage = await create("RocketStorage", []);
  const {abi, evm} = contracts.RocketStorage;
  // A text of at most 32 bytes, and then perhaps an address.
  const to = (method, text, address) => {
    const {name, inputs} = abi.find((it) => it.name === method);
    const selector = evm.methodIdentifiers[`${name}(${inputs.map((it) => it.type)})`];
    const head = [32 * inputs.length, ...(address ? [address] : [])].map(word).join("");
    const bytes = Buffer.from(text).toString("hex").padEnd(64 * Math.ceil(text.length / 32), "0");
    const data = `0x${selector}${head}${word(text.length)}${bytes}`;
    return wallet.send({to: storage, gas: 300_000, data});
  };
  const known = parameters(terms);
  const found = {rocketStorage: storage};
  for (const [name, contract] of Object.entries({...CONTRACTS, ...UPGRADE})) {
    const [made, ...wanted] = contract ?? [];
    const words = [storage, ...wanted.flatMap((it) => known[it])];
    found[name] = contract ? await create(made, words) : DEPOSIT_CONTRACT;
    if (name in CONTRACTS) await to("register", name, found[name]);
  }
  await to("setProtocol", "1.4");
  await wallet.settle();
  for (const [name, at] of Object.entries(found)) {
    const code = await ask(rpc, "eth_getCode", [at, "latest"]);
    if (code === "0x") throw new Error(`${name} was not deployed to ${at}`);
  }
  return found;
}

async function deploySafe(rpc, key, depth) {
  const wallet = await Wallet.open(rpc, key, depth);
  for (const name of SAFE) {
    const file = new URL(`${name}.json`, SAFE_PACKAGE);
    const code = JSON.parse(readFileSync(file, "utf8")).bytecode.slice(2);
    // No salt.
    const data = `0x${word(0)}${code}`;
    await wallet.send({to: SINGLETON_FACTORY, gas: gasOf(code), data});
    await wallet.settle();
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === "compile") {
  await compile();
} else if (mode === "safe") {
  const [rpc, key, depth] = rest;
  await deploySafe(rpc, readFileSync(key, "utf8"), Number(depth));
} else {
  const [rpc, key, terms] = rest;
  const sources = JSON.parse(readFileSync(COMPILED, "utf8"));
  const found = await deploy(rpc, readFileSync(key, "utf8"), sources, JSON.parse(terms));
  console.log(JSON.stringify(found));
}
