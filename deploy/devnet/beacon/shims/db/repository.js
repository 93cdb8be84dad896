// One bucket of the database: binary values by id, and SSZ values by id.
import {BUCKET_LENGTH, encodeKey} from "./keys.js";

export class BinaryRepository {
  constructor(config, db, bucket, bucketId) {
    Object.assign(this, {config, db, bucket, bucketId});
    this.dbReqOpts = {bucketId};
    this.minKey = encodeKey(bucket, Buffer.alloc(0));
    this.maxKey = encodeKey(bucket + 1, Buffer.alloc(0));
  }

  encodeKey(id) {
    return encodeKey(this.bucket, id);
  }

  decodeKey(key) {
    return key.subarray(BUCKET_LENGTH);
  }

  dbFilterOptions(options = {}) {
    const filter = {bucketId: this.bucketId};
    if (options.lt !== undefined) filter.lt = this.encodeKey(options.lt);
    else if (options.lte !== undefined) filter.lte = this.encodeKey(options.lte);
    else filter.lt = this.maxKey;
    if (options.gt !== undefined) filter.gt = this.encodeKey(options.gt);
    else if (options.gte !== undefined) filter.gte = this.encodeKey(options.gte);
    else filter.gte = this.minKey;
    if (options.reverse !== undefined) filter.reverse = options.reverse;
    if (options.limit !== undefined) filter.limit = options.limit;
    return filter;
  }

  async getBinary(id) {
    return this.db.get(this.encodeKey(id));
  }

  async putBinary(id, value) {
    await this.db.put(this.encodeKey(id), value);
  }

  async has(id) {
    return (await this.getBinary(id)) !== null;
  }

  async delete(id) {
    await this.db.delete(this.encodeKey(id));
  }

  async batchPutBinary(items) {
    for (const item of items) await this.putBinary(item.key, item.value);
  }

  async batchDelete(ids) {
    for (const id of ids) await this.delete(id);
  }

  async keys(options) {
    const keys = await this.db.keys(this.dbFilterOptions(options));
    return keys.map((key) => this.decodeKey(key));
  }

  async *keysStream(options) {
    yield* await this.keys(options);
  }

  async firstKey() {
    return (await this.keys({limit: 1}))[0] ?? null;
  }

  async lastKey() {
    return (await this.keys({limit: 1, reverse: true}))[0] ?? null;
  }

  async binaries(options) {
    return this.db.values(this.dbFilterOptions(options));
  }

  async firstBinary() {
    return (await this.binaries({limit: 1}))[0] ?? null;
  }

  async lastBinary() {
    return (await this.binaries({limit: 1, reverse: true}))[0] ?? null;
  }

  async *binaryEntriesStream(options) {
    yield* await this.db.entries(this.dbFilterOptions(options));
  }
}

export class Repository extends BinaryRepository {
  constructor(config, db, bucket, type, bucketId) {
    super(config, db, bucket, bucketId);
    this.type = type;
  }

  encodeValue(value) {
    return this.type.serialize(value);
  }

  decodeValue(bytes) {
    return this.type.deserialize(bytes);
  }

  getId(value) {
    return this.type.hashTreeRoot(value);
  }

  async get(id) {
    const bytes = await this.getBinary(id);
    return bytes ? this.decodeValue(bytes) : null;
  }

  async getMany(ids) {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  async getManyBinary(ids) {
    return Promise.all(ids.map((id) => this.getBinary(id)));
  }

  async put(id, value) {
    await this.putBinary(id, this.encodeValue(value));
  }

  async add(value) {
    await this.put(this.getId(value), value);
  }

  async remove(value) {
    await this.delete(this.getId(value));
  }

  async batchPut(items) {
    for (const item of items) await this.put(item.key, item.value);
  }

  async batchAdd(values) {
    for (const value of values) await this.add(value);
  }

  async batchRemove(values) {
    for (const value of values) await this.remove(value);
  }

  async values(options) {
    return (await this.binaries(options)).map((bytes) => this.decodeValue(bytes));
  }

  async *valuesStream(options) {
    yield* await this.values(options);
  }

  async entries(options) {
    const entries = await this.db.entries(this.dbFilterOptions(options));
    return entries.map(({key, value}) => ({
      key: this.decodeKey(key),
      value: this.decodeValue(value),
    }));
  }

  async *entriesStream(options) {
    yield* await this.entries(options);
  }

  async firstValue() {
    return (await this.values({limit: 1}))[0] ?? null;
  }

  async lastValue() {
    return (await this.values({limit: 1, reverse: true}))[0] ?? null;
  }

  async firstEntry() {
    return (await this.entries({limit: 1}))[0] ?? null;
  }

  async lastEntry() {
    return (await this.entries({limit: 1, reverse: true}))[0] ?? null;
  }
}
