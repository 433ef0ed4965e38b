import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from '../../../platform/crypto/crypto.ts';
import { toBase32, totpStep, totpUri } from '../../../platform/totp/totp.ts';
import { readTypedCode } from '../../../platform/typed-code/typed-code.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { RefusedCode } from './flow-phone.ts';
import type { FlowDeps } from './flow-view.ts';

const SECRET_BYTES = 20;
const MOST_TRIES = 10;

/** Makes a new secret for an authenticator application. It counts after its first right code, when the flow completes. */
export async function enterTotp(
  deps: FlowDeps,
  input: { secret: string },
): Promise<FlowStepped & { totp?: { secret: string; uri: string } }> {
  const { db, keys, publicUrl } = deps;
  const secret = toBase32(randomBytes(SECRET_BYTES));
  const sealed = encrypt(keys.encryption, secret).toString('base64');
  const stepped = await stepFlow<never>(deps, { ...input, action: 'totp' }, async () => ({
    kind: 'go-on',
    change: { totp: { sealed, tries: 0, step: null } },
  }));
  if (stepped.kind !== 'ok') return stepped;
  const { friendlyName } = await tenantSettings(db);
  const issuer = friendlyName ?? new URL(publicUrl).hostname;
  const account = stepped.at.view.invitation.email;
  return { ...stepped, totp: { secret, uri: totpUri({ secret, issuer, account }) } };
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
