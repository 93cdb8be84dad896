// The validator client of the interop validators: performs every duty of those keys through the
// standard Beacon API, so that the chain lives and finalises without the cluster.
//
// Each committee has one aggregate, beside those of the cluster. What it leaves out the node packs
// (left-out.mjs). With --only-votes nobody of these aggregates or contributes.
//
// node validators.mjs --beacon URL --count 64 [--only-votes], with the node's LODESTAR_PRESET.
import {parseArgs} from "node:util";
import {SLOTS_PER_EPOCH} from "@lodestar/params";
import {interopSecretKeys} from "@lodestar/state-transition";
import {sleep} from "@lodestar/utils";
import {aggregate, attest} from "./attest.mjs";
import {connect} from "./connection.mjs";
import {propose} from "./propose.mjs";
import {agreeOnHead, contribute} from "./sync-committee.mjs";

const FEE_RECIPIENT = `0x${"fe".repeat(20)}`;

const {values: flags} = parseArgs({
  options: {
    beacon: {type: "string"},
    count: {type: "string", default: "64"},
    "only-votes": {type: "boolean", default: false},
  },
});
const sums = !flags["only-votes"];
const keys = interopSecretKeys(Number(flags.count));
const indices = keys.map((_, index) => index);
const node = await connect(flags.beacon, keys);
const done = {blocks: 0, attestations: 0, aggregates: 0, syncMessages: 0, errors: 0};

const epochOf = (slot) => Math.floor(slot / SLOTS_PER_EPOCH);
const failed = (what, slot) => (error) => {
  done.errors += 1;
  console.log(`error: ${what} of slot ${slot}: ${String(error.message ?? error).slice(0, 300)}`);
};

// Duties are asked once; a failed request is asked again by the next slot.
function remembered(ask) {
  const known = new Map();
  return (epoch) => {
    if (!known.has(epoch)) {
      const answer = ask(epoch);
      answer.catch(() => known.delete(epoch));
      known.set(epoch, answer);
      known.delete(epoch - 3);
    }
    return known.get(epoch);
  };
}
const proposers = remembered((epoch) => node.ask("validator", "getProposerDuties", {epoch}));
const attesters = remembered((epoch) =>
  node.ask("validator", "getAttesterDuties", {epoch, indices}),
);
const syncMembers = remembered((epoch) =>
  node.ask("validator", "getSyncCommitteeDuties", {epoch, indices}),
);

async function perform(slot) {
  const duty = (await proposers(epochOf(slot))).find((d) => d.slot === slot);
  if (duty && slot > 0 && keys[duty.validatorIndex]) {
    propose(node, slot, duty.validatorIndex)
      .then(() => (done.blocks += 1))
      .catch(failed("block", slot));
  }
  await node.until(slot, 1 / 3);
  const attesting = (await attesters(epochOf(slot))).filter((d) => d.slot === slot);
  if (attesting.length) {
    attest(node, slot, attesting, done)
      .then((data) => sums && aggregate(node, slot, attesting, data, done))
      .catch(failed("attestation", slot));
  }
  // A message of a period's last slot is packed by the next period's first block.
  const members = await syncMembers(epochOf(slot + 1));
  if (members.length) {
    agreeOnHead(node, slot, members, done)
      .then((root) => sums && contribute(node, slot, members, root))
      .catch(failed("sync", slot));
  }
}

async function prepare() {
  const proposers = indices.map((validatorIndex) => ({
    validatorIndex,
    feeRecipient: FEE_RECIPIENT,
  }));
  await node.ask("validator", "prepareBeaconProposer", {proposers});
}

await prepare().catch(failed("preparation", 0));
for (let slot = node.nextSlot(); ; slot++) {
  await node.until(slot, 0);
  await sleep(20); // the beacon node's own clock has then moved to the slot
  if (slot % SLOTS_PER_EPOCH === 0) {
    prepare().catch(failed("preparation", slot));
    console.log(`epoch ${epochOf(slot)} ${JSON.stringify(done)}`);
  }
  perform(slot).catch(failed("duties", slot));
}
