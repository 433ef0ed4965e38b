import pg from 'pg';
import { expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { startPostgres } from '../harness/postgres-server.ts';
import { startCountingSink } from './counting-sink.ts';
import { type KillableServer, startKillableServer } from './killable-server.ts';
import { startSilentProxy } from './silent-proxy.ts';

// The usual run is short; AWAY_PEOPLE=20000 AWAY_ROUNDS=5 AWAY_SECONDS=60 is the long one.
const PEOPLE = Number(process.env.AWAY_PEOPLE ?? 2000);
const ROUNDS = Number(process.env.AWAY_ROUNDS ?? 1);
const SILENT_SECONDS = Number(process.env.AWAY_SECONDS ?? 6);
const LOGINS = 20;
const PASSWORD = 'Correct-horse-battery-1';

type Job = {
  id: string;
  status: string;
  summary?: { inserted: number; failed: number; total: number };
  invitations?: { mails: Record<string, number> };
};

test(
  `two nodes recover by themselves from ${ROUNDS} crash(es) of PostgreSQL during an import and logins`,
  () =>
    withNodes(async ({ postgres, busy }) => {
      for (let round = 0; round < ROUNDS; round++) {
        await busy(400 + Math.random() * 800);
        await postgres.crash();
        await busy(1500);
        await postgres.restart();
        await busy.isBack(round);
      }
    }),
  30 * 60_000,
);

test(
  `two nodes recover by themselves from ${ROUNDS} loss(es) of packets to PostgreSQL for ${SILENT_SECONDS} s`,
  () =>
    withNodes(async ({ proxy, busy }) => {
      for (let round = 0; round < ROUNDS; round++) {
        await busy(400 + Math.random() * 800);
        proxy.silence();
        await busy(SILENT_SECONDS * 1000);
        proxy.speak();
        await busy.isBack(round);
      }
    }),
  30 * 60_000,
);

type Trouble = {
  postgres: Awaited<ReturnType<typeof startPostgres>>;
  proxy: Awaited<ReturnType<typeof startSilentProxy>>;
  busy: {
    /** Twenty users log in repeatedly on both nodes for that many milliseconds. */
    (ms: number): Promise<void>;
    /** Waits until all twenty get in at once. */
    isBack(round: number): Promise<void>;
  };
};

/** Causes outages during an import with invitations, and then checks that everything was done once. */
async function withNodes(trouble: (parts: Trouble) => Promise<void>): Promise<void> {
  const postgres = await startPostgres();
  const proxy = await startSilentProxy({ port: Number(new URL(postgres.urlOf('x')).port) });
  const sink = await startCountingSink();
  const nodes: KillableServer[] = [];
  try {
    await once(postgres.urlOf('postgres'), 'create database usher');
    const url = `postgres://postgres:postgres@127.0.0.1:${proxy.port}/usher`;
    for (let i = 0; i < 2; i++)
      nodes.push(await startKillableServer(sink.url, { databaseUrl: url }));
    const [node] = nodes;
    if (!node) throw new Error('No node.');
    const client = await peopleWhoLogIn(node);
    const job = await importEverybody(node);

    const seen = new Map<number, number>();
    const logIn = async (i: number): Promise<boolean> => {
      const status = await tokenStatus(nodes[i % 2] ?? node, client, `login${i}@away.test`);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      return status === 200;
    };
    const all = async () =>
      (await Promise.all(Array.from({ length: LOGINS }, (_, i) => logIn(i)))).every((in_) => in_);
    const back: number[] = [];
    const busy = Object.assign(
      async (ms: number) => {
        const end = Date.now() + ms;
        const until = async (i: number) => {
          while (Date.now() < end) await logIn(i);
        };
        const looks = async () => {
          while (Date.now() < end) {
            for (const each of nodes) await looksHealthy(each);
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
        };
        await Promise.all([looks(), ...Array.from({ length: LOGINS }, (_, i) => until(i))]);
      },
      {
        async isBack(round: number) {
          const from = Date.now();
          await eventually(async () => ((await all()) ? true : undefined), {
            seconds: 60,
            what: `logins to work again in round ${round}`,
          });
          back.push(Date.now() - from);
        },
      },
    );

    await trouble({ postgres, proxy, busy });

    const done = await eventually(
      async () => {
        const now = await node.api<Job>(`/jobs/${job}`);
        const { queued = 1, sending = 0 } = now.invitations?.mails ?? {};
        return now.status === 'completed' && queued + sending === 0 ? now : undefined;
      },
      { seconds: 600, what: 'the import and its mails to be done' },
    );
    expect(done.summary).toMatchObject({ inserted: PEOPLE, failed: 0, total: PEOPLE });
    const [counts] = await once(
      postgres.urlOf('usher'),
      `select count(*)::int as people, count(distinct email)::int as addresses from users where email like 'person%'`,
    );
    expect(counts).toEqual({ people: PEOPLE, addresses: PEOPLE });
    const invited = [...sink.recipients].filter(([address]) => address.startsWith('person'));
    expect(invited.length).toBe(PEOPLE);
    for (const [, mails] of invited) {
      expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(1);
      expect(new Set(mails.map((mail) => mail.link)).size).toBe(1);
    }
    const repeated = invited.reduce((sum, [, mails]) => sum + mails.length - 1, 0);
    expect(nodes.map((each) => each.hasEnded())).toEqual([false, false]);
    // Refused users learned that the outage is temporary.
    expect([...seen.keys()].filter((status) => ![200, 503].includes(status))).toEqual([]);
    console.log(
      `back after ms: ${back.join(' ')}; answers: ${JSON.stringify(Object.fromEntries(seen))}; mails repeated: ${repeated}`,
    );
  } finally {
    for (const node of nodes) await node.close();
    await sink.close();
    await proxy.close();
    await postgres.stop();
  }
}

/** `/healthz` always answers, and `/readyz` answers in time, with either status. */
async function looksHealthy(node: KillableServer): Promise<void> {
  const health = await fetch(`${node.url}/healthz`, { signal: AbortSignal.timeout(5000) });
  expect(health.status).toBe(200);
  const ready = await fetch(`${node.url}/readyz`, { signal: AbortSignal.timeout(5000) });
  expect([200, 503]).toContain(ready.status);
}

async function once(url: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

type Client = { client_id: string; client_secret: string };

async function peopleWhoLogIn(node: KillableServer): Promise<Client> {
  const client = await node.api<Client>('/clients', {
    method: 'POST',
    body: {
      name: 'Logins',
      app_type: 'regular_web',
      grant_types: ['http://auth0.com/oauth/grant-type/password-realm'],
    },
  });
  await node.api('/connections', {
    method: 'POST',
    body: { name: 'logins', strategy: 'auth0', enabled_clients: [client.client_id] },
  });
  for (let i = 0; i < LOGINS; i++) {
    const email = `login${i}@away.test`;
    await node.api('/users', {
      method: 'POST',
      body: { connection: 'logins', email, password: PASSWORD, verify_email: false },
    });
  }
  return client;
}

async function importEverybody(node: KillableServer): Promise<string> {
  const [connection] = await node.api<{ id: string }[]>(
    '/connections?name=Username-Password-Authentication',
  );
  const form = new FormData();
  form.set('connection_id', connection?.id ?? '');
  form.set('send_invitations', 'true');
  const people = Array.from({ length: PEOPLE }, (_, i) => ({ email: `person${i}@away.test` }));
  form.set('users', new Blob([JSON.stringify(people)]), 'people.json');
  return (await node.api<Job>('/jobs/users-imports', { method: 'POST', body: form })).id;
}

async function tokenStatus(node: KillableServer, client: Client, username: string) {
  const response = await fetch(`${node.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      realm: 'logins',
      username,
      password: PASSWORD,
      scope: 'openid',
      client_id: client.client_id,
      client_secret: client.client_secret,
    }),
    signal: AbortSignal.timeout(90_000),
  });
  await response.arrayBuffer();
  return response.status;
}
