import { codeProblem } from '../../platform/script-syntax/script-syntax.ts';
import type { Dependency } from '../../records/actions/actions.ts';
import { packageProblem } from '../../steps/offer-packages/offer-packages.ts';

/** A property of a request that cannot be, and why. */
export type Refused = { kind: 'refused'; path: string; why: string };

/** Returns what a program cannot have, or `null`. */
export function programProblem(program: {
  code?: string | undefined;
  dependencies?: Dependency[] | undefined;
}): Refused | null {
  const syntax = program.code === undefined ? null : codeProblem(program.code, 'module');
  if (syntax !== null) return { kind: 'refused', path: 'code', why: syntax };
  const packages = packageProblem((program.dependencies ?? []).map(({ name }) => name));
  return packages === null ? null : { kind: 'refused', path: 'dependencies', why: packages };
}
