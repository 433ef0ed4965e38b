/**
 * Thrown inside this folder when nothing more can be read from a file; `cutRows` turns it into
 * `{ kind: 'broken' }`, so that nobody outside has to catch it.
 */
export class BrokenFile extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BrokenFile';
    this.code = code;
  }
}
