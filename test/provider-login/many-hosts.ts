import type { App } from '../../src/app.ts';
import { CALLBACK } from '../harness/builders.ts';
import { aVisitor, type Page, type Visitor } from '../harness/visitor.ts';

export type Arrived = Page & { url: URL; isAtApplication: boolean };

/**
 * A browser without JavaScript that reaches one server by several host names, each with cookies of its own. It follows redirects until a page
 * is shown, or until it leaves for another server.
 */
export function openManyHosts(app: App['http']) {
  const jars = new Map<string, Visitor>();
  const ours = new Set<string>();

  function at(host: string): Visitor {
    const known = jars.get(host) ?? aVisitor({ app });
    jars.set(host, known);
    ours.add(host);
    return known;
  }

  async function follow(first: Page, from: URL, headers: Record<string, string>): Promise<Arrived> {
    let [page, url] = [first, from];
    for (let hops = 0; hops < 12; hops++) {
      const { location } = page.headers;
      if (typeof location !== 'string') return { ...page, url, isAtApplication: false };
      url = new URL(location, url);
      const isAtApplication = url.href.startsWith(CALLBACK);
      if (isAtApplication || !ours.has(url.host)) return { ...page, url, isAtApplication };
      const { pathname, search, host } = url;
      page = await at(host).get(`${pathname}${search}`, { host, ...headers });
    }
    throw new Error(`Too many redirects: ${url}`);
  }

  return {
    /** @param headers more headers, or another Host */
    async go(address: string, headers: Record<string, string> = {}): Promise<Arrived> {
      const url = new URL(address);
      const { pathname, search, host } = url;
      const page = await at(host).get(`${pathname}${search}`, { host, ...headers });
      return follow(page, url, headers);
    },
    /** Sends the form of a page that has this text in it. */
    async send(
      shown: Arrived,
      { having, ...fields }: Record<string, string> & { having: string },
    ): Promise<Arrived> {
      const form = shown.html
        .match(/<form\b[^>]*>[\s\S]*?<\/form>/g)
        ?.find((each) => each.includes(having));
      const action = /action="([^"]*)"/.exec(form ?? '')?.[1]?.replaceAll('&amp;', '&');
      const csrf = /name="csrf" value="([^"]+)"/.exec(form ?? '')?.[1];
      if (action === undefined || csrf === undefined) throw new Error(`No form:\n${shown.html}`);
      const url = new URL(action, shown.url);
      const { pathname, search, host } = url;
      const page = await at(host).post(`${pathname}${search}`, { csrf, ...fields }, { host });
      return follow(page, url, {});
    },
  };
}
