import type { TokenEndpointGrantContext } from 'oidc-provider';
import { logInWithCode, recipientOf } from '../../../flows/passwordless/passwordless.ts';
import {
  connectionOfRealm,
  connectionsOfClient,
  isPasswordless,
} from '../../../records/connections/connections.ts';
import type { AuthenticationErrorCode } from '../../seams/seams.ts';
import { finishGrant } from './finish-grant.ts';
import type { GrantDeps } from './grant-deps.ts';
import { addressOf } from './token-address.ts';
import { tokenError } from './token-error.ts';
import { requiredField } from './token-params.ts';

export const PASSWORDLESS_OTP = 'http://auth0.com/oauth/grant-type/passwordless/otp';

/** Registers the grant with a one-time code. */
export function registerPasswordlessGrant(deps: GrantDeps): void {
  deps.provider.registerGrantType(PASSWORDLESS_OTP, (ctx) => exchange(deps, ctx), [
    'username',
    'otp',
    'realm',
    'scope',
    'audience',
  ]);
}

async function exchange(deps: GrantDeps, ctx: TokenEndpointGrantContext): Promise<void> {
  const client = deps.clients.recordOf(ctx.oidc.client);
  const username = requiredField(ctx, 'username');
  const digits = requiredField(ctx, 'otp');
  const realm = requiredField(ctx, 'realm');
  const enabled = await connectionsOfClient(deps.db, client.id);
  const connection = connectionOfRealm(enabled.filter(isPasswordless), realm);
  if (connection === undefined) {
    throw answer(400, 'invalid_request', `unknown or disabled realm: ${realm}`);
  }
  const wrong =
    connection.strategy === 'email'
      ? 'Wrong email or verification code.'
      : 'Wrong phone number or verification code.';
  const recipient = recipientOf(connection, username);
  if (recipient === null) throw answer(403, 'invalid_grant', wrong);
  const outcome = await logInWithCode(deps, {
    connection,
    recipient,
    digits,
    clientId: client.id,
    organizationId: null,
    ip: addressOf(ctx, client),
  });
  switch (outcome.kind) {
    case 'wrong':
      throw answer(403, 'invalid_grant', wrong);
    case 'blocked':
      throw answer(403, 'unauthorized', 'user is blocked');
    case 'throttled':
      throw answer(429, 'too_many_attempts', 'Too many wrong codes. Try again later.', {
        'retry-after': String(outcome.retryAfterSeconds),
      });
    case 'ok': {
      const login = { user: outcome.user, client, gty: PASSWORDLESS_OTP, amr: ['otp'] };
      await finishGrant(deps, ctx, login);
    }
  }
}

function answer(
  status: number,
  error: AuthenticationErrorCode,
  description: string,
  headers: Record<string, string> = {},
): Error {
  return tokenError({ status, body: { error, error_description: description }, headers });
}
