import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { SecurityKey } from '../../records/authentication-methods/authentication-methods.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { User } from '../../records/users/users.ts';
import {
  beginAuthentication,
  finishAuthentication,
  type PasskeyDeps,
} from '../../steps/verify-passkey/verify-passkey.ts';

/** The kind of the credential, and the login in a browser that asks for it. */
type Asked = { kind: SecurityKey; boundTo: string; user: User };

/** Asks for one of a user's security keys, or for the user's own device. */
export async function askForKey(
  deps: PasskeyDeps,
  { user, ...asked }: Asked,
): Promise<
  { kind: 'begun'; options: PublicKeyCredentialRequestOptionsJSON } | { kind: 'unavailable' }
> {
  return beginAuthentication(deps, { ...asked, userId: user.id });
}

/**
 * Verifies the proof with a security key. Nobody can guess one, so attempts are not counted.
 * @param input.answer the credential as JSON
 */
export async function proveWithKey(
  deps: PasskeyDeps & { audit: Audit },
  input: Asked & { answer: string; clientId: string | null; ip: string },
): Promise<{ kind: 'ok'; amr: 'hwk'; methodId: string } | { kind: 'wrong' }> {
  const { user, clientId, ip, ...asked } = input;
  const event = { userId: user.id, userName: user.email, clientId, ip };
  const details = { factor: asked.kind };
  const proved = await finishAuthentication(deps, asked);
  if (proved.kind !== 'proved' || proved.method.userId !== user.id) {
    const description =
      proved.kind === 'copied' ? 'The counter has gone back. A copy of the key may exist.' : null;
    deps.audit.record({
      ...event,
      type: 'gd_auth_failed',
      ...(description !== null && { description }),
      details,
    });
    return { kind: 'wrong' };
  }
  deps.audit.record({ ...event, type: 'gd_auth_succeed', details });
  return { kind: 'ok', amr: 'hwk', methodId: proved.method.id };
}
