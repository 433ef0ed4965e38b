import { expect, test } from 'vitest';
import { DEFAULT_CONNECTION, startServer } from '../harness/harness.ts';
import { claimsOf, made, openTab, openWorld } from '../harness/world.ts';

test('a user without a picture has the same initials from this server everywhere', async () => {
  const world = await openWorld();
  const { server } = world;
  const client = await world.registerClient({ organization_usage: 'allow' });
  const acme = await world.anOrganization();
  const ada = await world.createUser({ name: 'Ada Lovelace' });
  await made(server, `/organizations/${acme.id}/members`, { members: [ada.userId] });
  const role = await made(server, '/roles', { name: 'reader' });
  await made(server, `/roles/${role.id}/users`, { users: [ada.userId] });
  const read = async <T>(path: string) => (await server.api<T>('GET', `/api/v2${path}`)).body;
  type Shown = { picture: string };

  const { picture } = await read<Shown>(`/users/${ada.userId}`);
  expect(picture).toMatch(new RegExp(`^${server.url}/u/pictures/al-\\d\\.svg$`));
  const [member] = await read<Shown[]>(`/organizations/${acme.id}/members`);
  const [reader] = await read<Shown[]>(`/roles/${role.id}/users`);
  const { body } = await world.exchange(
    client,
    await world.logsIn(openTab(), world.authorize(client), ada),
  );
  const asked = await fetch(`${server.url}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  const inside = (await asked.json()) as Shown;
  const pictures = [member, reader, claimsOf(body.id_token), inside];
  expect(pictures.map((each) => each?.picture)).toEqual(pictures.map(() => picture));

  const shown = await fetch(picture);
  expect(shown.status).toBe(200);
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-type': 'image/svg+xml; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
  });
  expect(await shown.text()).toMatch(/^<svg [^>]*>.*>AL<\/text><\/svg>$/);
  // Pictures do not reveal which users exist: valid initials are served even without a user, and others never.
  expect((await fetch(picture.replace('/al-', '/q9-'))).status).toBe(200);
  for (const file of ['ada-1.svg', 'AL-1.svg', '%3Cscript-1.svg', 'al-99.svg', 'al-1.png']) {
    expect((await fetch(`${server.url}/u/pictures/${file}`)).status).toBe(404);
  }

  const own = 'https://cdn.example.test/ada.png';
  await server.api('PATCH', `/api/v2/users/${ada.userId}`, { picture: own });
  expect((await read<Shown>(`/users/${ada.userId}`)).picture).toBe(own);
});

test('an operator can have pictures generated as Auth0 does', async () => {
  const server = await startServer({ defaultPictures: 'auth0' });
  const { body } = await server.api<{ picture: string }>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: 'ada@example.test',
  });
  expect(body.picture).toMatch(/^https:\/\/s\.gravatar\.com\/avatar\/[0-9a-f]{32}\?s=480&r=pg&d=/);
});
