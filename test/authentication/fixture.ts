import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { AuthenticationDeps } from '../../src/http/authentication/authentication.ts';
import { registerAuthentication } from '../../src/http/authentication/authentication.ts';
import { createSharedPages } from '../../src/http/hosted-pages/hosted-pages.ts';
import type { Interactions } from '../../src/http/seams/seams.ts';
import { createPictures } from '../../src/platform/avatar/avatar.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys, sha256 } from '../../src/platform/crypto/crypto.ts';
import type { Database } from '../../src/platform/db/db.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';
import { createHttpServer } from '../../src/platform/http/http.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { insertGrant } from '../../src/records/client-grants/client-grants.ts';
import { type Client, insertClient, newClientSecret } from '../../src/records/clients/clients.ts';
import { enableClients, insertConnection } from '../../src/records/connections/connections.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { insertResourceServer } from '../../src/records/resource-servers/resource-servers.ts';
import { insertUser, type NewUser, type User } from '../../src/records/users/users.ts';
import { createDirectories } from '../../src/steps/ask-directory/ask-directory.ts';
import { freePort } from '../harness/free-port.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_ACTIONS } from '../harness/no-actions.ts';

export const keys = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
export const CALLBACK = 'https://app.example.test/callback';
export const API = 'https://api.example.test';
const STORE = 'con_test';

export type Door = {
  url: string;
  port: number;
  app: FastifyInstance;
  database: Database;
  interactions: Interactions;
  close(): Promise<void>;
};

/** Serves only the authentication API, with a login page that accepts any given user. */
export async function openDoor(
  database?: Database,
  more: Partial<AuthenticationDeps> = {},
  /** Acts as if a proxy in front of it used TLS. */
  scheme: 'http' | 'https' = 'http',
): Promise<Door> {
  const data = database ?? (await freshDatabase());
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const log = createLog(process.env.USHER_TEST_LOG ?? 'fatal');
  const app = await createHttpServer({ log, trustProxy: [], tls: undefined });
  const { interactions } = await registerAuthentication(app, {
    db: data.db,
    clock: systemClock,
    keys,
    log,
    pictureOf: createPictures('own', url),
    publicUrl: url.replace('http', scheme),
    enqueue: async () => {},
    directories: createDirectories({ clock: systemClock, open: () => null }),
    egress: createEgress({ allow: [] }),
    smsSender: async () => null,
    audit: noAudit,
    pages: createSharedPages(app, { db: data.db, log }),
    actions: NO_ACTIONS,
    ...more,
  });
  app.get<{ Querystring: { as?: string; abort?: string } }>('/u/login', async (request, reply) => {
    const details = await interactions.details(request, reply);
    if (details === null) return reply.code(410).send('over');
    const { as, abort } = request.query;
    if (abort) {
      await interactions.abort(request, reply, { error: 'access_denied', description: abort });
    } else if (as) {
      await interactions.finish(request, reply, { userId: as, amr: ['pwd'], remember: true });
    } else return details;
    return reply;
  });
  await app.listen({ port, host: '127.0.0.1' });
  const close = async () => {
    await app.close();
    await data.close();
  };
  return { url, port, app, database: data, interactions, close };
}

export async function aClient(
  { database }: Pick<Door, 'database'>,
  settings: Partial<Client['settings']> = {},
): Promise<{ id: string; secret: string }> {
  const secret = newClientSecret();
  const id = `client${randomBytes(8).toString('hex')}`;
  const now = new Date();
  await insertClient(database.db, {
    id,
    name: 'A test application',
    secretHash: settings.tokenEndpointAuthMethod === 'none' ? null : sha256(secret),
    settings: {
      callbacks: [CALLBACK],
      allowedLogoutUrls: ['https://app.example.test/bye'],
      allowedOrigins: [],
      webOrigins: ['https://web.example.test'],
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      tokenEndpointAuthMethod: 'client_secret_post',
      isFirstParty: true,
      jwtConfiguration: { lifetimeInSeconds: 36_000 },
      refreshToken: {
        rotationType: 'rotating',
        expirationType: 'expiring',
        leeway: 0,
        tokenLifetime: 2_592_000,
        idleTokenLifetime: 1_296_000,
        infiniteTokenLifetime: false,
        infiniteIdleTokenLifetime: false,
      },
      extra: {},
      ...settings,
    },
    createdAt: now,
    updatedAt: now,
  });
  await mayUse({ database }, id, STORE);
  return { id, secret };
}

/** Creates the connection if it is missing, and lets the client use it. */
export async function mayUse(
  { database }: Pick<Door, 'database'>,
  clientId: string,
  connectionId: string,
): Promise<void> {
  const now = new Date();
  await insertConnection(database.db, {
    id: connectionId,
    name: connectionId,
    displayName: null,
    strategy: 'auth0',
    options: {},
    metadata: null,
    realms: [],
    settings: {},
    createdAt: now,
    updatedAt: now,
  });
  await enableClients(database.db, connectionId, [clientId]);
}

export async function anApi(
  { database }: Pick<Door, 'database'>,
  identifier = API,
  isSystem = false,
): Promise<void> {
  const now = new Date();
  const inserted = await insertResourceServer(database.db, {
    id: randomBytes(12).toString('hex'),
    identifier,
    name: identifier,
    scopes: [{ value: 'read:things' }, { value: 'write:things' }],
    settings: { tokenLifetime: 7200, allowOfflineAccess: true },
    isSystem,
    createdAt: now,
    updatedAt: now,
  });
  if (inserted.kind !== 'inserted') throw new Error(`There is already an API ${identifier}.`);
}

export async function aGrant(
  { database }: Pick<Door, 'database'>,
  clientId: string,
  scope: string[],
  audience = API,
): Promise<string> {
  const id = `cgr_${randomBytes(8).toString('hex')}`;
  await insertGrant(database.db, {
    id,
    clientId,
    audience,
    scope,
    settings: {},
    createdAt: new Date(),
  });
  return id;
}

export async function aUser(
  { database }: Pick<Door, 'database'>,
  more: Partial<NewUser> = {},
): Promise<User> {
  const inserted = await insertUser(database.db, {
    connectionId: STORE,
    email: `${randomBytes(6).toString('hex')}@example.test`,
    emailVerified: true,
    now: new Date(),
    ...more,
  });
  if (inserted.kind !== 'inserted') throw new Error('The user is already there.');
  return inserted.user;
}

/** Handles redirects and cookies like a browser. */
export class Browser {
  readonly jar = new Map<string, { value: string; path: string }>();

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    const cookie = [...this.jar]
      .filter(([, one]) => pathname.startsWith(one.path))
      .map(([name, one]) => `${name.split('@')[0]}=${one.value}`)
      .join('; ');
    const answer = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { ...(cookie && { cookie }), ...init.headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      const name = `${pair.slice(0, at)}@${path}`;
      const gone = attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute));
      if (gone) this.jar.delete(name);
      else this.jar.set(name, { value: pair.slice(at + 1), path });
    }
    return answer;
  }
}

export function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export type Asked = { clientId: string; challenge?: string; params?: Record<string, string> };

export function authorizeUrl(door: Pick<Door, 'url'>, asked: Asked): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: asked.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access',
    state: 'the-state',
    ...(asked.challenge && { code_challenge: asked.challenge, code_challenge_method: 'S256' }),
    ...asked.params,
  });
  return `${door.url}/authorize?${query}`;
}

/** Follows our own redirects up to the application's. Logs in as `userId` on request. */
export async function logIn(
  door: Pick<Door, 'url'>,
  browser: Browser,
  asked: Asked,
  userId: string | null,
): Promise<URL> {
  let url = authorizeUrl(door, asked);
  for (let hop = 0; hop < 6; hop++) {
    const answer = await browser.get(url);
    const location = answer.headers.get('location');
    if (location === null) {
      throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
    }
    const next = new URL(location, url);
    if (next.origin !== door.url) return next;
    if (next.pathname === '/u/login' && userId !== null) next.searchParams.set('as', userId);
    url = next.href;
  }
  throw new Error('The login goes in circles.');
}

export type Tokens = {
  access_token: string;
  id_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
  token_type: string;
};

export async function postToken<T = Tokens>(
  door: Pick<Door, 'url'>,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: T; headers: Headers }> {
  const answer = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers };
}
