/** Why an outgoing call has no answer. */
export type EgressReason = 'forbidden' | 'unreachable' | 'slow' | 'large' | 'broken';

/** An outgoing call without an answer. The message names the host only: paths and queries can contain secrets. */
export class EgressError extends Error {
  readonly reason: EgressReason;

  constructor(reason: EgressReason, message: string) {
    super(message);
    this.name = 'EgressError';
    this.reason = reason;
  }
}
