import { withoutSecrets } from '../../../platform/log/log.ts';

const SECRET =
  /passw|passphrase|secret|token|credential|private|hash|salt|otp|passcode|ticket|assertion|authorization|cookie|api_?key|access_?key|account_?sid|recovery|barcode|configuration|custom_?scripts|^(?:link|url|code|key|pem|cert|pkcs7|x5c|k|d|p|q|invitation_url|smtp_pass|body|script)$/i;
const HARMLESS = /^token_(?:endpoint_auth|dialect|lifetime|quota)/;
const CENSORED = '***';
const MOST_ENTRIES = 50;
const DEEPEST = 6;
const LONGEST_TEXT = 300;

/**
 * A request or response as the tenant log can keep it. Values under names that mean secrets are censored with everything
 * below them. Links lose the part that opens them. The size stays small.
 * @param options.all whether every text is censored, whatever its name
 */
export function maskSecrets(value: unknown, { all = false } = {}): unknown {
  return masked(value, 0, all);
}

function masked(value: unknown, depth: number, isSecret: boolean): unknown {
  if (typeof value === 'string') {
    if (isSecret) return CENSORED;
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : withoutSecrets(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (depth === DEEPEST) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, MOST_ENTRIES).map((each) => masked(each, depth + 1, isSecret));
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_ENTRIES)
      .map(([name, one]) => [name, masked(one, depth + 1, isSecret || isSecretName(name))]),
  );
}

function isSecretName(name: string): boolean {
  return SECRET.test(name) && !HARMLESS.test(name);
}
