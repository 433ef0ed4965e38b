// Text and bytes: UTF-8, base64 and hexadecimal, TextEncoder, TextDecoder, atob and btoa.
(inside) => {
  const Bytes = Uint8Array;
  const fromCodes = String.fromCharCode;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const values = new Bytes(128).fill(255);
  for (let n = 0; n < 64; n++) {
    values[alphabet.charCodeAt(n)] = n;
    values[urlAlphabet.charCodeAt(n)] = n;
  }
  /** Characters in one piece of a text. A longer list of arguments would not fit the stack. */
  const piece = 8192;

  const join = (codes) => {
    let text = '';
    for (let at = 0; at < codes.length; at += piece) {
      text += fromCodes.apply(null, codes.subarray(at, at + piece));
    }
    return text;
  };

  inside.utf8 = (text) => {
    const bytes = new Bytes(text.length * 3);
    let size = 0;
    for (let n = 0; n < text.length; n++) {
      let code = text.charCodeAt(n);
      if (code >= 0xd800 && code < 0xe000) {
        const next = code < 0xdc00 ? text.charCodeAt(n + 1) : 0;
        if (next >= 0xdc00 && next < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
          n += 1;
        } else code = 0xfffd;
      }
      if (code < 0x80) bytes[size++] = code;
      else {
        if (code < 0x800) bytes[size++] = 0xc0 | (code >> 6);
        else {
          if (code < 0x10000) bytes[size++] = 0xe0 | (code >> 12);
          else {
            bytes[size++] = 0xf0 | (code >> 18);
            bytes[size++] = 0x80 | ((code >> 12) & 63);
          }
          bytes[size++] = 0x80 | ((code >> 6) & 63);
        }
        bytes[size++] = 0x80 | (code & 63);
      }
    }
    return bytes.slice(0, size);
  };

  /** @returns -1 for what is no UTF-8 */
  const codeAt = (bytes, at) => {
    const first = bytes[at];
    if (first < 0x80) return { code: first, size: 1 };
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    if (more === 0 || first > 0xf4) return { code: -1, size: 1 };
    let code = first & (0x3f >> more);
    for (let n = 1; n <= more; n++) {
      const next = bytes[at + n];
      if (next === undefined || (next & 0xc0) !== 0x80) return { code: -1, size: n };
      code = (code << 6) | (next & 63);
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
    const isWrong = code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000);
    return { code: isWrong ? -1 : code, size: more + 1 };
  };

  inside.fromUtf8 = (bytes, isStrict = false) => {
    const codes = new Uint16Array(bytes.length);
    let size = 0;
    for (let at = 0; at < bytes.length; ) {
      const found = codeAt(bytes, at);
      at += found.size;
      if (found.code < 0 && isStrict) throw new TypeError('The encoded data was not valid utf-8');
      const code = found.code < 0 ? 0xfffd : found.code;
      if (code >= 0x10000) {
        codes[size++] = 0xd800 + ((code - 0x10000) >> 10);
        codes[size++] = 0xdc00 + ((code - 0x10000) & 0x3ff);
      } else codes[size++] = code;
    }
    return join(codes.subarray(0, size));
  };

  inside.latin1 = (text) => {
    const bytes = new Bytes(text.length);
    for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
    return bytes;
  };
  inside.fromLatin1 = join;

  inside.utf16 = (text) => {
    const bytes = new Bytes(text.length * 2);
    for (let n = 0; n < text.length; n++) {
      const code = text.charCodeAt(n);
      bytes[2 * n] = code & 255;
      bytes[2 * n + 1] = code >> 8;
    }
    return bytes;
  };
  inside.fromUtf16 = (bytes) => {
    const codes = new Uint16Array(bytes.length >> 1);
    for (let n = 0; n < codes.length; n++) codes[n] = bytes[2 * n] | (bytes[2 * n + 1] << 8);
    return join(codes);
  };

  /** Takes both alphabets and leaves out what belongs to none, as Node does. */
  inside.base64 = (text) => {
    const bytes = new Bytes(Math.ceil((text.length * 3) / 4));
    let size = 0;
    let bits = 0;
    let held = 0;
    for (let n = 0; n < text.length; n++) {
      const code = text.charCodeAt(n);
      if (code === 61) break;
      const value = code < 128 ? values[code] : 255;
      if (value === 255) continue;
      held = ((held << 6) | value) & 0xffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[size++] = (held >> bits) & 255;
      }
    }
    return bytes.slice(0, size);
  };
  inside.toBase64 = (bytes, isForUrl = false) => {
    const letters = isForUrl ? urlAlphabet : alphabet;
    const codes = new Uint16Array(Math.ceil(bytes.length / 3) * 4);
    let size = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      const left = bytes.length - at;
      const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      codes[size++] = letters.charCodeAt(three >> 18);
      codes[size++] = letters.charCodeAt((three >> 12) & 63);
      if (left > 1) codes[size++] = letters.charCodeAt((three >> 6) & 63);
      else if (!isForUrl) codes[size++] = 61;
      if (left > 2) codes[size++] = letters.charCodeAt(three & 63);
      else if (!isForUrl) codes[size++] = 61;
    }
    return join(codes.subarray(0, size));
  };

  inside.hex = (text) => {
    const bytes = new Bytes(text.length >> 1);
    for (let n = 0; n < bytes.length; n++) {
      const pair = text.slice(2 * n, 2 * n + 2);
      if (!/^[\da-f]{2}$/i.test(pair)) return bytes.slice(0, n);
      bytes[n] = Number.parseInt(pair, 16);
    }
    return bytes;
  };
  inside.toHex = (bytes) => {
    let text = '';
    for (let n = 0; n < bytes.length; n++)
      text += (bytes[n] < 16 ? '0' : '') + bytes[n].toString(16);
    return text;
  };

  /** Returns the bytes of a buffer or of a view, without a copy. */
  inside.viewOf = (source) => {
    if (source instanceof ArrayBuffer) return new Bytes(source);
    if (ArrayBuffer.isView(source)) {
      return new Bytes(source.buffer, source.byteOffset, source.byteLength);
    }
    throw new TypeError('The argument must be an ArrayBuffer or a view of one.');
  };

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }
    encode(text = '') {
      return inside.utf8(String(text));
    }
  }
  class TextDecoder {
    #read;
    #fatal;
    constructor(label = 'utf-8', { fatal = false } = {}) {
      const name = String(label).trim().toLowerCase();
      const readers = {
        'utf-8': (bytes) => inside.fromUtf8(bytes, fatal).replace(/^\ufeff/, ''),
        'utf-16le': inside.fromUtf16,
        latin1: inside.fromLatin1,
      };
      const names = {
        utf8: 'utf-8',
        'utf-16': 'utf-16le',
        ascii: 'latin1',
        'iso-8859-1': 'latin1',
      };
      this.encoding = names[name] ?? name;
      this.#read = readers[this.encoding];
      this.#fatal = fatal;
      if (this.#read === undefined) throw new RangeError(`The encoding ${name} is not supported.`);
    }
    get fatal() {
      return this.#fatal;
    }
    decode(source) {
      return source === undefined ? '' : this.#read(inside.viewOf(source));
    }
  }
  inside.expose('TextEncoder', TextEncoder);
  inside.expose('TextDecoder', TextDecoder);
  inside.expose('btoa', (value) => {
    const text = String(value);
    if (/[^\0-\xff]/.test(text)) throw new RangeError('The text has characters beyond Latin-1.');
    return inside.toBase64(inside.latin1(text));
  });
  inside.expose('atob', (value) => {
    const text = String(value)
      .replace(/[\t\n\f\r ]/g, '')
      .replace(/={1,2}$/, '');
    if (/[^A-Za-z0-9+/]/.test(text) || text.length % 4 === 1) {
      throw new RangeError('The text is no base64.');
    }
    return inside.fromLatin1(inside.base64(text));
  });
};
