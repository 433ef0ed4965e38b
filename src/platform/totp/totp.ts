import { createGuardrails, verify } from 'otplib';
import { epochSeconds } from '../clock/clock.ts';

// Imported secrets may be shorter than the 16 bytes that RFC 4226 requires.
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1 });
const PERIOD_SECONDS = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Returns the time step of a code (RFC 6238): the current, previous or next one, because clocks differ. Returns `null` for any other code.
 * @param input.secret Base32; bits after the last whole byte are ignored, as authenticator apps do
 */
export async function totpStep(input: {
  secret: string;
  code: string;
  now: Date;
}): Promise<number | null> {
  const secret = fromBase32(input.secret);
  if (!/^\d{6}$/.test(input.code) || secret === null) return null;
  const result = await verify({
    secret,
    token: input.code,
    epoch: epochSeconds(input.now),
    period: PERIOD_SECONDS,
    epochTolerance: PERIOD_SECONDS,
    guardrails,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}

/** Encodes bytes as Base32 without padding (RFC 4648). */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

/** Returns `null` for text that is not Base32 or has less than a byte. */
export function fromBase32(text: string): Uint8Array | null {
  const plain = text.replace(/[\s=-]/g, '').toUpperCase();
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const sign of plain) {
    const value = ALPHABET.indexOf(sign);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
    held &= (1 << bits) - 1;
  }
  return bytes.length === 0 ? null : Uint8Array.from(bytes);
}

/** Returns the URI in the QR code that an authenticator app reads (Key Uri Format). */
export function totpUri(input: { secret: string; issuer: string; account: string }): string {
  const issuer = encodeURIComponent(input.issuer);
  const account = encodeURIComponent(input.account);
  return `otpauth://totp/${issuer}:${account}?secret=${input.secret}&issuer=${issuer}&algorithm=SHA1&digits=6&period=${PERIOD_SECONDS}`;
}
