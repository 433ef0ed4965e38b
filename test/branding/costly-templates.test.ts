import { symbols } from 'pino';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  deletePageTemplate,
  writePageTemplate,
  writePromptPartials,
} from '../../src/records/branding/branding.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import { aVisitor, headlineOf, type Page } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const lines: { what?: string; msg: string }[] = [];
let world: StillWorld;
let client: Client;
const now = () => new Date();
beforeAll(async () => {
  world = await openStillWorld({ logLevel: 'warn' });
  const { log } = world.server.app.deps;
  Reflect.set(Reflect.get(log, symbols.streamSym), 'write', (line: string) =>
    lines.push(JSON.parse(line)),
  );
  client = await world.aClient(await world.aConnection());
});
beforeEach(() => {
  lines.length = 0;
});

const loginPage = (): Promise<Page> => world.openLogin(aVisitor(world), client.id);

// The check renders without data, so it sees none of this.
const only = (costly: string) =>
  `{% if application.name != "" and application %}${costly}{% endif %}`;
const TABLE = `{% tablerow i in (1..900) %}{% tablerow j in (1..900) %}{{ i }}{% endtablerow %}{% endtablerow %}`;
const DOUBLED = `{% assign x = application.name %}${'{% assign x = x | append: x %}'.repeat(40)}{{ x }}`;
const NESTED = `${'{% for i in (1..9999) %}'.repeat(5)}{% assign x = i %}${'{% endfor %}'.repeat(5)}`;

test.each([
  ['tables within tables', TABLE],
  ['loops within loops', NESTED],
  ['a text that doubles', DOUBLED],
])('a page template with %s is omitted, the log says so once, and the server answers meanwhile', async (_what, costly) => {
  await writePageTemplate(
    world.db,
    `<!doctype html>{% auth0:head %}${only(costly)}{% auth0:widget %}<!-- ours -->`,
    now(),
  );
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const pages = await Promise.all(Array.from({ length: 8 }, loginPage));
  clearInterval(turning);
  for (const page of pages) {
    expect(page.status).toBe(200);
    expect(headlineOf(page)).toBe('Log in');
    expect(page.html).not.toContain('<!-- ours -->');
  }
  expect(lines.map((line) => line.what)).toEqual(['the page template']);
  if (costly !== DOUBLED) expect(turns).toBeGreaterThan(50);
  await deletePageTemplate(world.db);
  await loginPage();
});

test('costly HTML for a place of a page is omitted, and the other places are filled', async () => {
  const partials = {
    login: { 'form-content-start': only(TABLE), 'form-content-end': '<p>Closed on Sundays.</p>' },
  };
  await writePromptPartials(world.db, { prompt: 'login', partials }, now());
  const page = await loginPage();
  expect(page.status).toBe(200);
  expect(page.html).toContain('<p>Closed on Sundays.</p>');
  expect(lines.map((line) => line.what)).toEqual(['login/login form-content-start']);
});
