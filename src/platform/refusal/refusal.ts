import type { RefusalCode } from './refusal-codes.ts';

export { REFUSAL_CODES, type RefusalCode } from './refusal-codes.ts';

/** A request that cannot be carried out. The code is stable and for programs, the message is for people. HTTP maps codes to statuses. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}
