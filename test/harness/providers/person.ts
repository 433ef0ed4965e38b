import { newId } from '../../../src/platform/ids/ids.ts';
import {
  type Connection,
  enableClients,
  findConnectionByName,
  insertConnection,
} from '../../../src/records/connections/connections.ts';
import { plainBrowser } from '../plain-browser.ts';
import { openTab, type Shown } from '../tab.ts';
import type { World } from '../world.ts';

/** Stores a connection to a provider, for these applications. */
export async function aProvider(
  { db, clock }: Pick<World, 'db' | 'clock'>,
  {
    name,
    strategy = 'oidc',
    options,
    clientIds,
    settings = { show_as_button: true },
  }: {
    name: string;
    strategy?: string;
    options: Record<string, unknown>;
    clientIds: string[];
    settings?: Record<string, unknown>;
  },
): Promise<Connection> {
  const now = clock.now();
  const about = { id: newId('con'), name, displayName: null, strategy, options, metadata: null };
  await insertConnection(db, {
    ...about,
    realms: [name],
    settings,
    createdAt: now,
    updatedAt: now,
  });
  await enableClients(db, about.id, clientIds);
  const stored = await findConnectionByName(db, name);
  if (stored === null) throw new Error(`There is no ${name}.`);
  return stored;
}

/** A browser without JavaScript that can press the button of a provider. */
export function openBrowser() {
  const browser = plainBrowser();
  const tab = openTab(browser);
  return {
    ...tab,
    browser,
    /** Presses the button of a provider and follows all redirects. */
    async choose(shown: Shown, connection: string): Promise<Shown> {
      return tab.go(await this.leaveFor(shown, connection));
    },
    /** Sends the form of a page that leads to providers, and follows all redirects. */
    async press(shown: Shown, fields: Record<string, string>): Promise<Shown> {
      const { url, csrf } = formWith(shown, fields.connection ?? '');
      const answer = await browser.post(url, { csrf, ...fields });
      const location = answer.headers.get('location');
      const { page, status } = answer;
      return location === null
        ? { url, page, back: null, status }
        : tab.go(new URL(location, url).href);
    },
    /** Presses the button. Returns the address to which the browser is sent. */
    async leaveFor(shown: Shown, connection: string): Promise<string> {
      const { url, csrf } = formWith(shown, connection);
      const answer = await browser.post(url, { csrf, connection });
      return new URL(answer.headers.get('location') ?? '', shown.url).href;
    },
    /** Sends the form of the current page that has this way. */
    async answer(shown: Shown, fields: Record<string, string>): Promise<Shown> {
      const csrf = /name="csrf" value="([^"]+)"/.exec(shown.page)?.[1] ?? '';
      const answer = await browser.post(shown.url, { csrf, ...fields });
      const location = answer.headers.get('location');
      if (location === null) {
        return { url: shown.url, page: answer.page, back: null, status: answer.status };
      }
      return tab.go(new URL(location, shown.url).href);
    },
  };
}

/** Returns the form of a page that leads to a provider. */
function formWith(shown: Shown, connection: string): { url: string; csrf: string } {
  const form = shown.page
    .match(/<form\b[^>]*>[\s\S]*?<\/form>/g)
    ?.find((each) => each.includes(`value="${connection}"`));
  const action = /action="([^"]+)"/.exec(form ?? '')?.[1]?.replaceAll('&amp;', '&');
  const csrf = /name="csrf" value="([^"]+)"/.exec(form ?? '')?.[1];
  if (!action || !csrf) throw new Error(`No button of ${connection}:\n${shown.page}`);
  return { url: new URL(action, shown.url).href, csrf };
}
