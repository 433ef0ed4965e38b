import { hash, verify } from '@node-rs/bcrypt';
import { bcryptMs } from './cost.ts';
import { hashText, saltedBytes } from './encoding.ts';
import { CHEAP, type Family, outOfBounds, refuse } from './imported-hash.ts';

const MIN_COST = 4;
const MAX_COST = 31;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * bcrypt. Its limit of 72 bytes applies to salt and password together. The library truncates there, as every bcrypt does, so a longer
 * password still matches its hash.
 */
export const bcrypt: Family = (imported) => {
  const text = hashText(imported);
  if (text.kind === 'refused') return text;
  const bytes = saltedBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  const cost = BCRYPT.exec(text.value)?.[1];
  if (cost === undefined) {
    return refuse(
      'hash.value',
      'PATTERN',
      'hash.value must be a bcrypt hash of 60 characters that starts with $2a$, $2b$ or $2y$',
    );
  }
  return (
    outOfBounds('hash.value', 'bcrypt cost', Number(cost), MIN_COST, MAX_COST) ?? {
      kind: 'parsed',
      value: {
        ...CHEAP,
        costMs: bcryptMs(Number(cost)),
        verify: (password) => verify(bytes.value(password), text.value),
      },
    }
  );
};

/** Returns a hash that starts with `$2b$`. */
export function hashWithBcrypt(password: string, cost: number): Promise<string> {
  return hash(password, cost);
}
