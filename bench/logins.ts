import { join } from 'node:path';
import { openDatabase } from '../src/platform/db/db.ts';
import { hashPassword } from '../src/platform/password-hash/password-hash.ts';
import { againstLimit, type Context, type Result } from './kit/benchmark.ts';
import { startChild } from './kit/child.ts';
import {
  type Conversation,
  converse,
  cookieHeader,
  formOf,
  keepCookies,
} from './kit/http-client.ts';
import type { Place } from './kit/places.ts';
import { startServer } from './kit/server.ts';
import { median } from './kit/statistics.ts';

const PASSWORD = 'Tulip-Canal-77';
const CALLBACK = 'http://localhost:9/callback';
const PEOPLE = 2000;

/**
 * Measures logins with passwords, each in its own browser and from its own address: /authorize, the page, the form, and back to the
 * application with a code. The baseline verifies as many passwords at once and nothing else.
 */
export async function run(context: Context): Promise<Result[]> {
  const { rounds, seconds, agents } = context.sizes;
  const place = await context.newPlace();
  const clientId = await prepare(place);
  const alone = startChild('logins-argon2.ts');
  const server = await startServer(place, { profiles: context.profiles });
  try {
    const ask = { password: PASSWORD, concurrency: agents };
    const authorize = `/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      state: 'a-state',
    })}`;
    const load = { port: server.port, authorize, agents };
    context.say('warming up');
    const { phc } = await alone.ask<{ phc: string }>({ ...ask, seconds: 1 });
    await expectSameCost(phc);
    await logInMany({ ...load, seconds: Math.min(3, seconds) });
    const measured: { ours: number; limit: number }[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.say(`round ${round} of ${rounds}`);
      const limit = await alone.ask<{ perSecond: number }>({ ...ask, seconds });
      measured.push({ limit: limit.perSecond, ours: await logInMany({ ...load, seconds }) });
    }
    return [
      againstLimit(
        {
          what: `password logins, ${agents} people at once`,
          unit: 'logins/s',
          ours: median(measured.map((each) => each.ours)),
          limit: median(measured.map((each) => each.limit)),
          limitIs: 'argon2id verifications/s',
          details: { rounds: measured },
        },
        { atLeast: 0.8 },
        median(measured.map(({ ours, limit }) => ours / limit)),
      ),
    ];
  } finally {
    await alone.stop();
    await server.stop();
  }
}

/** Creates an application, and users with passwords. Returns the application's id. */
async function prepare(place: Place): Promise<string> {
  const server = await startServer(place);
  const [connection] = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  const connectionId = connection?.id ?? '';
  const { client_id: clientId } = await server.api<{ client_id: string }>(
    'POST',
    '/api/v2/clients',
    { name: 'Bench', app_type: 'regular_web', callbacks: [CALLBACK], oidc_conformant: true },
  );
  await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  await server.stop();
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  await database.execute(
    `insert into users (id, connection_id, email, email_verified, name)
     select 'auth0|' || i, $1, 'person.' || i || '@example.test', true, 'Person ' || i
     from generate_series(0, ${PEOPLE - 1}) as i`,
    [connectionId],
  );
  await database.execute(
    `insert into passwords (user_id, kind, phc)
     select 'auth0|' || i, 'argon2id', $1 from generate_series(0, ${PEOPLE - 1}) as i`,
    [await hashPassword(PASSWORD)],
  );
  await database.execute('analyze');
  await database.close();
  return clientId;
}

/** The comparison is fair only if both sides do the same work. */
async function expectSameCost(phc: string): Promise<void> {
  const costOf = (text: string) => text.split('$').slice(1, 4).join(' ');
  const ours = costOf(await hashPassword(PASSWORD));
  if (ours !== costOf(phc)) throw new Error(`Compared ${costOf(phc)} with the server's ${ours}.`);
}

let nextPerson = 0;

/** Returns full logins per second of all agents together. */
async function logInMany(load: {
  port: number;
  authorize: string;
  agents: number;
  seconds: number;
}): Promise<number> {
  const { port, authorize, agents, seconds } = load;
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  const agent = async (number: number) => {
    const conversation = await converse(port);
    while (performance.now() < until) {
      const email = `person.${nextPerson++ % PEOPLE}@example.test`;
      await logIn(conversation, { authorize, email, address: `198.51.100.${number + 1}` });
      done++;
    }
    conversation.close();
  };
  await Promise.all(Array.from({ length: agents }, (_, number) => agent(number)));
  return (done * 1000) / (performance.now() - began);
}

async function logIn(
  conversation: Conversation,
  person: { authorize: string; email: string; address: string },
): Promise<void> {
  const jar = new Map<string, string>();
  const send = async (path: string, form?: Record<string, string>) => {
    const answer = await conversation.send({
      method: form ? 'POST' : 'GET',
      path,
      headers: {
        'X-Forwarded-For': person.address,
        ...cookieHeader(jar),
        ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
    });
    keepCookies(jar, answer);
    return answer;
  };
  const onward = (location: string | undefined, from: string) => {
    if (location === undefined) throw new Error(`${from} led nowhere.`);
    const url = new URL(location, 'http://localhost');
    return url.href.startsWith(CALLBACK) ? url : `${url.pathname}${url.search}`;
  };
  let answer = await send(person.authorize);
  while (answer.location !== undefined) {
    const next = onward(answer.location, person.authorize);
    if (typeof next !== 'string') throw new Error('Nobody was asked for a password.');
    answer = await send(next);
  }
  const { action, fields } = formOf(answer.body);
  answer = await send(action, { ...fields, username: person.email, password: PASSWORD });
  for (;;) {
    if (answer.location === undefined) {
      throw new Error(`${person.email} was not let in: ${answer.status}\n${answer.body}`);
    }
    const next = onward(answer.location, action);
    if (typeof next !== 'string') {
      if (!next.searchParams.has('code')) throw new Error(`No code came back: ${next.href}`);
      return;
    }
    answer = await send(next);
  }
}
