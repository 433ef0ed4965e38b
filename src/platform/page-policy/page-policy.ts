/** A page in our frame, and what its policy must let through: they are of one moment. */
export type FramedPage = {
  html: string;
  /** The origin of the operator's font; null when there is none. */
  font: string | null;
};

/**
 * The content security policy of every page in our frame (Content Security Policy Level 3): no inline script, and pictures from wherever the
 * operator's logo is, which is https.
 * @param more.styles hashes of style elements that an operator has written
 * @param more.font the origin of the operator's font; null: there is none, or the page has no frame of ours
 * @param more.formAction where forms may go. Absent: anywhere. Chrome applies it to where a form's answer redirects as well, and a login ends
 *   in the application, which may redirect further
 */
export function pagePolicy(
  more: Pick<FramedPage, 'font'> & {
    styles?: readonly string[] | undefined;
    formAction?: "'self'" | "'none'";
  },
): string {
  const styles = ["'self'", ...(more.styles ?? []).map((hash) => `'${hash}'`)].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data: https:",
    more.font ? `font-src ${more.font}` : '',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    more.formAction === undefined ? '' : `form-action ${more.formAction}`,
  ]
    .filter((one) => one !== '')
    .join('; ');
}
