import { expect, test } from 'vitest';
import type { ScriptOutcome } from '../../src/outbound/scripts/scripts.ts';
import { openRunner, runFunction } from './runner.ts';

const runner = openRunner({ memoryMb: 64, cpuMs: 1500 });

/** Runs a hostile script while ordinary ones of another owner run. Checks that they are answered, and soon. */
async function besideOthers(source: string, timeoutMs = 8000): Promise<ScriptOutcome> {
  const ordinary = () =>
    runFunction(runner, 'async (n) => n + 1', { owner: 'ordinary', args: [1], timeoutMs: 6000 });
  await ordinary();
  let isOver = false;
  const hostile = runFunction(runner, source, { owner: 'hostile', timeoutMs }).finally(() => {
    isOver = true;
  });
  do {
    expect(await ordinary()).toMatchObject({ kind: 'returned', values: [2] });
    await new Promise((done) => setTimeout(done, 20));
  } while (!isOver);
  return hostile;
}

test.each([
  ['an endless loop', '() => { for (;;); }', ['timed-out']],
  ['an endless loop of promises', 'async () => { for (;;) await null }', ['timed-out']],
  [
    'an endless loop after the callback',
    '(callback) => { callback(null, 1); for (;;); }',
    ['returned'],
  ],
  [
    'an endless loop in a timer',
    '(callback) => { setTimeout(() => { for (;;); }, 1) }',
    ['timed-out'],
  ],
  [
    'an endless loop in toJSON',
    '(callback) => callback(null, { toJSON() { for (;;); } })',
    ['timed-out'],
  ],
  ['a regular expression without end', `() => /^(a+)+$/.test('a'.repeat(40) + 'b')`, ['timed-out']],
  ['an endless recursion', '() => { const f = () => f() + 1; return f() }', ['failed']],
  [
    'an array that grows',
    '() => { const a = []; for (;;) a.push(new Array(1e4).fill({})) }',
    ['crashed', 'timed-out', 'failed'],
  ],
  [
    'bytes without end',
    '() => { const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1)) }',
    ['crashed', 'failed'],
  ],
  [
    'an array that is filled for long',
    '() => new Array(1e9).fill(1)',
    ['crashed', 'timed-out', 'failed'],
  ],
  ['an exit', '() => process.exit()', ['failed']],
  ['a flood of lines', '() => { for (;;) console.log("x") }', ['timed-out']],
  ['a flood of timers', '() => { for (;;) setTimeout(() => {}, 1) }', ['timed-out', 'crashed']],
])('%s harms no other script', async (_what, source, kinds) => {
  const outcome = await besideOthers(source);
  expect(kinds).toContain(outcome.kind);
});

test.each([
  ['process', 'process is not defined'],
  ['require("fs")', "Scripts cannot require 'fs'"],
  ['require("node:child_process")', "Scripts cannot require 'child_process'"],
  ['this.constructor.constructor("return process")()', 'process is not defined'],
  ['fetch.constructor("return process")()', 'process is not defined'],
  ['console.log.constructor("return process")()', 'process is not defined'],
  ['setTimeout(() => {}, 1).constructor.constructor("return process")()', 'process is not defined'],
  ['import("node:fs")', 'Not supported'],
  ['require("../../../etc/passwd")', 'Cannot find module'],
  ['new WebAssembly.Memory({ initial: 1 })', 'WebAssembly is not defined'],
  ['new SharedArrayBuffer(1)', 'SharedArrayBuffer is not defined'],
])('%s leads nowhere', async (expression, message) => {
  const outcome = await runFunction(runner, `async () => (${expression})`);
  expect(outcome).toMatchObject({
    kind: 'failed',
    error: { message: expect.stringContaining(message) },
  });
});

test.each([
  ['a result of 2 MB', 'callback(null, "x".repeat(2 * 1024 * 1024))', 'unusable'],
  ['a circle', 'const a = {}; a.a = a; callback(null, a)', 'unusable'],
  ['a big integer', 'callback(null, 1n)', 'unusable'],
  [
    'a result nested a thousand times',
    'let a = []; for (let n = 0; n < 1000; n++) a = [a]; callback(null, a)',
    'unusable',
  ],
  ['a getter that throws', 'callback(null, { get a() { throw new Error("no") } })', 'unusable'],
  [
    'a proxy that throws',
    'callback(null, new Proxy({}, { ownKeys() { throw new Error("no") } }))',
    'unusable',
  ],
  ['functions and symbols', 'callback(null, { f() {}, s: Symbol() })', 'returned'],
  [
    'an error whose message is a getter that throws',
    'callback(Object.defineProperty(new Error(), "message", { get() { throw 1 } }))',
    'failed',
  ],
  [
    'an error that is a proxy',
    'callback(new Proxy(new Error("x"), { get() { throw 1 }, ownKeys() { throw 1 } }))',
    'failed',
  ],
  ['an error with an enormous message', 'callback(new Error("x".repeat(1e6)))', 'failed'],
  [
    'an error with enormous properties',
    'callback(Object.assign(new Error("x"), { a: "y".repeat(1e6) }))',
    'failed',
  ],
  [
    'an error without text',
    'callback(Object.create(null, { toString: { value: null }, a: { value: 1 } }))',
    'failed',
  ],
  [
    'JSON.stringify of its own',
    'JSON.stringify = () => "{"; JSON.parse = null; callback(null, 1)',
    'returned',
  ],
  [
    'prototypes of its own',
    'Object.prototype.toJSON = () => "gone"; Array.prototype.push = null; Promise.prototype.then = null; callback(null, 1)',
    'unusable',
  ],
])('the server reads %s', async (_what, body, kind) => {
  const outcome = await runFunction(runner, `(callback) => { ${body} }`, { owner: body });
  expect(outcome.kind).toBe(kind);
  if (outcome.kind === 'failed') {
    expect(JSON.stringify(outcome).length).toBeLessThan(10_000);
  }
});

test('the frames of a stack hold nothing of the process', async () => {
  const outcome = await runFunction(
    runner,
    `() => {
      Error.prepareStackTrace = (_error, frames) => frames;
      const frames = new Error().stack;
      return frames.flatMap((frame) => [frame.getThis(), frame.getFunction()])
        .filter((each) => each !== undefined && each !== globalThis)
        .map((each) => String(each).slice(0, 20));
    }`,
  );
  expect(outcome).toMatchObject({ kind: 'returned', values: [['() => {\n      Error.']] });
});

test('nothing reaches a prototype of the server', async () => {
  const outcome = await runFunction(
    runner,
    `(callback) => {
      const evil = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}, "a": {"__proto__": {"b": 1}}}');
      Object.prototype.isAdmin = true;
      callback(null, evil);
    }`,
  );
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
  if (outcome.kind !== 'returned') throw new Error(outcome.kind);
  const [value] = outcome.values as [object & { a: object }];
  expect(Object.hasOwn(value, '__proto__')).toBe(false);
  expect(Object.hasOwn(value.a, '__proto__')).toBe(false);
  expect(Reflect.get(Object.assign({}, value), 'isAdmin')).toBeUndefined();
});

test('what one script changes is unknown to another', async () => {
  await runFunction(
    runner,
    '() => { globalThis.planted = 1; Array.prototype.planted = 1; return 1 }',
    {
      owner: 'planter',
    },
  );
  const outcome = await runFunction(runner, '() => [typeof planted, typeof [].planted]', {
    owner: 'victim',
  });
  expect(outcome).toMatchObject({ values: [['undefined', 'undefined']] });
});

test('two hundred runs at once are all answered', async () => {
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      runFunction(runner, '(n, callback) => { setTimeout(callback, 20, null, n) }', { args: [n] }),
    ),
  );
  expect(all.map((each) => each.kind === 'returned' && each.values[0])).toEqual(
    Array.from({ length: 200 }, (_, n) => n),
  );
});

test('a script with too many runs is busy, and another is not', async () => {
  const many = Array.from({ length: 400 }, () =>
    runFunction(runner, '(callback) => {}', { owner: 'slow', timeoutMs: 1500 }),
  );
  expect(await runFunction(runner, 'async () => 1', { owner: 'quick' })).toMatchObject({
    kind: 'returned',
  });
  const kinds = (await Promise.all(many)).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['timed-out', 'busy']));
});
