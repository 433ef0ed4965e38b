import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, claimsOf, type World } from '../harness/world.ts';

type Fields = Record<string, string>;

/** A browser at a page with passkeys, whose script the test speaks for. */
export type Door = {
  browser: PlainBrowser;
  /** Asks for options, as the script does. */
  // biome-ignore lint/suspicious/noExplicitAny: what the server answers is what is tested
  options(fields?: Fields): Promise<any>;
  /**
   * Sends a credential.
   * @param origin another server than that of the page
   * @returns the status of the answer, and the address it leads to
   */
  sends(
    credential: string,
    fields?: Fields,
    origin?: string,
  ): Promise<{ status: number; location: string | null }>;
};

/** Opens the login, or the page that a link names. `action`: the path of the page that takes passkeys. */
export async function openDoor(
  world: Pick<World, 'server'>,
  url: string,
  action?: string,
  browser: PlainBrowser = plainBrowser(),
): Promise<Door> {
  const page = await follow(browser, url);
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const { pathname, search } = new URL(page.url);
  const path = `${action ?? pathname}${search}`;
  return {
    browser,
    async options(fields = {}) {
      const answer = await browser.post(world.server.url + path, {
        csrf,
        passkey: 'options',
        ...fields,
      });
      const read = JSON.parse(answer.page);
      return read.options ?? read;
    },
    async sends(credential, fields = {}, origin = world.server.url) {
      const sent = { csrf, passkey: 'answer', credential, ...fields };
      const answer = await browser.post(origin + path, sent);
      return { status: answer.status, location: answer.headers.get('location') };
    },
  };
}

/** Follows redirects until a page is shown. */
async function follow(browser: PlainBrowser, url: string): Promise<{ url: string; text: string }> {
  let at = url;
  for (let hops = 0; hops < 10; hops++) {
    const answer = await browser.open(at);
    const location = answer.headers.get('location');
    if (location === null) return { url: at, text: answer.page };
    at = new URL(location, at).href;
  }
  throw new Error(`Too many redirects: ${at}`);
}

/** Continues to the application. Returns the claims of the ID token, or `null` if nobody is logged in. */
export async function arrives(
  world: World,
  client: ApiClient,
  door: Door,
  location: string | null,
): Promise<Record<string, unknown> | null> {
  let at = location;
  for (let hops = 0; hops < 10 && at !== null; hops++) {
    const url = new URL(at, world.server.url);
    if (url.searchParams.has('code')) {
      const { body } = await world.exchange(client, url);
      return claimsOf(body.id_token);
    }
    if (url.origin !== world.server.url) return null;
    at = (await door.browser.open(url.href)).headers.get('location');
  }
  return null;
}
