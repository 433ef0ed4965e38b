import { Type } from 'typebox';
import { activeSince, dailyCounts } from '../../../records/logs/logs.ts';
import { type Api, type BaseDeps, badRequest, route } from '../route/route.ts';

const DAY_MS = 24 * 3600 * 1000;
const MOST_DAYS = 366;
const tags = ['stats'];
const scopes = ['read:stats'];

const daySchema = Type.Object({
  date: Type.String({ description: 'Midnight at the start of the day, UTC' }),
  logins: Type.Integer(),
  signups: Type.Integer(),
  leaked_passwords: Type.Integer(),
  created_at: Type.String(),
  updated_at: Type.String(),
});

const dayQuery = (description: string) =>
  Type.Optional(Type.String({ pattern: '^\\d{8}$', description }));

/** /stats: numbers from the tenant log, for as long as the log is kept. */
export function statsRoutes(api: Api, { db, clock }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/stats/daily',
    scopes,
    summary: 'Get the number of logins and sign-ups per day',
    description: 'Default: the last 30 days. Days without logins and sign-ups are omitted.',
    tags,
    query: Type.Object({
      from: dayQuery('First day, YYYYMMDD'),
      to: dayQuery('Last day, YYYYMMDD'),
    }),
    response: { 200: Type.Array(daySchema) },
    async handler({ query }) {
      const today = clock.now();
      const last = query.to === undefined ? today : dayOf('to', query.to);
      const until = new Date(Math.floor(last.getTime() / DAY_MS) * DAY_MS + DAY_MS);
      const from =
        query.from === undefined
          ? new Date(until.getTime() - 30 * DAY_MS)
          : dayOf('from', query.from);
      if (from >= until || until.getTime() - from.getTime() > MOST_DAYS * DAY_MS) {
        throw badRequest(
          "Query validation error: 'Expected a range of up to one year' on property from.",
          'invalid_query_string',
        );
      }
      const days = await dailyCounts(db, { from, until });
      return days.map((day) => {
        const date = day.date.toISOString();
        return {
          date,
          logins: day.logins,
          signups: day.signups,
          leaked_passwords: day.leakedPasswords,
          created_at: date,
          updated_at: today.toISOString(),
        };
      });
    },
  });

  route(api, {
    method: 'GET',
    url: '/stats/active-users',
    scopes,
    summary: 'Get the number of users who signed in during the last 30 days',
    tags,
    response: { 200: Type.Integer({ description: 'Number of users' }) },
    handler: () => activeSince(db, new Date(clock.now().getTime() - 30 * DAY_MS)),
  });
}

function dayOf(name: string, text: string): Date {
  const dashed = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  const date = new Date(`${dashed}T00:00:00.000Z`);
  // Without this check, February 30 would become a day in March.
  const isDay = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(dashed);
  if (isDay) return date;
  throw badRequest(
    `Query validation error: 'Expected an existing day, found ${text}' on property ${name}.`,
    'invalid_query_string',
  );
}
