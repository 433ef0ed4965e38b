import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { findPassword } from '../../src/records/passwords/passwords.ts';
import { aVisitor, formOf, headlineOf, textOf, type Visitor } from '../harness/visitor.ts';
import { failAtBoom, openStillWorld, type StillWorld } from '../harness/world.ts';

const GOOD = 'Tulip-Canal-77';
const HOSTILE = '"><script>alert(1)</script><b>\'&';

let world: StillWorld;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld({}, { prepare: failAtBoom });
  connection = await world.aConnection();
  client = await world.aClient(connection, { name: HOSTILE });
});

/** One address of every existing page, for this browser. */
async function everyPage(visitor: Visitor): Promise<string[]> {
  const email = `${randomUUID()}<b>@example.test`;
  const user = await world.aUser(connection, { email, name: HOSTILE });
  const guest = await world.aUser(connection);
  const plan = { inviter: { name: HOSTILE }, ttlSec: 3600 };
  const open = await world.anInvitation(guest, { clientId: client.id, plan });
  const state = await world.beginLogin(visitor, client.id, {
    login_hint: HOSTILE,
    ui_locales: HOSTILE,
  });
  const hostile = encodeURIComponent(HOSTILE);
  return [
    `/u/login?state=${state}`,
    `/u/signup?state=${state}`,
    `/u/reset-password/request?state=${state}`,
    '/u/reset-password/request',
    `/u/mail-sent?state=${hostile}`,
    `/u/reset-verify?ticket=${await world.aTicket(user, { clientId: client.id })}&type=${hostile}&app=${hostile}`,
    `/u/reset-verify?ticket=${hostile}`,
    `/u/invitation?ticket=${open.secret}&ui_locales=${hostile}`,
    `/u/invitation?ticket=${hostile}`,
    `/u/email-verification?ticket=${await world.aTicket(user, { kind: 'email-verification', clientId: client.id })}`,
    `/u/email-verification?ticket=${hostile}`,
    '/u/done?what=password',
    '/u/logged-out',
    `/nothing/${hostile}`,
    '/boom',
    `/u/login?state=${hostile}`,
  ];
}

describe('every page', () => {
  test('forbids foreign code, frames, referrers and copies', async () => {
    const visitor = aVisitor(world);
    for (const path of await everyPage(visitor)) {
      const { headers } = await visitor.get(path);
      expect([path, headers]).toEqual([
        path,
        expect.objectContaining({
          'content-security-policy':
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; frame-ancestors 'none'; base-uri 'none'",
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        }),
      ]);
    }
  });

  test('has no inline script or style, and shows hostile names as text', async () => {
    const visitor = aVisitor(world);
    for (const path of await everyPage(visitor)) {
      const { html } = await visitor.get(path);
      expect(html).toContain('</html>');
      expect(html.match(/<script\b[^>]*>/g)).toEqual([
        expect.stringMatching(/^<script src="\/u\/assets\/enhance\.js\?v=[0-9a-f]{12}" defer>$/),
      ]);
      expect(html).not.toMatch(/<style|\sstyle=|\son\w+="|javascript:|<b>/i);
    }
  });

  test('loads only files of the server itself', async () => {
    const { html } = await world.openLogin(aVisitor(world), client.id);
    const urls = [...html.matchAll(/(?:src|href)="(\/u\/assets[^"]*)"/g)].map((match) => match[1]);
    expect(urls.length).toBeGreaterThan(3);
    for (const url of urls) {
      const asset = await aVisitor(world).get(url ?? '');
      expect([asset.status, asset.headers['cache-control']]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
    expect((await aVisitor(world).get('/u/assets/..%2fcsrf.ts')).status).toBe(404);
  });
});

describe('a form', () => {
  async function aForm() {
    const user = await world.aUser(connection);
    const path = `/u/reset-verify?ticket=${await world.aTicket(user)}`;
    const visitor = aVisitor(world);
    const page = await visitor.get(path);
    return { user, path, visitor, page, token: formOf(page.html).fields.csrf ?? '' };
  }

  test.each([
    ['without a token', { csrf: '' }, {}, false],
    ['with a wrong token', { csrf: 'x'.repeat(43) }, {}, false],
    ['with the token of another browser', {}, {}, true],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }, false],
    ['from a neighbor of the same domain', {}, { 'sec-fetch-site': 'same-site' }, false],
    ['from another origin', {}, { origin: 'https://evil.example' }, false],
  ])('%s is refused and changes nothing', async (_how, fields, headers, foreign) => {
    const { user, path, visitor, page } = await aForm();
    const sender = foreign ? aVisitor(world) : visitor;
    if (foreign) await sender.get(path);
    const answer = await sender.submit(page, { password: GOOD, ...fields }, headers);
    expect([answer.status, headlineOf(answer)]).toEqual([403, 'Try that once more']);
    expect(await findPassword(world.db, user.id)).toBeNull();
  });

  test.each<[Record<string, string>]>([
    [{}],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }],
    [{ origin: 'null' }],
    [{ origin: 'our own' }],
  ])('from our own page is accepted: %o', async ({ origin, ...others }) => {
    const { visitor, page } = await aForm();
    const headers = origin && { origin: origin === 'null' ? origin : world.publicUrl };
    const answer = await visitor.submit(page, { password: GOOD }, { ...others, ...headers });
    expect(answer.status).toBe(303);
  });

  test('of every kind is refused without a token', async () => {
    const state = await world.beginLogin(aVisitor(world), client.id);
    for (const path of [
      `/u/login?state=${state}`,
      `/u/signup?state=${state}`,
      '/u/reset-password/request',
      '/u/reset-verify?ticket=x',
      '/u/invitation?ticket=x',
      '/u/email-verification?ticket=x',
      '/u/new-link',
    ]) {
      const answer = await aVisitor(world).post(path, { password: GOOD, email: 'a@b.test' });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect(await world.work()).toEqual([]);
  });

  test('with a body that is too large is refused', async () => {
    const { visitor, page } = await aForm();
    const answer = await visitor.submit(page, { password: 'x'.repeat(70_000) });
    expect([answer.status, headlineOf(answer)]).toEqual([413, 'This request doesn’t work']);
  });
});

test('cookies are out of reach for scripts and other sites, and secure under https', async () => {
  const plain = await world.openLogin(aVisitor(world), client.id);
  expect(plain.headers['set-cookie']).toMatch(
    /^usher_csrf=\w{32}; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const secure = await openStillWorld({ publicUrl: 'https://id.example.test' });
  const theirs = await secure.aConnection();
  const user = await secure.aUser(theirs);
  const visitor = aVisitor(secure);
  const page = await visitor.get(`/u/reset-verify?ticket=${await secure.aTicket(user)}`);
  expect(page.headers['set-cookie']).toMatch(
    /^__Host-usher_csrf=\w{32}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const done = await visitor.submit(page, { password: GOOD });
  const [arrival, browser, ...others] = [done.headers['set-cookie'] ?? []].flat().sort();
  expect(arrival).toMatch(
    /^__Host-usher_arrival=\w{32}; Max-Age=300; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  // A proof of identity makes the browser known from now on.
  expect(browser).toMatch(
    /^__Host-usher_browser=\S+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  expect(others).toEqual([]);
});

describe('an internal error', () => {
  test('shows people the number of the request and no detail', async () => {
    const page = await aVisitor(world).get('/boom');
    expect(page.status).toBe(500);
    expect(textOf(page)).toContain(`Request ${page.headers['x-request-id']}`);
    expect(page.html).not.toContain('secret detail');
    const missing = await aVisitor(world).get('/nothing');
    expect([missing.status, headlineOf(missing)]).toEqual([404, 'There is nothing here']);
  });

  test('is JSON for programs', async () => {
    const json = { accept: 'application/json' };
    const failed = await aVisitor(world).get('/boom', json);
    expect([failed.status, JSON.parse(failed.html)]).toEqual([
      500,
      {
        statusCode: 500,
        error: 'Internal Server Error',
        message: 'An internal server error occurred',
      },
    ]);
    const missing = await aVisitor(world).get('/nothing', json);
    expect(JSON.parse(missing.html)).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'Not Found',
    });
  });
});

describe('the language', () => {
  const login = async (header: string, params: Record<string, string> = {}) => {
    const visitor = aVisitor(world);
    const state = await world.beginLogin(visitor, client.id, params);
    return visitor.get(`/u/login?state=${state}`, { 'accept-language': header });
  };

  test('follows the browser, the application and the link, in growing order', async () => {
    expect(headlineOf(await login('nl, de-AT;q=0.8, en;q=0.5'))).toBe('Anmelden');
    expect(headlineOf(await login('nl;q=0.9, de;q=0'))).toBe('Log in');
    const german = await login('en', { ui_locales: 'nl-BE de' });
    expect(headlineOf(german)).toBe('Anmelden');
    expect(german.html).toContain('<html lang="de">');
    expect(german.headers['content-language']).toBe('de');
    const user = await world.aUser(connection);
    const ticket = await world.aTicket(user);
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/reset-verify?ticket=${ticket}&ui_locales=de`);
    expect(headlineOf(page)).toBe('Neues Passwort wählen');
    const weak = await visitor.submit(page, { password: 'x' });
    expect(textOf(weak)).toContain('Dieses Passwort ist zu schwach.');
    const done = await visitor.submit(weak, { password: GOOD });
    expect(headlineOf(await visitor.get(String(done.headers.location)))).toBe(
      'Ihr Passwort ist gespeichert',
    );
  });

  test('has every text with the same placeholders in every file', () => {
    const folder = new URL('../../src/http/hosted-pages/page/languages/', import.meta.url);
    const files = readdirSync(folder);
    const shapes = files.map((name) =>
      shapeOf(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))),
    );
    expect(files.length).toBeGreaterThan(1);
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
  });
});

function shapeOf(texts: unknown, path = ''): string[] {
  if (typeof texts === 'string') {
    return [`${path} ${(texts.match(/\{\w+\}/g) ?? []).sort().join(' ')}`];
  }
  return Object.entries(texts ?? {})
    .flatMap(([key, value]) => shapeOf(value, `${path}.${key}`))
    .sort();
}
