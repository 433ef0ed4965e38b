import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { closedAtEnd } from '../close-at-end.ts';

export type Account = Record<string, unknown> & { sub: string };

export type SmallProvider = Awaited<ReturnType<typeof startSmallProvider>>;

/** A real OpenID provider with one account at a time and no pages: it answers at once. It is closed when the test file ends. */
export async function startSmallProvider() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { account: Account; nonce: string | null; clientId: string }>();
  const requests: URLSearchParams[] = [];
  let account: Account = { sub: 'nobody' };
  let answer: 'code' | 'denied' = 'code';
  let isUp = true;
  let issued = 0;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    if (!isUp) return void response.writeHead(503).end();
    if (url.pathname === '/.well-known/openid-configuration') return sendJson(response, metadata());
    if (url.pathname === '/jwks') return sendJson(response, { keys: [key] });
    if (url.pathname === '/authorize') return authorize(url.searchParams, response);
    if (url.pathname === '/token') {
      let body = '';
      for await (const chunk of request) body += chunk;
      return token(new URLSearchParams(body), response);
    }
    response.writeHead(404).end();
  });

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    requests.push(query);
    const fields: Record<string, string> = { state: query.get('state') ?? '' };
    if (answer === 'denied') {
      fields.error = 'access_denied';
    } else {
      fields.code = `code-${++issued}`;
      const clientId = query.get('client_id') ?? '';
      codes.set(fields.code, { account, nonce: query.get('nonce'), clientId });
    }
    const back = query.get('redirect_uri') ?? '';
    if (query.get('response_mode') === 'form_post') {
      const inputs = Object.entries(fields).map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      );
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<form method="post" action="${back}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`,
      );
      return;
    }
    response.writeHead(302, { location: `${back}?${new URLSearchParams(fields)}` }).end();
  }

  async function token(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const code = form.get('code') ?? '';
    const found = codes.get(code);
    codes.delete(code);
    if (!found) return sendJson(response, { error: 'invalid_grant' }, 400);
    const { account: of, nonce, clientId } = found;
    const id_token = await new SignJWT({ ...of, ...(nonce !== null && { nonce }) })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(clientId)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    const access_token = `token-of-${of.sub}`;
    sendJson(response, { access_token, token_type: 'Bearer', expires_in: 300, id_token });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  });
  closedAtEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    issuer,
    /** Every request of a browser, the latest last. */
    requests,
    /** The options of a connection to it. */
    options: {
      client_id: 'usher',
      client_secret: 'the secret of usher',
      discovery_url: `${issuer}/.well-known/openid-configuration`,
      type: 'back_channel',
      scope: 'openid profile email',
    },
    /** Who logs in there from now on. */
    logsIn(person: Account): void {
      account = person;
      answer = 'code';
    },
    /** The person does not agree from now on. */
    denies(): void {
      answer = 'denied';
    },
    breaks(isBroken: boolean): void {
      isUp = !isBroken;
    },
  };
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
