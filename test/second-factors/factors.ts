import { generateSync } from 'otplib';
import type { Db } from '../../src/platform/db/db.ts';
import { toBase32 } from '../../src/platform/totp/totp.ts';
import {
  insertMethod,
  type NewMethod,
} from '../../src/records/authentication-methods/authentication-methods.ts';
import {
  type FactorName,
  type Policy,
  setFactorEnabled,
  setPolicies,
} from '../../src/records/factor-settings/factor-settings.ts';

/** A secret that applications accept. */
export const SECRET = toBase32(Buffer.from('a secret of 20 bytes'));

/** Returns the code that an authenticator application shows at that moment. */
export function otpAt(secret: string, now: Date): string {
  return generateSync({ secret, epoch: Math.floor(now.getTime() / 1000) });
}

/** Returns a code that is invalid at that moment. */
export function wrongOtp(secret: string, now: Date): string {
  const good = [-30, 0, 30].map((s) => otpAt(secret, new Date(now.getTime() + s * 1000)));
  return (
    ['000000', '000001', '000002', '000003'].find((candidate) => !good.includes(candidate)) ?? ''
  );
}

/** Switches these factors on and all others off. */
export async function configure(
  db: Db,
  { factors, policies = ['all-applications'] }: { factors: FactorName[]; policies?: Policy[] },
): Promise<void> {
  const now = new Date();
  for (const name of [
    'otp',
    'sms',
    'email',
    'webauthn-roaming',
    'webauthn-platform',
    'recovery-code',
  ] as const) {
    await setFactorEnabled(db, { name, enabled: factors.includes(name), now });
  }
  await setPolicies(db, policies, now);
}

export async function aMethod(
  { db, key, now }: { db: Db; key: Buffer; now: Date },
  method: Partial<NewMethod> & Pick<NewMethod, 'userId' | 'kind'>,
): Promise<string> {
  const inserted = await insertMethod(db, { confirmed: true, ...method }, { key, now });
  if (inserted.kind !== 'inserted') throw new Error(`The method was not added: ${inserted.kind}.`);
  return inserted.method.id;
}
