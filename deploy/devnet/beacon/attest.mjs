// Attestations of a slot by interop validators, and the aggregates of their committees.
import {DOMAIN_AGGREGATE_AND_PROOF, DOMAIN_BEACON_ATTESTER} from "@lodestar/params";
import {DOMAIN_SELECTION_PROOF} from "@lodestar/params";
import {isAggregatorFromCommitteeLength} from "@lodestar/state-transition";
import {ssz} from "@lodestar/types";

export async function attest(node, slot, duties, done) {
  // From Electra on all committees of a slot sign the same data (EIP-7549).
  const data = await node.ask("validator", "produceAttestationData", {committeeIndex: 0, slot});
  const signedAttestations = duties.map(({committeeIndex, validatorIndex}) => ({
    committeeIndex,
    attesterIndex: validatorIndex,
    data,
    signature: node.sign(
      validatorIndex,
      ssz.phase0.AttestationData,
      data,
      slot,
      DOMAIN_BEACON_ATTESTER,
    ),
  }));
  await node.ask("beacon", "submitPoolAttestationsV2", {signedAttestations});
  done.attestations += duties.length;
  return data;
}

export async function aggregate(node, slot, duties, data, done) {
  await node.until(slot, 2 / 3);
  const signedAggregateAndProofs = await aggregates(node, slot, duties, data);
  if (signedAggregateAndProofs.length === 0) return;
  await node.ask("validator", "publishAggregateAndProofsV2", {signedAggregateAndProofs});
  done.aggregates += signedAggregateAndProofs.length;
}

// One aggregate a committee is enough: its first member that may aggregate makes it.
async function aggregates(node, slot, duties, data) {
  const attestationDataRoot = ssz.phase0.AttestationData.hashTreeRoot(data);
  const served = new Set();
  const signed = [];
  for (const {committeeIndex, committeeLength, validatorIndex} of duties) {
    const selectionProof = node.sign(validatorIndex, ssz.Slot, slot, slot, DOMAIN_SELECTION_PROOF);
    const mayAggregate = isAggregatorFromCommitteeLength(committeeLength, selectionProof);
    if (!mayAggregate || served.has(committeeIndex)) continue;
    served.add(committeeIndex);
    const question = {attestationDataRoot, slot, committeeIndex};
    const aggregate = await node.ask("validator", "getAggregatedAttestationV2", question);
    const message = {aggregatorIndex: validatorIndex, aggregate, selectionProof};
    const type = ssz.electra.AggregateAndProof;
    const signature = node.sign(validatorIndex, type, message, slot, DOMAIN_AGGREGATE_AND_PROOF);
    signed.push({message, signature});
  }
  return signed;
}
