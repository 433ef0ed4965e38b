import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderErrorReference } from '../../scripts/error-reference/render.ts';
import {
  type CodeList,
  codesSent,
  codesUnchecked,
  readProgram,
} from '../../scripts/error-reference/sent-codes.ts';
import { SURFACES } from '../../scripts/error-reference/surfaces.ts';
import { REFUSAL_CODES } from '../../src/platform/refusal/refusal.ts';

const root = join(import.meta.dirname, '../..');
const lists: CodeList[] = [
  ...SURFACES.filter(({ statuses }) => statuses === undefined),
  { listedIn: 'src/platform/refusal/refusal-codes.ts', codes: REFUSAL_CODES },
];
let program: ts.Program;
let generated: string;
let planted: string;

// The compiler reads the whole source. On a busy machine that takes longer than a test may.
beforeAll(() => {
  program = readProgram(root);
  generated = renderErrorReference(program, root, SURFACES);
  planted = mkdtempSync(join(tmpdir(), 'usher-codes-'));
}, 300_000);
afterAll(() => rmSync(planted, { recursive: true }));

/** Codes that are listed and that nothing sends. */
function unused(source: ts.Program, from: string, list: CodeList): string[] {
  const sent = new Set(codesSent(source, from, list).map(({ code }) => code));
  return Object.keys(list.codes).filter((code) => !sent.has(code));
}

test('the reference of error codes is what the generator writes', () => {
  const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
  expect(page, 'run npm run docs:errors').toBe(generated);
});

test('each listed code is sent somewhere', () => {
  for (const list of lists) expect(unused(program, root, list), list.listedIn).toEqual([]);
});

test('each code that is left to a library is one of its codes', () => {
  for (const { statuses, codes } of SURFACES) {
    const unknown = Object.keys(codes).filter((code) => statuses?.has(code) === false);
    expect(unknown).toEqual([]);
  }
});

test('no code escapes the lists', () => {
  for (const [folder, ...names] of [
    ['src/http/management-api', 'errorCode'],
    ['src/http/authentication', 'error', 'code'],
    ['src/http/hosted-pages', 'error'],
  ] as const) {
    expect(codesUnchecked(program, root, { folder, names, lists })).toEqual([]);
  }
});

test('a code that is not listed does not compile', () => {
  const file = join(planted, 'misspelt.mts');
  writeFileSync(
    file,
    `import { Refusal } from '${root}/src/platform/refusal/refusal.ts';
import { ApiError, notFound } from '${root}/src/http/management-api/route/errors.ts';
export const wrong = [
  new Refusal('user_not_fund', 'The user does not exist.'),
  notFound('The user does not exist.', 'inexistent_usr'),
  new ApiError(400, 'The body is wrong.', 'invalid_bdy'),
];
export const right = new Refusal('user_not_found', 'The user does not exist.');\n`,
  );
  const source = ts.createProgram([file], program.getCompilerOptions(), undefined, program);
  const problems = source
    .getSemanticDiagnostics(source.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  expect(problems).toEqual([
    expect.stringContaining('"user_not_fund"'),
    expect.stringContaining('"inexistent_usr"'),
    expect.stringContaining('"invalid_bdy"'),
  ]);
});

test('the check finds a code that nothing sends, a stale status and a code without a type', () => {
  const codes = { gone: '', late: '', never: '', taken: '' };
  const listedIn = 'src/http/codes.ts';
  mkdirSync(join(planted, 'src/http'), { recursive: true });
  const list = join(planted, listedIn);
  writeFileSync(list, `export const CODES = ${JSON.stringify(codes)} as const;\n`);
  const file = join(planted, 'src/http/use.ts');
  writeFileSync(
    file,
    `import { CODES } from './codes.ts';
type Code = keyof typeof CODES;
class Failure extends Error {
  constructor(readonly status: number, readonly errorCode?: Code) { super(); }
}
const conflict = (errorCode: Code = 'late') => new Failure(409, errorCode);
const TABLE: Record<string, { status: number; body: { errorCode: Code } }> = {
  row: { status: 410, body: { errorCode: 'gone' } },
};
export const thrown = [conflict(), conflict(TABLE.row ? 'taken' : 'gone'), new Failure(400, 'gone')];
export const compared = thrown[0]?.errorCode === 'never';
export const raw: unknown = { errorCode: 'not_listed' };\n`,
  );
  const options = { ...program.getCompilerOptions(), erasableSyntaxOnly: false };
  const source = ts.createProgram([list, file], options);
  expect(unused(source, planted, { codes, listedIn })).toEqual(['never']);
  const statuses = codesSent(source, planted, { codes, listedIn }).map((sent) => [
    sent.code,
    ...sent.statuses,
  ]);
  expect(statuses).toEqual([
    ['late', 409],
    ['gone', 410],
    ['taken', 409],
    ['gone', 409],
    ['gone', 400],
  ]);
  const loose = codesUnchecked(source, planted, {
    folder: 'src/http',
    names: ['errorCode'],
    lists: [{ codes, listedIn }],
  });
  expect(loose).toEqual(["src/http/use.ts:12: 'not_listed'"]);
});
