// Values of MongoDB that JSON does not have, and Extended JSON (MongoDB Extended JSON v2), in which they travel.
class ObjectId {
  #hex;
  constructor(id) {
    if (id === undefined || id === null)
      this.#hex = require('crypto').randomBytes(12).toString('hex');
    else if (typeof id === 'number') {
      const time = Math.trunc(id).toString(16).padStart(8, '0');
      this.#hex = time + require('crypto').randomBytes(8).toString('hex');
    } else {
      const hex = ArrayBuffer.isView(id)
        ? Buffer.from(id).toString('hex')
        : String(id).toLowerCase();
      if (!ObjectId.isValid(hex)) {
        throw new Error(
          'Argument passed in must be a string of 12 bytes or a string of 24 hex characters',
        );
      }
      this.#hex = hex.length === 24 ? hex : Buffer.from(hex, 'latin1').toString('hex');
    }
  }
  static isValid(id) {
    return (
      id instanceof ObjectId ||
      (typeof id === 'string' && (/^[0-9a-f]{24}$/i.test(id) || id.length === 12))
    );
  }
  static createFromHexString(hex) {
    return new ObjectId(hex);
  }
  toHexString() {
    return this.#hex;
  }
  toString() {
    return this.#hex;
  }
  toJSON() {
    return this.#hex;
  }
  equals(other) {
    return String(other).toLowerCase() === this.#hex;
  }
  getTimestamp() {
    return new Date(Number.parseInt(this.#hex.slice(0, 8), 16) * 1000);
  }
  get id() {
    return Buffer.from(this.#hex, 'hex');
  }
}
// The package is callable without `new`, as scripts write it.
const callable = (Class) =>
  new Proxy(Class, { apply: (target, _this, args) => new target(...args) });

class Long {
  constructor(text) {
    this.value = String(text);
  }
  static fromString(text) {
    return new Long(text);
  }
  static fromNumber(number) {
    return new Long(Math.trunc(number));
  }
  toString() {
    return this.value;
  }
  toNumber() {
    return Number(this.value);
  }
  valueOf() {
    return Number(this.value);
  }
}

class Binary {
  constructor(buffer, subtype = 0) {
    this.buffer = Buffer.from(buffer);
    this.sub_type = subtype;
  }
  value() {
    return this.buffer;
  }
  toString(encoding) {
    return this.buffer.toString(encoding);
  }
}

function toExtended(value) {
  if (value === undefined || typeof value === 'function') return undefined;
  if (typeof value === 'bigint') return { $numberLong: String(value) };
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof ObjectId) return { $oid: value.toHexString() };
  if (value instanceof Date) return { $date: { $numberLong: String(value.getTime()) } };
  if (value instanceof RegExp) {
    const options = [...value.flags].filter((flag) => 'imsux'.includes(flag)).join('');
    return { $regularExpression: { pattern: value.source, options } };
  }
  if (value instanceof Long) return { $numberLong: value.value };
  if (value instanceof Binary || value instanceof Uint8Array) {
    const bytes = value instanceof Binary ? value.buffer : Buffer.from(value);
    const subType = (value.sub_type ?? 0).toString(16).padStart(2, '0');
    return { $binary: { base64: bytes.toString('base64'), subType } };
  }
  if (Array.isArray(value)) return value.map((each) => toExtended(each) ?? null);
  const object = {};
  for (const name of Object.keys(value)) {
    const each = toExtended(value[name]);
    if (each !== undefined) object[name] = each;
  }
  return object;
}

function fromExtended(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromExtended);
  if (typeof value.$oid === 'string') return new ObjectId(value.$oid);
  if (value.$date !== undefined)
    return new Date(
      value.$date.$numberLong === undefined ? value.$date : Number(value.$date.$numberLong),
    );
  if (value.$numberLong !== undefined) return new Long(value.$numberLong);
  if (value.$numberDecimal !== undefined) return value.$numberDecimal;
  if (value.$numberDouble !== undefined) return Number(value.$numberDouble);
  if (value.$binary !== undefined) {
    return new Binary(
      Buffer.from(value.$binary.base64, 'base64'),
      Number.parseInt(value.$binary.subType, 16),
    );
  }
  if (value.$regularExpression !== undefined) {
    const { pattern, options } = value.$regularExpression;
    return new RegExp(pattern, options.replace(/[^imsu]/g, ''));
  }
  const object = {};
  for (const name of Object.keys(value)) object[name] = fromExtended(value[name]);
  return object;
}

module.exports = {
  ObjectId: callable(ObjectId),
  Long,
  Binary,
  toExtended,
  fromExtended,
};
module.exports.ObjectID = module.exports.ObjectId;
