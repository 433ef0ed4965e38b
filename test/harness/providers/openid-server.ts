import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK } from 'jose';
import Provider, { type AdapterPayload, type Configuration } from 'oidc-provider';
import { closedAtEnd } from '../close-at-end.ts';
import { freePort } from '../free-port.ts';
import type { Person } from './stand-in.ts';
import { type Client, PROVIDER_CLIENT, signingKey } from './tokens.ts';

export type OpenIdServer = {
  /** Its issuer. */
  url: string;
  client: Client;
  /** Logs a person in without a page, and returns the fields that would arrive at the callback. */
  logIn(url: string, person?: Person | null): Promise<Record<string, string>>;
  close(): Promise<void>;
};

/**
 * Starts a real OpenID provider: the certified library oidc-provider, as an organization would run it. Its page has a button for each person.
 * @param options.redirectUris where it sends people back to
 * @param options.more settings of the library, such as required PKCE
 */
export async function startOpenIdServer(options: {
  people: Person[];
  redirectUris: string[];
  more?: Configuration;
  /** Settings of the client, such as its `token_endpoint_auth_method`. */
  client?: Record<string, unknown>;
}): Promise<OpenIdServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { people, redirectUris, more = {} } = options;
  const { jwk, privateKey } = await signingKey();
  const provider: Provider = new Provider(url, {
    adapter: storage(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), ...jwk }] },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    clients: [
      {
        client_id: PROVIDER_CLIENT.clientId,
        client_secret: PROVIDER_CLIENT.clientSecret,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'implicit'],
        response_types: ['code', 'id_token'],
        token_endpoint_auth_method: 'client_secret_post',
        ...options.client,
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'family_name', 'picture'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    responseTypes: ['code', 'id_token'],
    findAccount: (_ctx, id) => {
      const person = people.find((each) => each.sub === id);
      return person && { accountId: id, claims: () => ({ ...person, sub: id }) };
    },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/log-in/${interaction.uid}` },
    cookies: { keys: ['a key of the tests'] },
    loadExistingGrant: async (ctx) => {
      const { session, client, params } = ctx.oidc;
      const grant = new provider.Grant({
        accountId: session?.accountId,
        clientId: client?.clientId,
      });
      grant.addOIDCScope(String(params?.scope ?? ''));
      await grant.save();
      return grant;
    },
    ...more,
  });
  const handle = provider.callback();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    if (!pathname.startsWith('/log-in/')) return handle(request, response);
    const chosen = searchParams.get('sub');
    if (chosen === null) {
      const buttons = people.map(
        ({ sub, name }) => `<button name="sub" value="${sub}">${name ?? sub}</button>`,
      );
      return response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(
          `<!doctype html><title>Log in</title><form>${buttons.join('')}<button name="sub" value="">Cancel</button></form>`,
        );
    }
    const result = chosen === '' ? { error: 'access_denied' } : { login: { accountId: chosen } };
    return provider.interactionFinished(request, response, result);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url,
    client: PROVIDER_CLIENT,
    async logIn(address, person = people[0]) {
      const cookies = new Map<string, string>();
      let next = address;
      for (let step = 0; step < 8; step++) {
        const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ');
        const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
        for (const line of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? [];
          cookies.set(name, value);
        }
        const location = answer.headers.get('location');
        const text = await answer.text();
        if (location === null) return fieldsOf(text);
        if (redirectUris.some((each) => location.startsWith(each))) {
          return Object.fromEntries(new URL(location).searchParams);
        }
        next = new URL(location, url).href;
        if (new URL(next).pathname.startsWith('/log-in/')) {
          next += `?${new URLSearchParams({ sub: String(person?.sub ?? '') })}`;
        }
      }
      throw new Error('The provider did not come to an end.');
    },
    close: closedAtEnd(async () => {
      server.closeAllConnections();
      server.close();
    }),
  };
}

/** The fields of a form_post. */
function fieldsOf(html: string): Record<string, string> {
  const fields = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries(Array.from(fields, ([, name, value]) => [name, value]));
}

/** Keeps what the library stores, for the time of a test. */
function storage(): NonNullable<Configuration['adapter']> {
  const rows = new Map<string, AdapterPayload>();
  return (model) => ({
    async upsert(id, payload) {
      rows.set(`${model} ${id}`, payload);
    },
    find: async (id) => rows.get(`${model} ${id}`),
    findByUid: async (uid) => [...rows.values()].find((row) => row.uid === uid),
    findByUserCode: async () => undefined,
    async consume(id) {
      const row = rows.get(`${model} ${id}`);
      if (row) row.consumed = true;
    },
    async destroy(id) {
      rows.delete(`${model} ${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
    },
  });
}
