import { join } from 'node:path';
import { openDatabase } from '../src/platform/db/db.ts';
import type { Place } from './kit/places.ts';

const ROWS_PER_STATEMENT = 50_000;

/** Common values of the users. The searches take their values from the same lists. */
export const GIVEN = ['Ada', 'Bea', 'Cyd', 'Dot', 'Eva', 'Flo', 'Gus', 'Hal', 'Ida', 'Jim'];
export const DOMAINS = ['example.test', 'corp.test', 'school.test', 'rare.test'];

/**
 * Adds users numbered `from` to `to` (exclusive) by SQL: names, addresses of a few domains, metadata of several shapes, some blocked, half
 * of them with logins. No server may use the place's embedded database meanwhile.
 */
export async function seedPeople(
  place: Place,
  input: { connectionId: string; from: number; to: number },
): Promise<void> {
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  for (let first = input.from; first < input.to; first += ROWS_PER_STATEMENT) {
    const last = Math.min(first + ROWS_PER_STATEMENT, input.to) - 1;
    await database.execute(
      `insert into users (id, connection_id, email, email_verified, username, phone_number, name, given_name, family_name, nickname,
         blocked, app_metadata, user_metadata, last_login, last_ip, logins_count, created_at, updated_at)
       select 'auth0|' || substr(md5(i::text), 1, 24), $1,
         -- Nine in ten have the first address, one in a thousand the rarest.
         'person.' || i || '@' || case when i % 1000 = 7 then 'rare.test' when i % 10 = 1 then 'corp.test'
           when i % 100 = 2 then 'school.test' else 'example.test' end,
         i % 3 > 0, 'user' || i, '+49' || lpad(i::text, 10, '0'),
         given || ' Family' || i % 50000, given, 'Family' || i % 50000, 'nick' || i,
         case when i % 200 = 3 then true end,
         jsonb_build_object('plan', case when i % 20 = 0 then 'team' else 'free' end, 'legacy', jsonb_build_object('id', 'L' || i)),
         jsonb_build_object('lang', case when i % 7 = 0 then 'de' else 'en' end, 'seat', i),
         case when i % 2 = 0 then now() - (i % 86400) * interval '1 minute' end,
         case when i % 2 = 0 then '10.0.' || i / 256 % 256 || '.' || i % 256 end,
         case when i % 2 = 0 then i % 300 else 0 end,
         now() - i * interval '1 minute', now() - i * interval '1 minute'
       from (select i, (array['${GIVEN.join("','")}'])[1 + i % ${GIVEN.length}] as given
         from generate_series(${first}, ${last}) as i) as people`,
      [input.connectionId],
    );
  }
  await database.execute('vacuum analyze users');
  await database.execute('checkpoint');
  await database.close();
}
