// A sorted key-value store in memory, with LevelDB's range options (gt, gte, lt, lte, reverse,
// limit).
const hex = (key) => Buffer.from(key).toString("hex");

export class MemoryDb {
  constructor() {
    this.values_ = new Map();
    // The keys in order, or null after a key was added or removed.
    this.sorted = null;
  }

  async close() {}
  async compact() {}
  setMetrics() {}

  async approximateSize() {
    return 0;
  }

  async get(key) {
    return this.values_.get(hex(key)) ?? null;
  }

  async getMany(keys) {
    return keys.map((key) => this.values_.get(hex(key)));
  }

  async put(key, value) {
    const name = hex(key);
    if (!this.values_.has(name)) this.sorted = null;
    this.values_.set(name, Buffer.from(value));
  }

  async delete(key) {
    if (this.values_.delete(hex(key))) this.sorted = null;
  }

  async batch(items) {
    for (const item of items) {
      if (item.type === "del") await this.delete(item.key);
      else await this.put(item.key, item.value);
    }
  }

  async batchPut(items) {
    for (const item of items) await this.put(item.key, item.value);
  }

  async batchDelete(keys) {
    for (const key of keys) await this.delete(key);
  }

  #range(options = {}) {
    this.sorted ??= [...this.values_.keys()].sort();
    const bound = (name) => options[name] && hex(options[name]);
    const [gt, gte, lt, lte] = ["gt", "gte", "lt", "lte"].map(bound);
    const inside = (key) =>
      (!gt || key > gt) && (!gte || key >= gte) && (!lt || key < lt) && (!lte || key <= lte);
    const found = this.sorted.filter(inside);
    if (options.reverse) found.reverse();
    return options.limit >= 0 ? found.slice(0, options.limit) : found;
  }

  async keys(options) {
    return this.#range(options).map((key) => Buffer.from(key, "hex"));
  }

  async values(options) {
    return this.#range(options).map((key) => this.values_.get(key));
  }

  async entries(options) {
    return this.#range(options).map((key) => ({
      key: Buffer.from(key, "hex"),
      value: this.values_.get(key),
    }));
  }

  async *keysStream(options) {
    yield* await this.keys(options);
  }

  async *valuesStream(options) {
    yield* await this.values(options);
  }

  async *entriesStream(options) {
    yield* await this.entries(options);
  }
}
