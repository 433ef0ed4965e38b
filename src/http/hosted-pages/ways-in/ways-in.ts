import { type Connection, isPasswordless } from '../../../records/connections/connections.ts';
import type { Translator } from '../page/page.ts';
import type { WayLink, WaysIn } from '../page-values/page-values.ts';

export type WaysInput = {
  translator: Translator;
  /** The connections that may be used here, in the order of the page. */
  connections: Connection[];
  /** The connection of the page's own form. `null` if the page has no form. */
  form: Connection | null;
  /** Returns the address of the page with another connection's form. Absent: the page links to no other form. */
  urlOf?: (connection: Connection) => string;
};

/** Returns the ways in besides a page's own form, for the template `ways-in`. Returns `null` if there are none. */
export function waysIn({ translator, connections, form, urlOf }: WaysInput): WaysIn | null {
  const links = urlOf === undefined ? [] : otherForms(translator, { connections, form, urlOf });
  if (links.length === 0) return null;
  return { besideForm: form !== null, action: '', providers: [], links };
}

const LINK_TEXTS = {
  email: 'ways.codeByMail',
  sms: 'ways.codeBySms',
  auth0: 'ways.password',
} as const;

/** Returns links to the pages with other forms: one for a password, one for each kind of code. */
function otherForms(
  { say }: Translator,
  { connections, form, urlOf }: Required<Omit<WaysInput, 'translator'>>,
): WayLink[] {
  const links: WayLink[] = [];
  for (const connection of connections) {
    const kind = kindOf(connection);
    if (kind === null || kind === (form && kindOf(form))) continue;
    if (links.some((link) => link.kind === kind)) continue;
    links.push({ kind, url: urlOf(connection), text: say(LINK_TEXTS[kind]) });
  }
  return links;
}

function kindOf(connection: Connection): WayLink['kind'] | null {
  const { strategy } = connection;
  if (strategy === 'auth0') return strategy;
  if (!isPasswordless(connection)) return null;
  return strategy === 'sms' ? 'sms' : 'email';
}
