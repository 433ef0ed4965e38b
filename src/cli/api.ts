import type { Readable } from 'node:stream';
import { EXIT, Failure, usageFailure } from './failure.ts';
import { sendStream } from './send-stream.ts';

/** The server's address and the client's credentials. */
export type Access = {
  /** Without a trailing slash. */
  url: string;
  clientId: string | undefined;
  clientSecret: string | undefined;
  /** An access token to use instead of requesting one. */
  token: string | undefined;
};

export type Token = {
  access_token: string;
  expires_in: number;
  scope?: string;
  token_type: string;
};

export type Api = {
  readonly url: string;
  /** Returns the JSON of the answer. `path` begins with `/`. */
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Returns a long answer as a stream, or `null` for 204. A request with a body is a POST. */
  download(path: string, body?: unknown): Promise<ReadableStream<Uint8Array> | null>;
  /** Sends a long body while it is read. */
  upload<T>(path: string, body: LongBody): Promise<T>;
};

/** A body with its length in bytes. It is read while it is sent. */
export type LongBody = { contentType: string; length: number; stream: Readable };

type Init = NonNullable<Parameters<typeof fetch>[1]>;

const REFRESH_BEFORE_MS = 60_000;

/** Creates a client of a server's management API, over HTTP. */
export function createApi(access: Access): Api {
  let token: { value: string; until: number } | undefined =
    access.token === undefined
      ? undefined
      : { value: access.token, until: Number.POSITIVE_INFINITY };

  async function bearer(): Promise<string> {
    if (token === undefined || token.until - REFRESH_BEFORE_MS < Date.now()) {
      const fresh = await requestToken(access, {});
      token = { value: fresh.access_token, until: Date.now() + fresh.expires_in * 1000 };
    }
    return token.value;
  }

  async function call(path: string, init: Init): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await bearer()}`);
    const response = await reach(access.url, path, { ...init, headers });
    if (!response.ok) throw await refused(response, `${init.method ?? 'GET'} ${path}`);
    return response;
  }

  return {
    url: access.url,
    get: async <T>(path: string) => read<T>(await call(path, {})),
    send: async <T>(method: string, path: string, body?: unknown) =>
      read<T>(await call(path, { method, ...jsonBody(body) })),
    download: async (path, body) => {
      const method = body === undefined ? 'GET' : 'POST';
      return (await call(path, { method, ...jsonBody(body) })).body;
    },
    upload: async <T>(path: string, { contentType, length, stream }: LongBody) => {
      const headers = {
        authorization: `Bearer ${await bearer()}`,
        'content-type': contentType,
        'content-length': String(length),
      };
      const response = await sendStream(`${access.url}${path}`, headers, stream).catch((error) => {
        throw unreachable(access.url, error);
      });
      if (!response.ok) throw await refused(response, `POST ${path}`, 'The server stored nothing');
      return read<T>(response);
    },
  };
}

function jsonBody(body: unknown): Init {
  if (body === undefined) return {};
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** Requests an access token with client_credentials (RFC 6749 §4.4). Default audience: the management API. */
export async function requestToken(
  access: Access,
  wanted: { audience?: string; scope?: string },
): Promise<Token> {
  const { clientId, clientSecret } = access;
  if (clientId === undefined || clientSecret === undefined) {
    throw usageFailure(
      'No client is set.',
      `Create credentials at ${access.url}/console, then set USHER_CLIENT_ID and USHER_CLIENT_SECRET. If the server was started with USHER_BOOTSTRAP_CLIENT_ID and USHER_BOOTSTRAP_CLIENT_SECRET, you can set those instead.`,
    );
  }
  const response = await reach(access.url, '/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: wanted.audience ?? `${access.url}/api/v2/`,
      ...(wanted.scope !== undefined && { scope: wanted.scope }),
    }),
  });
  if (!response.ok) {
    const answer = await answerOf(response);
    throw new Failure(`The server issued no access token: ${answer.message}`, {
      hint: `Check the client ID "${clientId}" and its secret. Check that ${access.url} is exactly the server's PUBLIC_URL.`,
    });
  }
  return read<Token>(response);
}

async function reach(url: string, path: string, init: Init): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init);
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unreachable(url: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new Failure(`${url} cannot be reached: ${wording(cause)}.`, {
    hint: 'Start the server with `usher serve`, or set `--url` or USHER_URL to its address. `usher doctor` checks the installation.',
  });
}

function wording(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (code === 'ECONNREFUSED') return 'no server listens at this address';
  if (code === 'ENOTFOUND') return 'the host name does not exist';
  return cause.message || code || cause.name;
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function answerOf(response: Response): Promise<{ message: string; code?: string }> {
  const text = await response.text().catch(() => '');
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const message = body.message ?? body.error_description ?? body.error;
    if (typeof message === 'string') {
      return { message, ...(typeof body.errorCode === 'string' && { code: body.errorCode }) };
    }
  } catch {
    // The answer is not JSON, such as a page of a proxy.
  }
  return { message: `${response.status} ${response.statusText}`.trim() };
}

/** Hints for refusals whose text comes from Auth0 and has no advice. */
const HINTS: Record<string, string> = {
  'Connection must be enabled.':
    'No application uses this connection yet. Create an application, then enable the connection with PATCH /api/v2/connections/{id}/clients. The README shows both under "One request, start to end".',
};

/** @param instead replaces method, path and status if the answer is 400, because the message is enough */
async function refused(response: Response, what: string, instead?: string): Promise<Failure> {
  const { message } = await answerOf(response);
  const id = response.headers.get('x-request-id');
  const hints: Record<number, string> = {
    401: 'The access token is not valid. Check the client, or request a new token.',
    403: 'The client needs a client grant with that scope. POST /api/v2/client-grants creates one.',
    413: 'IMPORT_MAX_BYTES on the server sets the maximum size.',
    429: 'Wait until the running jobs end, then try again.',
  };
  const hint =
    HINTS[message] ??
    hints[response.status] ??
    (response.status >= 500 && id ? `Search the server's log for request ${id}.` : undefined);
  const isToldByMessage = instead !== undefined && response.status === 400;
  return new Failure(
    isToldByMessage ? `${instead}: ${message}` : `${what}: ${response.status} ${message}`,
    {
      ...(hint !== undefined && { hint }),
      exitCode: EXIT.failed,
    },
  );
}
