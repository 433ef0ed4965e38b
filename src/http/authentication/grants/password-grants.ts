import type { TokenEndpointGrantContext } from 'oidc-provider';
import { type LogInOutcome, logIn } from '../../../flows/log-in/log-in.ts';
import { askForFirstPassword } from '../../../flows/reset-password/reset-password.ts';
import type { Client } from '../../../records/clients/clients.ts';
import {
  type Connection,
  connectionOfRealm,
  databasesOfClient,
} from '../../../records/connections/connections.ts';
import { finishGrant } from './finish-grant.ts';
import type { GrantDeps } from './grant-deps.ts';
import { addressOf } from './token-address.ts';
import { tokenError } from './token-error.ts';
import { requiredField } from './token-params.ts';

export const PASSWORD = 'password';
export const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm';

const PARAMS = ['username', 'password', 'scope', 'audience'];

/** Registers the grants with username and password: `password` (RFC 6749, 4.3), and the one that names the connection. */
export function registerPasswordGrants(deps: GrantDeps): void {
  const { provider } = deps;
  provider.registerGrantType(PASSWORD, (ctx) => exchange(deps, ctx, 'default'), PARAMS);
  provider.registerGrantType(PASSWORD_REALM, (ctx) => exchange(deps, ctx, 'realm'), [
    ...PARAMS,
    'realm',
  ]);
}

async function exchange(
  deps: GrantDeps,
  ctx: TokenEndpointGrantContext,
  by: 'default' | 'realm',
): Promise<void> {
  const client = deps.clients.recordOf(ctx.oidc.client);
  const username = requiredField(ctx, 'username');
  const password = requiredField(ctx, 'password');
  const connection =
    by === 'realm'
      ? await connectionNamed(deps, client, requiredField(ctx, 'realm'))
      : await defaultConnection(deps, client);
  const account = {
    connection,
    identifier: username,
    ip: addressOf(ctx, client),
    clientId: client.id,
  };
  const outcome = await logIn(deps, { ...account, password });
  if (outcome.kind === 'wrong') await askForFirstPassword(deps, account);
  if (outcome.kind !== 'ok') throw whyNot(outcome);
  await finishGrant(deps, ctx, { user: outcome.user, client, gty: PASSWORD, amr: ['pwd'] });
}

async function connectionNamed(
  { db }: GrantDeps,
  client: Client,
  name: string,
): Promise<Connection> {
  const found = connectionOfRealm(await databasesOf(db, client), name);
  if (found !== undefined) return found;
  throw tokenError({
    status: 400,
    body: { error: 'invalid_request', error_description: `unknown or disabled realm: ${name}` },
  });
}

/** Returns the tenant's default directory, or otherwise the client's only connection. */
async function defaultConnection({ db, catalog }: GrantDeps, client: Client): Promise<Connection> {
  const defaultDirectory = (await catalog.tenant(''))?.defaultDirectory ?? null;
  const usable = await databasesOf(db, client);
  const found =
    defaultDirectory === null
      ? usable.length === 1
        ? usable[0]
        : undefined
      : usable.find((connection) => connection.name === defaultDirectory);
  if (found !== undefined) return found;
  throw tokenError({
    status: 500,
    body: {
      error: 'server_error',
      error_description: 'Authorization server not configured with default connection.',
    },
  });
}

async function databasesOf(db: GrantDeps['db'], client: Client): Promise<Connection[]> {
  const enabled = await databasesOfClient(db, client.id);
  return enabled.filter(({ strategy }) => strategy === 'auth0');
}

function whyNot(outcome: Exclude<LogInOutcome, { kind: 'ok' }>): Error {
  switch (outcome.kind) {
    case 'wrong':
      return tokenError({
        status: 403,
        body: { error: 'invalid_grant', error_description: 'Wrong email or password.' },
      });
    case 'blocked':
      return tokenError({
        status: 403,
        body: { error: 'unauthorized', error_description: 'user is blocked' },
      });
    case 'leaked':
      return tokenError({
        status: 403,
        body: {
          error: 'password_leaked',
          error_description:
            'This login has been blocked because your password is known to be common. Choose another one.',
        },
      });
    case 'busy':
      return tokenError({
        status: 503,
        body: {
          error: 'temporarily_unavailable',
          error_description: 'Too many passwords are being verified. Try again in a moment.',
        },
        headers: { 'retry-after': String(outcome.retryAfterSeconds) },
      });
    case 'denied':
      return tokenError({
        status: 403,
        body: { error: 'unauthorized', error_description: outcome.message },
      });
    case 'unavailable':
      return tokenError({
        status: 503,
        body: {
          error: 'temporarily_unavailable',
          error_description: 'The former user directory does not answer. Try again in a moment.',
        },
        headers: { 'retry-after': String(outcome.retryAfterSeconds) },
      });
    case 'not-moved':
      return tokenError({
        status: 500,
        body: {
          error: 'server_error',
          error_description:
            'The account cannot be taken over from the former user directory. The tenant log says why.',
        },
      });
    case 'throttled':
      return tokenError({
        status: 429,
        body: {
          error: 'too_many_attempts',
          error_description:
            'Your account has been blocked after multiple consecutive login attempts.',
        },
        headers: { 'retry-after': String(outcome.retryAfterSeconds) },
      });
  }
}
