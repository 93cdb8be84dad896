// A block of an interop validator: RANDAO reveal, the node's block, signature, publication.
import {DOMAIN_BEACON_PROPOSER, DOMAIN_RANDAO, SLOTS_PER_EPOCH} from "@lodestar/params";
import {ssz} from "@lodestar/types";

export async function propose(node, slot, index) {
  const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
  const contents = await node.ask("validator", "produceBlockV3", {
    slot,
    randaoReveal: node.sign(index, ssz.Epoch, epoch, slot, DOMAIN_RANDAO),
    graffiti: "interop",
    builderBoostFactor: 0n,
  });
  const message = contents.block ?? contents;
  const type = node.config.getForkTypes(slot).BeaconBlock;
  const signedBlock = {
    message,
    signature: node.sign(index, type, message, slot, DOMAIN_BEACON_PROPOSER),
  };
  const {kzgProofs, blobs} = contents;
  const signedBlockContents = contents.block ? {signedBlock, kzgProofs, blobs} : {signedBlock};
  await node.ask("beacon", "publishBlockV2", {signedBlockContents});
}
