import { symbols } from 'pino';
import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';
import { headlineOf, textOf } from '../harness/visitor.ts';

const CALLBACKS = ['https://app.example.test/cb', 'https://app.example.test/other'];
const OTHER = 'https://app.example.test/<b>x</b>';

let server: TestServer;
let clientId: string;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  server = await startServer({ logLevel: 'warn' });
  const { log } = server.app.deps;
  Reflect.set(Reflect.get(log, symbols.streamSym), 'write', (line: string) =>
    lines.push(JSON.parse(line)),
  );
  const made = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'Meadow',
    app_type: 'regular_web',
    callbacks: CALLBACKS,
  });
  expect(made.status, made.text).toBe(201);
  clientId = made.body.client_id;
});

async function visit(path: string, params: Record<string, string>, language = 'en') {
  const query = new URLSearchParams(params);
  const answer = await fetch(`${server.url}${path}?${query}`, {
    redirect: 'manual',
    headers: { accept: 'text/html', 'accept-language': language },
  });
  const html = await answer.text();
  const page = { html, status: answer.status, headers: {} };
  return { ...page, id: answer.headers.get('x-request-id') ?? '', text: textOf(page), page };
}

type Case = { path: string; params: () => Record<string, string>; shows: string[]; log?: object };
const code = { response_type: 'code', redirect_uri: CALLBACKS[0] ?? '' };

const CASES: Record<string, Case> = {
  'a client_id that nobody has': {
    path: '/authorize',
    params: () => ({ ...code, client_id: '<img src=x>nobody' }),
    shows: ['client_id', '<img src=x>nobody', 'GET /api/v2/clients', 'invalid_client'],
    log: { problem: 'unknown-client', client_id: '<img src=x>nobody' },
  },
  'no client_id': {
    path: '/authorize',
    params: () => code,
    shows: ['client_id', 'GET /api/v2/clients', 'invalid_request'],
    log: { problem: 'no-client' },
  },
  'a redirect_uri that is not registered': {
    path: '/authorize',
    params: () => ({ ...code, client_id: clientId, redirect_uri: OTHER }),
    shows: ['redirect_uri', OTHER, 'callbacks', 'GET /api/v2/clients'],
    log: { problem: 'unknown-callback', redirect_uri: OTHER },
  },
  'no redirect_uri': {
    path: '/authorize',
    params: () => ({ response_type: 'code', client_id: clientId }),
    shows: ['redirect_uri', 'callbacks'],
    log: { problem: 'no-callback' },
  },
  'a logout of an unknown application': {
    path: '/v2/logout',
    params: () => ({ client_id: '<b>nobody</b>' }),
    shows: ['client_id', '<b>nobody</b>', 'GET /api/v2/clients'],
  },
  'a logout that leads elsewhere': {
    path: '/v2/logout',
    params: () => ({ client_id: clientId, returnTo: OTHER }),
    shows: ['returnTo', OTHER, 'allowed_logout_urls'],
  },
  'an OpenID Connect logout that leads elsewhere': {
    path: '/oidc/logout',
    params: () => ({ client_id: clientId, post_logout_redirect_uri: OTHER }),
    shows: ['post_logout_redirect_uri', OTHER, 'allowed_logout_urls'],
  },
};

test.each(
  Object.entries(CASES),
)('the page about %s tells the person the truth and the developer what arrived', async (_name, {
  path,
  params,
  shows,
  log,
}) => {
  lines.length = 0;
  const leads = new Set<string>();
  for (const [language, headline] of [
    ['en', 'This request doesn’t work'],
    ['de', 'Diese Anfrage funktioniert nicht'],
    ['fr', 'Cette requête ne fonctionne pas'],
  ] as const) {
    const shown = await visit(path, params(), language);
    expect([shown.status, headlineOf(shown.page)]).toEqual([400, headline]);
    for (const show of shows) expect(shown.text).toContain(show);
    expect(shown.id).not.toBe('');
    expect(shown.text).toContain(shown.id);
    expect(shown.html).not.toMatch(/<img src=x|<b>/);
    leads.add(/<p class="lead">([^<]+)/.exec(shown.html)?.[1] ?? '');
    if (log) expect(lines).toContainEqual(expect.objectContaining({ ...log, id: shown.id }));
  }
  expect([...leads][0]).toContain('Tell the people who run the application');
  expect(leads.size).toBe(3);
});

test("the page shows the library's own message to the developer", async () => {
  const twice = `/authorize?client_id=${clientId}&client_id=b&response_type=code`;
  const answer = await fetch(`${server.url}${twice}`, { headers: { accept: 'text/html' } });
  const text = textOf({ html: await answer.text() });
  expect(text).toContain('For the developers of the application');
  expect(text).toContain('must not be provided twice');
});

test('the page tells a person whose login is over to start again, and says nothing about developers', async () => {
  const shown = await visit('/authorize/gone', {}, 'de');
  expect([shown.status, headlineOf(shown.page)]).toEqual([400, 'Diese Seite ist abgelaufen']);
  expect(shown.text).toContain('beginnen Sie noch einmal');
  expect(shown.html).not.toContain('class="developers"');
});

test('a very long value does not make a very long page', async () => {
  const shown = await visit('/authorize', { ...code, client_id: 'x'.repeat(6000) });
  expect(shown.html.length).toBeLessThan(8000);
});
