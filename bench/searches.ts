import { below, type Context, type Result, told } from './kit/benchmark.ts';
import { converse } from './kit/http-client.ts';
import { startServer } from './kit/server.ts';
import { percentile } from './kit/statistics.ts';
import { seedPeople } from './searches-seed.ts';

const MOST_MS = 50;

type Shape = {
  /** Description of the search, for the table. */
  what: string;
  /** `n` differs from request to request and is below the number of users. */
  q: (n: number) => string;
  sort?: string;
  /** Whether an index finds it. Other searches read rows within their time limit. */
  indexed: boolean;
};

const day = (daysAgo: number) =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

const SHAPES: Shape[] = [
  { what: 'an address', q: (n) => `email:"person.${n}@example.test"`, indexed: true },
  { what: 'the beginning of an address', q: (n) => `email:person.${n % 9000}*`, indexed: true },
  { what: 'a rare domain', q: () => 'email.domain:"rare.test"', indexed: true },
  { what: 'the domain of most', q: () => 'email.domain:"example.test"', indexed: true },
  { what: 'a whole name', q: (n) => `name:"Ada Family${(n * 10) % 50_000}"`, indexed: true },
  { what: 'the beginning of a name', q: (n) => `name:bea\\ family${n % 900}*`, indexed: true },
  { what: 'a common given name', q: () => 'given_name:cyd', indexed: true },
  { what: 'a family name', q: (n) => `family_name:FAMILY${n % 50_000}`, indexed: true },
  { what: 'a nickname', q: (n) => `nickname:nick${n}`, indexed: true },
  { what: 'a user name', q: (n) => `username:user${n}`, indexed: true },
  {
    what: 'a phone number',
    q: (n) => `phone_number:"+49${String(n).padStart(10, '0')}"`,
    indexed: true,
  },
  { what: 'metadata of one', q: (n) => `app_metadata.legacy.id:"L${n}"`, indexed: true },
  { what: 'metadata of many', q: () => 'app_metadata.plan:"team"', indexed: true },
  {
    what: 'two metadata',
    q: (n) => `user_metadata.seat:${n} AND app_metadata.plan:"free"`,
    indexed: true,
  },
  { what: 'the blocked', q: () => 'blocked:true', indexed: true },
  { what: 'the blocked of a name', q: () => 'blocked:true AND given_name:dot', indexed: true },
  {
    what: 'a day of creation',
    q: (n) => `created_at:[${day((n % 300) + 2)} TO ${day((n % 300) + 1)}]`,
    indexed: true,
  },
  { what: 'logins since a day', q: (n) => `last_login:[${day((n % 50) + 1)} TO *]`, indexed: true },
  {
    what: 'either of two addresses',
    q: (n) => `email:("person.${n}@example.test" OR "person.${n}@corp.test")`,
    indexed: true,
  },
  {
    what: 'a name but not blocked',
    q: (n) => `family_name:family${n % 50_000} AND NOT blocked:true`,
    indexed: true,
  },
  {
    what: 'the newest of a domain',
    q: () => 'email.domain:"corp.test"',
    sort: 'created_at:-1',
    indexed: true,
  },
  {
    what: 'a connection and an address',
    q: (n) => `identities.connection:"Username-Password-Authentication" AND email:person.${n}*`,
    indexed: true,
  },
  {
    what: 'never logged in',
    q: () => 'NOT _exists_:logins_count OR logins_count:0',
    indexed: false,
  },
  { what: 'many logins', q: (n) => `logins_count:[${(n % 100) + 199} TO *]`, indexed: false },
  { what: 'the end of an address', q: (n) => `email:*.${n}@example.test`, indexed: false },
  { what: 'the middle of a name', q: (n) => `name:*amily${n % 50_000}*`, indexed: false },
  {
    what: 'an address of last login',
    q: (n) => `last_ip:"10.0.${(n >> 8) % 256}.${n % 256}"`,
    indexed: false,
  },
];

/** Measures searches of users with everything that a client asks for: a page and the total. */
export async function run(context: Context): Promise<Result[]> {
  const users = Math.max(...context.sizes.lookupUsers);
  const place = await context.newPlace();
  const first = await startServer(place);
  const [connection] = await first.api<{ id: string }[]>('GET', '/api/v2/connections');
  await first.stop();
  context.say(`making ${users} users`);
  await seedPeople(place, { connectionId: connection?.id ?? '', from: 0, to: users });

  const server = await startServer(place, { profiles: context.profiles });
  const conversation = await converse(server.port);
  const headers = { Authorization: `Bearer ${server.token()}` };
  const results: Result[] = [];
  try {
    for (const shape of SHAPES) {
      context.say(`searching: ${shape.what}`);
      const { times, refused, found } = await measure(shape);
      const p50 = percentile(times, 50);
      const p99 = percentile(times, 99);
      const late = refused > 0 ? `, ${refused} of ${times.length} too wide: 503` : '';
      const what = `search, ${shape.what}: p99 (p50 ${p50.toFixed(1)} ms${late})`;
      const details = { users, q: shape.q(1), p50, p99, refused, found, requests: times.length };
      const measured = { what, unit: 'ms', ours: p99, details };
      results.push(shape.indexed ? below(measured, MOST_MS) : told(measured));
    }
  } finally {
    conversation.close();
    await server.stop();
  }
  return results;

  async function measure({ q, sort, indexed }: Shape) {
    const times: number[] = [];
    let refused = 0;
    let found = 0;
    const { lookupRequests } = context.sizes;
    // A search without an index takes up to its time limit, so fewer requests suffice.
    const requests = indexed ? lookupRequests : Math.ceil(lookupRequests / 15);
    const warm = Math.ceil(requests / 10);
    for (let index = 0; index < warm + requests; index++) {
      const n = Math.floor(Math.random() * users);
      const query = new URLSearchParams({
        q: q(n),
        search_engine: 'v3',
        per_page: '50',
        include_totals: 'true',
        ...(sort !== undefined && { sort }),
      });
      const began = performance.now();
      const answer = await conversation.send({
        method: 'GET',
        path: `/api/v2/users?${query}`,
        headers,
      });
      const took = performance.now() - began;
      if (answer.status !== 200 && answer.status !== 503) {
        throw new Error(`${q(n)}: ${answer.status} ${answer.body}`);
      }
      if (index < warm) continue;
      times.push(took);
      if (answer.status === 503) refused += 1;
      if (answer.body.includes('"user_id"')) found += 1;
    }
    return { times, refused, found };
  }
}
