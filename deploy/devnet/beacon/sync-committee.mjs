// Sync committee messages of interop validators, and the contributions of their subcommittees.
import {DOMAIN_CONTRIBUTION_AND_PROOF, DOMAIN_SYNC_COMMITTEE} from "@lodestar/params";
import {DOMAIN_SYNC_COMMITTEE_SELECTION_PROOF, SYNC_COMMITTEE_SUBNET_SIZE} from "@lodestar/params";
import {isSyncCommitteeAggregator} from "@lodestar/state-transition";
import {ssz} from "@lodestar/types";

export async function agreeOnHead(node, slot, members, done) {
  const {root} = await node.ask("beacon", "getBlockRoot", {blockId: "head"});
  const signatures = members.map(({validatorIndex}) => ({
    slot,
    beaconBlockRoot: root,
    validatorIndex,
    signature: node.sign(validatorIndex, ssz.Root, root, slot, DOMAIN_SYNC_COMMITTEE),
  }));
  await node.ask("beacon", "submitPoolSyncCommitteeSignatures", {signatures});
  done.syncMessages += signatures.length;
  return root;
}

export async function contribute(node, slot, members, root) {
  await node.until(slot, 2 / 3);
  const contributionAndProofs = await contributions(node, slot, members, root);
  if (contributionAndProofs.length === 0) return;
  await node.ask("validator", "publishContributionAndProofs", {contributionAndProofs});
}

// One contribution a subcommittee: its first member that may aggregate makes it.
async function contributions(node, slot, members, beaconBlockRoot) {
  const served = new Set();
  const signed = [];
  for (const {validatorIndex, validatorSyncCommitteeIndices} of members) {
    const subcommittee = (position) => Math.floor(position / SYNC_COMMITTEE_SUBNET_SIZE);
    for (const subcommitteeIndex of new Set(validatorSyncCommitteeIndices.map(subcommittee))) {
      if (served.has(subcommitteeIndex)) continue;
      const selectionProof = node.sign(
        validatorIndex,
        ssz.altair.SyncAggregatorSelectionData,
        {slot, subcommitteeIndex},
        slot,
        DOMAIN_SYNC_COMMITTEE_SELECTION_PROOF,
      );
      if (!isSyncCommitteeAggregator(selectionProof)) continue;
      served.add(subcommitteeIndex);
      const question = {slot, subcommitteeIndex, beaconBlockRoot};
      const route = "produceSyncCommitteeContribution";
      const contribution = await node.ask("validator", route, question);
      const message = {aggregatorIndex: validatorIndex, contribution, selectionProof};
      const type = ssz.altair.ContributionAndProof;
      const domain = DOMAIN_CONTRIBUTION_AND_PROOF;
      signed.push({message, signature: node.sign(validatorIndex, type, message, slot, domain)});
    }
  }
  return signed;
}
