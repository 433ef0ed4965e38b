import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ApiClient,
  claimsOf,
  openTab,
  openWorld,
  type Person,
  type World,
} from '../harness/world.ts';
import { scriptsOf } from './scripted.ts';

let world: World;
let client: ApiClient;
let person: Person;
let scripts: ReturnType<typeof scriptsOf>;

beforeAll(async () => {
  world = await openWorld();
  scripts = scriptsOf(world);
  client = await world.registerClient({
    grant_types: ['authorization_code', 'refresh_token', 'password', 'client_credentials'],
  });
});

beforeEach(async () => {
  await scripts.deploy('post-login');
  await scripts.rule();
  person = await world.createUser();
});

/** Logs in with a page and exchanges the code. */
async function logIn(params: Record<string, string> = {}) {
  const tab = openTab();
  const back = await world.logsIn(tab, world.authorize(client, params), person);
  return { tab, back };
}

async function tokensOf(back: URL) {
  const { status, body } = await world.exchange(client, back);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return {
    ...body,
    idClaims: decodeJwt(body.id_token),
    accessClaims: decodeJwt(body.access_token),
  };
}

function byPassword(more: Record<string, string> = {}) {
  return world.token({
    grant_type: 'password',
    client_id: client.id,
    client_secret: client.secret,
    username: person.email,
    password: person.password,
    scope: 'openid offline_access read:orders',
    audience: 'https://orders.example.test',
    ...more,
  });
}

const SETS_CLAIMS = `
  api.idToken.setCustomClaim('https://app.example.test/count', event.stats.logins_count);
  api.accessToken.setCustomClaim('plan', event.secrets.PLAN || 'none');
  api.accessToken.setCustomClaim('sub', 'auth0|somebody-else');
  api.idToken.setCustomClaim('aud', 'another');
`;

describe('an action', () => {
  test('sets claims of the tokens of a login with a page, but none that are reserved', async () => {
    await scripts.deploy('post-login', {
      ...scripts.atLogin(SETS_CLAIMS),
      secrets: { PLAN: 'gold' },
    });
    const { back } = await logIn();
    const { idClaims, accessClaims } = await tokensOf(back);
    expect(idClaims['https://app.example.test/count']).toBe(1);
    expect(accessClaims.plan).toBe('gold');
    expect(accessClaims.sub).toBe(person.userId);
    expect(idClaims.aud).toBe(client.id);
  });

  test('refuses a login with its reason', async () => {
    await scripts.deploy('post-login', scripts.atLogin(`api.access.deny('not today');`));
    const { back } = await logIn();
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('error_description')).toBe('not today');
    const answer = await byPassword();
    expect(answer).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: 'not today' },
    });
  });

  test('runs at every way to get tokens, and its claims are new each time', async () => {
    await scripts.deploy(
      'post-login',
      scripts.atLogin(`
        api.accessToken.setCustomClaim('protocol', event.transaction.protocol);
        api.accessToken.setCustomClaim('audience', event.resource_server.identifier);`),
    );
    const { tab, back } = await logIn();
    const first = await tokensOf(back);
    expect(first.accessClaims).toMatchObject({ protocol: 'oidc-basic-profile' });
    const refreshed = await world.refresh(client, first.refresh_token);
    expect(claimsOf(refreshed.body.access_token)).toMatchObject({
      protocol: 'oauth2-refresh-token',
      audience: 'https://orders.example.test',
    });
    const silent = await tokensOf(
      tab.back(await tab.go(world.authorize(client, { prompt: 'none' }))),
    );
    expect(silent.accessClaims.protocol).toBe('oidc-basic-profile');
    const { body } = await byPassword();
    expect(claimsOf(body.access_token).protocol).toBe('oauth2-password');
  });

  test('refuses a refresh token, and a silent login, of a user who has lost access', async () => {
    const { tab, back } = await logIn();
    const { refresh_token: token } = await tokensOf(back);
    await scripts.deploy('post-login', scripts.atLogin(`api.access.deny('gone');`));
    expect(await world.refresh(client, token)).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: 'gone' },
    });
    const silent = tab.back(await tab.go(world.authorize(client, { prompt: 'none' })));
    expect(silent.searchParams.get('error')).toBe('access_denied');
  });

  test('adds and removes scopes, but none of the management API', async () => {
    await scripts.deploy(
      'post-login',
      scripts.atLogin(`
        api.accessToken.addScope('write:orders');
        api.accessToken.addScope('update:users');
        api.accessToken.removeScope('read:orders');`),
    );
    const { body } = await byPassword();
    const scopes = String(claimsOf(body.access_token).scope).split(' ');
    expect(scopes).toContain('write:orders');
    expect(scopes).not.toContain('read:orders');
    expect(body.scope).toBe(claimsOf(body.access_token).scope);
    const management = await byPassword({
      audience: `${world.server.url}/api/v2/`,
      scope: 'openid read:current_user',
    });
    expect(claimsOf(management.body.access_token).scope).toBe('openid read:current_user');
  });

  test('writes the metadata of all actions in one write at the end, and null deletes', async () => {
    await world.server.api('PATCH', `/api/v2/users/${person.userId}`, {
      app_metadata: { plan: 'gold', old: 1 },
      user_metadata: { color: 'red' },
    });
    await scripts.deploy(
      'post-login',
      scripts.atLogin(
        `api.user.setAppMetadata('old', null); api.user.setAppMetadata('seen', true);`,
      ),
      scripts.atLogin(`
        api.user.setUserMetadata('saw', { seen: event.user.app_metadata.seen, old: event.user.app_metadata.old === undefined });`),
    );
    expect((await byPassword()).status).toBe(200);
    const { body } = await world.server.api<Record<string, unknown>>(
      'GET',
      `/api/v2/users/${person.userId}`,
    );
    expect(body.app_metadata).toEqual({ plan: 'gold', seen: true });
    expect(body.user_metadata).toEqual({ color: 'red', saw: { seen: true, old: true } });
  });

  test('of which one refuses or fails keeps later ones from running', async () => {
    const writes = scripts.atLogin(`api.user.setAppMetadata('later', true);`);
    for (const first of [`api.access.deny('no');`, `throw new Error('secret detail');`]) {
      await scripts.deploy('post-login', scripts.atLogin(first), writes);
      const { status, body } = await byPassword();
      expect(status).toBe(403);
      expect(body.error_description).not.toContain('secret detail');
    }
    const { body } = await world.server.api<Record<string, unknown>>(
      'GET',
      `/api/v2/users/${person.userId}`,
    );
    expect(body.app_metadata).toBeUndefined();
    const [entry] = await world.logs('q=type:actions_execution_failed');
    expect(JSON.stringify(entry?.details)).toContain('secret detail');
  });

  test.each([
    ['runs without end', 'for (;;) {}'],
    ['takes all memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(all.length));'],
    [
      'never ends a promise that it has broken',
      `throw Object.assign(new Error('x'), { toString: 1 });`,
    ],
    ['uses what this server does not offer', `api.session.revoke('x');`],
    ['asks for what is no scope', `api.accessToken.addScope('a b');`],
  ])('that %s ends the login with an error', async (_what, body) => {
    await scripts.deploy('post-login', scripts.atLogin(body));
    const { back } = await logIn();
    expect(back.searchParams.get('error')).toBe('access_denied');
    await scripts.deploy('post-login');
    expect((await byPassword()).status).toBe(200);
  });

  test('keeps values for a while, which its next runs get', async () => {
    await scripts.deploy(
      'post-login',
      scripts.atLogin(`
        const before = api.cache.get('count');
        const count = before ? Number(before.value) + 1 : 1;
        api.cache.set('count', String(count), { ttl: 60000 });
        api.accessToken.setCustomClaim('count', count);
        api.accessToken.setCustomClaim('big', api.cache.set('big', 'x'.repeat(5000)).code);`),
    );
    const counts = [];
    for (let run = 0; run < 3; run++) counts.push(claimsOf((await byPassword()).body.access_token));
    expect(counts.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(counts[0]?.big).toBe('ItemSizeLimitExceeded');
  });

  test('asks for a second factor at a login with a page and with a password', async () => {
    await world.server.api('PUT', '/api/v2/guardian/factors/otp', { enabled: true });
    await scripts.deploy(
      'post-login',
      scripts.atLogin(`
        if (!event.authentication.methods.some(({ name }) => name === 'mfa')) api.multifactor.enable('any');`),
    );
    const tab = openTab();
    await tab.go(world.authorize(client));
    const shown = await tab.send({ username: person.email, password: person.password });
    expect(shown.url).toContain('/u/mfa-otp-enrollment');
    expect((await byPassword()).body.error).toBe('mfa_required');
    await world.server.api('PUT', '/api/v2/guardian/factors/otp', { enabled: false });
    const { back } = await logIn();
    expect(back.searchParams.get('error')).toBe('access_denied');
  });
});

describe('what the seeds ask for', () => {
  test('a rule makes people without a password of their own reset it before their first login', async () => {
    await scripts.rule(`function (user, context, callback) {
      if (!user.last_password_reset) {
        return callback(new UnauthorizedError('please change your password'));
      }
      callback(null, user, context);
    }`);
    const { back } = await logIn();
    expect(back.searchParams.get('error')).toBe('unauthorized');
    expect(back.searchParams.get('error_description')).toBe('please change your password');
  });

  test('an action replaces a status and sets metadata at the first login alone', async () => {
    await world.server.api('PATCH', `/api/v2/users/${person.userId}`, {
      app_metadata: { invitation: 'open' },
    });
    await scripts.deploy(
      'post-login',
      scripts.atLogin(`
        if (event.stats.logins_count !== 1) return;
        api.user.setAppMetadata('invitation', null);
        api.user.setUserMetadata('arrived', event.transaction.protocol);`),
    );
    await byPassword();
    await byPassword();
    const { body } = await world.server.api<Record<string, unknown>>(
      'GET',
      `/api/v2/users/${person.userId}`,
    );
    expect(body).toMatchObject({ user_metadata: { arrived: 'oauth2-password' } });
  });

  test('an API for programs gives its tokens to no person', async () => {
    await scripts.rule(`function (user, context, callback) {
      if (context.request.query.audience === configuration.LEGACY_API) {
        return callback(new UnauthorizedError('This API is for programs.'));
      }
      callback(null, user, context);
    }`);
    await scripts.configure('LEGACY_API', 'https://orders.example.test');
    world.server.app.deps.actions.forget();
    expect((await byPassword()).body).toMatchObject({ error: 'unauthorized' });
  });
});

test('rules run in their order, set claims and metadata, and come before actions', async () => {
  await scripts.rule(
    `async function (user, context, callback) {
      await auth0.users.updateAppMetadata(user.user_id, { ruled: context.stats.loginsCount });
      context.idToken['https://app.example.test/order'] = 'first';
      callback(null, user, context);
    }`,
    `function (user, context, callback) {
      context.idToken['https://app.example.test/order'] += ' second';
      context.accessToken.plan = 'silver';
      callback(null, user, context);
    }`,
  );
  await scripts.deploy(
    'post-login',
    scripts.atLogin(`api.accessToken.setCustomClaim('plan', 'gold');`),
  );
  const { body } = await byPassword();
  expect(claimsOf(body.id_token)['https://app.example.test/order']).toBe('first second');
  expect(claimsOf(body.access_token).plan).toBe('gold');
  const user = await world.server.api<Record<string, unknown>>(
    'GET',
    `/api/v2/users/${person.userId}`,
  );
  expect(user.body.app_metadata).toEqual({ ruled: 1 });
});

test('an action of credentials-exchange sets claims, chooses scopes and refuses', async () => {
  await world.server.api('POST', '/api/v2/client-grants', {
    client_id: client.id,
    audience: 'https://orders.example.test',
    scope: ['read:orders'],
  });
  const byItself = () =>
    world.token({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience: 'https://orders.example.test',
    });
  const at = (body: string) => ({
    code: `exports.onExecuteCredentialsExchange = async (event, api) => { ${body} };`,
  });
  await scripts.deploy(
    'credentials-exchange',
    at(
      `api.accessToken.setCustomClaim('for', event.client.name); api.transaction.addTargetScope('extra');`,
    ),
  );
  const { body } = await byItself();
  expect(claimsOf(body.access_token)).toMatchObject({ for: 'Meadow', scope: 'read:orders extra' });
  await scripts.deploy(
    'credentials-exchange',
    at(`api.access.deny('invalid_scope', 'not for you');`),
  );
  expect((await byItself()).body).toMatchObject({
    error: 'invalid_scope',
    error_description: 'not for you',
  });
  await scripts.deploy('credentials-exchange');
});
