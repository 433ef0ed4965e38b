import type { FieldProblem } from '../../platform/profile-schema/profile-schema.ts';
import type { RefusedPassword } from '../../steps/choose-password/choose-password.ts';
import type { FlowProblemCode } from './problem-codes.ts';

/** What a problem has besides its code. */
type ProblemDetails = {
  fields?: FieldProblem[];
  password?: RefusedPassword['kind'];
  retryAfterSeconds?: number;
  /** The state of the flow, as in other answers. */
  state?: Record<string, unknown>;
};

/** A request that cannot be carried out, with its status and code. */
export class FlowProblem extends Error {
  readonly status: number;
  readonly code: FlowProblemCode;
  readonly details: ProblemDetails;

  constructor(status: number, code: FlowProblemCode, details: ProblemDetails = {}) {
    super(code);
    this.name = 'FlowProblem';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
