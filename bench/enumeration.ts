import { type Context, type Result, told } from './kit/benchmark.ts';
import { startServer } from './kit/server.ts';
import { median, percentile } from './kit/statistics.ts';

const MOST_APART_MS = 10;
const MOST_APART = 1.05;
const REALM = 'hides-accounts';
const PASSWORD = 'Tulip-Canal-77-Bench';

/**
 * Measures whether the response time reveals who has an account in a connection that hides it: sign-ups, forgotten passwords and login
 * codes, for a known and an unknown address. They alternate in a changing order, each from its own network address.
 */
export async function run(context: Context): Promise<Result[]> {
  const count = context.sizes.wrongPasswords;
  const server = await startServer(await context.newPlace(), { profiles: context.profiles });
  try {
    const client = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
      name: 'Bench',
      app_type: 'native',
      oidc_conformant: true,
      token_endpoint_auth_method: 'none',
    });
    const enabled_clients = [client.client_id];
    const stores = [
      { name: REALM, strategy: 'auth0', options: { enumeration: 'hide' } },
      { name: 'email', strategy: 'email', options: { disable_signup: true } },
    ];
    for (const store of stores) {
      await server.api('POST', '/api/v2/connections', { ...store, enabled_clients });
    }
    let address = 0;
    const ask = async (path: string, fields: object): Promise<number> => {
      address += 1;
      const began = performance.now();
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': `10.1.${address >> 8}.${address & 255}`,
        },
        body: JSON.stringify({ client_id: client.client_id, ...fields }),
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}.`);
      return performance.now() - began;
    };
    const doors: Record<string, (email: string) => Promise<number>> = {
      'a sign-up': (email) =>
        ask('/dbconnections/signup', { connection: REALM, email, password: PASSWORD }),
      'a forgotten password': (email) =>
        ask('/dbconnections/change_password', { connection: REALM, email }),
      'a code to log in with': (email) =>
        ask('/passwordless/start', { connection: 'email', email }),
    };
    const results: Result[] = [];
    for (const [what, door] of Object.entries(doors)) {
      context.say(what);
      const name = what.replaceAll(' ', '-');
      for (let n = -1; n < count; n++) {
        for (const { name: connection, strategy } of stores) {
          await server.api('POST', '/api/v2/users', {
            connection,
            email: `${name}-${n}@known.test`,
            ...(strategy === 'auth0' && { password: PASSWORD }),
          });
        }
      }
      const times = { known: [] as number[], new: [] as number[] };
      for (let n = -1; n < count; n++) {
        for (const who of Math.random() < 0.5
          ? (['known', 'new'] as const)
          : (['new', 'known'] as const)) {
          const ms = await door(`${name}-${n}@${who}.test`);
          // The first one warms up.
          if (n >= 0) times[who].push(ms);
        }
      }
      results.push(...compared(what, times));
    }
    return results;
  } finally {
    await server.stop();
  }
}

function compared(what: string, times: { known: number[]; new: number[] }): Result[] {
  const details = (all: number[]) => ({
    requests: all.length,
    p10: percentile(all, 10),
    p90: percentile(all, 90),
  });
  const [known, fresh] = [median(times.known), median(times.new)];
  const ratio = known / fresh;
  return [
    told({ what: `${what}: new`, unit: 'ms', ours: fresh, details: details(times.new) }),
    {
      what: `${what}: known`,
      unit: 'ms',
      ours: known,
      limit: { value: fresh, is: 'new' },
      ratio,
      aim: `within ${MOST_APART_MS} ms or 5 % of a new one's`,
      met: Math.abs(known - fresh) <= MOST_APART_MS || Math.max(ratio, 1 / ratio) <= MOST_APART,
      details: details(times.known),
    },
  ];
}
