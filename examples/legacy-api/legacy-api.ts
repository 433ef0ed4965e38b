import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isPasswordOf, type LegacyUser, type UserTable } from './users.ts';

export type LegacyApiOptions = {
  users: UserTable;
  /** The server whose tokens count, with a slash at the end. */
  issuer: string;
  /** The identifier of this API at that server. */
  audience: string;
  port: number;
};

type Answer = { status: number; body: object };

const MOST_BYTES = 16 * 1024;

/** Starts an API in front of a table of users. Usher asks it at the first login of each user. */
export async function startLegacyApi(
  options: LegacyApiOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { users, issuer, audience, port } = options;
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer));
  const server = createServer(async (request, response) => {
    let answer: Answer;
    try {
      answer = (await isAllowed(request, { keys, issuer, audience }))
        ? await answerTo(users, request)
        : { status: 401, body: {} };
    } catch (error) {
      console.error(error);
      answer = { status: 500, body: {} };
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await users.close();
    },
  };
}

/** Only applications may ask. The `sub` of their tokens ends with `@clients`; a token of a user does not open this API. */
async function isAllowed(
  request: IncomingMessage,
  { keys, issuer, audience }: { keys: JWTVerifyGetKey; issuer: string; audience: string },
): Promise<boolean> {
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return false;
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience });
    return payload.sub?.endsWith('@clients') === true;
  } catch {
    return false;
  }
}

async function answerTo(users: UserTable, request: IncomingMessage): Promise<Answer> {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /count') return { status: 200, body: { count: await users.count() } };
  if (route !== 'POST /login' && route !== 'POST /get_user') return { status: 404, body: {} };
  const asked = await bodyOf(request);
  if (asked === null) return { status: 400, body: {} };
  const user = await users.find(asked.identifier);
  if (route === 'POST /login' && !isPasswordOf(user, asked.password)) {
    return user === null ? unknown : { status: 401, body: { error: 'wrong_password' } };
  }
  return user === null ? unknown : { status: 200, body: profileOf(user) };
}

const unknown: Answer = { status: 404, body: { error: 'user_not_found' } };

/** The same for both questions, with an id that never changes. */
function profileOf({ id, email, confirmed, name, plan }: LegacyUser): object {
  return { user_id: id, email, email_verified: confirmed, name, app_metadata: { plan } };
}

async function bodyOf(
  request: IncomingMessage,
): Promise<{ identifier: string; password: string } | null> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MOST_BYTES) return null;
  }
  try {
    const { identifier, password = '' } = JSON.parse(text);
    const isRight = typeof identifier === 'string' && typeof password === 'string';
    return isRight ? { identifier, password } : null;
  } catch {
    return null;
  }
}
