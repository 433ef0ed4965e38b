import { expect, test } from 'vitest';
import { isFreeClaim } from './claim-names.ts';

test.each([
  'roles',
  'groups',
  'https://example.com/roles',
  'Rollen',
])('a claim may have the name %s', (name) => expect(isFreeClaim(name)).toBe(true));

test.each([
  '',
  'sub',
  'aud',
  'permissions',
  'email',
  '__proto__',
  'my roles',
  'a"b',
  'x'.repeat(201),
  'röllen',
])('no claim may have the name %s', (name) => expect(isFreeClaim(name)).toBe(false));
