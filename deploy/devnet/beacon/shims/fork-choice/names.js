// The constants and errors of @lodestar/fork-choice that beacon-node imports.
export const PayloadStatus = Object.freeze({PENDING: 0, EMPTY: 1, FULL: 2});

export const ExecutionStatus = Object.freeze({
  Valid: "Valid",
  Syncing: "Syncing",
  PreMerge: "PreMerge",
  Invalid: "Invalid",
  PayloadSeparated: "PayloadSeparated",
});

export const EpochDifference = Object.freeze({current: 0, previous: 1});

export const AncestorStatus = Object.freeze({
  CommonAncestor: 0,
  Descendant: 1,
  NoCommonAncenstor: 2, // spelled as in the package
  BlockUnknown: 3,
});

export const UpdateHeadOpt = Object.freeze({
  GetCanonicalHead: "getCanonicalHead",
  GetProposerHead: "getProposerHead",
  GetPredictedProposerHead: "getPredictedProposerHead",
});

// Every reason is its own name with a small first letter.
export const NotReorgedReason = new Proxy(
  {},
  {get: (_, name) => typeof name === "string" && name[0].toLowerCase() + name.slice(1)},
);

export const ForkChoiceErrorCode = Object.freeze({
  INVALID_ATTESTATION: "FORKCHOICE_ERROR_INVALID_ATTESTATION",
  INVALID_BLOCK: "FORKCHOICE_ERROR_INVALID_BLOCK",
});

export class ForkChoiceError extends Error {
  constructor(type) {
    super(type.code);
    this.type = type;
  }
}
