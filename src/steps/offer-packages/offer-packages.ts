import { hasModule, moduleNames } from '../../outbound/scripts/scripts.ts';

/** Returns why a program cannot have packages of these names, or `null`. */
export function packageProblem(names: readonly string[]): string | null {
  const missing = names.filter((name) => !hasModule(name));
  if (missing.length === 0) return null;
  return `Usher does not have ${missing.join(', ')}. It has ${moduleNames().join(', ')}`;
}
