import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DOOR_EXCEPTIONS } from './door-exceptions.ts';
import { doorsChangeNothing } from './door-writes.ts';
import { placesExist } from './places.ts';
import {
  exportedTypesAreCamelCase,
  foldersAreSmall,
  foldersHaveAPublicFile,
  foldersOf,
  functionsHaveOneName,
  mailIsQueuedInOnePlace,
  migrationsAreNumbered,
  namesSaySomething,
  nobodyTrustsTheHostHeader,
  oneWriterPerTable,
  outgoingCallsHaveOneDoor,
  pagePathsAreNamedOnce,
  pagesHaveNothingInline,
  tablesOf,
  textsArePlain,
  timeComesIn,
  treeIsAsDrawn,
} from './rules.ts';
import { readTree } from './tree.ts';

const root = join(import.meta.dirname, '../..');
const sources = readTree(root, ['src'], ['.ts']);
const migrations = readTree(root, ['migrations'], ['.sql']);
const pages = readTree(root, ['src/http'], ['.liquid']);

test('each table is written by exactly one folder of records/', () => {
  expect(tablesOf(migrations)).toContain('users');
  expect(oneWriterPerTable(sources, tablesOf(migrations))).toEqual([]);
});

test('a handler reads records, and changes data only through a flow', () => {
  expect(doorsChangeNothing(sources, DOOR_EXCEPTIONS)).toEqual([]);
});

test('only the storage of the OpenID Connect library changes data without a flow', () => {
  const doors = DOOR_EXCEPTIONS.map(({ door }) => door);
  expect(doors).toEqual(['src/http/authentication/library/adapter.ts']);
});

test('mails are queued in one place', () => {
  expect(mailIsQueuedInOnePlace(sources)).toEqual([]);
});

test('migrations are numbered without gaps or doubles', () => {
  expect(migrationsAreNumbered(migrations)).toEqual([]);
});

test('each folder of a tier has its public file', () => {
  expect(foldersHaveAPublicFile(sources)).toEqual([]);
});

test('no folder has more than 25 files', () => {
  expect(foldersAreSmall(readTree(root, ['src'], ['']))).toEqual([]);
});

test('texts in the source are plain English', () => {
  const texts = readTree(root, ['src'], ['.ts', '.liquid', 'en.json']);
  expect(textsArePlain(texts)).toEqual([]);
});

test('a function has one name', () => {
  expect(functionsHaveOneName(sources)).toEqual([]);
});

test('every file and folder has a meaningful name', () => {
  expect(namesSaySomething(sources)).toEqual([]);
});

test('types that leave a flow, a step, a record or a handler are in camelCase', () => {
  expect(exportedTypesAreCamelCase(sources)).toEqual([]);
});

test('the path of a page is written in one module', () => {
  const files = readTree(root, ['src'], ['.ts', '.liquid', '.js', '.css', '.json']);
  expect(pagePathsAreNamedOnce(files)).toEqual([]);
});

test('pages have no inline script, style or event handler', () => {
  expect(pages.length).toBeGreaterThan(0);
  expect(pagesHaveNothingInline(pages)).toEqual([]);
});

test('flows, steps and records receive the time as an argument', () => {
  expect(timeComesIn(sources)).toEqual([]);
});

test('nothing reads the Host header', () => {
  expect(nobodyTrustsTheHostHeader(sources)).toEqual([]);
});

test('outgoing calls have one door', () => {
  expect(outgoingCallsHaveOneDoor(sources)).toEqual([]);
});

test('ARCHITECTURE.md shows the real tree', () => {
  const document = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  expect(treeIsAsDrawn(document, foldersOf(sources))).toEqual([]);
});

test('the table "Where is …?" of ARCHITECTURE.md names only what exists', () => {
  const document = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  expect(placesExist(document, readTree(root, ['src', 'scripts', 'test'], ['']))).toEqual([]);
});
