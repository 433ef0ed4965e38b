import { type Context, type Result, told } from './kit/benchmark.ts';
import {
  type Conversation,
  converse,
  cookieHeader,
  formOf,
  keepCookies,
} from './kit/http-client.ts';
import type { Place } from './kit/places.ts';
import { startServer } from './kit/server.ts';
import { percentile } from './kit/statistics.ts';
import { redeemWithoutHashing } from './lookups-database-part.ts';
import { emailOf, secretOf, seed } from './lookups-seed.ts';

const FLAT = 1.5;
const NEW_PASSWORD = 'Tulip-Canal-77';

const OPERATIONS = [
  'redeem a ticket, with hashing',
  'redeem a ticket, database alone',
  'GET users-by-email',
  'GET invitations page with total',
] as const;

type Times = Record<(typeof OPERATIONS)[number], number[]>;

/** Measures single requests, one after the other, while the database grows: none may become slower. */
export async function run(context: Context): Promise<Result[]> {
  const { lookupUsers, lookupRequests } = context.sizes;
  const place = await context.newPlace();
  const connectionId = await defaultConnection(place);
  const measured: { users: number; times: Times }[] = [];
  let from = 0;
  for (const users of lookupUsers) {
    context.say(`growing to ${users} users`);
    await seed(place, { connectionId, from, to: users });
    context.say(`asking with ${users} users`);
    measured.push({ users, times: await timeAll(context, place, { from, users, lookupRequests }) });
    from = users;
  }
  return OPERATIONS.flatMap((operation) => judge(operation, measured));
}

function judge(
  operation: (typeof OPERATIONS)[number],
  measured: { users: number; times: Times }[],
): Result[] {
  const smallest = measured[0] ? percentile(measured[0].times[operation], 50) : Number.NaN;
  return measured.map(({ users, times }, index) => {
    const p50 = percentile(times[operation], 50);
    const p99 = percentile(times[operation], 99);
    const result = told({
      what: `${operation}, ${users.toLocaleString('en-US')} users: p50 (p99 ${p99.toFixed(1)} ms)`,
      unit: 'ms',
      ours: p50,
      details: { users, p50, p99, requests: times[operation].length },
    });
    if (index === 0) return result;
    const ratio = p50 / smallest;
    return {
      ...result,
      limit: { value: smallest, is: `with ${measured[0]?.users.toLocaleString('en-US')}` },
      ratio,
      aim: `≤ ${FLAT} × with few`,
      met: ratio <= FLAT,
    };
  });
}

async function defaultConnection(place: Place): Promise<string> {
  const server = await startServer(place);
  const [connection] = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  await server.stop();
  return connection?.id ?? '';
}

/** Uses the open tickets of the people who were added last, each once. */
async function timeAll(
  context: Context,
  place: Place,
  input: { from: number; users: number; lookupRequests: number },
): Promise<Times> {
  const { from, users, lookupRequests } = input;
  const warm = Math.ceil(lookupRequests / 10);
  // Spread over all new people, so that no page of the database is read twice in a row.
  const wanted = 2 * (lookupRequests + warm);
  if (users - from < wanted) throw new Error(`Sizes must grow by at least ${wanted} users.`);
  const step = Math.floor((users - from) / wanted);
  const secrets = Array.from({ length: wanted }, (_, index) => secretOf(from + index * step));
  const alone = await redeemWithoutHashing(place, secrets.slice(0, lookupRequests + 1));

  const server = await startServer(place, { profiles: context.profiles });
  const conversation = await converse(server.port);
  try {
    const redeeming = await redeemer(conversation, secrets.slice(lookupRequests + 1));
    const authorization = { Authorization: `Bearer ${server.token()}` };
    const get = (path: string) => async () => {
      const answer = await conversation.send({ method: 'GET', path, headers: authorization });
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
    };
    const anyone = () => emailOf(Math.floor(Math.random() * users));
    const timed = (work: (index: number) => Promise<void>) => time(work, warm, lookupRequests);
    return {
      'redeem a ticket, with hashing': await timed(redeeming),
      'redeem a ticket, database alone': alone,
      'GET users-by-email': await timed(() => get(`/api/v2/users-by-email?email=${anyone()}`)()),
      'GET invitations page with total': await timed((index) =>
        get(`/api/v2/invitations?page=${index % 5}&per_page=50&include_totals=true`)(),
      ),
    };
  } finally {
    conversation.close();
    await server.stop();
  }
}

/** Returns milliseconds of each run after the first few. */
async function time(
  work: (index: number) => Promise<void>,
  warm: number,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < warm + count; index++) {
    const began = performance.now();
    await work(index);
    if (index >= warm) times.push(performance.now() - began);
  }
  return times;
}

/** Sends the form of the page that a link opens. The page is loaded once, because its form's token belongs to the browser. */
async function redeemer(
  conversation: Conversation,
  secrets: string[],
): Promise<(index: number) => Promise<void>> {
  const pathOf = (secret = '') => `/u/reset-verify?ticket=${secret}`;
  const jar = new Map<string, string>();
  const page = await conversation.send({ method: 'GET', path: pathOf(secrets[0]) });
  keepCookies(jar, page);
  const { fields } = formOf(page.body);
  const body = new URLSearchParams({
    ...fields,
    password: NEW_PASSWORD,
    repeat: NEW_PASSWORD,
  }).toString();
  const headers = {
    ...cookieHeader(jar),
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return async (index) => {
    const path = pathOf(secrets[index]);
    const answer = await conversation.send({ method: 'POST', path, headers, body });
    if (answer.status !== 303) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  };
}
