import { computeDigest, digestBytes } from './digests.ts';
import { bareHash } from './encoding.ts';
import { type Family, refuse } from './imported-hash.ts';

/** A plain digest (md4, md5, sha1, sha256, sha512) of the password with an optional salt. */
export const digest: Family = (imported) => {
  const { algorithm } = imported;
  const length = digestBytes(algorithm);
  if (length === null) {
    return refuse('algorithm', 'ENUM_MISMATCH', `${algorithm} is not available here`);
  }
  const compute = (bytes: Buffer) => computeDigest(algorithm, bytes);
  return bareHash(imported, { by: algorithm, length, compute });
};
