import type { FieldProblem } from '../../../platform/profile-schema/profile-schema.ts';
import type { RefusedPassword } from '../../../steps/choose-password/choose-password.ts';
import type { FlowProblemCode } from '../problem-codes.ts';

/** The texts of one language that a person reads. */
export type ProblemTexts = {
  problems: Record<FlowProblemCode, string>;
  fields: Record<FieldProblem['why'], string>;
  passwords: Record<RefusedPassword['kind'], string>;
};
