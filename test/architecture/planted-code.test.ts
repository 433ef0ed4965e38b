import { beforeAll, expect, test } from 'vitest';
import { runIn, type Tree, withTree } from './planted-tree.ts';

/** rule → a file that breaks only this rule. */
const PLANTED: Record<string, Tree> = {
  noConsole: { 'src/flows/a/a.ts': `console.log('here');\n` },
  noDefaultExport: { 'src/flows/b/b.ts': 'export default function b() {}\n' },
  noProcessEnv: { 'src/flows/c/c.ts': 'export const port = process.env.PORT;\n' },
  noExplicitAny: { 'src/flows/d/d.ts': 'export const d = (x: any) => x;\n' },
  noNonNullAssertion: { 'src/flows/e/e.ts': 'export const e = (x: string | null) => x!;\n' },
  noEnum: { 'src/flows/f/f.ts': 'export enum Color {\n  Red,\n}\n' },
  noParameterProperties: {
    'src/flows/g/g.ts': 'export class G {\n  constructor(readonly x: number) {}\n}\n',
  },
  noReExportAll: { 'src/flows/i/i.ts': `export * from '../q/q.ts';\n` },
  useFilenamingConvention: { 'src/flows/j/someFile.ts': 'export const j = 1;\n' },
  useImportType: {
    'src/flows/k/k.ts': `import { L } from './l.ts';\nexport const k = (l: L) => l;\n`,
  },
  useNodejsImportProtocol: { 'src/flows/l/l.ts': `import fs from 'fs';\nexport const l = fs;\n` },
  noImportCycles: {
    'src/flows/m/m.ts': `import { n } from './n.ts';\nexport const m = () => n;\n`,
    'src/flows/m/n.ts': `import { m } from './m.ts';\nexport const n = () => m;\n`,
  },
  noFloatingPromises: {
    'src/flows/o/o.ts': 'async function work() {}\nexport function o() {\n  work();\n}\n',
  },
  noMisusedPromises: {
    'src/flows/p/p.ts':
      'async function ready() {\n  return true;\n}\nexport function p() {\n  if (ready()) return 1;\n  return 2;\n}\n',
  },
};

const ALLOWED: Tree = {
  'src/main.ts': 'console.log(process.env.PORT);\n',
  'vitest.config.ts': 'export default {};\n',
  'src/flows/q/q.ts': 'export const q = 1;\n',
};

type Diagnostic = { category: string; severity: string; location: { path: string } };

let code = 0;
let found: Diagnostic[] = [];

beforeAll(async () => {
  const tree: Tree = Object.assign({}, ALLOWED, ...Object.values(PLANTED));
  const lint = await withTree(tree, (folder) =>
    runIn(folder, 'biome', [
      'lint',
      '--vcs-enabled=false',
      '--reporter=json',
      '--max-diagnostics=none',
      'src',
    ]),
  );
  const { stdout } = lint;
  code = lint.code;
  const result: { diagnostics: Diagnostic[] } = JSON.parse(stdout.slice(stdout.indexOf('{')));
  found = result.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
});

test.for(Object.keys(PLANTED))('the linter fails on %s', (rule) => {
  const files = Object.keys(PLANTED[rule] ?? {});
  const fired = found.filter((diagnostic) => diagnostic.category.endsWith(`/${rule}`));
  expect(fired.map((diagnostic) => diagnostic.location.path)).toContainEqual(
    expect.stringMatching(files.join('|')),
  );
  expect(code).not.toBe(0);
});

test('the linter lets main.ts print and read the environment', () => {
  expect(found.filter((diagnostic) => diagnostic.location.path in ALLOWED)).toEqual([]);
});

test('the compiler refuses code that node cannot run and values that may be undefined', async () => {
  const tree: Tree = {
    'src/a.ts': 'export class A {\n  constructor(readonly x: number) {}\n}\n',
    'src/b.ts': 'export const first: string = ([] as string[])[0];\n',
    'src/c.ts': `import { A } from './a';\nexport const c = A;\n`,
  };
  const { code, stdout } = await withTree(tree, (folder) => runIn(folder, 'tsc', ['-p', '.']));
  expect(code).not.toBe(0);
  expect(stdout).toMatch(/src\/a\.ts.*TS1294/);
  expect(stdout).toMatch(/src\/b\.ts.*TS2322/);
  expect(stdout).toMatch(/src\/c\.ts.*TS2835/);
});
