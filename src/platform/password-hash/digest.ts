import { sameBytes } from '../crypto/crypto.ts';
import { computeDigest, digestBytes } from './digests.ts';
import { bareHash } from './encoding.ts';
import { CHEAP, type Family, refuse } from './imported-hash.ts';

/** A plain digest (md4, md5, sha1, sha256, sha512) of the password with an optional salt. */
export const digest: Family = (imported) => {
  const { algorithm } = imported;
  const length = digestBytes(algorithm);
  if (length === null) {
    return refuse('algorithm', 'ENUM_MISMATCH', `${algorithm} is not available here`);
  }
  const bare = bareHash(imported, algorithm, length);
  if (bare.kind === 'refused') return bare;
  const { expected, bytes } = bare.value;
  return {
    kind: 'parsed',
    value: {
      ...CHEAP,
      verify: async (password) =>
        sameBytes(await computeDigest(algorithm, bytes(password)), expected),
    },
  };
};
