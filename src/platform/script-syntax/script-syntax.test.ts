import { expect, test } from 'vitest';
import { functionProblem } from './script-syntax.ts';

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
