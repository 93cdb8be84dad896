// A bucket whose ids have a prefix (a block root, a slot); subclasses in beacon-node encode both.
import {BUCKET_LENGTH, encodeKey} from "./keys.js";

export class PrefixedRepository {
  constructor(config, db, bucket, type, bucketId) {
    Object.assign(this, {config, db, bucket, type, bucketId});
    this.minKey = encodeKey(bucket, Buffer.alloc(0));
    this.maxKey = encodeKey(bucket + 1, Buffer.alloc(0));
  }

  encodeValue(value) {
    return this.type.serialize(value);
  }

  decodeValue(bytes) {
    return this.type.deserialize(bytes);
  }

  wrapKey(raw) {
    return encodeKey(this.bucket, raw);
  }

  unwrapKey(key) {
    return key.subarray(BUCKET_LENGTH);
  }

  #key(prefix, id) {
    return this.wrapKey(this.encodeKeyRaw(prefix, id));
  }

  // From the first key of the first prefix to the last key of the last.
  #range(prefixes) {
    const all = [].concat(prefixes);
    return {
      gte: this.wrapKey(this.getMinKeyRaw(all[0])),
      lte: this.wrapKey(this.getMaxKeyRaw(all[all.length - 1])),
    };
  }

  async get(prefix, id) {
    const bytes = await this.getBinary(prefix, id);
    return bytes ? this.decodeValue(bytes) : null;
  }

  async getBinary(prefix, id) {
    return this.db.get(this.#key(prefix, id));
  }

  async getMany(prefix, ids) {
    return Promise.all(ids.map((id) => this.get(prefix, id)));
  }

  async getManyBinary(prefix, ids) {
    return Promise.all(ids.map((id) => this.getBinary(prefix, id)));
  }

  async put(prefix, value) {
    await this.db.put(this.#key(prefix, this.getId(value)), this.encodeValue(value));
  }

  async putMany(prefix, values) {
    for (const value of values) await this.put(prefix, value);
  }

  async putManyBinary(prefix, items) {
    for (const item of items) await this.db.put(this.#key(prefix, item.key), item.value);
  }

  async deleteMany(prefixes) {
    for (const prefix of [].concat(prefixes)) {
      await this.db.batchDelete(await this.db.keys(this.#range(prefix)));
    }
  }

  async values(prefixes) {
    const values = await this.db.values(this.#range(prefixes));
    return values.map((bytes) => this.decodeValue(bytes));
  }

  async *valuesStream(prefixes) {
    yield* await this.values(prefixes);
  }

  async valuesBinary(prefixes) {
    const entries = await this.db.entries(this.#range(prefixes));
    return entries.map(({key, value}) => {
      const {prefix, id} = this.decodeKeyRaw(this.unwrapKey(key));
      return {prefix, id, value};
    });
  }

  async *valuesStreamBinary(prefixes) {
    yield* await this.valuesBinary(prefixes);
  }

  async keys({gte, lt, reverse, limit} = {}) {
    const keys = await this.db.keys({
      gte: gte ? this.#key(gte.prefix, gte.id) : this.minKey,
      lt: lt ? this.#key(lt.prefix, lt.id) : this.maxKey,
      limit,
      reverse,
    });
    return keys.map((key) => this.decodeKeyRaw(this.unwrapKey(key)));
  }
}
