import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import Provider from 'oidc-provider';
import { registerAuthentication } from '../src/http/authentication/authentication.ts';
import { createSharedPages } from '../src/http/hosted-pages/hosted-pages.ts';
import { createPictures } from '../src/platform/avatar/avatar.ts';
import { systemClock } from '../src/platform/clock/clock.ts';
import { deriveKeys, sha256 } from '../src/platform/crypto/crypto.ts';
import { openDatabase } from '../src/platform/db/db.ts';
import { createEgress } from '../src/platform/egress/egress.ts';
import { createHttpServer } from '../src/platform/http/http.ts';
import { createLog } from '../src/platform/log/log.ts';
import { insertGrant } from '../src/records/client-grants/client-grants.ts';
import { ensureClient } from '../src/records/clients/clients.ts';
import { noAudit } from '../src/records/logs/logs.ts';
import { insertResourceServer } from '../src/records/resource-servers/resource-servers.ts';
import { createDirectories } from '../src/steps/ask-directory/ask-directory.ts';
import { NO_ACTIONS } from '../test/harness/no-actions.ts';

// One of the two servers that client-credentials.ts compares, in its own process.

const CLIENT = { id: 'bench-client', secret: 'bench-secret-0123456789abcdef0123456789' };
const API = 'https://api.example.test';
const SCOPE = 'read:things write:things';

/** Starts the library alone: everything in memory, no lookups, Koa on a bare server. */
function bare(): Server {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider('http://localhost/', {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    routes: { token: '/oauth/token' },
    ttl: { ClientCredentials: 86_400 },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: API,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  return createServer(provider.callback());
}

async function usher(databaseUrl: string | undefined): Promise<Server> {
  const database = await openDatabase({ url: databaseUrl, dataDir: 'memory://' });
  await database.migrate();
  const { db } = database;
  const now = new Date();
  const log = createLog('silent');
  const keys = deriveKeys('a-secret-for-benchmarks-0123456789abcdef');
  await ensureClient(
    db,
    { keys },
    {
      ...CLIENT,
      name: 'Bench',
      now,
      settings: {
        callbacks: [],
        allowedLogoutUrls: [],
        allowedOrigins: [],
        webOrigins: [],
        grantTypes: ['client_credentials'],
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
      },
    },
  );
  await insertResourceServer(db, {
    id: sha256(API).toString('hex').slice(0, 24),
    identifier: API,
    name: 'Bench',
    scopes: SCOPE.split(' ').map((value) => ({ value })),
    settings: {},
    isSystem: false,
    createdAt: now,
    updatedAt: now,
  });
  await insertGrant(db, {
    id: 'cgr_bench',
    clientId: CLIENT.id,
    audience: API,
    scope: SCOPE.split(' '),
    settings: {},
    createdAt: now,
  });
  const app = await createHttpServer({ log, trustProxy: [], tls: undefined });
  await registerAuthentication(app, {
    actions: NO_ACTIONS,
    audit: noAudit,
    db,
    log,
    clock: systemClock,
    keys,
    enqueue: async () => {},
    directories: createDirectories({ clock: systemClock, open: () => null }),
    egress: createEgress({ allow: [] }),
    smsSender: async () => null,
    pictureOf: createPictures('own', 'http://localhost:3000'),
    publicUrl: 'http://localhost:3000',
    pages: createSharedPages(app, { db, log }),
  });
  await app.ready();
  return app.server;
}

const [kind, databaseUrl] = process.argv.slice(2);
const server = kind === 'bare' ? bare() : await usher(databaseUrl);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : null });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
process.on('disconnect', () => process.exit(0));
