// Writes the execution chain's genesis, in geth's format, to standard output: all forks up to
// Prague at once (with --fork fulu also Osaka), the deposit contract, the system contracts,
// what makes contracts at the same address everywhere, and funded accounts.
//
// The contracts (code and storage) are those of the Hoodi genesis inside @ethereumjs/genesis.
// node genesis.mjs [--chain-id 1337] [--fork electra|fulu]
import {parseArgs} from "node:util";
import {getGenesis} from "@ethereumjs/genesis";

const HOODI = 560048;
const DEPOSIT_CONTRACT = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
// What contracts come from that have the same address on every chain
// (safe-global/safe-singleton-factory): it makes what it is sent, where that says.
const SINGLETON_FACTORY = "0x914d7fec6aac8cd542e72bca78b30650d45643d7";
const SINGLETON_FACTORY_CODE =
  "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0" +
  "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
// Accounts of the well-known test mnemonic: their keys are public. The first one pays for the
// deposits, the others are the people of `src/pool/accounts.rs`.
const BILLION_ETHER = "0x33b2e3c9fd0803ce8000000";
const THOUSAND_ETHER = "0x3635c9adc5dea00000";
const FUNDED = {
  "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266": {balance: BILLION_ETHER},
  "0x70997970c51812dc3a010c7d01b50e0d17dc79c8": {balance: THOUSAND_ETHER},
  "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc": {balance: THOUSAND_ETHER},
  "0x90f79bf6eb2c4f870365e785982e1f101e93b906": {balance: THOUSAND_ETHER},
  "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65": {balance: THOUSAND_ETHER},
  "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc": {balance: THOUSAND_ETHER},
};
const ZERO_HASH = `0x${"00".repeat(32)}`;

const {values: flags} = parseArgs({
  options: {
    "chain-id": {type: "string", default: "1337"},
    fork: {type: "string", default: "electra"},
  },
});
const osaka = {electra: false, fulu: true}[flags.fork];
if (osaka === undefined) throw new Error(`unknown fork ${flags.fork}: electra or fulu`);
const blobs = {target: 6, max: 9, baseFeeUpdateFraction: 5007716};

// The package lists an account as [balance, code, [[slot, value], …]].
function contracts() {
  const alloc = {};
  for (const [address, account] of Object.entries(getGenesis(HOODI))) {
    if (!Array.isArray(account) || !account[1] || account[1] === "0x") continue;
    const [, code, storage] = account;
    const slots = Object.fromEntries(storage ?? []);
    alloc[address] = {balance: "0x0", nonce: "0x1", code, storage: slots};
  }
  alloc[SINGLETON_FACTORY] = {balance: "0x0", nonce: "0x1", code: SINGLETON_FACTORY_CODE};
  return alloc;
}

const blockForks = [
  "homestead",
  "eip150",
  "eip155",
  "eip158",
  "byzantium",
  "constantinople",
  "petersburg",
  "istanbul",
  "muirGlacier",
  "berlin",
  "london",
  "mergeNetsplit",
];

const genesis = {
  config: {
    chainId: Number(flags["chain-id"]),
    ...Object.fromEntries(blockForks.map((fork) => [`${fork}Block`, 0])),
    terminalTotalDifficulty: 0,
    terminalTotalDifficultyPassed: true,
    shanghaiTime: 0,
    cancunTime: 0,
    pragueTime: 0,
    ...(osaka ? {osakaTime: 0} : {}),
    blobSchedule: {
      cancun: {target: 3, max: 6, baseFeeUpdateFraction: 3338477},
      prague: blobs,
      ...(osaka ? {osaka: blobs} : {}),
    },
    depositContractAddress: DEPOSIT_CONTRACT,
  },
  nonce: "0x0",
  timestamp: "0x0",
  extraData: "0x",
  gasLimit: "0x1c9c380",
  difficulty: "0x0",
  mixHash: ZERO_HASH,
  coinbase: `0x${"00".repeat(20)}`,
  number: "0x0",
  gasUsed: "0x0",
  parentHash: ZERO_HASH,
  baseFeePerGas: "0x3b9aca00",
  alloc: {...contracts(), ...FUNDED},
};
process.stdout.write(`${JSON.stringify(genesis, null, 1)}\n`);
