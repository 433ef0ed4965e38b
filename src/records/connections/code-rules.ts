import { numberOf, objectAt } from './option-values.ts';

/** Length and lifetime (in seconds) of codes, and the texts around them. */
export type CodeRules = {
  length: number;
  ttlSeconds: number;
  /** Liquid text of a text message, if the connection has its own. */
  text: string | null;
  /** Texts of a mail, if the connection has its own. */
  mail: { subject: string | null; body: string | null; from: string | null };
};

/** Returns the connection that mails codes: the first of strategy `email`, or `null`. */
export function codeConnectionOf<Of extends { strategy: string }>(connections: Of[]): Of | null {
  return connections.find(({ strategy }) => strategy === 'email') ?? null;
}

/** Returns whether users of this connection log in with one-time codes. */
export function isPasswordless({ strategy }: { strategy: string }): boolean {
  return strategy === 'email' || strategy === 'sms';
}

const SHORTEST = 4;
const LONGEST = 12;

/**
 * Returns how a connection of strategy `email` or `sms` sends its codes: `totp`, `template` (of text messages) and `email` of
 * its options.
 */
export function readCodeRules(options: Record<string, unknown>): CodeRules {
  const mail = objectAt(options, 'email');
  const totp = objectAt(options, 'totp');
  const length = Math.floor(numberOf(totp.length) ?? 6);
  const ttl = Math.floor(numberOf(totp.time_step) ?? 180);
  return {
    length: Math.min(LONGEST, Math.max(SHORTEST, length)),
    ttlSeconds: Math.min(3600, Math.max(60, ttl)),
    text: textOf(options.template)?.replaceAll('@@password@@', '{{ code }}') ?? null,
    mail: { subject: textOf(mail.subject), body: textOf(mail.body), from: textOf(mail.from) },
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
