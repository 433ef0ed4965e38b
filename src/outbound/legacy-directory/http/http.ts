import type { Clock } from '../../../platform/clock/clock.ts';
import type { Egress } from '../../../platform/egress/egress.ts';
import { failureOf, found, jsonIn, unavailable } from '../answers.ts';
import type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryFailure,
} from '../directory.ts';
import type { HttpSettings } from './settings.ts';
import { createTokenSource, type TokenSource } from './token.ts';

export type { HttpSettings } from './settings.ts';

type Deps = { egress: Egress; clock: Clock };
type Fields = Record<string, unknown>;

/** What the API says: a success with its content, or an error code in a body of its own. */
type Answer =
  | { kind: 'ok'; body: unknown }
  | { kind: 'error'; error: string; body: Fields }
  | DirectoryFailure;

const MOST_BYTES = 512 * 1024;
const MOST_MESSAGE = 300;

/**
 * A legacy user database behind an HTTP API. Requests and answers are JSON; docs/guides/lazy-migration.md describes them. Only the error codes
 * of this protocol count: a status alone may come from a proxy, and is no wrong password.
 */
export function httpDirectory(deps: Deps, settings: HttpSettings, notStored: string[]): Directory {
  const { authentication, endpoints, timeoutMs } = settings;
  const tokens =
    authentication.kind === 'token'
      ? createTokenSource(deps, { ...authentication, timeoutMs })
      : null;

  async function ask(name: string, body: Fields | null): Promise<Answer> {
    const url = endpoints[name];
    if (url === undefined) {
      return unavailable('missing-script', `The directory has no endpoint ${name}.`);
    }
    try {
      const answer = await send(deps, { settings, tokens, url, body });
      return await read(answer);
    } catch (error) {
      return failureOf(error);
    }
  }

  const change = async (name: string, body: Fields): Promise<DirectoryChange> =>
    changeOf(await ask(name, body));
  const has = (name: string) => endpoints[name] !== undefined;

  return {
    async login({ identifier, password, context }) {
      const answer = await ask('login', { identifier, password, ...about(context) });
      if (answer.kind === 'ok') return found(answer.body, notStored);
      if (answer.kind === 'unavailable') return answer;
      switch (answer.error) {
        case 'wrong_password':
          return { kind: 'wrong', identifier, problem: messageIn(answer.body) };
        case 'user_not_found':
          return { kind: 'wrong', identifier: null, problem: null, isUnknown: true };
        case 'denied':
          return { kind: 'denied', message: messageIn(answer.body) ?? '' };
        default:
          return strange(answer.error);
      }
    },

    async getUser({ identifier, context }) {
      const answer = await ask('get_user', { identifier, ...about(context) });
      if (answer.kind === 'ok') return found(answer.body, notStored);
      if (answer.kind === 'unavailable') return answer;
      return answer.error === 'user_not_found' ? { kind: 'none' } : strange(answer.error);
    },

    ...(has('create') && {
      create: ({ user, context }) =>
        change('create', {
          user: {
            email: user.email,
            username: user.username,
            phone_number: user.phoneNumber,
            password: user.password,
            user_metadata: user.userMetadata,
            app_metadata: user.appMetadata,
            client_id: user.clientId,
            connection: user.connection,
          },
          ...about(context),
        }),
    }),
    ...(has('change_password') && {
      changePassword: ({ email, password, context }) =>
        change('change_password', { email, password, ...about(context) }),
    }),
    ...(has('verify') && {
      verify: ({ email, context }) => change('verify', { email, ...about(context) }),
    }),
    ...(has('change_email') && {
      changeEmail: ({ email, newEmail, isVerified, context }) =>
        change('change_email', {
          email,
          new_email: newEmail,
          email_verified: isVerified,
          ...about(context),
        }),
    }),
    ...(has('delete') && { remove: ({ id }) => change('delete', { user_id: id }) }),
    ...(has('count') && {
      async count() {
        const answer = await ask('count', null);
        const value = answer.kind === 'ok' ? fieldsOf(answer.body).count : null;
        return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
          ? value
          : null;
      },
    }),
  };
}

type Request = {
  settings: HttpSettings;
  tokens: TokenSource | null;
  url: string;
  /** `null`: a GET. */
  body: Fields | null;
};

/** Sends a request. A token that the API refuses is replaced once. @throws EgressError */
async function send(deps: Deps, request: Request, isRepeated = false): Promise<Response> {
  const { settings, tokens, url, body } = request;
  const { authentication } = settings;
  const token = await tokens?.get();
  const [name, value] =
    authentication.kind === 'header'
      ? [authentication.name, authentication.value]
      : ['authorization', `Bearer ${token}`];
  const answer = await deps.egress.fetch(url, {
    method: body === null ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...(body !== null && { 'content-type': 'application/json' }),
      [name]: value,
    },
    ...(body !== null && { body: JSON.stringify(body) }),
    // A password does not follow to another place.
    redirect: 'error',
    timeoutMs: settings.timeoutMs,
    maxBytes: MOST_BYTES,
  });
  const isRefused = answer.status === 401 && tokens !== null && token !== undefined;
  if (!isRefused || isRepeated || errorIn(await answer.clone().text()) !== null) return answer;
  tokens.forget(token);
  return send(deps, request, true);
}

async function read(answer: Response): Promise<Answer> {
  const text = await answer.text();
  if (answer.status === 204) return { kind: 'ok', body: {} };
  const error = errorIn(text);
  if (!answer.ok) {
    const isOurs = answer.status >= 400 && answer.status < 500 && error !== null;
    if (isOurs) return { kind: 'error', error, body: fieldsOf(jsonIn(text)) };
    const about = answer.status === 401 ? 'It refuses the access token or the header.' : '';
    return unavailable('failed', `The directory answered with status ${answer.status}. ${about}`);
  }
  const body = jsonIn(text);
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? { kind: 'ok', body }
    : unavailable('failed', 'The answer is no JSON object.');
}

function changeOf(answer: Answer): DirectoryChange {
  if (answer.kind === 'unavailable') return answer;
  if (answer.kind === 'ok') {
    const { password_set_at: at } = fieldsOf(answer.body);
    const time = typeof at === 'string' ? new Date(at) : null;
    return time === null || Number.isNaN(time.getTime())
      ? { kind: 'done' }
      : { kind: 'done', passwordSetAt: time };
  }
  if (answer.error === 'declined' || answer.error === 'user_not_found') {
    return { kind: 'declined' };
  }
  if (answer.error !== 'refused') return strange(answer.error);
  const { code } = answer.body;
  return {
    kind: 'refused',
    code: typeof code === 'string' ? code.slice(0, MOST_MESSAGE) : 'refused',
    message: messageIn(answer.body) ?? '',
  };
}

function strange(error: string): DirectoryFailure {
  return unavailable('failed', `The directory answered with the unknown error ${error}.`);
}

function about({ organization }: DirectoryContext): Fields {
  return organization === null ? {} : { organization };
}

/** Returns the error code of a body of this protocol. */
function errorIn(text: string): string | null {
  const { error } = fieldsOf(jsonIn(text));
  return typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : null;
}

function messageIn({ message }: Fields): string | null {
  return typeof message === 'string' ? message.slice(0, MOST_MESSAGE) : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
