// `*` within the first label of a host that has at least two more: it stands for a part of that label.
const WILDCARD = /^(https?:\/\/[a-z0-9-]*)\*([a-z0-9-]*\.[^/?#*.]+\.[^/?#*]+(?:[/?#][^*]*)?)$/i;

/** A registered URL that can be gone to as it is: without `*` and without a placeholder in braces. */
export function isFixedUrl(url: string): boolean {
  return !/[*{]/.test(url);
}

/**
 * A registered URL with something in the places that stand for anything: `*`, and `{organization_name}`.
 * @returns null where one of them counts for nothing: such a URL is not registered, and one from before covers no other
 */
export function withoutPlaceholders(url: string): string | null {
  const plain = url.replaceAll('{organization_name}', 'placeholder').replace(WILDCARD, '$1x$2');
  return /[*{}]/.test(plain) ? null : plain;
}
