/**
 * A request that cannot be carried out. The code is stable and for programs, the message is for people. `details` is for the HTTP surface
 * that can show it. The surfaces map codes to statuses.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}
