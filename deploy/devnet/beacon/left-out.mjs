// Lets blocks carry the attestations that the interop aggregates left out: those that came later,
// and those that name another head.
//
// A committee of a real chain has some sixteen aggregators, each with a view and a clock of its
// own. Here one client aggregates once, so on a busy machine a valid vote could be lost to nobody's
// fault. Two slots are what a cluster has for a duty; what comes later is lost nevertheless.
import {ssz} from "@lodestar/types";

// How many slots after its own an attestation is still taken.
export const LEFT_OUT_SLOTS = 2;

export function packLeftOut(chain) {
  const state = chain.getHeadState();
  for (const [slot, byRoot] of chain.attestationPool.aggregateByIndexByRootBySlot) {
    for (const [root, byCommittee] of byRoot) {
      for (const committee of byCommittee.keys()) {
        // A copy: the pool goes on adding votes to its own.
        const summed = chain.attestationPool.getAggregate(slot, root, committee);
        const aggregate = ssz.electra.Attestation.clone(summed);
        const members = state.getBeaconCommittee(slot, committee);
        const votes = aggregate.aggregationBits.getTrueBitIndexes().length;
        chain.aggregatedAttestationPool.add(aggregate, root, votes, members);
      }
    }
  }
}
