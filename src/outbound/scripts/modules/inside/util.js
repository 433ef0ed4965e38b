const custom = Symbol.for('nodejs.util.promisify.custom');

function promisify(work) {
  if (typeof work !== 'function') throw new TypeError('The argument must be a function.');
  if (work[custom]) return work[custom];
  return function promised(...args) {
    return new Promise((resolve, reject) => {
      work.call(this, ...args, (error, value) => (error ? reject(error) : resolve(value)));
    });
  };
}
promisify.custom = custom;

function callbackify(work) {
  return function called(...args) {
    const callback = args.pop();
    work.apply(this, args).then(
      (value) => queueMicrotask(() => callback(null, value)),
      (error) => queueMicrotask(() => callback(error ?? new Error('The promise was rejected.'))),
    );
  };
}

function inspect(value) {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`;
  if (value instanceof Error) return value.stack ?? String(value);
  const seen = new Set();
  try {
    return (
      JSON.stringify(value, (_name, each) => {
        if (typeof each === 'bigint') return `${each}n`;
        if (typeof each !== 'object' || each === null) return each;
        if (seen.has(each)) return '[Circular]';
        seen.add(each);
        return each;
      }) ?? String(value)
    );
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function format(first, ...rest) {
  if (typeof first !== 'string') {
    return [first, ...rest]
      .map((each) => (typeof each === 'string' ? each : inspect(each)))
      .join(' ');
  }
  const text = first.replace(/%([sdifjoO%])/g, (all, kind) => {
    if (kind === '%') return '%';
    if (rest.length === 0) return all;
    const value = rest.shift();
    if (kind === 's') return typeof value === 'object' ? inspect(value) : String(value);
    if (kind === 'd') return String(Number(value));
    if (kind === 'i') return String(Number.parseInt(value, 10));
    if (kind === 'f') return String(Number.parseFloat(value));
    return kind === 'j' ? JSON.stringify(value) : inspect(value);
  });
  return [text, ...rest.map((each) => (typeof each === 'string' ? each : inspect(each)))].join(' ');
}

function isDeepStrictEqual(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (one instanceof Date) return one.getTime() === other.getTime();
  if (one instanceof RegExp) return String(one) === String(other);
  if (one instanceof Map || one instanceof Set) {
    return one.size === other.size && isDeepStrictEqual([...one], [...other]);
  }
  const names = Reflect.ownKeys(one);
  return (
    names.length === Reflect.ownKeys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isDeepStrictEqual(one[name], other[name]))
  );
}

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const types = {
  isDate: (value) => tagOf(value) === 'Date',
  isRegExp: (value) => tagOf(value) === 'RegExp',
  isPromise: (value) => value instanceof Promise,
  isNativeError: (value) => value instanceof Error,
  isUint8Array: (value) => value instanceof Uint8Array,
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isArrayBuffer: (value) => value instanceof ArrayBuffer,
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isKeyObject: (value) => value instanceof require('crypto').KeyObject,
};

module.exports = {
  promisify,
  callbackify,
  inspect,
  format,
  isDeepStrictEqual,
  types,
  inherits(child, parent) {
    child.super_ = parent;
    Object.setPrototypeOf(child.prototype, parent.prototype);
  },
  deprecate: (work) => work,
  debuglog: () => () => {},
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => Buffer.isBuffer(value),
  isDate: types.isDate,
  isError: types.isNativeError,
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => typeof value === 'object' && value !== null,
  isPrimitive: (value) => value === null || !/^(?:object|function)$/.test(typeof value),
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === 'string',
  isUndefined: (value) => value === undefined,
  TextEncoder: globalThis.TextEncoder,
  TextDecoder: globalThis.TextDecoder,
};
