import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** Keys derived from the operator's one secret, each for one purpose (RFC 5869). */
export type Keys = {
  ticket: Buffer;
  cookie: Buffer;
  encryption: Buffer;
  csrf: Buffer;
  mailbox: Buffer;
};

/**
 * Derives the keys.
 * @param secret USHER_SECRET, at least 32 characters
 */
export function deriveKeys(secret: string): Keys {
  const key = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `usher ${purpose}`, 32));
  return {
    ticket: key('ticket'),
    cookie: key('cookie'),
    encryption: key('encryption'),
    csrf: key('csrf'),
    mailbox: key('mailbox'),
  };
}

export function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

export function hmacSha256(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Compares in a time that depends only on the lengths. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Returns the secret of a one-time link: 32 letters and digits (190 bits). It is derived from the id, so a mail can be repeated although
 * the secret is never stored. A higher generation gives another link.
 */
export function linkSecret(ticketKey: Buffer, id: string, generation: number): string {
  const mac = hmacSha256(ticketKey, `${id}:${generation}`);
  let rest = BigInt(`0x${mac.toString('hex')}`);
  let out = '';
  for (let i = 0; i < 32; i++) {
    out += ALNUM[Number(rest % 62n)];
    rest /= 62n;
  }
  return out;
}

/** Encrypts with AES-256-GCM. The result is iv ‖ tag ‖ ciphertext. */
export function encrypt(key: Buffer, plain: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Reverses {@link encrypt}. @throws if the key differs or a byte was changed */
export function decrypt(key: Buffer, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
}
