// Bytes travel in base64. What takes long goes to the server, the rest to the process of the sandbox.
const { give } = require('usher:bridge');

function bytes(value, encoding) {
  if (typeof value === 'string')
    return Buffer.from(value, encoding === 'binary' ? 'latin1' : encoding);
  if (value instanceof KeyObject) return value.export();
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  throw new TypeError('The data must be a string or bytes.');
}
const base64 = (value, encoding) => bytes(value, encoding).toString('base64');
const out = (text, encoding) => {
  const buffer = Buffer.from(text, 'base64');
  return encoding && encoding !== 'buffer'
    ? buffer.toString(encoding === 'binary' ? 'latin1' : encoding)
    : buffer;
};

class Digest {
  #parts = [];
  #finish;
  constructor(finish) {
    this.#finish = finish;
  }
  update(data, encoding) {
    if (this.#parts === null) throw new Error('Digest already called');
    this.#parts.push(Buffer.from(bytes(data, encoding)));
    return this;
  }
  digest(encoding) {
    if (this.#parts === null) throw new Error('Digest already called');
    const all = Buffer.concat(this.#parts).toString('base64');
    this.#parts = null;
    return out(this.#finish(all), encoding);
  }
  write(data, encoding) {
    this.update(data, encoding);
    return true;
  }
  end(data, encoding) {
    if (data !== undefined) this.update(data, encoding);
  }
  read() {
    return this.digest();
  }
}

/** A cipher gives everything at its end. The parts together are what Node gives. */
class Cipher {
  #parts = [];
  #aad = '';
  #tag = null;
  #padding = true;
  #given;
  constructor(isEncrypting, algorithm, key, iv, options) {
    this.#given = [
      isEncrypting,
      String(algorithm),
      base64(key, 'utf8'),
      iv === null || iv === undefined ? null : base64(iv, 'utf8'),
      options?.authTagLength ?? null,
    ];
  }
  update(data, from, to) {
    this.#parts.push(Buffer.from(bytes(data, from)));
    return to && to !== 'buffer' ? '' : Buffer.alloc(0);
  }
  final(encoding) {
    const data = Buffer.concat(this.#parts).toString('base64');
    const tag = this.#tag === null ? null : this.#tag.toString('base64');
    const more = { aad: this.#aad, tag, padding: this.#padding };
    const done = hostSync('cipher', [...this.#given, data, more]);
    if (done.tag !== null) this.#tag = Buffer.from(done.tag, 'base64');
    return out(done.data, encoding);
  }
  setAAD(data) {
    this.#aad = base64(data);
    return this;
  }
  setAutoPadding(value = true) {
    this.#padding = value;
    return this;
  }
  getAuthTag() {
    if (this.#tag === null) throw new Error('There is no tag before final().');
    return this.#tag;
  }
  setAuthTag(tag) {
    this.#tag = bytes(tag, 'utf8');
    return this;
  }
}

class KeyObject {
  #material;
  constructor(type, material, details) {
    this.type = type;
    this.#material = material;
    if (type === 'secret') this.symmetricKeySize = material.length;
    else {
      this.asymmetricKeyType = details.asymmetricKeyType;
      this.asymmetricKeyDetails = details.asymmetricKeyDetails;
    }
  }
  export(options) {
    if (this.type === 'secret') {
      return options?.format === 'jwk'
        ? { kty: 'oct', k: this.#material.toString('base64url') }
        : this.#material;
    }
    if (options === undefined || options.format === 'pem') return this.#material;
    const exported = hostSync('exportKey', [this.#material, options]);
    return typeof exported === 'string' ? Buffer.from(exported, 'base64') : exported;
  }
}

/** Returns a key in the form that crosses the border: its text, or an object of texts. */
function keyOf(key) {
  if (key instanceof KeyObject)
    return key.type === 'secret' ? { secret: base64(key) } : { key: key.export() };
  if (typeof key === 'string') return { key };
  if (ArrayBuffer.isView(key)) return { key: bytes(key).toString('utf8') };
  const { format, type, passphrase, padding, saltLength, dsaEncoding } = key;
  const inner = key.key;
  if (format === 'der') return { der: base64(inner), type, passphrase };
  if (format === 'jwk') return { jwk: inner };
  return {
    ...keyOf(inner),
    ...(passphrase !== undefined && { passphrase: String(passphrase) }),
    ...(padding !== undefined && { padding }),
    ...(saltLength !== undefined && { saltLength }),
    ...(dsaEncoding !== undefined && { dsaEncoding }),
  };
}

function asymmetricKey(type, key) {
  const { pem, ...details } = hostSync('readKey', [type, keyOf(key)]);
  return new KeyObject(type, pem, details);
}

const algorithmOf = (name) => (name === null || name === undefined ? null : String(name));

class Signer {
  #parts = [];
  #algorithm;
  constructor(algorithm) {
    this.#algorithm = algorithm;
  }
  update(data, encoding) {
    this.#parts.push(Buffer.from(bytes(data, encoding)));
    return this;
  }
  write(data, encoding) {
    this.update(data, encoding);
    return true;
  }
  end(data, encoding) {
    if (data !== undefined) this.update(data, encoding);
  }
  sign(key, encoding) {
    return out(
      hostSync('sign', [
        algorithmOf(this.#algorithm),
        Buffer.concat(this.#parts).toString('base64'),
        keyOf(key),
      ]),
      encoding,
    );
  }
  verify(key, signature, encoding) {
    const data = Buffer.concat(this.#parts).toString('base64');
    return hostSync('verify', [
      algorithmOf(this.#algorithm),
      data,
      keyOf(key),
      base64(signature, encoding),
    ]);
  }
}

const pbkdf2Args = (password, salt, iterations, length, digest) => [
  base64(password, 'utf8'),
  base64(salt, 'utf8'),
  iterations,
  length,
  digest ?? 'sha1',
];
const scryptArgs = (password, salt, length, options) => [
  base64(password, 'utf8'),
  base64(salt, 'utf8'),
  length,
  options ?? {},
];

function randomBytes(size, callback) {
  const made = out(hostSync('randomBytes', [size]));
  if (callback === undefined) return made;
  queueMicrotask(() => callback(null, made));
  return undefined;
}

function randomInt(from, to, callback) {
  if (typeof to === 'function') return randomInt(0, from, to);
  const [low, high] = to === undefined ? [0, from] : [from, to];
  const range = high - low;
  if (!(Number.isSafeInteger(range) && range > 0 && range <= 2 ** 48 - 1)) {
    throw new RangeError('The range must be from 1 to 2^48 - 1.');
  }
  const limit = 2 ** 48 - (2 ** 48 % range);
  let number;
  do number = randomBytes(6).readUIntBE(0, 6);
  while (number >= limit);
  const chosen = low + (number % range);
  if (callback === undefined) return chosen;
  queueMicrotask(() => callback(null, chosen));
  return undefined;
}

function randomUUID() {
  const made = randomBytes(16);
  made[6] = (made[6] & 0x0f) | 0x40;
  made[8] = (made[8] & 0x3f) | 0x80;
  return made.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const hash = (algorithm) => new Digest((data) => hostSync('hash', [String(algorithm), data]));

module.exports = {
  KeyObject,
  createHash: hash,
  hash: (algorithm, data, encoding = 'hex') => hash(algorithm).update(data).digest(encoding),
  createHmac(algorithm, key) {
    const secret = base64(key, 'utf8');
    return new Digest((data) => hostSync('hmac', [String(algorithm), secret, data]));
  },
  createCipheriv: (algorithm, key, iv, options) => new Cipher(true, algorithm, key, iv, options),
  createDecipheriv: (algorithm, key, iv, options) => new Cipher(false, algorithm, key, iv, options),
  createSign: (algorithm) => new Signer(algorithm),
  createVerify: (algorithm) => new Signer(algorithm),
  sign: (algorithm, data, key) => new Signer(algorithm).update(data).sign(key),
  verify: (algorithm, data, key, signature) =>
    new Signer(algorithm).update(data).verify(key, signature),
  createSecretKey: (key, encoding) => new KeyObject('secret', Buffer.from(bytes(key, encoding))),
  createPublicKey: (key) => asymmetricKey('public', key),
  createPrivateKey: (key) => asymmetricKey('private', key),
  pbkdf2(password, salt, iterations, length, digest, callback) {
    const done = callback ?? digest;
    const name = typeof digest === 'string' ? digest : undefined;
    const args = pbkdf2Args(password, salt, iterations, length, name);
    give(
      host('crypto', 'pbkdf2', args).then((key) => out(key)),
      done,
    );
  },
  pbkdf2Sync: (...args) => out(hostSync('pbkdf2', pbkdf2Args(...args))),
  scrypt(password, salt, length, options, callback) {
    const args = scryptArgs(password, salt, length, callback === undefined ? {} : options);
    give(
      host('crypto', 'scrypt', args).then((key) => out(key)),
      callback ?? options,
    );
  },
  scryptSync: (...args) => out(hostSync('scrypt', scryptArgs(...args))),
  timingSafeEqual(one, other) {
    const [a, b] = [bytes(one), bytes(other)];
    if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
    let difference = 0;
    for (let n = 0; n < a.length; n++) difference |= a[n] ^ b[n];
    return difference === 0;
  },
  randomBytes,
  pseudoRandomBytes: randomBytes,
  randomInt,
  randomUUID,
  randomFillSync: (array) => {
    array.set(randomBytes(array.length));
    return array;
  },
  getRandomValues: (array) => {
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      randomBytes(array.byteLength),
    );
    return array;
  },
  getHashes: () => hostSync('hashes', []),
  getCiphers: () => hostSync('ciphers', []),
  constants: {
    RSA_PKCS1_PADDING: 1,
    RSA_PKCS1_OAEP_PADDING: 4,
    RSA_PKCS1_PSS_PADDING: 6,
    RSA_PSS_SALTLEN_DIGEST: -1,
    RSA_PSS_SALTLEN_MAX_SIGN: -2,
    RSA_PSS_SALTLEN_AUTO: -2,
  },
};
module.exports.webcrypto = { getRandomValues: module.exports.getRandomValues, randomUUID };
