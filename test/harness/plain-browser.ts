/** A person without JavaScript, who can open pages, send forms and keep cookies. */
export type PlainBrowser = {
  open(url: string): Promise<Response & { page: string }>;
  /** Opens the page and sends its form with these fields; redirects are not followed. */
  submit(
    url: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<Response & { page: string }>;
  /** Sends these fields like a form that was opened before. */
  post(url: string, fields: Readonly<Record<string, string>>): Promise<Response & { page: string }>;
  /** Sends the form of a page on another site: no cookies go along, and those of the answer stay. Returns where it leads. */
  postFromElsewhere(url: string, fields: Readonly<Record<string, string>>): Promise<string>;
  /** Removes this cookie, as after its expiry. */
  forget(cookie: string): void;
  /** The cookies in the format of the header. */
  cookies(): string;
};

/** @param send carries its requests. Default: the network */
export function plainBrowser(send: typeof fetch = fetch): PlainBrowser {
  /** By name. A cookie for a part of the site has its path behind the name: `resume@/authorize/x`. */
  const cookies = new Map<string, string>();
  const header = (pathname: string | null) =>
    Array.from(cookies)
      .flatMap(([key, value]) => {
        const [name, path = '/'] = key.split('@');
        return pathname === null || pathname.startsWith(path) ? [`${name}=${value}`] : [];
      })
      .join('; ');

  async function request(url: string, init: RequestInit = {}, isFromElsewhere = false) {
    const response = await send(url, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...Object.fromEntries(new Headers(init.headers)),
        ...(!isFromElsewhere && { cookie: header(new URL(url).pathname) }),
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? [];
      const path = /;\s*path=([^;]+)/i.exec(line)?.[1] ?? '/';
      cookies.set(path === '/' ? name : `${name}@${path}`, value);
    }
    return Object.assign(response, { page: await response.text() });
  }

  const post: PlainBrowser['post'] = (url, fields) =>
    request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(url).origin,
      },
      body: new URLSearchParams(fields).toString(),
    });

  return {
    open: (url) => request(url),
    cookies: () => header(null),
    forget: (cookie) => {
      for (const key of cookies.keys()) if (key.split('@')[0] === cookie) cookies.delete(key);
    },
    post,
    async postFromElsewhere(url, fields) {
      const init = { method: 'POST', body: new URLSearchParams(fields) };
      const answer = await request(url, init, true);
      return new URL(answer.headers.get('location') ?? '', url).href;
    },
    async submit(url, fields) {
      const { page } = await request(url);
      const form = page.match(/<form\b[^>]*>[\s\S]*?<\/form>/)?.[0];
      if (form === undefined) throw new Error(`${url} has no form:\n${page}`);
      const hidden = Array.from(form.matchAll(/<input\b[^>]*\btype="hidden"[^>]*>/g), ([input]) => [
        attribute(input, 'name'),
        attribute(input, 'value'),
      ]);
      const action = new URL(attribute(form, 'action') || url, url);
      return post(action.href, { ...Object.fromEntries(hidden), ...fields });
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
};

function attribute(tag: string, name: string): string {
  const raw = tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1] ?? '';
  return raw.replace(/&(?:amp|lt|gt|quot|#34|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
