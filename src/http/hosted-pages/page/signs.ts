/** The picture above the headline of a page without a form. `templates/sign.liquid` draws it. */
export type Sign =
  /** Success. */
  | 'good'
  /** A mail was sent. */
  | 'mail'
  /** Too late or too early. */
  | 'clock'
  /** A question. */
  | 'ask'
  /** A failure. */
  | 'oops'
  /** Not found. */
  | 'lost'
  /** Blocked or locked. */
  | 'lock'
  /** Declined. */
  | 'no'
  /** Information. */
  | 'info'
  /** A used link. */
  | 'link';

const OF_LINKS: Record<string, Sign> = {
  accepted: 'good',
  blocked: 'lock',
  changed: 'info',
  declined: 'no',
  enrolled: 'good',
  expired: 'clock',
  gone: 'info',
  none: 'info',
  'password-changed': 'lock',
  revoked: 'no',
  superseded: 'mail',
  unblocked: 'good',
  unknown: 'lost',
  unserved: 'clock',
  used: 'link',
  verified: 'good',
};

/** Returns the picture for a link that does not work. @param texts a group of texts about it, such as `dead.used` */
export function signOfLink(texts: string): Sign {
  return OF_LINKS[texts.slice(texts.lastIndexOf('.') + 1)] ?? 'info';
}
