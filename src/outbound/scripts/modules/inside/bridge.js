// What the modules of databases share: asking the server, and values that JSON does not have.
function encode(value) {
  if (value === undefined || value === null || typeof value === 'function') return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return { $type: 'date', value: value.toJSON() };
  if (value instanceof Uint8Array) {
    return { $type: 'bytes', value: Buffer.from(value).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value.toJSON === 'function') return encode(value.toJSON());
  const object = {};
  for (const name of Object.keys(value)) object[name] = encode(value[name]);
  return '$type' in object ? { $type: 'object', value: object } : object;
}

function decode(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(decode);
  if (value.$type === 'date') return new Date(value.value ?? Number.NaN);
  if (value.$type === 'bytes') return Buffer.from(value.value, 'base64');
  const object = {};
  const source = value.$type === 'object' ? value.value : value;
  for (const name of Object.keys(source)) object[name] = decode(source[name]);
  return object;
}

function errorOf({ name, message, ...more }) {
  const error = new Error(message);
  if (name !== 'Error') Object.defineProperty(error, 'name', { value: name, configurable: true });
  return Object.assign(error, more);
}

/** Asks the server. What a database reports becomes an error. */
async function ask(bridge, method, ...args) {
  const answer = await host(bridge, method, args);
  if (answer !== null && typeof answer === 'object' && answer.failed !== undefined) {
    throw errorOf(answer.failed);
  }
  return answer;
}

/** Gives a result to a callback, or returns the promise if there is none. */
function give(promise, callback, spread) {
  if (typeof callback !== 'function') return promise;
  promise.then(
    (value) => queueMicrotask(() => (spread ? callback(null, ...value) : callback(null, value))),
    (error) => queueMicrotask(() => callback(error)),
  );
  return undefined;
}

/** Whether an earlier run has opened the connection, which then has closed it. */
function isOfEarlierRun(error) {
  return error.code === 'CONNECTION_CLOSED';
}

module.exports = { ask, decode, encode, give, isOfEarlierRun };
