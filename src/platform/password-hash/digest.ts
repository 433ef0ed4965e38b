import { sameBytes } from '../crypto/crypto.ts';
import { computeDigest, digestBytes } from './digests.ts';
import { hashBytes, saltedBytes } from './encoding.ts';
import { CHEAP, type Family, refuse } from './imported-hash.ts';

/** A plain digest (md4, md5, sha1, sha256, sha512) of the password with an optional salt. */
export const digest: Family = (imported) => {
  const { algorithm } = imported;
  const length = digestBytes(algorithm);
  if (length === null) {
    return refuse('algorithm', 'ENUM_MISMATCH', `${algorithm} is not available here`);
  }
  const expected = hashBytes(imported);
  if (expected.kind === 'refused') return expected;
  const bytes = saltedBytes(imported);
  if (bytes.kind === 'refused') return bytes;
  if (expected.value.length !== length) {
    return refuse(
      'hash.value',
      'FORMAT',
      `hash.value has ${expected.value.length} bytes, ${algorithm} gives ${length}`,
    );
  }
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: async (password) =>
        sameBytes(await computeDigest(algorithm, bytes.value(password)), expected.value),
    },
  };
};
