import { randomBytes } from 'node:crypto';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ123456789';

/** Returns 24 capital letters and digits (121 bits) without look-alikes. */
export function newRecoveryCode(): string {
  let code = '';
  while (code.length < 24) {
    for (const byte of randomBytes(32)) {
      // 231 is the largest multiple of 33 in a byte. Larger values would favor some letters.
      if (byte < 231 && code.length < 24) code += LETTERS[byte % LETTERS.length];
    }
  }
  return code;
}
