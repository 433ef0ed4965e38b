import { setTimeout } from 'node:timers/promises';
import { hash as bcrypt } from '@node-rs/bcrypt';
import type { Place } from './kit/places.ts';
import { type Server, startServer } from './kit/server.ts';

export const NOBODY = 'nobody';

/** Kinds of accounts in a connection that are compared with an unknown user. */
export type Group = { realm: string; kinds: string[] };

type Row = Record<string, unknown>;
type Kind = {
  what: string;
  /** Properties of an import row besides the address, or `null` for an account that is created with a password. */
  row: Row | null;
};

const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');
const hex = (bytes: number) => ({ value: '00'.repeat(bytes), encoding: 'hex' });
const custom = (algorithm: string, hash: object, more: object = {}): Row => ({
  custom_password_hash: { algorithm, hash, ...more },
});
const NTLM = { password: { encoding: 'utf16le' } };
const key = { value: 'key' };
const any = await bcrypt('somebody', 4);

/** Hashes that an import may bring, the costly ones at their maximum cost. */
export const KINDS: Record<string, Kind> = {
  none: { what: 'an account without a password', row: {} },
  ours: { what: 'argon2id as we make it', row: null },
  md4: { what: 'md4 (NTLM)', row: custom('md4', hex(16), NTLM) },
  md5: { what: 'md5', row: custom('md5', hex(16)) },
  sha1: { what: 'sha1', row: custom('sha1', hex(20)) },
  sha256: { what: 'sha256', row: custom('sha256', hex(32), { salt: { value: 'salt' } }) },
  sha512: { what: 'sha512', row: custom('sha512', hex(64)) },
  hmac: {
    what: 'HMAC with whirlpool',
    row: custom('hmac', { ...hex(64), digest: 'whirlpool', key }),
  },
  ldap: { what: 'LDAP {SSHA512}', row: custom('ldap', { value: `{SSHA512}${zeros(72)}` }) },
  bcrypt10: { what: 'bcrypt 10', row: { password_hash: any.replace('$04$', '$10$') } },
  bcrypt14: { what: 'bcrypt 14', row: { password_hash: any.replace('$04$', '$14$') } },
  argon2: {
    what: 'argon2id 256 MiB, t=10',
    row: custom('argon2', { value: `$argon2id$v=19$m=262144,t=10,p=1$${zeros(16)}$${zeros(32)}` }),
  },
  scrypt: {
    what: 'scrypt N=2^17, r=16',
    row: custom('scrypt', hex(32), { keylen: 32, cost: 2 ** 17, blockSize: 16 }),
  },
  pbkdf2: {
    what: 'PBKDF2 sha512, 2,400,000',
    row: custom('pbkdf2', { value: `$pbkdf2-sha512$i=2400000,l=64$AAAA$${zeros(64)}` }),
  },
};

export const COSTLY_KINDS = ['bcrypt14', 'argon2', 'scrypt', 'pbkdf2'];
const CHEAP_KINDS = Object.keys(KINDS).filter((kind) => !COSTLY_KINDS.includes(kind));
export const MIXED = 'mixed';
const only = (kind: string) => ({ realm: `only-${kind}`, kinds: [kind] });

/** Groups that are measured one after the other. Each lane has its own node, because one alone would take an hour. */
export const LANES: Group[][] = [
  [
    { realm: MIXED, kinds: CHEAP_KINDS.slice(0, 5) },
    ...CHEAP_KINDS.filter((kind) => kind !== 'none' && kind !== 'ours').map(only),
  ],
  [{ realm: MIXED, kinds: CHEAP_KINDS.slice(5) }, ...COSTLY_KINDS.slice(0, 2).map(only)],
  [{ realm: MIXED, kinds: COSTLY_KINDS }, ...COSTLY_KINDS.slice(2).map(only)],
];
/** Simultaneous attempts need separate accounts. */
const AT_ONCE = 12;

export type Client = {
  client_id: string;
  client_secret: string;
  person: { email: string; password: string };
};

/**
 * Creates connections: one with every kind of account, and one for each kind that brings a hash. Every attempt gets its own account. Where
 * users log in, each has one too.
 */
export async function seedStores(place: Place, count: number): Promise<Client> {
  const server = await startServer(place);
  const made = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'Bench',
      app_type: 'regular_web',
      oidc_conformant: true,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['password', 'http://auth0.com/oauth/grant-type/password-realm'],
    },
  );
  const person = { email: 'right@wrong.test', password: 'Tulip-Canal-77-Bench' };
  const client = { ...made, person };
  const realms = Map.groupBy(LANES.flat(), ({ realm }) => realm);
  for (const [realm, groups] of realms) {
    const { id } = await server.api<{ id: string }>('POST', '/api/v2/connections', {
      name: realm,
      strategy: 'auth0',
      enabled_clients: [client.client_id],
    });
    for (const kind of groups.flatMap(({ kinds }) => kinds)) {
      await fill(server, { id, realm, kind, count });
    }
  }
  await server.api('POST', '/api/v2/users', { connection: MIXED, ...person });
  await server.stop();
  return client;
}

async function fill(
  server: Server,
  store: { id: string; realm: string; kind: string; count: number },
): Promise<void> {
  const { id, realm, kind, count } = store;
  const addresses = [
    ...Array.from({ length: count }, (_, n) => `${kind}-${n}@wrong.test`),
    ...Array.from({ length: AT_ONCE }, (_, n) => `${kind}-at-once-${n}@wrong.test`),
  ];
  const row = KINDS[kind]?.row;
  if (!row) {
    for (const email of addresses) {
      const password = 'Tulip-Canal-77-Bench';
      await server.api('POST', '/api/v2/users', { connection: realm, email, password });
    }
    return;
  }
  const form = new FormData();
  form.set('connection_id', id);
  form.set('users', new Blob([JSON.stringify(addresses.map((email) => ({ email, ...row })))]));
  const answer = await fetch(`${server.url}/api/v2/jobs/users-imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token()}` },
    body: form,
  });
  const job = (await answer.json()) as { id: string };
  for (;;) {
    const now = await server.api<{ status: string; summary?: { inserted: number } }>(
      'GET',
      `/api/v2/jobs/${job.id}`,
    );
    if (now.status === 'completed' && now.summary?.inserted === addresses.length) return;
    if (now.status === 'completed' || now.status === 'failed') {
      throw new Error(`${kind} did not come in: ${JSON.stringify(now)}`);
    }
    await setTimeout(100);
  }
}
