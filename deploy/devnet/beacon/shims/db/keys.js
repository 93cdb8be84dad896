// How a bucket number and an id become one database key: one byte of bucket, then the id.
export const BUCKET_LENGTH = 1;

function toBytes(key) {
  if (typeof key === "string") return Buffer.from(key);
  if (typeof key === "number" || typeof key === "bigint") {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(key));
    return bytes;
  }
  return Buffer.from(key);
}

export const encodeKey = (bucket, key) => Buffer.concat([Buffer.from([bucket]), toBytes(key)]);
export const encodeDbKey = encodeKey;

export function encodeNumberForDbKey(value, size) {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

export const decodeNumberForDbKey = (bytes, size) => Buffer.from(bytes).readUIntBE(0, size);
