import { createServer, type IncomingMessage, type Server } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';

export type ProfilePageOptions = {
  /** Where Usher is, without a trailing slash. The browser goes back to its `/continue`. */
  issuer: string;
  /** Shared with the action. It signs the session tokens of both directions. */
  secret: string;
  port: number;
};

/** Seconds in which the browser must be back. */
const SECONDS = 300;
const MOST_BYTES = 16_384;

/**
 * Starts a page that asks people for their company during a login. An action sends the browser here with a signed session token, and the page
 * sends it back with another one.
 */
export async function startProfilePage(
  options: ProfilePageOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { issuer, port } = options;
  const key = new TextEncoder().encode(options.secret);

  /** Returns who the token is about. Only the action can have made it. */
  async function readToken(token: string) {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: new URL(issuer).host,
      requiredClaims: ['sub', 'exp'],
    });
    return { userId: String(payload.sub), email: String(payload.email ?? '') };
  }

  async function ask(url: URL): Promise<string> {
    const token = url.searchParams.get('session_token') ?? '';
    const { email } = await readToken(token);
    return page(`
      <h1>One question before you go on</h1>
      <p>You are logging in as ${escaped(email)}.</p>
      <form method="post" action="/profile">
        <input type="hidden" name="session_token" value="${escaped(token)}">
        <input type="hidden" name="state" value="${escaped(url.searchParams.get('state') ?? '')}">
        <label>Company <input name="company" required maxlength="100" autocomplete="organization"></label>
        <button>Continue</button>
      </form>`);
  }

  /** The answer travels in a form, because an address would be in logs and in the history of the browser. */
  async function answer(fields: URLSearchParams): Promise<string> {
    const { userId } = await readToken(fields.get('session_token') ?? '');
    const state = fields.get('state') ?? '';
    const token = await new SignJWT({ state, company: fields.get('company') ?? '' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer('profile-page')
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime(`${SECONDS}s`)
      .sign(key);
    return page(`
      <h1>Thank you</h1>
      <form method="post" action="${escaped(`${issuer}/continue?state=${encodeURIComponent(state)}`)}">
        <input type="hidden" name="session_token" value="${token}">
        <button>Go on to the application</button>
      </form>`);
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://localhost:${port}`);
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    };
    try {
      if (url.pathname !== '/profile') {
        response.writeHead(404, headers).end(page('<h1>There is no such page</h1>'));
        return;
      }
      const html = request.method === 'POST' ? await answer(await formOf(request)) : await ask(url);
      response.writeHead(200, headers).end(html);
    } catch {
      response
        .writeHead(400, headers)
        .end(page('<h1>This link does not work</h1><p>Log in again.</p>'));
    }
  });
  await listen(server, port);
  return {
    url: `http://localhost:${port}/profile`,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done()));
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MOST_BYTES) throw new Error('The form is too large.');
  }
  return new URLSearchParams(body);
}

function page(body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Your profile</title><body>${body}</body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
