import { numberOf, objectAt } from './option-values.ts';

/** How long a code is and lives, in seconds, and what is written around it. */
export type CodeRules = {
  length: number;
  ttlSeconds: number;
  /** Whether who has no account gets one. */
  signUp: boolean;
  /** Of a text message, where the user store has its own wording, as Liquid. */
  text: string | null;
  /** Of a mail, where the user store has its own wording. */
  mail: { subject: string | null; body: string | null; from: string | null };
};

/** Whether people log in to this user store with codes that are sent to them. */
export function isPasswordless({ strategy }: { strategy: string }): boolean {
  return strategy === 'email' || strategy === 'sms';
}

const SHORTEST = 4;
const LONGEST = 12;

/**
 * How a user store of strategy `email` or `sms` sends its codes: `totp`, `disable_signup`, `template` (of text messages) and `email`
 * of its options.
 */
export function readCodeRules(options: Record<string, unknown>): CodeRules {
  const mail = objectAt(options, 'email');
  const totp = objectAt(options, 'totp');
  const length = Math.floor(numberOf(totp.length) ?? 6);
  const ttl = Math.floor(numberOf(totp.time_step) ?? 180);
  return {
    length: Math.min(LONGEST, Math.max(SHORTEST, length)),
    ttlSeconds: Math.min(3600, Math.max(60, ttl)),
    signUp: options.disable_signup !== true,
    text: textOf(options.template)?.replaceAll('@@password@@', '{{ code }}') ?? null,
    mail: { subject: textOf(mail.subject), body: textOf(mail.body), from: textOf(mail.from) },
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
