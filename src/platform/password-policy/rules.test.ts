import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { evaluateRules } from './rules.ts';

const source = readFileSync(new URL('rules.ts', import.meta.url), 'utf8');

test('the rules import nothing, so that a browser can load them', () => {
  expect(source).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(|\bfrom ['"]/m);
});

test('the rules give the same results without Node’s globals', () => {
  const browserSource = stripTypeScriptTypes(source).replaceAll('export function', 'function');
  const policy = { level: 'excellent' as const, minLength: 4 };
  for (const password of ['', 'Ab7 ', 'aaa7', 'Abcdefgh7!']) {
    const judged = runInNewContext(
      `${browserSource}; JSON.stringify(evaluateRules(policy, password))`,
      { policy, password },
    );
    expect(JSON.parse(judged)).toEqual(evaluateRules(policy, password));
  }
});
