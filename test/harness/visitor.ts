import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

export type Page = { status: number; html: string; headers: LightMyRequestResponse['headers'] };

/** A person with a browser that keeps cookies and fills in forms, without a network. */
export type Visitor = {
  /** By name. A cookie for a part of the site has its path behind the name: `resume@/authorize/x`. */
  cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Page>;
  head(path: string): Promise<Page>;
  /** Fills in the only form of a page and sends it. */
  submit(
    page: Page,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Page>;
  /** Sends a form exactly as given. */
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Page>;
};

export function aVisitor({ app }: { app: FastifyInstance }, ip = '203.0.113.7'): Visitor {
  const cookies = new Map<string, string>();

  async function send(
    method: 'GET' | 'HEAD' | 'POST',
    url: string,
    more: { headers?: Record<string, string>; payload?: string } = {},
  ): Promise<Page> {
    const response = await app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: {
        accept: 'text/html',
        ...cookieHeader(cookies, url),
        ...more.headers,
      },
      ...(more.payload !== undefined && { payload: more.payload }),
    });
    for (const { name, value, path = '/', maxAge, expires } of response.cookies) {
      const key = path === '/' ? name : `${name}@${path}`;
      if (value === '' || maxAge === 0 || expires?.getTime() === 0) cookies.delete(key);
      else cookies.set(key, value);
    }
    return { status: response.statusCode, html: response.body, headers: response.headers };
  }

  const post: Visitor['post'] = (path, fields, headers) =>
    send('POST', path, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(fields).toString(),
    });

  return {
    cookies,
    get: (path, headers) => send('GET', path, headers ? { headers } : {}),
    head: (path) => send('HEAD', path),
    post,
    submit(page, fields, headers) {
      const form = formOf(page.html);
      return post(form.action, { ...form.fields, ...fields }, headers);
    },
  };
}

function cookieHeader(cookies: ReadonlyMap<string, string>, url: string): { cookie?: string } {
  const pathname = new URL(url, 'http://localhost').pathname;
  const sent = [...cookies].flatMap(([key, value]) => {
    const [name, path = '/'] = key.split('@');
    return pathname.startsWith(path) ? [`${name}=${value}`] : [];
  });
  return sent.length > 0 ? { cookie: sent.join('; ') } : {};
}

/** Returns the only form of a page: its target and its prefilled fields. */
export function formOf(html: string): { action: string; fields: Record<string, string> } {
  const forms = html.match(/<form[^>]*>/g) ?? [];
  const action = forms.length === 1 ? attribute(forms[0] ?? '', 'action') : undefined;
  if (action === undefined) throw new Error(`One form was expected, not ${forms.length}:\n${html}`);
  const withoutNoscript = html.replace(/<noscript>[\s\S]*?<\/noscript>/g, '');
  const inputs = withoutNoscript.match(/<input[^>]*>/g) ?? [];
  const fields = inputs.map((input) => [
    attribute(input, 'name') ?? '',
    attribute(input, 'value') ?? '',
  ]);
  return { action, fields: Object.fromEntries(fields) };
}

/** Returns the page's text without its markup. */
export function textOf(page: Pick<Page, 'html'>): string {
  const body = page.html
    .replace(/<noscript>[\s\S]*?<\/noscript>|<wbr>/g, '')
    .replace(/<[^>]*>/g, ' ');
  return unescaped(body).replace(/\s+/g, ' ').trim();
}

export function headlineOf(page: Page): string {
  return unescaped(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(page.html)?.[1] ?? '');
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#34;', '"')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
