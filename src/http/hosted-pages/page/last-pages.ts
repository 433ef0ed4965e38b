import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';

/** The result that the last page of a flow shows if there is no address to redirect to. */
export const DONE = ['password', 'invitation', 'verified', 'unblocked', 'mfa'] as const;

/** @param lang the language in which the person has read so far */
export function doneUrl(what: (typeof DONE)[number], lang: string): string {
  return `${PAGE_PATHS.done}?what=${what}&ui_locales=${lang}`;
}

/** Returns the address of the page that says that a mail has been sent, outside of a login. */
export function mailSentUrl(lang: string): string {
  return `${PAGE_PATHS.mailSent}?ui_locales=${lang}`;
}

/** The same for a new link. @param clientId the application whose name the page before has shown; '' for none */
export function newLinkSentUrl(lang: string, clientId: string): string {
  const client = clientId === '' ? '' : `&client_id=${encodeURIComponent(clientId)}`;
  return `${mailSentUrl(lang)}&what=new-link${client}`;
}
