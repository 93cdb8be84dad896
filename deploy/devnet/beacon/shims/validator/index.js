// Stands for @lodestar/validator: beacon-node reads its default options, nothing else.
export const MAX_BUILDER_BOOST_FACTOR = 2n ** 64n - 1n;

export const defaultOptions = {
  suggestedFeeRecipient: "0x0000000000000000000000000000000000000000",
  defaultGasLimit: 60000000,
  builderSelection: "executiononly",
  builderAliasSelection: "default",
  builderBoostFactor: 100n,
  broadcastValidation: "gossip",
  blindedLocal: false,
};
