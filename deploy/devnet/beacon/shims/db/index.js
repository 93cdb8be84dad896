// Stands for @lodestar/db: everything in memory, so that a restarted node is a new chain.
import {MemoryDb} from "./memory.js";

export {MemoryDb};
export {BUCKET_LENGTH, encodeKey, encodeDbKey} from "./keys.js";
export {encodeNumberForDbKey, decodeNumberForDbKey} from "./keys.js";
export {BinaryRepository, Repository} from "./repository.js";
export {PrefixedRepository} from "./prefixed.js";

export class LevelDbController extends MemoryDb {
  static async create() {
    return new LevelDbController();
  }
}
