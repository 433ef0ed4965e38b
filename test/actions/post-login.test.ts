import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { type ApiClient, claimsOf, openTab, openWorld, type Person, type World } from '../harness/world.ts';
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
  return { ...body, idClaims: decodeJwt(body.id_token), accessClaims: decodeJwt(body.access_token) };
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
    await scripts.deploy('post-login', { ...scripts.atLogin(SETS_CLAIMS), secrets: { PLAN: 'gold' } });
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
    void claimsOf;
    void eventually;
  });
});
