// Asks the other nodes, once in a slot, for the blocks that this one lacks: what was posted to it
// while it stood still may be lost. They are imported by the node's own API, as all others are.
import {getClient} from "@lodestar/api";
import {toHex} from "@lodestar/utils";
import {REQUEST_MS, silent} from "./network.mjs";

// The most blocks that are asked for at once.
const MOST = 512;

export function catchUp({port, peers}, config, chain, clock) {
  const options = {config, logger: silent};
  const client = (baseUrl) => getClient({baseUrl, globalInit: {timeoutMs: REQUEST_MS}}, options);
  const own = client(`http://127.0.0.1:${port}`);
  const others = peers.map(client);
  let isUnderWay = false;
  clock.on("clock:slot", async () => {
    if (isUnderWay) return;
    isUnderWay = true;
    for (const other of others) {
      await follow(other).catch((error) => console.log(`no blocks of another node: ${error}`));
    }
    isUnderWay = false;
  });

  async function follow(other) {
    const missing = [];
    let {root} = await ask(other, "getBlockRoot", {blockId: "head"});
    while (missing.length < MOST && !chain.forkChoice.hasBlockHex(toHex(root))) {
      const signedBlock = await ask(other, "getBlockV2", {blockId: toHex(root)});
      missing.unshift(signedBlock);
      root = signedBlock.message.parentRoot;
    }
    for (const signedBlock of missing) {
      const signedBlockContents = {signedBlock, kzgProofs: [], blobs: []};
      // One that came by itself meanwhile is refused, and those after it are not.
      await own.beacon.publishBlockV2({signedBlockContents});
    }
  }
}

async function ask(api, route, args) {
  const response = await api.beacon[route](args);
  response.assertOk();
  return response.value();
}
