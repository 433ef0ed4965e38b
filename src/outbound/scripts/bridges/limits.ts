/** Limits of an answer of a database. */
export const MAX_ROWS = 1000;
/** Bytes that a database may send on one connection. Only a part of it is kept. */
export const MAX_BYTES = 8 * 1024 * 1024;
/** Milliseconds for one connection to open. */
export const CONNECT_MS = 10_000;

/** The answer of a database has too many rows. */
export function tooManyRows(): Error {
  return Object.assign(
    new Error(`The answer has more than ${MAX_ROWS} rows. Select fewer, such as one user.`),
    { code: 'ANSWER_TOO_LARGE' },
  );
}
