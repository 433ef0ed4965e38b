import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABSENT, OTHER_NAMES } from './names.ts';

/** Our own modules, in `inside/`. */
const OWN = new Set([
  'assert',
  'bcrypt',
  'buffer',
  'crypto',
  'events',
  'mongodb',
  'mysql',
  'mysql-promise',
  'node-fetch',
  'pg',
  'querystring',
  'request',
  'request-promise',
  'stream',
  'url',
  'usher:bridge',
  'usher:bson',
  'util',
]);

/** Packages from npm, in `bundles/`. `npm run build:script-modules` makes them. */
const PACKAGES = new Set([
  'auth0',
  'axios',
  'bcryptjs',
  'jsonwebtoken',
  'lodash',
  'usher:sql-escaper',
  'uuid',
]);

const sources = new Map<string, string>();

/**
 * Returns the source of a module that scripts may load with `require`, as a CommonJS module, or `null` if there is none of this name.
 * Modules that it requires itself come from here too. A version in the name, such as `uuid@3.4.0`, leads to ours. What scripts often require and
 * cannot have is a module that throws, with what to do instead.
 */
export function moduleSource(name: string): string | null {
  const plain = plainName(name);
  const absent = Object.hasOwn(ABSENT, plain) ? ABSENT[plain] : undefined;
  if (absent !== undefined) return throwing(plain, absent);
  const known = Object.hasOwn(OTHER_NAMES, plain) ? (OTHER_NAMES[plain] ?? plain) : plain;
  if (OWN.has(known)) return fileOf(`inside/${known.replace('usher:', '')}.js`);
  if (PACKAGES.has(known)) return fileOf(`bundles/${known.replace('usher:', '')}.js`);
  return memberOf(known);
}

/** Returns the names that scripts may load with `require`, sorted, without other names of the same modules. */
export function moduleNames(): string[] {
  return [...OWN, ...PACKAGES].filter((name) => !name.startsWith('usher:')).sort();
}

/** Returns whether scripts may load a module by a name, which may be another one of it. */
export function hasModule(name: string): boolean {
  const plain = plainName(name);
  if (plain.startsWith('usher:') || Object.hasOwn(ABSENT, plain)) return false;
  return moduleSource(plain) !== null;
}

function plainName(name: string): string {
  return name.replace(/^node:/, '').replace(/^(@?[^@]+)@[^/]*/, '$1');
}

/** Old scripts require one function of a package: `lodash/get`, `uuid/v4`. */
function memberOf(name: string): string | null {
  const [, from, member] = /^(lodash|uuid)[/.](\w+)$/.exec(name) ?? [];
  return from === undefined ? null : `module.exports = require('${from}').${member};`;
}

function throwing(name: string, problem: string): string {
  const message = `Scripts cannot require '${name}'. ${problem}`;
  return `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'MODULE_NOT_FOUND' });`;
}

function fileOf(path: string): string {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const source = readFileSync(join(import.meta.dirname, path), 'utf8');
  sources.set(path, source);
  return source;
}
