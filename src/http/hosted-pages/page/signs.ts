/** The picture above the headline of a page that only says something: what happened. `templates/sign.liquid` draws them. */
export type Sign =
  /** Done, and well. */
  | 'good'
  /** Something is in somebody's mailbox. */
  | 'mail'
  /** Too late, or too early. */
  | 'clock'
  /** We ask. */
  | 'ask'
  /** It did not work. */
  | 'oops'
  /** There is no such thing. */
  | 'lost'
  /** Not let in, or locked by its owner. */
  | 'lock'
  /** Somebody has said no. */
  | 'no'
  /** Good to know. */
  | 'info'
  /** A link that has had its use. */
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

/** The sign of a link that doesn't work (any more). @param texts a group of texts about it, such as `dead.used` */
export function signOfLink(texts: string): Sign {
  return OF_LINKS[texts.slice(texts.lastIndexOf('.') + 1)] ?? 'info';
}
