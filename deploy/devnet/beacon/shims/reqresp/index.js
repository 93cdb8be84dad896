// Stands for @lodestar/reqresp: the names beacon-node imports; no request is ever made.
export class ReqResp {}
export class RequestError extends Error {}
export class ResponseError extends Error {}
export class LightClientServerError extends Error {}

export const Encoding = {SSZ_SNAPPY: "ssz_snappy"};
export const ContextBytesType = {Empty: 0, ForkDigest: 1};
export const RespStatus = {
  SUCCESS: 0,
  INVALID_REQUEST: 1,
  SERVER_ERROR: 2,
  RESOURCE_UNAVAILABLE: 3,
  RATE_LIMITED: 139,
};
export const LightClientServerErrorCode = {RESOURCE_UNAVAILABLE: "RESOURCE_UNAVAILABLE"};
export const REQUEST_ERROR_CLASS_NAME = "RequestError";
export const RESPONSE_ERROR_CLASS_NAME = "ResponseError";

// Every code is its own name.
export const RequestErrorCode = new Proxy({}, {get: (_, name) => name});
