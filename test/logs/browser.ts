import type { PasswordWorld } from '../harness/password-world.ts';
import { CALLBACK } from '../harness/world.ts';

/** A browser that keeps its cookies by path. */
export function browserOf(userAgent: string, ip = '192.0.2.9') {
  const jar = new Map<string, { value: string; path: string }>();
  return async (
    url: string,
    form?: Record<string, string>,
  ): Promise<Response & { page: string }> => {
    const { pathname, origin } = new URL(url);
    const cookie = [...jar]
      .filter(([, one]) => pathname.startsWith(one.path))
      .map(([name, one]) => `${name.split('@')[0]}=${one.value}`)
      .join('; ');
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        cookie,
        'user-agent': userAgent,
        'x-forwarded-for': ip,
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin }),
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      jar.set(`${pair.slice(0, at)}@${path}`, { value: pair.slice(at + 1), path });
    }
    return Object.assign(answer, { page: await answer.text() });
  };
}

type Browser = ReturnType<typeof browserOf>;

export type Credentials = { email: string; password: string };

/** Follows /authorize and logs in if a person is given. Returns the callback address. */
export async function authorizeAt(
  world: PasswordWorld,
  browser: Browser,
  person: Credentials | null,
  more: Record<string, string> = {},
): Promise<URL> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.client.id,
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access',
    state: 's',
    ...more,
  });
  let url = `${world.server.url}/authorize?${query}`;
  for (let hop = 0; hop < 8; hop++) {
    let answer = await browser(url);
    const form = /name="csrf" value="([^"]*)"/.exec(answer.page)?.[1];
    if (form !== undefined && person) {
      answer = await browser(url, {
        csrf: form,
        username: person.email,
        password: person.password,
      });
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${url} answered ${answer.status}: ${answer.page}`);
    url = new URL(location, url).href;
    if (url.startsWith(CALLBACK)) return new URL(url);
  }
  throw new Error('The login goes in circles.');
}
