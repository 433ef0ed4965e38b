import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { inviteFirstAdministrator } from '../../src/flows/appoint-administrators/appoint-administrators.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { freshDatabase } from '../harness/harness.ts';

const { ticket: ticketKey } = deriveKeys('a-secret-for-tests-only-0123456789abcdef');

test('sixteen simultaneous nodes agree on one link, even at its renewal or a change of address', async () => {
  const { db } = await freshDatabase();
  const deps = { db, clock: systemClock, ticketKey, publicUrl: 'https://id.example.com' };
  const links = async (email?: string) => {
    const all = await Promise.all(
      Array.from({ length: 16 }, () => inviteFirstAdministrator(deps, { email })),
    );
    return [...new Set(all.map((each) => each?.link))];
  };
  const stored = async () => {
    const { rows } = await sql<{ email: string; open: number }>`
      select u.email, count(t.id) filter (where t.superseded_at is null)::int as open
      from administrators a join users u on u.id = a.user_id left join tickets t on t.user_id = u.id
      group by u.email`.execute(db);
    return rows;
  };
  for (let round = 0; round < 20; round++) {
    await sql`delete from user_identifiers`.execute(db);
    await sql`delete from users`.execute(db);
    await sql`delete from settings`.execute(db);
    const first = await links();
    expect(first).toHaveLength(1);
    const email = 'administrator@id.example.com';
    expect(await stored()).toEqual([{ email, open: 1 }]);

    await sql`update tickets set expires_at = now() - interval '1 minute'`.execute(db);
    const second = await links();
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(await stored()).toEqual([{ email, open: 1 }]);

    expect(await links('mira@example.com')).toHaveLength(1);
    expect(await stored()).toEqual([{ email: 'mira@example.com', open: 1 }]);
  }
});
