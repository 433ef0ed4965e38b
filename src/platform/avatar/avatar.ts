import { createHash } from 'node:crypto';

/**
 * The picture of somebody who has given none, as this wire has always made it up: Gravatar, and behind it two letters.
 * @param of.key e-mail in lower case, or another stable name
 */
export function defaultPicture(of: { key: string; name: string }): string {
  const md5 = createHash('md5').update(of.key).digest('hex');
  const letters =
    of.name
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, 2) || 'xx';
  const fallback = encodeURIComponent(`https://cdn.auth0.com/avatars/${letters}.png`);
  return `https://s.gravatar.com/avatar/${md5}?s=480&r=pg&d=${fallback}`;
}
