// The command line of the beacon node, read once into values with units.
import {parseArgs} from "node:util";

const text = (value) => (value === undefined ? {type: "string"} : {type: "string", default: value});

const options = {
  port: text("19600"), // REST API, on 127.0.0.1
  fork: text("electra"), // the fork active at genesis
  validators: text("64"), // interop validators in the genesis state
  "slot-ms": text("4000"),
  "genesis-time": text(), // Unix seconds
  "genesis-hash": text(), // block 0 of the execution chain; without it the engine is a mock
  engine: text(), // URL of the execution client's engine API
  jwt: text(), // file with the secret of that API, in hex
  "deposit-contract": text("0x00000000219ab540356cBB839Cbe05303d7705Fa"),
  "chain-id": text("1337"),
  builder: text(), // URL of a relay whose bids it takes; without it all payloads are the engine's
  peers: text(""), // REST URLs of other such nodes, with commas
  config: text(""), // NAME=VALUE,… overrides of the chain's configuration (not of the preset)
  append: text(), // JSON file: [{"pubkey", "withdrawal_credentials"}], more genesis validators
  "only-aggregated": {type: "boolean", default: false}, // blocks carry nothing else
  log: text("warn"),
};

export function readFlags() {
  const {values} = parseArgs({options});
  return {
    port: Number(values.port),
    fork: values.fork,
    validators: Number(values.validators),
    slotMs: Number(values["slot-ms"]),
    genesisTime: Number(values["genesis-time"] ?? Math.floor(Date.now() / 1000) + 6),
    genesisHash: values["genesis-hash"],
    engine: values.engine,
    jwtFile: values.jwt,
    depositContract: values["deposit-contract"],
    chainId: Number(values["chain-id"]),
    builder: values.builder,
    peers: list(values.peers),
    config: list(values.config).map((pair) => pair.split("=")),
    appendFile: values.append,
    onlyAggregated: values["only-aggregated"],
    log: values.log,
  };
}

const list = (value) => value.split(",").filter(Boolean);
