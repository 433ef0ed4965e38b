/**
 * Thrown inside this folder when the rest of a file cannot be read. `cutRows` turns it into `{ kind: 'broken' }`, so no outside caller has
 * to catch it.
 */
export class BrokenFile extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BrokenFile';
    this.code = code;
  }
}
