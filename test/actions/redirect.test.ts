import { SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, claimsOf, openWorld, type Person, type World } from '../harness/world.ts';
import { scriptsOf } from './scripted.ts';

const SECRET = 'shared with the page of the operator';
const PAGE = 'https://profile.example.test/collect';

let world: World;
let client: ApiClient;
let person: Person;
let scripts: ReturnType<typeof scriptsOf>;

beforeAll(async () => {
  world = await openWorld();
  scripts = scriptsOf(world);
  client = await world.registerClient({ grant_types: ['authorization_code', 'password'] });
});

beforeEach(async () => {
  await scripts.rule();
  person = await world.createUser();
  await scripts.deploy(
    'post-login',
    scripts.atLogin(`api.idToken.setCustomClaim('first', 'ran');`),
    {
      name: `asks ${person.userId}`,
      secrets: { SECRET },
      code: `
        exports.onExecutePostLogin = async (event, api) => {
          if (event.user.user_metadata.color) return;
          const token = api.redirect.encodeToken({ secret: event.secrets.SECRET, payload: { email: event.user.email }, expiresInSeconds: 60 });
          api.redirect.sendUserTo('${PAGE}', { query: { session_token: token } });
        };
        exports.onContinuePostLogin = async (event, api) => {
          const { color } = api.redirect.validateToken({ secret: event.secrets.SECRET, tokenParameterName: 'answer' });
          api.user.setUserMetadata('color', color);
          api.authentication.recordMethod('${PAGE}');
        };`,
    },
    scripts.atLogin(`
      api.idToken.setCustomClaim('color', event.user.user_metadata.color || 'none');
      api.idToken.setCustomClaim('methods', event.authentication.methods.map(({ name }) => name));`),
  );
});

/** Logs in until the browser stands at the page of the operator. */
async function arriveAtPage(who = person) {
  const browser = plainBrowser();
  const away = await hop(browser, world.authorize(client));
  const shown = await browser.open(away);
  expect(shown.status).toBe(200);
  const answer = await browser.submit(away, { username: who.email, password: who.password });
  const url = new URL(await hop(browser, new URL(answer.headers.get('location') ?? '', away).href));
  return { browser, url, state: url.searchParams.get('state') ?? '' };
}

/** Follows redirects within the server. */
async function hop(browser: ReturnType<typeof plainBrowser>, from: string): Promise<string> {
  let url = from;
  for (let hops = 0; hops < 8 && url.startsWith(world.server.url); hops++) {
    const { headers } = await browser.open(url);
    const location = headers.get('location');
    if (location === null) return url;
    url = new URL(location, url).href;
  }
  return url;
}

function answerOf(
  state: string,
  { sub = person.userId, seconds = 60, secret = SECRET, color = 'green' } = {},
) {
  return new SignJWT({ state, color })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setIssuer('profile.example.test')
    .setSubject(sub)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret));
}

/** Posts the answer of the page as a form on another site does: without cookies. */
async function post(state: string, fields: Record<string, string>): Promise<string> {
  const response = await fetch(`${world.server.url}/continue?state=${encodeURIComponent(state)}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields),
  });
  expect(response.status).toBe(303);
  return new URL(response.headers.get('location') ?? '', world.server.url).href;
}

async function claimsAt(url: string) {
  const { status, body } = await world.exchange(client, new URL(url));
  expect(status, JSON.stringify(body)).toBe(200);
  return claimsOf(body.id_token);
}

describe('a login that an action sends to a page of the operator', () => {
  test('ends with what the page brings back by POST, and later actions see it', async () => {
    const { browser, url, state } = await arriveAtPage();
    expect(url.origin + url.pathname).toBe(PAGE);
    const token = claimsOf(url.searchParams.get('session_token') ?? '');
    expect(token).toMatchObject({
      sub: person.userId,
      email: person.email,
      iss: new URL(world.server.url).host,
    });
    expect(Number(token.exp) - Number(token.iat)).toBe(60);
    const back = await hop(browser, await post(state, { answer: await answerOf(state) }));
    expect(await claimsAt(back)).toMatchObject({
      first: 'ran',
      color: 'green',
      methods: ['pwd', PAGE],
    });
    const { body } = await world.server.api<{ user_metadata: object }>(
      'GET',
      `/api/v2/users/${person.userId}`,
    );
    expect(body.user_metadata).toEqual({ color: 'green' });
  });

  test('is not continued twice, by another browser, or with another state', async () => {
    const { browser, state } = await arriveAtPage();
    const answer = await answerOf(state);
    const other = plainBrowser();
    expect((await other.open(await post(state, { answer }))).status).toBe(400);
    expect((await browser.open(await post('nonsense', { answer }))).status).toBe(400);
    expect((await browser.open(`${world.server.url}/continue`)).status).toBe(400);
    const address = await post(state, { answer });
    expect(await hop(browser, address)).toContain('code=');
    expect((await browser.open(address)).status).toBe(400);
  });

  test.each([
    ['expired', (state: string) => answerOf(state, { seconds: -1 })],
    ['of another user', (state: string) => answerOf(state, { sub: 'auth0|another' })],
    ['of another login', (_state: string) => answerOf('another-state')],
    ['signed by somebody else', (state: string) => answerOf(state, { secret: 'guessed' })],
    ['absent', async () => ''],
  ])('fails with a session token that is %s', async (_what, token) => {
    const { browser, state } = await arriveAtPage();
    const back = new URL(await hop(browser, await post(state, { answer: await token(state) })));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('error_description')).toContain('an action of this server failed');
    const logs = await world.logs('q=type:actions_execution_failed');
    expect(JSON.stringify(logs[0]?.details)).toMatch(/session token|signature/);
    const { body } = await world.server.api<{ user_metadata?: object }>(
      'GET',
      `/api/v2/users/${person.userId}`,
    );
    expect(body.user_metadata).toBeUndefined();
  });

  test('asks for a browser where there is none', async () => {
    const { body } = await world.token({
      grant_type: 'password',
      client_id: client.id,
      client_secret: client.secret,
      username: person.email,
      password: person.password,
      scope: 'openid',
    });
    expect(body.error).toBe('interaction_required');
    const { browser } = await arriveAtPage();
    const silent = new URL(await hop(browser, world.authorize(client, { prompt: 'none' })));
    expect(silent.searchParams.get('error')).toBe('interaction_required');
  });
});

test('an action cannot send the browser to two pages', async () => {
  await scripts.deploy(
    'post-login',
    scripts.atLogin(`api.redirect.sendUserTo('${PAGE}'); api.redirect.sendUserTo('${PAGE}/2');`),
  );
  const { url } = await arriveAtPage();
  expect(url.searchParams.get('error')).toBe('access_denied');
});

test('a rule sends the browser away once, and all rules run again when it is back', async () => {
  await scripts.deploy('post-login');
  await scripts.rule(
    `function (user, context, callback) { context.idToken.runs = (context.idToken.runs || '') + context.protocol; callback(null, user, context); }`,
    `function (user, context, callback) {
      if (context.protocol === 'redirect-callback') context.idToken.brought = context.request.query.color;
      context.redirect = { url: '${PAGE}' };
      callback(null, user, context);
    }`,
  );
  const { browser, state } = await arriveAtPage();
  const back = await hop(browser, `${world.server.url}/continue?state=${state}&color=red`);
  expect(await claimsAt(back)).toMatchObject({ runs: 'redirect-callback', brought: 'red' });
});
