/** A page in our frame, with the values its content security policy needs. Both come from the same moment. */
export type FramedPage = {
  html: string;
  /** Origin of the operator's font, or `null` if there is none. */
  font: string | null;
};

/**
 * Returns the content security policy of a page in our frame (Content Security Policy Level 3): no inline scripts, and images from any
 * https origin, for the operator's logo.
 * @param more.styles hashes of style elements from the operator's template
 * @param more.font origin of the operator's font, or `null` if there is none, or if the page does not use our frame
 * @param more.connects whether scripts may call this server. Default: no
 * @param more.formAction allowed targets of forms. Default: any. Chrome also applies it to redirects after the form, and a login ends in
 * the application, which may redirect further.
 */
export function pagePolicy(
  more: Pick<FramedPage, 'font'> & {
    styles?: readonly string[] | undefined;
    connects?: boolean | undefined;
    formAction?: "'self'" | "'none'";
  },
): string {
  const styles = ["'self'", ...(more.styles ?? []).map((hash) => `'${hash}'`)].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    more.connects ? "connect-src 'self'" : '',
    `style-src ${styles}`,
    "img-src 'self' data: https:",
    more.font ? `font-src ${more.font}` : '',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    more.formAction === undefined ? '' : `form-action ${more.formAction}`,
  ]
    .filter((candidate) => candidate !== '')
    .join('; ');
}
