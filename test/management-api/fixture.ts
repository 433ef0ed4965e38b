import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { ensureDefaults } from '../../src/flows/ensure-defaults/ensure-defaults.ts';
import {
  type MountedApi,
  registerManagementApi,
} from '../../src/http/management-api/management-api.ts';
import { createMailer } from '../../src/outbound/mail/mail.ts';
import { createScriptRunner } from '../../src/outbound/scripts/scripts.ts';
import { createPictures } from '../../src/platform/avatar/avatar.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys, type Keys } from '../../src/platform/crypto/crypto.ts';
import type { Database } from '../../src/platform/db/db.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_ACTIONS } from '../harness/no-actions.ts';
import { NO_DIRECTORIES } from '../harness/no-directories.ts';
import { checkAnswer } from '../harness/recorder.ts';

export const PUBLIC_URL = 'https://id.test';
export const AUDIENCE = `${PUBLIC_URL}/api/v2/`;
export const BOOTSTRAP = { id: 'bootstrap', secret: 'the-secret-of-the-first-client' };

type CallOptions = { token?: string | null; headers?: Record<string, string> };
export type TokenClaims = {
  scope?: string;
  issuer?: string;
  audience?: string;
  clientId?: string;
  /** The client itself when absent. */
  subject?: string;
  /** Seconds from now. */
  expiresIn?: number;
  /** Signs with a key that does not belong to the server. */
  forged?: boolean;
};

export type ManagementFixture = MountedApi & {
  /** Routes that the web framework serves under /api/v2, as `GET /api/v2/users`. */
  registered: string[];
  app: FastifyInstance;
  database: Database;
  keys: Keys;
  token(claims?: TokenClaims): Promise<string>;
  /** The key pair of this server, for tokens that no server would issue. */
  signing: Awaited<ReturnType<typeof generateKeyPair>> & { jwk: JWK };
  /** A call with every scope, to a path below /api/v2. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
};
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
export type Answer = { status: number; body: any; headers: LightMyRequestResponse['headers'] };

/** The management API on a fresh database, with a signing key of its own. */
export async function startManagementApi(): Promise<ManagementFixture> {
  const database = await freshDatabase();
  const keys = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
  const [own, other] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('RS256'),
  ]);
  const jwk: JWK = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256' };
  const app = fastify();
  const registered: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (!url.startsWith('/api/v2')) return;
    registered.push(...[method].flat().map((hTTPMethods) => `${hTTPMethods} ${url}`));
  });
  // No process starts before the first script.
  const scripts = createScriptRunner({ egress: createEgress({ allow: [] }) });
  closedAtEnd(() => scripts.close());
  // No server listens there. Tests of sending start a mail server.
  const mailer = createMailer({ url: 'smtp://127.0.0.1:1', concurrency: 1, timeout: 1000 });
  const mounted = await registerManagementApi(app, {
    db: database.db,
    keys,
    clock: { ...systemClock, now: () => new Date() },
    pictureOf: createPictures('own', PUBLIC_URL),
    publicUrl: PUBLIC_URL,
    production: false,
    sender: async () => ({ mailer, from: 'Example <no-reply@example.test>' }),
    publicKeys: async () => [jwk],
    enqueue: async () => {},
    audit: noAudit,
    ticketKey: keys.ticket,
    directories: NO_DIRECTORIES,
    actions: NO_ACTIONS,
    importLanes: 1,
    maxActiveImports: 1,
    userMetadataMaxBytes: 16_384,
    importMaxBytes: 1_000_000,
    scripts,
    // The DNS records of a domain's owner. Tests that need them start a name server.
    egress: createEgress({ allow: [] }),
    dns: { txt: async () => ({ kind: 'found', texts: [] }) },
  });
  await ensureDefaults(database.db, {
    keys,
    publicUrl: PUBLIC_URL,
    scopes: mounted.scopes,
    bootstrapClient: BOOTSTRAP,
    now: new Date(),
  });
  const everything = mounted.scopes.map((scope) => scope.value).join(' ');

  const token = (claims: TokenClaims = {}) => {
    const clientId = claims.clientId ?? BOOTSTRAP.id;
    return new SignJWT({
      scope: claims.scope ?? everything,
      azp: clientId,
      ...(claims.subject !== undefined && { login_epoch: 0 }),
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'own', typ: 'JWT' })
      .setIssuer(claims.issuer ?? `${PUBLIC_URL}/`)
      .setAudience(claims.audience ?? AUDIENCE)
      .setSubject(claims.subject ?? `${clientId}@clients`)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + (claims.expiresIn ?? 3600))
      .sign(claims.forged ? other.privateKey : own.privateKey);
  };
  const full = await token();

  return {
    ...mounted,
    registered,
    app,
    database,
    keys,
    token,
    signing: { ...own, jwk },
    async call(method, path, body, options = {}) {
      const bearer = options.token === undefined ? full : options.token;
      const response = await app.inject({
        method: method as 'GET',
        url: `/api/v2${path}`,
        headers: {
          ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body !== undefined && {
          payload: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      });
      checkAnswer({
        method,
        url: `/api/v2${path}`,
        status: response.statusCode,
        body: response.body,
      });
      return {
        status: response.statusCode,
        headers: response.headers,
        body: response.body === '' ? undefined : response.json(),
      };
    },
  };
}
