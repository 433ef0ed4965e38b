import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Context, type Result, told } from './kit/benchmark.ts';
import { type Server, startServer } from './kit/server.ts';
import { median, percentile } from './kit/statistics.ts';
import { COSTLY_KINDS, KINDS, LANES, MIXED, NOBODY, seedStores } from './wrong-passwords-seed.ts';

const MOST_APART_MS = 10;
const MOST_APART = 1.05;
const AT_ONCE = 12;

type Target = { realm: string; kind: string };

/**
 * Measures how long the refusal of a wrong password takes: for an unknown user, and for accounts with each kind of hash that an import may
 * bring, at maximum cost. They run one after the other in a random order, so that a busy machine affects all alike. Each attempt has
 * another account and address, so no throttle is turned off. It also measures how twelve at once affect other requests.
 */
export async function run(context: Context): Promise<Result[]> {
  const { wrongPasswords: count } = context.sizes;
  const place = await context.newPlace();
  context.say('bringing people in');
  const client = await seedStores(place, count);
  // The embedded database has one process.
  const lanes = context.kind === 'postgres' ? LANES : [LANES.flat()];
  const folders = await Promise.all(lanes.map(() => mkdtemp(join(place.dataDir, 'node-'))));
  const nodes = await Promise.all(
    folders.map((dataDir) =>
      startServer(context.kind === 'postgres' ? { ...place, dataDir } : place, {
        profiles: context.profiles,
      }),
    ),
  );
  const [server] = nodes as [Server];
  let address = 0;

  /** Returns the milliseconds until the refusal, and its status. */
  async function attempt({ url }: Server, target: Target, email: string) {
    address += 1;
    const began = performance.now();
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `10.${address >> 16}.${(address >> 8) & 255}.${address & 255}`,
      },
      body: JSON.stringify({
        grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
        realm: target.realm,
        username: email,
        password: `wrong ${address}`,
        client_id: client.client_id,
        client_secret: client.client_secret,
      }),
    });
    await answer.arrayBuffer();
    return { ms: performance.now() - began, status: answer.status };
  }

  async function measure(node: Server, targets: Target[]): Promise<Map<string, number[]>> {
    const times = new Map(targets.map(({ kind }) => [kind, [] as number[]]));
    for (let round = 0; round < count; round++) {
      if (round % 10 === 0) {
        context.say(
          `${targets.map(({ realm, kind }) => `${realm}/${kind}`)}: round ${round} of ${count}`,
        );
      }
      for (const target of shuffled(targets)) {
        const { ms, status } = await attempt(node, target, `${target.kind}-${round}@wrong.test`);
        if (status !== 403) throw new Error(`${target.kind} was answered ${status}.`);
        times.get(target.kind)?.push(ms);
      }
    }
    return times;
  }

  try {
    const results = await Promise.all(
      lanes.map(async (groups, lane) => {
        const measured: Result[] = [];
        for (const { realm, kinds } of groups) {
          const targets = [NOBODY, ...kinds].map((kind) => ({ realm, kind }));
          const node = nodes[lane] ?? server;
          measured.push(...compared(realm, await measure(node, targets)));
        }
        return measured;
      }),
    );
    return [...results.flat(), ...(await atOnce())];
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }

  async function atOnce(): Promise<Result[]> {
    const results: Result[] = [];
    for (const kind of [NOBODY, ...COSTLY_KINDS]) {
      context.say(`${AT_ONCE} at once: ${kind}`);
      await quiet();
      const before = await others();
      const tries = Array.from({ length: AT_ONCE }, (_, n) =>
        attempt(server, { realm: MIXED, kind }, `${kind}-at-once-${n}@wrong.test`),
      );
      const meanwhile = await others();
      const answers = await Promise.all(tries);
      const details = {
        before,
        meanwhile,
        answers: answers.map(({ ms, status }) => `${status} after ${Math.round(ms)} ms`),
      };
      const what = (path: string) => `${AT_ONCE} wrong at once, ${kind}: ${path} meanwhile (p50)`;
      for (const [path, times] of Object.entries(meanwhile)) {
        results.push(told({ what: what(path), unit: 'ms', ours: median(times), details }));
      }
      const last = Math.max(...answers.map(({ ms }) => ms));
      const lastIs = `${AT_ONCE} wrong at once, ${kind}: the last refusal`;
      results.push(told({ what: lastIs, unit: 'ms', ours: last, details }));
    }
    return results;
  }

  /** Returns how long other requests take, during about two seconds. */
  async function others(): Promise<Record<string, number[]>> {
    const times: Record<string, number[]> = { '/healthz': [], '/readyz': [], login: [] };
    const until = performance.now() + 2000;
    const timed = async (name: string, work: () => Promise<{ status: number }>) => {
      const began = performance.now();
      const { status } = await work();
      if (status !== 200) throw new Error(`${name} answered ${status}.`);
      times[name]?.push(performance.now() - began);
    };
    while (performance.now() < until) {
      await timed('/healthz', () => fetch(`${server.url}/healthz`));
      await timed('/readyz', () => fetch(`${server.url}/readyz`));
      await timed('login', logIn);
      await setTimeout(20);
    }
    return times;
  }

  async function logIn(): Promise<{ status: number }> {
    address += 1;
    const answer = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `10.${address >> 16}.${(address >> 8) & 255}.${address & 255}`,
      },
      body: JSON.stringify({
        grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
        realm: MIXED,
        username: client.person.email,
        password: client.person.password,
        client_id: client.client_id,
        client_secret: client.client_secret,
      }),
    });
    await answer.arrayBuffer();
    return answer;
  }
}

/** Waits until no work of an earlier measurement is left. */
async function quiet(): Promise<void> {
  await setTimeout(5000);
}

/** Returns one line for each kind, compared with an unknown user. */
function compared(realm: string, times: Map<string, number[]>): Result[] {
  const nobody = median(times.get(NOBODY) ?? []);
  return [...times].map(([kind, measured]) => {
    const ours = median(measured);
    const ratio = ours / nobody;
    const isNobody = kind === NOBODY;
    return {
      what: `wrong password, ${realm}: ${KINDS[kind]?.what ?? kind}`,
      unit: 'ms',
      ours,
      limit: isNobody ? null : { value: nobody, is: 'nobody' },
      ratio: isNobody ? null : ratio,
      aim: isNobody ? '' : `within ${MOST_APART_MS} ms or 5 % of nobody's`,
      met: isNobody
        ? null
        : Math.abs(ours - nobody) <= MOST_APART_MS || Math.max(ratio, 1 / ratio) <= MOST_APART,
      details: {
        requests: measured.length,
        p10: percentile(measured, 10),
        p90: percentile(measured, 90),
      },
    };
  });
}

function shuffled<T>(values: T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
