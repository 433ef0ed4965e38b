import type { SmtpFailure } from './smtp-pool.ts';

const ABOUT_A_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

// Enhanced codes about the sender or the account (RFC 3463, RFC 7372; 5.7.26 to 30: Gmail; 5.7.60, 5.7.64, 5.7.5xx to 7xx: Exchange).
const OUR_CODES = /\b5\.(?:1\.[78]|7\.(?:[89]|2[0-9]|30|57|6[04]|5\d\d|7[05]\d))\b/;
// Codes about the recipient: no such mailbox, moved, disabled, full (RFC 3463, 3.2 and 3.3).
const THEIR_CODES = /\b5\.(?:1\.(?:[1-46]|10)|2\.[0-4])\b/;
// The same reasons without a code: a sender that this account may not use, a relay that is denied, an address with a bad reputation.
const OUR_WORDS = [
  /send ?as ?denied/i,
  /sender (?:e?-?mail )?address (?:rejected|not)/i,
  /sender\b.*\bnot (?:owned|verified|allowed|authori[sz]ed|permitted)/i,
  /not (?:allowed|authori[sz]ed|permitted) to (?:send|relay)/i,
  /not owned by user/i,
  /relay(?:ing)?(?: access)? (?:is )?(?:denied|not (?:allowed|permitted))|(?:unable|refused) to relay/i,
  /client host\b.*\b(?:blocked|rejected)|\bblocked using\b/i,
  /authentication (?:is )?required|must (?:authenticate|issue a starttls)|not authenticated/i,
  /(?:sending|account|daily|hourly) (?:limit|quota)|(?:account|domain) (?:is )?(?:suspended|disabled|not verified)/i,
  /(?:e-?mail address|domain) is not verified/i,
];

/**
 * Returns whether a failure concerns the sender and not the mail or its recipient. The operator can correct it, and then every mail is
 * delivered. Servers reply with it at any step, many only after RCPT TO.
 */
export function isSenderRefused(failure: SmtpFailure): boolean {
  const { code, command, message } = failure;
  if (!ABOUT_A_MAIL.has(command)) return true;
  // The connection broke. The next attempt shows whether it happens again.
  if (code === null) return false;
  if (code === 530 || code === 535 || code === 538) return true;
  // A server may reject the size announced in MAIL FROM (RFC 1870). That concerns the mail.
  if (command === 'MAIL FROM') return code >= 500 && code !== 552 && !/\b5\.3\.4\b/.test(message);
  if (code < 500 || (command === 'RCPT TO' && THEIR_CODES.test(message))) return false;
  return OUR_CODES.test(message) || OUR_WORDS.some((said) => said.test(message));
}
