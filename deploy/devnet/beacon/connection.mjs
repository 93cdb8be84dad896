// The connection of the interop validator client: the Beacon API, the slot clock, and signing.
import {getClient} from "@lodestar/api";
import {chainConfigFromJson, createBeaconConfig} from "@lodestar/config";
import {computeSigningRoot} from "@lodestar/state-transition";
import {fromHex, sleep} from "@lodestar/utils";

const REQUEST_MS = 20_000;
const RETRY_MS = 300;

const silent = {debug() {}, verbose() {}, info() {}, warn() {}, error() {}, child: () => silent};

// Waits for the beacon node at `url`.
export async function connect(url, keys) {
  const {config, genesisTime, slotMs} = await readChain(url);
  const globalInit = {timeoutMs: REQUEST_MS};
  const api = getClient({baseUrl: url, globalInit}, {config, logger: silent});
  const startMs = (slot) => genesisTime * 1000 + slot * slotMs;
  return {
    config,
    // Calls a route of the API and answers with the value; throws unless the node accepted it.
    ask: async (group, route, args) => {
      const response = await api[group][route](args);
      response.assertOk();
      return response.value?.();
    },
    nextSlot: () => Math.max(0, Math.ceil((Date.now() - genesisTime * 1000) / slotMs)),
    // Sleeps until `share` of the slot has passed.
    until: (slot, share) => sleep(Math.max(0, startMs(slot) + share * slotMs - Date.now())),
    // The signature of `value` by the interop key `index`, in the domain of the slot's fork.
    sign: (index, type, value, slot, domainType) => {
      const domain = config.getDomain(slot, domainType, slot);
      return keys[index].sign(computeSigningRoot(type, value, domain)).toBytes();
    },
  };
}

async function readChain(url) {
  const read = async (path) => (await (await fetch(url + path)).json()).data;
  for (;;) {
    try {
      const spec = await read("/eth/v1/config/spec");
      const genesis = await read("/eth/v1/beacon/genesis");
      const root = fromHex(genesis.genesis_validators_root);
      return {
        config: createBeaconConfig(chainConfigFromJson(spec), root),
        genesisTime: Number(genesis.genesis_time),
        slotMs: Number(spec.SLOT_DURATION_MS),
      };
    } catch {
      await sleep(RETRY_MS);
    }
  }
}
