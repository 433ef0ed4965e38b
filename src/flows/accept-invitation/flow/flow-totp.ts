import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from '../../../platform/crypto/crypto.ts';
import { toBase32, totpStep, totpUri } from '../../../platform/totp/totp.ts';
import { readTypedCode } from '../../../platform/typed-code/typed-code.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { RefusedCode } from './flow-phone.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';

const SECRET_BYTES = 20;
const MOST_TRIES = 10;

/**
 * Makes a new secret for an authenticator application. It counts after its first right code, when the flow completes. A phone that waits for
 * its code is given up: the person has chosen anew.
 */
export async function enterTotp(
  deps: FlowDeps,
  input: { secret: string },
): Promise<FlowStepped & { totp?: { secret: string; uri: string } }> {
  const { keys } = deps;
  const secret = toBase32(randomBytes(SECRET_BYTES));
  const sealed = encrypt(keys.encryption, secret).toString('base64');
  const stepped = await stepFlow<never>(deps, { ...input, action: 'totp' }, async ({ flow }) => {
    const { phone } = flow.state;
    return {
      kind: 'go-on',
      change: { totp: { sealed, tries: 0, step: null }, phone: phone && { ...phone, code: null } },
    };
  });
  if (stepped.kind !== 'ok') return stepped;
  const totp = await shownTotp(deps, stepped.at);
  return { ...stepped, ...(totp !== null && { totp }) };
}

/** Returns the secret that waits for its first code, for the browser that has the flow. `null`: none does. */
export async function shownTotp(
  { db, keys, publicUrl }: FlowDeps,
  { flow, view }: FlowAt,
): Promise<{ secret: string; uri: string } | null> {
  const { totp } = flow.state;
  if (totp === null || totp.step !== null) return null;
  const secret = decrypt(keys.encryption, Buffer.from(totp.sealed, 'base64'));
  const { friendlyName } = await tenantSettings(db);
  const issuer = friendlyName ?? new URL(publicUrl).hostname;
  return { secret, uri: totpUri({ secret, issuer, account: view.invitation.email }) };
}

/** Checks the first code of the authenticator application. Each try is counted with its outcome, by a change of which only one counts. */
export function proveTotp(
  deps: FlowDeps,
  input: { secret: string; code: string },
): Promise<FlowStepped<RefusedCode>> {
  return stepFlow<RefusedCode>(deps, { ...input, action: 'totp-code' }, async ({ flow }) => {
    const { totp } = flow.state;
    if (totp === null || totp.tries >= MOST_TRIES)
      return { kind: 'refused', why: { kind: 'over' } };
    const secret = decrypt(deps.keys.encryption, Buffer.from(totp.sealed, 'base64'));
    const code = readTypedCode(input.code);
    const step = await totpStep({ secret, code, now: deps.clock.now() });
    const tried = { ...totp, tries: totp.tries + 1, step };
    if (step !== null) return { kind: 'go-on', change: { totp: tried } };
    return { kind: 'refused', why: { kind: 'wrong' }, change: { totp: tried } };
  });
}
