/**
 * A request that can't be carried out as asked. The code is stable and programmatic, the message is for people,
 * `details` travels to the door that knows how to show it. Doors map codes to statuses.
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
