import { expect, test } from 'vitest';
import type { ScriptCall } from '../../src/outbound/scripts/scripts.ts';
import { openRunner, runFunction } from './runner.ts';

const runner = openRunner();

test('a script gets its arguments, its configuration and a callback', async () => {
  const source = `// Finds nobody.
    function login(email, password, callback) {
      console.log('asks for', email, { password });
      callback(null, { email, password, url: configuration.URL });
    };
    // The end.`;
  const outcome = await runFunction(runner, source, {
    args: ['ann@example.com', 'secret'],
    globals: { configuration: { URL: 'https://legacy.example' } },
  });
  expect(outcome).toEqual({
    kind: 'returned',
    values: [{ email: 'ann@example.com', password: 'secret', url: 'https://legacy.example' }],
    commands: [],
    lines: [{ level: 'log', text: 'asks for ann@example.com {"password":"secret"}' }],
    tookMs: expect.any(Number),
  });
});

test.each([
  ['returns a promise', 'async (id) => ({ id })', [{ id: 'x' }]],
  ['calls back with two values', '(id, callback) => callback(null, id, 2)', ['x', 2]],
  ['calls back later', '(id, callback) => { setTimeout(callback, 20, null, id) }', ['x']],
  ['calls back twice', '(id, callback) => { callback(null, 1); callback(null, 2) }', [1]],
  [
    'throws after the callback',
    '(id, callback) => { callback(null, 1); throw new Error("late") }',
    [1],
  ],
  ['calls back without a value', '(id, callback) => callback(null)', []],
  [
    'resolves a promise before the callback',
    'async (id, callback) => { setTimeout(callback, 20, null, id) }',
    ['x'],
  ],
])('the first answer counts of a script that %s', async (_what, source, values) => {
  const outcome = await runFunction(runner, source, { args: ['x'] });
  expect(outcome).toMatchObject({ kind: 'returned', values });
});

test.each([
  [
    'callback(new WrongUsernameOrPasswordError("ann@example.com", "no"))',
    {
      name: 'WrongUsernameOrPasswordError',
      message: 'no',
      more: { code: 'invalid_user_password', identifier: 'ann@example.com' },
    },
  ],
  [
    'callback(new ValidationError("user_exists", "taken"))',
    { name: 'ValidationError', message: 'taken', more: { code: 'user_exists' } },
  ],
  [
    'callback(new UnauthorizedError("blocked"))',
    { name: 'UnauthorizedError', message: 'blocked', more: { code: 'unauthorized' } },
  ],
  [
    'callback(new PreUserRegistrationError("rule 7", "Not today."))',
    {
      name: 'PreUserRegistrationError',
      message: 'rule 7',
      more: { friendlyMessage: 'Not today.' },
    },
  ],
  ['callback("text")', { name: 'Error', message: 'text', more: {} }],
  [
    'throw Object.assign(new TypeError("bad"), { code: "X1", deep: { a: [1] } })',
    { name: 'TypeError', message: 'bad', more: { code: 'X1', deep: { a: [1] } } },
  ],
  [
    'setTimeout(() => { throw new Error("in a timer") }, 1)',
    { name: 'Error', message: 'in a timer', more: {} },
  ],
  [
    'return Promise.reject(new Error("rejected"))',
    { name: 'Error', message: 'rejected', more: {} },
  ],
])('a script fails with its error: %s', async (body, error) => {
  const outcome = await runFunction(runner, `function (callback) { ${body} }`);
  expect(outcome).toMatchObject({ kind: 'failed', error });
});

test.each([
  ['function (callback) {', 'The script is no JavaScript'],
  ['42', 'The script is not one function.'],
])('a source that is no function is invalid: %s', async (source, problem) => {
  const outcome = await runFunction(runner, source);
  expect(outcome).toMatchObject({ kind: 'invalid', problem: expect.stringContaining(problem) });
});

test('a source above 100 KB is invalid', async () => {
  const outcome = await runFunction(runner, `() => 1 // ${'x'.repeat(100 * 1024)}`);
  expect(outcome).toMatchObject({ kind: 'invalid', problem: 'The script is larger than 100 KB.' });
});

test('a module exports the function that is called', async () => {
  const source = `const greet = (who) => 'hello ' + who;
    exports.onExecute = async (event) => greet(event.name);`;
  const call: Partial<ScriptCall> = {
    shape: 'module',
    handler: 'onExecute',
    args: [{ name: 'ann' }],
  };
  expect(await runFunction(runner, source, { ...call })).toMatchObject({
    kind: 'returned',
    values: ['hello ann'],
  });
  expect(await runFunction(runner, source, { ...call, handler: 'other' })).toMatchObject({
    kind: 'invalid',
    problem: 'The script exports no function other.',
  });
});

test('a warm script keeps its variables, and gets the configuration of each run', async () => {
  const source = `function (callback) {
    global.count = (global.count || 0) + 1;
    callback(null, global.count, configuration.value);
  }`;
  const once = (value: string) =>
    runFunction(runner, source, { owner: 'warm', globals: { configuration: { value } } });
  expect(await once('a')).toMatchObject({ values: [1, 'a'] });
  expect(await once('b')).toMatchObject({ values: [2, 'b'] });
  const other = await runFunction(runner, source, {
    owner: 'another',
    globals: { configuration: { value: 'c' } },
  });
  expect(other).toMatchObject({ values: [1, 'c'] });
});

test('the console is bounded in lines and in their length', async () => {
  const source = `() => { for (let n = 0; n < 1000; n++) console.warn('x'.repeat(5000)); return 1 }`;
  const { lines } = await runFunction(runner, source);
  expect(lines).toHaveLength(256);
  expect(new Set(lines.map(({ level, text }) => `${level} ${text.length}`))).toEqual(
    new Set(['warn 1000']),
  );
});

test('a script that waits in vain ends with its time', async () => {
  const began = performance.now();
  const outcome = await runFunction(
    runner,
    'function (callback) { console.log("began"); new Promise(() => {}) }',
    { timeoutMs: 300 },
  );
  expect(outcome).toMatchObject({ kind: 'timed-out', lines: [{ text: 'began' }] });
  expect(performance.now() - began).toBeLessThan(3000);
});

test('timers of a run end with it', async () => {
  const source = `function (callback) {
    const before = global.ticks ?? 0;
    setInterval(() => { global.ticks = (global.ticks ?? 0) + 1 }, 5);
    setTimeout(callback, 60, null, before, global.ticks ?? 0);
  }`;
  const first = await runFunction(runner, source, { owner: 'ticks' });
  expect(first).toMatchObject({ kind: 'returned' });
  await new Promise((done) => setTimeout(done, 200));
  const second = await runFunction(runner, source, { owner: 'ticks' });
  // About twelve ticks of the first run. Its timer would have made fifty until now.
  expect(second.kind === 'returned' && Number(second.values[0])).toBeLessThan(20);
});
