import { readEmail, readPhone } from './validate-contact.ts';
import type { Problems } from './validate-problems.ts';
import {
  missing,
  readObject,
  readText,
  refuseOtherKeys,
  report,
  wrongType,
} from './validate-problems.ts';

export type ImportedMfaFactor =
  | { totp: { secret: string } }
  | { phone: { value: string } }
  | { email: { value: string } };

const MAX_FACTORS = 10;
const KINDS = new Set(['totp', 'phone', 'email']);
const SECRET_ONLY = new Set(['secret']);
const VALUE_ONLY = new Set(['value']);

/** Reads `mfa_factors`: one to ten objects, each with exactly one of totp, phone and email. */
export function readMfaFactors(
  value: unknown,
  path: string,
  problems: Problems,
): ImportedMfaFactor[] | undefined {
  if (!Array.isArray(value)) return wrongType(problems, path, 'array', value);
  if (value.length === 0) {
    return report(
      problems,
      'ARRAY_LENGTH_SHORT',
      path,
      'Array is too short (0), minimum 1: leave mfa_factors out if there are none.',
    );
  }
  if (value.length > MAX_FACTORS) {
    return report(
      problems,
      'ARRAY_LENGTH_LONG',
      path,
      `Array is too long (${value.length}), maximum ${MAX_FACTORS}: keep the factors still in use.`,
    );
  }
  return value.flatMap((item, i) => readFactor(item, `${path}[${i}]`, problems) ?? []);
}

function readFactor(
  value: unknown,
  path: string,
  problems: Problems,
): ImportedMfaFactor | undefined {
  const factor = readObject(value, path, problems);
  if (!factor) return undefined;
  refuseOtherKeys(factor, KINDS, path, problems);
  const kinds = Object.keys(factor).filter((key) => KINDS.has(key));
  if (kinds.length !== 1) {
    return report(
      problems,
      'NOT_PASSED',
      path,
      'A factor needs exactly one of totp, phone and email: use one object for each.',
    );
  }
  const [kind = ''] = kinds;
  const inner = `${path}.${kind}`;
  const body = readObject(factor[kind], inner, problems);
  if (!body) return undefined;
  const name = kind === 'totp' ? 'secret' : 'value';
  refuseOtherKeys(body, kind === 'totp' ? SECRET_ONLY : VALUE_ONLY, inner, problems);
  if (!Object.hasOwn(body, name)) return missing(problems, inner, name, '');
  const at = `${inner}.${name}`;
  if (kind === 'email') {
    const email = readEmail(body[name], at, problems);
    return email === undefined ? undefined : { email: { value: email } };
  }
  if (kind === 'phone') {
    const number = readPhone(body[name], at, problems);
    return number === undefined ? undefined : { phone: { value: number } };
  }
  const text = readText(body[name], at, { min: 1, max: 1024 }, problems);
  if (text === undefined) return undefined;
  if (/^[A-Z2-7]+$/.test(text)) return { totp: { secret: text } };
  return report(
    problems,
    'PATTERN',
    at,
    'String does not match pattern ^[A-Z2-7]+$: write the secret in Base32, upper case, without padding.',
  );
}
