// Buffer, as far as scripts use it: made from text and bytes, joined, compared, and turned into text. And random values.
(inside) => {
  const encoders = {
    __proto__: null,
    utf8: [inside.utf8, (bytes) => inside.fromUtf8(bytes)],
    base64: [inside.base64, (bytes) => inside.toBase64(bytes)],
    base64url: [inside.base64, (bytes) => inside.toBase64(bytes, true)],
    hex: [inside.hex, inside.toHex],
    latin1: [inside.latin1, inside.fromLatin1],
    ascii: [inside.latin1, (bytes) => inside.fromLatin1(bytes.map((byte) => byte & 127))],
    utf16le: [inside.utf16, inside.fromUtf16],
  };
  const aliases = { __proto__: null, 'utf-8': 'utf8', binary: 'latin1', ucs2: 'utf16le' };
  aliases['utf-16le'] = 'utf16le';
  const encodingOf = (name = 'utf8') => {
    const key = String(name ?? 'utf8').toLowerCase();
    const found = encoders[aliases[key] ?? key];
    if (found === undefined) throw new TypeError(`Unknown encoding: ${key}`);
    return found;
  };
  const adopt = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Buffer extends Uint8Array {
    static from(source, encoding, length) {
      if (typeof source === 'string') return adopt(encodingOf(encoding)[0](source));
      if (source instanceof ArrayBuffer) return new Buffer(source, encoding, length);
      if (source?.type === 'Buffer' && Array.isArray(source.data)) return new Buffer(source.data);
      if (Array.isArray(source) || ArrayBuffer.isView(source)) return new Buffer(source);
      throw new TypeError('The first argument must be a string, a buffer or an array.');
    }
    static alloc(size, fill, encoding) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill, 0, size, encoding);
    }
    static allocUnsafe(size) {
      return new Buffer(size);
    }
    static concat(list, size = list.reduce((sum, each) => sum + each.length, 0)) {
      const made = new Buffer(size);
      let at = 0;
      for (const each of list) {
        if (at >= size) break;
        made.set(each.subarray(0, size - at), at);
        at += each.length;
      }
      return made;
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static isEncoding(name) {
      const key = String(name).toLowerCase();
      return (aliases[key] ?? key) in encoders;
    }
    static byteLength(source, encoding) {
      return typeof source === 'string'
        ? encodingOf(encoding)[0](source).length
        : source.byteLength;
    }
    static compare(one, other) {
      const least = Math.min(one.length, other.length);
      for (let n = 0; n < least; n++) if (one[n] !== other[n]) return one[n] < other[n] ? -1 : 1;
      return Math.sign(one.length - other.length);
    }
    toString(encoding, start = 0, end = this.length) {
      return encodingOf(encoding)[1](inside.viewOf(this).subarray(start, end));
    }
    toJSON() {
      return { type: 'Buffer', data: [...this] };
    }
    equals(other) {
      return Buffer.compare(this, other) === 0;
    }
    compare(other) {
      return Buffer.compare(this, other);
    }
    slice(start, end) {
      return this.subarray(start, end);
    }
    copy(target, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - at));
      target.set(part, at);
      return part.length;
    }
    write(text, at = 0, length = this.length - at, encoding = 'utf8') {
      const bytes = encodingOf(typeof length === 'string' ? length : encoding)[0](text);
      const room = typeof length === 'string' ? this.length - at : length;
      this.set(bytes.subarray(0, room), at);
      return Math.min(bytes.length, room);
    }
    fill(value, start, end, encoding) {
      if (typeof value !== 'string') return super.fill(value, start, end);
      const bytes = encodingOf(encoding)[0](value);
      for (let at = start ?? 0; at < (end ?? this.length); at++) {
        this[at] = bytes.length === 0 ? 0 : bytes[(at - (start ?? 0)) % bytes.length];
      }
      return this;
    }
    indexOf(value, start, encoding) {
      if (typeof value === 'number') return super.indexOf(value, start);
      const bytes = typeof value === 'string' ? encodingOf(encoding)[0](value) : value;
      for (let at = start ?? 0; at + bytes.length <= this.length; at++) {
        if (bytes.every((byte, n) => this[at + n] === byte)) return at;
      }
      return -1;
    }
    includes(value, start, encoding) {
      return this.indexOf(value, start, encoding) >= 0;
    }
  }
  const numbers = [
    ['UInt8', 'Uint8', 1],
    ['Int8', 'Int8', 1],
    ['UInt16', 'Uint16', 2],
    ['Int16', 'Int16', 2],
    ['UInt32', 'Uint32', 4],
    ['Int32', 'Int32', 4],
    ['Float', 'Float32', 4],
    ['Double', 'Float64', 8],
    ['BigUInt64', 'BigUint64', 8],
    ['BigInt64', 'BigInt64', 8],
  ];
  const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [name, kind, size] of numbers) {
    for (const order of size === 1 ? [''] : ['LE', 'BE']) {
      inside.set(Buffer.prototype, `read${name}${order}`, function read(at = 0) {
        return viewOf(this)[`get${kind}`](at, order === 'LE');
      });
      inside.set(Buffer.prototype, `write${name}${order}`, function write(value, at = 0) {
        viewOf(this)[`set${kind}`](at, value, order === 'LE');
        return at + size;
      });
    }
  }
  inside.expose('Buffer', Buffer);

  const random = (count) => inside.base64(inside.hostSync('randomBytes', [count]));
  inside.expose('crypto', {
    getRandomValues(array) {
      inside.viewOf(array).set(random(array.byteLength));
      return array;
    },
    randomUUID() {
      const bytes = random(16);
      bytes[6] = (bytes[6] & 15) | 64;
      bytes[8] = (bytes[8] & 63) | 128;
      const text = inside.toHex(bytes);
      const parts = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20)];
      return `${parts.join('-')}-${text.slice(20)}`;
    },
  });
};
