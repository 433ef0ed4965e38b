import { expect, test } from 'vitest';
import { codeProblem, functionProblem, moduleProblem } from './script-syntax.ts';

test.each([
  'function login(email, password, callback) { callback(null); }',
  '// The login.\nfunction login(email, password, callback) {\n  callback(null);\n};\n',
  'async function login(email) { return { user_id: email }; }',
  '(email, callback) => callback(null)',
])('a function is no problem: %s', (source) => {
  expect(functionProblem(source)).toBeNull();
});

test('a problem names its line', () => {
  const source = 'function login(email, callback) {\n  const = 1;\n}';
  expect(functionProblem(source)).toEqual({ line: 2, message: "Unexpected token '='" });
  expect(functionProblem('function a() {} function b() {}')?.line).toBe(1);
  expect(functionProblem('')).not.toBeNull();
});

test('a script that is compiled does not run', () => {
  expect(functionProblem('(() => { throw new Error("It ran."); })()')).toBeNull();
});

test('a script that is nested too deep is a problem', () => {
  expect(functionProblem('['.repeat(50_000))).not.toBeNull();
});

test('a module names its line, does not run, and cannot leave its function', () => {
  expect(moduleProblem('exports.run = async () => { await fetch("a"); };')).toBeNull();
  expect(moduleProblem('let a = 1;\nlet b = ;')).toEqual({
    line: 2,
    message: "Unexpected token ';'",
  });
  expect(moduleProblem('throw new Error("It ran.");')).toBeNull();
  expect(moduleProblem('}); globalThis.ran = true; (function () {')?.line).toBe(1);
});

test('code may have 100 kB', () => {
  expect(codeProblem(' '.repeat(100_000), 'module')).toBeNull();
  expect(codeProblem(' '.repeat(100_001), 'module')).toBe('the code is longer than 100 kB');
  expect(codeProblem('function a() {\n  b c;\n}', 'function')).toBe(
    "line 2: Unexpected identifier 'c'",
  );
});
