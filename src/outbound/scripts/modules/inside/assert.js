const { isDeepStrictEqual, inspect } = require('util');

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = 'AssertionError';
    this.code = 'ERR_ASSERTION';
    Object.assign(this, { actual, expected, operator });
  }
}

function check(holds, message, details) {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, ...details });
}

function loosely(one, other) {
  // biome-ignore lint/suspicious/noDoubleEquals: this is what `assert.equal` does
  if (one == other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  if (one instanceof Date && other instanceof Date) return one.getTime() === other.getTime();
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && loosely(one[name], other[name]))
  );
}

function assert(value, message) {
  check(value, message, { actual: value, expected: true, operator: '==' });
}
const compare = (operator, test) => (actual, expected, message) =>
  check(test(actual, expected), message, { actual, expected, operator });

function matches(error, expected) {
  if (expected === undefined || typeof expected === 'string') return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected !== 'function') {
    return Object.keys(expected).every((name) => isDeepStrictEqual(error[name], expected[name]));
  }
  return error instanceof expected || expected(error) === true;
}

module.exports = Object.assign(assert, {
  AssertionError,
  ok: assert,
  // biome-ignore lint/suspicious/noDoubleEquals: this is what `assert.equal` does
  equal: compare('==', (one, other) => one == other),
  // biome-ignore lint/suspicious/noDoubleEquals: this is what `assert.notEqual` does
  notEqual: compare('!=', (one, other) => one != other),
  strictEqual: compare('===', Object.is),
  notStrictEqual: compare('!==', (one, other) => !Object.is(one, other)),
  deepEqual: compare('deepEqual', loosely),
  notDeepEqual: compare('notDeepEqual', (one, other) => !loosely(one, other)),
  deepStrictEqual: compare('deepStrictEqual', isDeepStrictEqual),
  notDeepStrictEqual: compare('notDeepStrictEqual', (one, other) => !isDeepStrictEqual(one, other)),
  match: compare('match', (text, pattern) => pattern.test(text)),
  fail: (message) => check(false, message ?? 'Failed', {}),
  ifError: (value) => check(value === null || value === undefined, value, {}),
  throws(work, expected, message) {
    try {
      work();
    } catch (error) {
      check(matches(error, expected), message ?? error, {});
      return;
    }
    check(false, message ?? 'Missing expected exception.', { operator: 'throws' });
  },
  async rejects(work, expected, message) {
    try {
      await (typeof work === 'function' ? work() : work);
    } catch (error) {
      check(matches(error, expected), message ?? error, {});
      return;
    }
    check(false, message ?? 'Missing expected rejection.', { operator: 'rejects' });
  },
});
assert.strict = assert;
