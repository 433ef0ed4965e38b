/** Packages that a program can require. */
const OFFERED = [
  'auth0',
  'axios',
  'bcrypt',
  'bcryptjs',
  'crypto',
  'jsonwebtoken',
  'lodash',
  'mongodb',
  'mysql',
  'pg',
  'request',
  'uuid',
];

/** Returns why a program cannot have packages of these names, or `null`. */
export function packageProblem(names: readonly string[]): string | null {
  const missing = names.filter((name) => !OFFERED.includes(name));
  if (missing.length === 0) return null;
  return `Usher does not have ${missing.join(', ')}. It has ${OFFERED.join(', ')}`;
}
