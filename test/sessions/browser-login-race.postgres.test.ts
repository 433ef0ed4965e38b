import { expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import { made, openTab, openWorld } from '../organizations/world.ts';

const LOGINS = 48;

test(`of ${LOGINS} logins in browsers that are under way while the password changes none leaves a session, a code or a token that works`, async () => {
  const world = await openWorld();
  const client = await world.aClient();
  const alive: string[] = [];
  for (const way of ['operator', 'link', 'operator']) {
    const person = await world.aUser();
    const body = { user_id: person.userId, mark_email_as_verified: true };
    const link = (await made(world.server, '/tickets/password-change', body)).ticket;
    const tabs = Array.from({ length: LOGINS }, () => openTab());
    for (const tab of tabs) await tab.go(world.authorize(client));
    const logins = tabs.map(
      async (tab) => (await tab.send({ username: person.email, password: person.password })).back,
    );
    const change = async () => {
      // One is through, the others are at every place between the form and the application.
      await Promise.race(logins);
      if (way === 'link') {
        const tab = openTab();
        await tab.go(link);
        return tab.prove({ password: aPassword() });
      }
      const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
      await world.server.api('PATCH', path, { password: aPassword() });
    };
    const [backs] = await Promise.all([Promise.all(logins), change()]);
    for (const back of backs) {
      if (!back?.searchParams.has('code')) continue;
      const { status } = await world.exchange(client, back);
      if (status === 200) alive.push(`${way}: code`);
    }
    for (const tab of tabs) {
      const shown = await tab.go(world.authorize(client, { prompt: 'none' }));
      if (shown.back?.searchParams.has('code')) alive.push(`${way}: session`);
    }
  }
  expect(alive).toEqual([]);
});
