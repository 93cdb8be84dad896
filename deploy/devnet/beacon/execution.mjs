// The connection to the execution client: a real one over the engine API, or the package's mock.
// And that to a relay, if there is one.
import fs from "node:fs";
import {toHex} from "@lodestar/utils";

const engineDir = "./node_modules/@lodestar/beacon-node/lib/execution/";
const {initializeExecutionBuilder, initializeExecutionEngine} = await import(
  `${engineDir}index.js`
);
const {ExecutionEngineMockBackend} = await import(`${engineDir}engine/mock.js`);
const {getExecutionEngineFromBackend} = await import(`${engineDir}engine/index.js`);

export function executionEngine(flags, config, state, modules) {
  return flags.engine ? realEngine(flags, modules) : mockEngine(config, state, modules);
}

// Always enabled: the package's rule of chains in trouble counts slots from before the first ones.
export function executionBuilder({builder}, config, {logger}) {
  if (!builder) return undefined;
  const options = {mode: "http", url: builder, timeout: 4000};
  const made = initializeExecutionBuilder(options, config, null, logger);
  made.updateStatus("enabled");
  made.updateStatus = () => {};
  made.checkStatus = async () => {};
  return made;
}

function realEngine({engine, jwtFile}, modules) {
  const options = {
    mode: "http",
    urls: [engine],
    timeout: 12000,
    retries: 2,
    retryDelay: 500,
    jwtSecretHex: jwtFile && fs.readFileSync(jwtFile, "utf8").trim(),
  };
  return initializeExecutionEngine(options, modules);
}

function mockEngine(config, state, modules) {
  const backend = new ExecutionEngineMockBackend({
    genesisBlockHash: toHex(new Uint8Array(32)),
    eth1BlockHash: toHex(state.latestExecutionPayloadHeader.blockHash),
    genesisTime: state.genesisTime,
    config,
  });
  keepBlobsOut(backend.validBlocks);
  return getExecutionEngineFromBackend(backend, modules);
}

// The mock puts blobs into a payload by its number modulo 3 or 4, and blobs need KZG, which this
// node does not have. So every number is moved to one that gives none: 11 modulo 12.
function keepBlobsOut(blocks) {
  const set = blocks.set.bind(blocks);
  const without = (n) => Math.floor(n / 12) * 12 + 11;
  blocks.set = (hash, block) => set(hash, {...block, blockNumber: without(block.blockNumber)});
  for (const [hash, block] of [...blocks]) blocks.set(hash, block);
}
