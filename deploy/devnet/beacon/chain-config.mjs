// The configuration of the devnet's chain: the preset's published one, with all forks up to the
// chosen one at genesis, our slot time and deposit contract, and the overrides of the command line.
import {ACTIVE_PRESET} from "@lodestar/params";
import {fromHex} from "@lodestar/utils";

const FORKS = ["altair", "bellatrix", "capella", "deneb", "electra", "fulu", "gloas"];

export async function chainConfig(flags) {
  // The package exports the configurations of public networks only; these two are files in it.
  const dir = "./node_modules/@lodestar/config/lib/chainConfig/configs/";
  const {chainConfig: base} = await import(`${dir}${ACTIVE_PRESET}.js`);
  return {
    ...base,
    CONFIG_NAME: "devnet",
    ...forkEpochs(flags.fork),
    SLOT_DURATION_MS: flags.slotMs,
    SECONDS_PER_SLOT: Math.ceil(flags.slotMs / 1000),
    MIN_GENESIS_TIME: 0,
    MIN_GENESIS_ACTIVE_VALIDATOR_COUNT: flags.validators,
    DEPOSIT_CHAIN_ID: flags.chainId,
    DEPOSIT_NETWORK_ID: flags.chainId,
    DEPOSIT_CONTRACT_ADDRESS: fromHex(flags.depositContract),
    BLOB_SCHEDULE: [],
    ...Object.fromEntries(flags.config.map(([name, value]) => [name, constant(value)])),
  };
}

function forkEpochs(atGenesis) {
  const last = FORKS.indexOf(atGenesis);
  if (last < 0) throw new Error(`unknown fork ${atGenesis}: one of ${FORKS.join(", ")}`);
  const epoch = (position) => (position <= last ? 0 : Infinity);
  return Object.fromEntries(FORKS.map((fork, i) => [`${fork.toUpperCase()}_FORK_EPOCH`, epoch(i)]));
}

function constant(value) {
  if (value.startsWith("0x")) return fromHex(value);
  if (!Number.isFinite(Number(value)) && value !== "Infinity") {
    throw new Error(`--config: ${value} is neither a number nor 0x and hex digits`);
  }
  return Number(value);
}
