import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { transaction } from '../../platform/db/db.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type {
  AuthenticationMethod,
  VerifiedPasskey,
  WebAuthnKind,
} from '../../records/authentication-methods/authentication-methods.ts';
import { storePasskey } from '../../records/authentication-methods/authentication-methods.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { NewMessage } from '../../records/messages/messages.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import type { User } from '../../records/users/users.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { noteEnrollment } from '../../steps/note-enrollment/note-enrollment.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import {
  beginRegistration,
  finishRegistration,
  type PasskeyDeps,
} from '../../steps/verify-passkey/verify-passkey.ts';

export { beginPasskeyOffer, endPasskeyOffer, passkeyOffer } from './offer-passkey.ts';

export type RegisterPasskeyDeps = PasskeyDeps & { audit: Audit; enqueue: Enqueue };

/** The browser and the login, or the link, that register a credential, and what kind of one. */
type Registering = { kind: WebAuthnKind; boundTo: string };

/**
 * Begins to register a passkey or a security key.
 * @param input.user `null`: the account does not exist yet
 * @param input.name what authenticators show, such as an email address
 */
export async function beginPasskey(
  deps: PasskeyDeps,
  input: Registering & { user: Pick<User, 'id' | 'name'> | null; name: string; ip: string },
): Promise<
  | { kind: 'begun'; options: PublicKeyCredentialCreationOptionsJSON }
  | { kind: 'unavailable' }
  | { kind: 'throttled'; retryAfterSeconds: number }
> {
  const { db, clock, publicUrl } = deps;
  const { user, name, ip, ...registering } = input;
  const trace = { kind: 'PasskeyChallenge', ip, now: clock.now() };
  const retryAfterSeconds = await countTrace(db, trace);
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  const { friendlyName } = await tenantSettings(db);
  return beginRegistration(deps, {
    ...registering,
    serverName: friendlyName ?? new URL(publicUrl).hostname,
    user: { id: user?.id ?? null, name, displayName: user?.name ?? name },
  });
}

/**
 * Verifies the passkey of an account that does not exist yet. Stores nothing.
 * @param input.answer the credential as JSON
 * @param input.pageOrigin the origin of the application's page that has asked. Absent: one of our pages
 * @returns `null` if the passkey is refused
 */
export async function verifyNewPasskey(
  deps: PasskeyDeps,
  input: Registering & { answer: string; pageOrigin?: string },
): Promise<VerifiedPasskey | null> {
  const verified = await finishRegistration(deps, input);
  return verified.kind === 'verified' && verified.userId === null ? verified.passkey : null;
}

/**
 * Verifies a passkey or a security key and gives it to a user. The caller has made sure that the user has just shown every factor that the
 * user has: a credential must not be stronger than the login that adds it.
 * @param input.answer the credential as JSON
 */
export async function addOwnPasskey(
  deps: RegisterPasskeyDeps,
  input: Registering & { answer: string; user: User; clientId: string | null; ip: string },
): Promise<{ kind: 'added'; method: AuthenticationMethod } | { kind: 'refused' }> {
  const { db, clock, audit, enqueue } = deps;
  const { user, clientId, ip, ...registering } = input;
  const event = { userId: user.id, userName: user.email, clientId, ip };
  const verified = await finishRegistration(deps, registering);
  const isTheirs = verified.kind === 'verified' && verified.userId === user.id;
  const stored = isTheirs
    ? await transaction(db, async (tx) => {
        const at = clock.now();
        const outcome = await storePasskey(tx, {
          userId: user.id,
          passkey: verified.passkey,
          at,
        });
        const mails =
          outcome.kind === 'stored' ? addedMail(registering.kind, { user, clientId }) : [];
        if (mails.length > 0) await queueMail(tx, enqueue, mails, at);
        return outcome;
      })
    : null;
  const details = { factor: registering.kind };
  if (stored?.kind !== 'stored') {
    const description = `The credential is refused: ${stored?.kind ?? verified.kind}`;
    audit.record({ ...event, type: 'gd_enrollment_failed', description, details });
    return { kind: 'refused' };
  }
  // A security key is a factor. The flow that completes its enrollment notes it.
  if (registering.kind === 'passkey') {
    noteEnrollment(deps, { user, factor: 'passkey', clientId, ip });
  }
  return { kind: 'added', method: stored.method };
}

/** Returns the mail that tells the owner of a verified address of a new way to log in. A security key alone is none. */
function addedMail(
  kind: WebAuthnKind,
  { user, clientId }: { user: User; clientId: string | null },
): NewMessage[] {
  const { id: userId, email, emailVerified } = user;
  if (kind !== 'passkey' || email === null || !emailVerified) return [];
  return [{ template: 'passkey_added', recipient: email, userId, data: { clientId } }];
}
