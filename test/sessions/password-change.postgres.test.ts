import { expect, test } from 'vitest';
import { aPassword, atOnce } from '../harness/factories.ts';
import { made, openTab, openWorld } from '../organizations/world.ts';

const LOGINS = 48;

test(`of ${LOGINS} logins at the token endpoint that are under way while the password changes none is left with a token, in each of three rounds`, async () => {
  const world = await openWorld();
  const client = await world.aClient({
    grant_types: [
      'password',
      'http://auth0.com/oauth/grant-type/password-realm',
      'refresh_token',
      'authorization_code',
    ],
  });
  const survivors: number[] = [];
  for (const way of ['operator', 'link', 'operator']) {
    const person = await world.aUser();
    const body = { user_id: person.userId, mark_email_as_verified: true };
    const link = (await made(world.server, '/tickets/password-change', body)).ticket;
    const logins = atOnce(LOGINS, () =>
      world.token({
        grant_type: 'password',
        client_id: client.id,
        client_secret: client.secret,
        username: person.email,
        password: person.password,
        scope: 'openid offline_access',
      }),
    );
    const change = async () => {
      if (way === 'link') {
        const tab = openTab();
        await tab.go(link);
        return tab.prove({ password: aPassword() });
      }
      const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
      await world.server.api('PATCH', path, { password: aPassword() });
    };
    const [answers] = await Promise.all([logins, change()]);
    const tokens = answers.flatMap(({ body }) => body.refresh_token ?? []);
    const alive = await Promise.all(tokens.map((one) => world.refresh(client, one)));
    survivors.push(alive.filter(({ status }) => status === 200).length);
  }
  expect(survivors).toEqual([0, 0, 0]);
});
