import type { Sign } from '../page-values/page-values.ts';

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
