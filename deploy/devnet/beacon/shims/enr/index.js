// Stands for @chainsafe/enr: only the node id, which custody groups are derived from.
import {createHash} from "node:crypto";

export class ENR {}
export class SignableENR {}

const nodeId = (publicKey) => createHash("sha256").update(publicKey).digest("hex");
export const getV4Crypto = () => ({nodeId});
