import { expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { importPeople, startKillableServer } from './killable-server.ts';

const PEOPLE = Number(process.env.CRASH_PEOPLE ?? 20_000);

test(
  `a connection with ${PEOPLE} users is gone after a kill -9 during its deletion`,
  async () => {
    const server = await startKillableServer();
    try {
      const connectionId = await importPeople(server, PEOPLE);
      const answer = await server.call(`/connections/${connectionId}`, { method: 'DELETE' });
      expect(answer.status).toBe(202);
      expect(await answer.json()).toEqual({
        deleted_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      });
      await server.kill();
      expect(await server.inspect('select count(*)::int as n from users')).not.toEqual([{ n: 0 }]);

      await server.start();
      // Hidden all the while, its name can be used again.
      expect((await server.call(`/connections/${connectionId}`)).status).toBe(404);
      const again = await server.call('/connections', {
        method: 'POST',
        body: { name: 'many-people', strategy: 'auth0' },
      });
      expect(again.status).toBe(201);
      expect((await server.call(`/connections/${connectionId}`, { method: 'DELETE' })).status).toBe(
        204,
      );
      await eventually(
        async () => {
          const { total } = await server.api<{ total: number }>(
            '/users?include_totals=true&per_page=1',
          );
          return total === 0 ? true : undefined;
        },
        { seconds: 120, what: 'the last batch' },
      );
      const rest = () =>
        server.inspect(
          `select (select count(*)::int from connections where id = '${connectionId}') as connections,
            (select count(*)::int from users) as users, (select count(*)::int from passwords) as passwords`,
        );
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await rest()).toEqual([{ connections: 0, users: 0, passwords: 0 }]);
    } finally {
      await server.close();
    }
  },
  10 * 60_000,
);
