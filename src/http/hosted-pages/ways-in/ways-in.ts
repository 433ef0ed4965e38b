import type { FastifyRequest } from 'fastify';
import {
  type Connection,
  isPasswordless,
  isShownAsButton,
  providerName,
} from '../../../records/connections/connections.ts';
import type { Translator } from '../page/page.ts';
import type {
  CodeWay,
  PasskeyWay,
  ProviderButton,
  WayLink,
  WaysIn,
} from '../page-values/page-values.ts';
import { lastWay } from './last-way.ts';
import { iconOf, isProvider, providerLogo } from './providers.ts';

export { identifierLabel } from './identifier-label.ts';
export { rememberWay } from './last-way.ts';
export { mailedCodeWay } from './mailed-code-way.ts';
export { newPasskeyWay, passkeyCookie, passkeyLoginWay } from './passkey-way.ts';
export { isProvider } from './providers.ts';

export type WaysInput = {
  translator: Translator;
  /** The connections that may be used here, in the order of the page. */
  connections: Connection[];
  /** The connection of the page's own form. `null` if it has none. */
  form: Connection | null;
  /** Whether the page has a form. Default: if that has a connection. */
  besideForm?: boolean;
  /** The path to which buttons of providers are sent. Absent: the page has none. */
  action?: string;
  /** Returns whether a provider has a button here. Default: as its connection says. */
  isShown?: (connection: Connection) => boolean;
  /** Returns the address of the page with another connection's form, or `null` for no link. Absent: the page links to no other form. */
  urlOf?: (connection: Connection) => string | null;
  /** Absent: no passkeys. */
  passkey?: PasskeyWay | null;
  /** Absent: no button that sends a code at once. */
  code?: CodeWay | null;
};

/** Returns the ways in besides a page's own form, for the template `ways-in`. Returns `null` if there are none. */
export function waysIn(
  deps: { secureCookies: boolean },
  request: FastifyRequest,
  {
    translator,
    connections,
    form,
    besideForm = form !== null,
    action,
    isShown = isShownAsButton,
    urlOf,
    passkey = null,
    code = null,
  }: WaysInput,
): WaysIn | null {
  const last = lastWay(deps, request);
  const shown = action === undefined ? [] : connections.filter(isProvider).filter(isShown);
  const providers = shown
    .map((connection) => buttonOf(translator, connection, last))
    .sort((a, b) => Number(b.isLast) - Number(a.isLast));
  const links = urlOf === undefined ? [] : otherForms(translator, { connections, form, urlOf });
  const isEmpty = providers.length === 0 && links.length === 0;
  if (isEmpty && passkey === null && code === null) return null;
  return { besideForm, action: action ?? '', providers, passkey, code, links };
}

function buttonOf(
  { say }: Translator,
  connection: Connection,
  last: string | null,
): ProviderButton {
  return {
    name: connection.name,
    text: say('ways.continueWith', { provider: providerName(connection) }),
    logo: providerLogo(connection),
    iconUrl: iconOf(connection),
    isLast: connection.id === last,
  };
}

const LINK_TEXTS = {
  email: 'ways.codeByMail',
  sms: 'ways.codeBySms',
  auth0: 'ways.password',
} as const;

/** Returns links to the pages with other forms: one for a password, one for each kind of code. */
function otherForms(
  { say }: Translator,
  { connections, form, urlOf }: Required<Pick<WaysInput, 'connections' | 'form' | 'urlOf'>>,
): WayLink[] {
  const links: WayLink[] = [];
  for (const connection of connections) {
    const kind = kindOf(connection);
    if (kind === null || kind === (form && kindOf(form))) continue;
    if (links.some((link) => link.kind === kind)) continue;
    const url = urlOf(connection);
    if (url !== null) links.push({ kind, url, text: say(LINK_TEXTS[kind]) });
  }
  return links;
}

function kindOf(connection: Connection): WayLink['kind'] | null {
  const { strategy } = connection;
  if (strategy === 'auth0') return strategy;
  if (!isPasswordless(connection)) return null;
  return strategy === 'sms' ? 'sms' : 'email';
}
