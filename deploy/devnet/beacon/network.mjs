// Stands in place of the libp2p network: what a node would gossip is posted to the REST API of its
// peers. Blocks that it misses nevertheless it asks for (catch-up.mjs).
import {EventEmitter} from "node:events";
import {getClient} from "@lodestar/api";
import {ssz} from "@lodestar/types";
import {toHex} from "@lodestar/utils";

// Messages of one kind that arrive within this time are posted together.
const BATCH_MS = 15;
export const REQUEST_MS = 8000;
// How many signatures are remembered before the set is emptied at an epoch's start.
const REMEMBERED = 20_000;

const nothing = () => {};
export const silent = {
  ...{debug: nothing, verbose: nothing, info: nothing, warn: nothing, error: nothing},
  child: () => silent,
};

export function restNetwork(urls, config, clock) {
  const peers = urls.map((baseUrl) =>
    getClient({baseUrl, globalInit: {timeoutMs: REQUEST_MS}}, {config, logger: silent}),
  );
  const known = {...(peers.length ? publishing(peers, clock) : {}), ...identity()};
  // Whatever else the node asks of its network is answered as if one peer had been reached.
  const answer = async () => 1;
  return new Proxy(known, {
    get: (target, name) => (name in target ? target[name] : name === "then" ? undefined : answer),
  });
}

function publishing(peers, clock) {
  // A peer's API publishes what it is given: without this a message would echo for ever.
  const seen = new Set();
  clock.on("clock:epoch", () => seen.size > REMEMBERED && seen.clear());
  const isNew = ({signature}) => seen.size !== seen.add(toHex(signature)).size;

  const post = (send) => {
    for (const peer of peers) Promise.resolve(send(peer)).catch(() => {});
    return peers.length;
  };
  const inBatches = (send) => {
    let batch = [];
    return async (message) => {
      if (!isNew(message)) return 0;
      if (batch.push(message) === 1) {
        setTimeout(() => {
          const messages = batch;
          batch = [];
          post((peer) => send(peer, messages));
        }, BATCH_MS);
      }
      return peers.length;
    };
  };

  return {
    publishBeaconBlock: async (signedBlock) => {
      if (!isNew(signedBlock)) return 0;
      const signedBlockContents = {signedBlock, kzgProofs: [], blobs: []};
      return post((peer) => peer.beacon.publishBlockV2({signedBlockContents}));
    },
    publishBeaconAttestation: inBatches((peer, signedAttestations) =>
      peer.beacon.submitPoolAttestationsV2({signedAttestations}),
    ),
    publishBeaconAggregateAndProof: inBatches((peer, signedAggregateAndProofs) =>
      peer.validator.publishAggregateAndProofsV2({signedAggregateAndProofs}),
    ),
    publishSyncCommitteeSignature: inBatches((peer, signatures) =>
      peer.beacon.submitPoolSyncCommitteeSignatures({signatures}),
    ),
    publishContributionAndProof: inBatches((peer, contributionAndProofs) =>
      peer.validator.publishContributionAndProofs({contributionAndProofs}),
    ),
    publishVoluntaryExit: async (signedVoluntaryExit) =>
      post((peer) => peer.beacon.submitPoolVoluntaryExit({signedVoluntaryExit})),
  };
}

function identity() {
  return {
    events: new EventEmitter(),
    shouldAggregate: () => true,
    isSubscribedToGossipCoreTopics: () => true,
    getConnectedPeerCount: () => 0,
    dumpPeers: async () => [],
    dumpPeer: async () => undefined,
    getNetworkIdentity: async () => ({
      peerId: "devnet",
      enr: "enr:-",
      p2pAddresses: [],
      discoveryAddresses: [],
      metadata: {
        seqNumber: 0n,
        attnets: ssz.phase0.AttestationSubnets.defaultValue(),
        syncnets: ssz.altair.SyncSubnets.defaultValue(),
        custodyGroupCount: 4,
      },
    }),
  };
}
