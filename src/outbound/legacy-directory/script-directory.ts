import type { Json, ScriptOutcome } from '../scripts/scripts.ts';
import type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryFailure,
  DirectoryLogin,
  DirectoryUser,
  NewLegacyUser,
} from './directory.ts';
import type { DirectoryDeps, LegacyStore } from './legacy-store.ts';
import { readProfile } from './read-profile.ts';

type Failed = Extract<ScriptOutcome, { kind: 'failed' }>['error'];

/** How a script ended: with a value, with an error of its own, or without an answer. */
type Ending =
  | { kind: 'value'; value: Json | undefined }
  | { kind: 'error'; error: Failed }
  | DirectoryFailure;

const MOST_TEXT = 500;
/** A shorter text would censor words that are no secret. */
const SHORTEST_SECRET = 6;
const REFUSALS = new Set(['WrongUsernameOrPasswordError', 'ValidationError', 'UnauthorizedError']);

/** The legacy user database behind the scripts of a connection, called as Auth0 calls them. */
export function scriptDirectory(deps: DirectoryDeps, store: LegacyStore): Directory {
  const settings = Object.values(store.configuration);
  const run = async (
    name: string,
    args: Json[],
    context: Json,
    secrets: string[] = [],
  ): Promise<Ending> => {
    const source = store.scripts[name];
    if (source === undefined) {
      return unavailable('missing-script', `The connection has no script ${name}.`);
    }
    const outcome = await deps.scripts.run({
      owner: `${store.connection.id}/${name}`,
      source,
      shape: 'function',
      args: store.hasContext ? [...args, context] : args,
      globals: { configuration: store.configuration },
    });
    const shown = (text: string) => withoutSecrets(text, [...secrets, ...settings]);
    deps.note({
      connectionId: store.connection.id,
      script: name,
      outcome: outcome.kind,
      problem: isRefusal(outcome) ? '' : shown(problemOf(outcome)),
      lines: outcome.lines.map(({ level, text }) => ({ level, text: shown(text) })),
      tookMs: outcome.tookMs,
    });
    return endingOf(outcome);
  };
  const change = async (name: string, args: Json[], context: Json, secrets: string[] = []) =>
    changeOf(await run(name, args, context, secrets));
  const has = (name: string) => store.scripts[name] !== undefined;
  return {
    login: async ({ identifier, password, context }) =>
      loginOf(await run('login', [identifier, password], asJson(context), [password]), store),
    getUser: async ({ identifier, context }) =>
      userOf(await run('get_user', [identifier], asJson(context)), store),
    ...(has('create') && {
      create: async ({ user, context }) => {
        const args = [newUser(user, store)];
        const ending = await run('create', args, asJson(context), [user.password]);
        // It succeeds without a value.
        return ending.kind === 'value' ? { kind: 'done' as const } : changeOf(ending);
      },
    }),
    ...(has('verify') && {
      verify: ({ email, context }) => change('verify', [email], asJson(context)),
    }),
    ...(has('change_password') && {
      changePassword: ({ email, password, context }) =>
        change('change_password', [email, password], asJson(context), [password]),
    }),
    ...(has('change_email') && {
      changeEmail: ({ email, newEmail, isVerified, context }) =>
        change('change_email', [email, newEmail, isVerified], asJson(context)),
    }),
    ...(has('delete') && {
      remove: async ({ id }) => {
        const ending = await run('delete', [id], {});
        return ending.kind === 'value' ? { kind: 'done' as const } : changeOf(ending);
      },
    }),
  };
}

function endingOf(outcome: ScriptOutcome): Ending {
  switch (outcome.kind) {
    case 'returned':
      return { kind: 'value', value: outcome.values[0] };
    case 'failed':
      return { kind: 'error', error: outcome.error };
    case 'timed-out':
      return unavailable('timed-out', problemOf(outcome));
    case 'unusable':
      return unavailable('too-large', problemOf(outcome));
    case 'busy':
      return unavailable('busy', problemOf(outcome));
    default:
      return unavailable('failed', problemOf(outcome));
  }
}

/** Returns whether the script says no, which is its task. */
function isRefusal(outcome: ScriptOutcome): boolean {
  return outcome.kind === 'failed' && REFUSALS.has(outcome.error.name);
}

function problemOf(outcome: ScriptOutcome): string {
  switch (outcome.kind) {
    case 'returned':
      return '';
    case 'failed':
      return plain(`${outcome.error.name}: ${outcome.error.message}`);
    case 'timed-out':
      return 'The script did not call back in time.';
    case 'busy':
      return 'Too many scripts are running.';
    default:
      return plain(outcome.problem);
  }
}

function loginOf(ending: Ending, store: LegacyStore): DirectoryLogin {
  if (ending.kind === 'unavailable') return ending;
  if (ending.kind === 'value') {
    // `callback()` and `callback(null, false)` say the same as the error for a wrong password.
    if (!ending.value) return { kind: 'wrong', identifier: null, problem: null };
    return found(ending.value, store);
  }
  const { name, message, more } = ending.error;
  if (name === 'WrongUsernameOrPasswordError') {
    const about = more.identifier;
    const identifier = typeof about === 'string' || typeof about === 'number' ? `${about}` : '';
    return {
      kind: 'wrong',
      identifier: plain(identifier) || null,
      problem: plain(message) || null,
    };
  }
  if (name === 'UnauthorizedError') return { kind: 'denied', message: plain(message) };
  return failed(ending.error);
}

function userOf(ending: Ending, store: LegacyStore): DirectoryUser {
  if (ending.kind === 'unavailable') return ending;
  if (ending.kind === 'error') return failed(ending.error);
  return ending.value ? found(ending.value, store) : { kind: 'none' };
}

function changeOf(ending: Ending): DirectoryChange {
  if (ending.kind === 'unavailable') return ending;
  if (ending.kind === 'value') {
    const { value } = ending;
    if (!value) return { kind: 'declined' };
    const passwordSetAt = dateIn(value);
    return { kind: 'done', ...(passwordSetAt !== null && { passwordSetAt }) };
  }
  const { name, message, more } = ending.error;
  if (name !== 'ValidationError') return failed(ending.error);
  const code = typeof more.code === 'string' ? plain(more.code) : '';
  return { kind: 'refused', code: code || 'invalid', message: plain(message) };
}

/** Reads `last_password_reset`, which `change_password` may give. A date is a text in JSON. */
function dateIn(value: Json): Date | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const given = value.last_password_reset;
  const date = typeof given === 'string' || typeof given === 'number' ? new Date(given) : null;
  return date !== null && Number.isFinite(date.getTime()) ? date : null;
}

function found(value: Json, store: LegacyStore): DirectoryUser & DirectoryLogin {
  const read = readProfile(value, store.notStored);
  return read.kind === 'profile'
    ? { kind: 'found', profile: read.profile, notes: read.notes }
    : unavailable('invalid-profile', read.problem);
}

function failed({ name, message }: Failed): DirectoryFailure {
  return unavailable('failed', plain(`${name}: ${message}`));
}

function unavailable(why: DirectoryFailure['why'], problem: string): DirectoryFailure {
  return { kind: 'unavailable', why, problem };
}

/** The user as the script `create` gets it, in Auth0's words. */
function newUser(user: NewLegacyUser, { tenant }: LegacyStore): Json {
  const optional = { username: user.username, phone_number: user.phoneNumber };
  return JSON.parse(
    JSON.stringify({
      ...(user.clientId !== null && { client_id: user.clientId }),
      tenant,
      ...(user.email !== null && { email: user.email }),
      password: user.password,
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
      connection: user.connection,
      user_metadata: user.userMetadata,
      app_metadata: user.appMetadata,
    }),
  );
}

function asJson({ organization }: DirectoryContext): Json {
  return organization === null ? {} : { organization: { ...organization } };
}

/** Censors the typed password and values of the configuration, which scripts under development like to print. */
function withoutSecrets(text: string, secrets: string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** Returns one line of bounded length, which can be stored. */
function plain(text: string): string {
  return text
    .slice(0, MOST_TEXT)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}
