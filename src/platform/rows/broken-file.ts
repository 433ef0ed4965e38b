/** Why the rest of a file cannot be read. */
export type BrokenFileCode =
  | 'EMPTY'
  | 'FILE_TOO_LARGE'
  | 'GZIP_BOMB'
  | 'INVALID_ENCODING'
  | 'INVALID_GZIP'
  | 'INVALID_HEADER'
  | 'INVALID_JSON'
  | 'NOT_AN_ARRAY'
  | 'TOP_LEVEL_OBJECT'
  | 'TRAILING_DATA'
  | 'TRUNCATED'
  | 'TRUNCATED_GZIP'
  | 'UNKNOWN_FORMAT'
  | 'UNSUPPORTED_ENCODING';

/**
 * Thrown inside this folder when the rest of a file cannot be read. `cutRows` turns it into `{ kind: 'broken' }`, so no outside caller has
 * to catch it.
 */
export class BrokenFile extends Error {
  readonly code: BrokenFileCode;

  constructor(code: BrokenFileCode, message: string) {
    super(message);
    this.name = 'BrokenFile';
    this.code = code;
  }
}
