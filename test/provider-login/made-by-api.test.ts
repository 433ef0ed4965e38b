import { beforeAll, expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { openBrowser } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { type ApiClient, claimsOf, openWorld, type World } from '../harness/world.ts';

let world: World;
let client: ApiClient;
let provider: SmallProvider;
let connectionId: string;

beforeAll(async () => {
  provider = await startSmallProvider();
  world = await openWorld();
  client = await world.registerClient();
  const { status, body, text } = await world.server.api<{ id: string }>(
    'POST',
    '/api/v2/connections',
    {
      name: 'made-by-api',
      strategy: 'oidc',
      enabled_clients: [client.id],
      options: {
        ...provider.options,
        domain_aliases: ['Bücher.test'],
        upstream_params: { tier: { value: 'staff' }, lang: { alias: 'ui_locales' } },
      },
    },
  );
  if (status !== 201) throw new Error(text);
  connectionId = body.id;
});

const logIn = async (more: Record<string, string> = {}) => {
  const tab = openBrowser();
  const start = world.authorize(client, {
    audience: '',
    scope: 'openid profile email',
    connection: 'made-by-api',
    ...more,
  });
  const back = tab.back(await tab.go(start));
  return claimsOf((await world.exchange(client, back)).body.id_token);
};
const readBy = async (id: string, ...scopes: string[]) => {
  const token = await world.server.token(scopes);
  const path = `/api/v2/users/${encodeURIComponent(id)}`;
  const answer = await world.server.api<{ identities: Record<string, unknown>[] }>(
    'GET',
    path,
    undefined,
    { token },
  );
  return answer.body.identities[0];
};

test('a connection that the API has made logs people in, with the parameters of its options', async () => {
  provider.logsIn({ sub: 'member-1', email: 'ada@xn--bcher-kva.test', email_verified: true });
  const claims = await logIn({ connection_scope: 'calendar', prompt: 'login', ui_locales: 'de' });
  expect(claims).toMatchObject({
    sub: 'oidc|made-by-api|member-1',
    email: 'ada@xn--bcher-kva.test',
    email_verified: true,
  });
  const asked = Object.fromEntries(provider.requests.at(-1) ?? []);
  expect(asked).toMatchObject({ tier: 'staff', lang: 'de', prompt: 'login' });
  expect(asked.scope?.split(' ').toSorted()).toEqual(['calendar', 'email', 'openid', 'profile']);
});

test('the tokens of a login are seen only by callers with read:user_idp_tokens', async () => {
  provider.logsIn({ sub: 'member-2', email: aPerson().email });
  const { sub } = await logIn();
  const seen = await readBy(String(sub), 'read:users', 'read:user_idp_tokens');
  expect(seen).toMatchObject({ provider: 'oidc', access_token: 'token-of-member-2' });
  expect(await readBy(String(sub), 'read:users')).not.toHaveProperty('access_token');
});

test('a connection with new options uses them at the next login', async () => {
  const options = { ...provider.options, client_id: 'another', scope: 'openid' };
  const path = `/api/v2/connections/${connectionId}`;
  expect((await world.server.api('PATCH', path, { options })).status).toBe(200);
  provider.logsIn({ sub: 'member-3' });
  await logIn();
  const asked = Object.fromEntries(provider.requests.at(-1) ?? []);
  expect(asked).toMatchObject({ client_id: 'another', scope: 'openid' });
  expect(asked).not.toHaveProperty('tier');
});
