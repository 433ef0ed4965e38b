import { decodeJwt } from 'jose';
import { CALLBACK } from './builders.ts';
import { type PlainBrowser, plainBrowser } from './plain-browser.ts';

export type Shown = { url: string; page: string; back: URL | null; status: number };
export type Tab = ReturnType<typeof openTab>;

/** A browser without JavaScript that follows redirects until a page is shown, or until it leaves for the application. */
export function openTab(browser: PlainBrowser = plainBrowser()) {
  let at = '';

  async function follow(response: Response & { page: string }, url: string): Promise<Shown> {
    let answer = response;
    let current = url;
    for (let hops = 0; hops < 12; hops++) {
      const location = answer.headers.get('location');
      if (location === null) {
        at = current;
        return { url: current, page: answer.page, back: null, status: answer.status };
      }
      current = new URL(location, current).href;
      if (current.startsWith(CALLBACK)) {
        return { url: current, page: '', back: new URL(current), status: answer.status };
      }
      answer = await browser.open(current);
    }
    throw new Error(`Too many redirects: ${current}`);
  }

  return {
    async go(url: string): Promise<Shown> {
      return follow(await browser.open(url), url);
    },
    /** Sends the first form of the current page. */
    async send(fields: Record<string, string>): Promise<Shown> {
      return follow(await browser.submit(at, fields), at);
    },
    /** The same, and does not follow the redirect of the answer. */
    async prove(fields: Record<string, string> = {}): Promise<void> {
      await browser.submit(at, fields);
    },
    forget: (cookie: string) => browser.forget(cookie),
    cookies: () => browser.cookies(),
    back(shown: Shown): URL {
      if (shown.back === null) throw new Error(`Still at ${shown.url}:\n${shown.page}`);
      return shown.back;
    },
  };
}

export function claimsOf(jwt: string): Record<string, unknown> {
  return decodeJwt(jwt);
}
