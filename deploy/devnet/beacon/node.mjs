// A devnet beacon node built from Lodestar's published packages: their chain, operation pools,
// validator API and REST server, with fork choice, database, network and logger of our own
// (`shims/`, network.mjs). It is not Lodestar: it has no libp2p and no disk, and of sync only what
// catch-up.mjs asks for.
//
// LODESTAR_PRESET=minimal|mainnet in the environment; flags in flags.mjs; README.md says more.
import {setMaxListeners} from "node:events";
import {generateKeyPair} from "@libp2p/crypto/keys";
import {createBeaconConfig, createChainForkConfig} from "@lodestar/config";
import {LevelDbController} from "@lodestar/db";
import {makeLogger} from "@lodestar/logger";
import {SLOTS_PER_EPOCH} from "@lodestar/params";
import {BeaconStateView, createBeaconStateView} from "@lodestar/state-transition";
import {createPubkeyCache, syncPubkeys} from "@lodestar/state-transition";
import {toHex} from "@lodestar/utils";
import {catchUp} from "./catch-up.mjs";
import {chainConfig} from "./chain-config.mjs";
import {executionBuilder, executionEngine} from "./execution.mjs";
import {readFlags} from "./flags.mjs";
import {genesisState} from "./genesis.mjs";
import {LEFT_OUT_SLOTS, packLeftOut} from "./left-out.mjs";
import {restNetwork} from "./network.mjs";

globalThis.self = globalThis; // one dependency expects a browser's name for it

// The package exports only its complete node; its parts are imported by path.
const parts = "./node_modules/@lodestar/beacon-node/lib/";
const {getApi} = await import(`${parts}api/impl/index.js`);
const {BeaconRestApiServer} = await import(`${parts}api/rest/index.js`);
const {BeaconChain} = await import(`${parts}chain/chain.js`);
const {BeaconDb} = await import(`${parts}db/beacon.js`);
const {defaultOptions} = await import(`${parts}node/options.js`);
const {Clock} = await import(`${parts}util/clock.js`);

const VERSION = "devnet-parts-1.44.0";
const INTEROP_FEE_RECIPIENT = `0x${"fe".repeat(20)}`;

// beacon-node 1.44 calls this; state-transition 1.46 has it only in the form that throws.
BeaconStateView.prototype.getBeaconProposerOrNull ??= function (slot) {
  try {
    return this.getBeaconProposer(slot);
  } catch {
    return null;
  }
};

const flags = readFlags();
const constants = await chainConfig(flags);
const anchorState = genesisState(createChainForkConfig(constants), flags);
const config = createBeaconConfig(constants, anchorState.genesisValidatorsRoot);
const logger = makeLogger(flags.log);
const stop = new AbortController();
setMaxListeners(0, stop.signal);

const clock = new Clock({config, genesisTime: flags.genesisTime, signal: stop.signal});
const db = new BeaconDb(config, await LevelDbController.create());
const chain = await startChain();
const network = restNetwork(flags.peers, config, clock);
await serveApi();

const root = toHex(anchorState.genesisValidatorsRoot);
console.log(`ready port=${flags.port} genesis_time=${flags.genesisTime} root=${root}`);
clock.on("clock:slot", logSlot);
catchUp(flags, config, chain, clock);
if (!flags.onlyAggregated) clock.on("clock:slot", packRest);
process.on("unhandledRejection", (error) => console.error("unhandled rejection", error));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

async function startChain() {
  const pubkeyCache = createPubkeyCache();
  syncPubkeys(pubkeyCache, anchorState.validators.getAllReadonlyValues());
  const modules = {metrics: null, signal: stop.signal, logger: logger.child({module: "engine"})};
  const options = {
    ...defaultOptions.chain,
    blsVerifyAllMainThread: true,
    disableLightClientServer: true,
    preaggregateSlotDistance: LEFT_OUT_SLOTS,
    nHistoricalStatesFileDataStore: false,
    emitPayloadAttributes: true,
    suggestedFeeRecipient: INTEROP_FEE_RECIPIENT,
  };
  const chain = new BeaconChain(options, {
    privateKey: await generateKeyPair("secp256k1"),
    config,
    clock,
    pubkeyCache,
    dataDir: "./data",
    db,
    dbName: "memory",
    logger: logger.child({module: "chain"}),
    processShutdownCallback: (error) => {
      console.error("shutdown", error);
      process.exit(1);
    },
    metrics: null,
    validatorMonitor: null,
    anchorState: createBeaconStateView({useNative: false, anchorState, config, pubkeyCache}),
    isAnchorStateFinalized: true,
    executionEngine: executionEngine(flags, config, anchorState, modules),
    executionBuilder: executionBuilder(flags, config, modules),
  });
  await chain.init?.();
  return chain;
}

async function serveApi() {
  const modules = {config, db, sync: alwaysSynced(), network, chain, metrics: null};
  const options = {...defaultOptions.api, version: VERSION};
  const api = getApi(options, {...modules, logger: logger.child({module: "api"})});
  const rest = new BeaconRestApiServer(
    {
      enabled: true,
      address: "127.0.0.1",
      port: flags.port,
      api: ["beacon", "config", "debug", "events", "node", "validator", "lodestar"],
    },
    {config, logger: logger.child({module: "rest"}), api, metrics: null},
  );
  await rest.registerRoutes(VERSION);
  await rest.listen();
}

// There is nobody to sync from: the node is where its head is.
function alwaysSynced() {
  return {
    state: "Synced",
    isSynced: () => true,
    isSyncing: () => false,
    close() {},
    getSyncChainsDebugState: () => [],
    getSyncStatus: () => {
      const head = chain.forkChoice.getHead();
      const behind = clock.currentSlot - head.slot;
      return {
        headSlot: head.slot,
        syncDistance: behind > SLOTS_PER_EPOCH ? behind : 0,
        isSyncing: false,
        isOptimistic: head.executionStatus === "Syncing",
        elOffline: chain.executionEngine.state === "OFFLINE",
      };
    },
  };
}

function packRest() {
  try {
    packLeftOut(chain);
  } catch (error) {
    console.error("attestations were left out", error);
  }
}

function logSlot(slot) {
  if (slot < 0) return;
  const head = chain.forkChoice.getHead();
  const justified = chain.forkChoice.getJustifiedCheckpoint().epoch;
  const finalized = chain.forkChoice.getFinalizedCheckpoint().epoch;
  console.log(
    `slot ${slot} epoch ${Math.floor(slot / SLOTS_PER_EPOCH)} head ${head.slot} ` +
      `${head.blockRoot.slice(0, 10)} justified ${justified} finalized ${finalized}`,
  );
}
