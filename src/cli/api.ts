import type { Readable } from 'node:stream';
import { EXIT, Failure, usageFailure } from './failure.ts';
import { sendStream } from './send-stream.ts';

/** Where the server is and who asks. */
export type Access = {
  /** Without a trailing slash. */
  url: string;
  clientId: string | undefined;
  clientSecret: string | undefined;
  /** Used as it is, instead of asking for one. */
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
  /** A JSON answer. Paths begin with `/`. */
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** A long answer, read while it arrives; null for 204. With a body the request is a POST. */
  download(path: string, body?: unknown): Promise<ReadableStream<Uint8Array> | null>;
  /** A long body that is sent while it is read. */
  upload<T>(path: string, body: LongBody): Promise<T>;
};

/** A body with its length in bytes, read while it is sent. */
export type LongBody = { contentType: string; length: number; stream: Readable };

type Init = NonNullable<Parameters<typeof fetch>[1]>;

const REFRESH_BEFORE_MS = 60_000;

/** A client of a server's management API, over HTTP like any other. */
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
      if (!response.ok) throw await refused(response, `POST ${path}`, 'The server took nothing');
      return read<T>(response);
    },
  };
}

function jsonBody(body: unknown): Init {
  if (body === undefined) return {};
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** Asks for an access token with client_credentials (RFC 6749 §4.4), for the management API unless told otherwise. */
export async function requestToken(
  access: Access,
  wanted: { audience?: string; scope?: string },
): Promise<Token> {
  const { clientId, clientSecret } = access;
  if (clientId === undefined || clientSecret === undefined) {
    throw usageFailure(
      'There is no client to sign in as.',
      `Make credentials at ${access.url}/console and set USHER_CLIENT_ID and USHER_CLIENT_SECRET. Machines can use USHER_BOOTSTRAP_CLIENT_ID and USHER_BOOTSTRAP_CLIENT_SECRET, if the server was started with the same.`,
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
    throw new Failure(`The server gave no token: ${answer.message}`, {
      hint: `Check the client "${clientId}" and its secret, and that ${access.url} is exactly the server's PUBLIC_URL.`,
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
  return new Failure(`${url} can't be reached: ${wording(cause)}.`, {
    hint: 'Is the server running (`usher serve`)? `--url` or USHER_URL says where it is; `usher doctor` finds out more.',
  });
}

function wording(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'there is no such host';
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
    // Not JSON: a proxy's page, perhaps.
  }
  return { message: `${response.status} ${response.statusText}`.trim() };
}

/** What to do about refusals whose words are the wire's and don't say it. */
const HINTS: Record<string, string> = {
  'Connection must be enabled.':
    'No application uses this user store yet. Make one, then PATCH /api/v2/connections/{id}/clients: the README shows both under "One request, start to end".',
};

/** @param instead said in place of method, path and status where the request was wrong: the message says all about it */
async function refused(response: Response, what: string, instead?: string): Promise<Failure> {
  const { message } = await answerOf(response);
  const id = response.headers.get('x-request-id');
  const hints: Record<number, string> = {
    401: 'The token is not accepted: check the client, or ask for a new token.',
    403: 'The client needs a grant with that scope: see POST /api/v2/client-grants.',
    413: 'IMPORT_MAX_BYTES on the server says how much it takes.',
    429: 'Wait for the running jobs to end, then try again.',
  };
  const hint =
    HINTS[message] ??
    hints[response.status] ??
    (response.status >= 500 && id ? `Request ${id} in the server's log says more.` : undefined);
  const isToldByMessage = instead !== undefined && response.status === 400;
  return new Failure(
    isToldByMessage ? `${instead}: ${message}` : `${what}: ${response.status} ${message}`,
    {
      ...(hint !== undefined && { hint }),
      exitCode: EXIT.failed,
    },
  );
}
