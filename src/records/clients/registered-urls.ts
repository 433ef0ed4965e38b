// `*` within the first label of a host with at least two more labels: it matches a part of that label.
const WILDCARD = /^(https?:\/\/[a-z0-9-]*)\*([a-z0-9-]*\.[^/?#*.]+\.[^/?#*]+(?:[/?#][^*]*)?)$/i;

/** Returns whether a registered URL can be used as it is: it has no `*` and no placeholder in braces. */
export function isFixedUrl(url: string): boolean {
  return !/[*{]/.test(url);
}

/**
 * Returns a registered URL with sample text in place of its wildcards: `*`, and `{organization_name}`.
 * @returns `null` if one of them is in a place where it has no meaning. Such a URL cannot be registered, and an older one matches no other
 * URL.
 */
export function withoutPlaceholders(url: string): string | null {
  const plain = url.replaceAll('{organization_name}', 'placeholder').replace(WILDCARD, '$1x$2');
  return /[*{}]/.test(plain) ? null : plain;
}
