import type { Clock } from '../../../platform/clock/clock.ts';
import { type Egress, EgressError } from '../../../platform/egress/egress.ts';
import {
  type CompiledSql,
  compileSql,
} from '../../../platform/named-parameters/named-parameters.ts';
import {
  hashPassword,
  hashPasswordWithBcrypt,
} from '../../../platform/password-hash/password-hash.ts';
import { failureOf, found, unavailable } from '../answers.ts';
import type { Directory, DirectoryChange, DirectoryFailure } from '../directory.ts';
import { hashOfRow } from './hash-of-row.ts';
import { openMysql } from './mysql.ts';
import { createSqlPool, type SqlOutcome } from './pool.ts';
import { openPostgres } from './postgres.ts';
import { profileOfRow } from './profile-of-row.ts';
import type { Row, SqlSession, SqlSettings } from './settings.ts';
import { createVerifier } from './verify-hash.ts';

export type { SqlSettings } from './settings.ts';

type Deps = { egress: Egress; clock: Clock };
type Values = Record<string, string | boolean | null>;

const OPENERS: Record<
  SqlSettings['dialect'],
  (egress: Egress, settings: SqlSettings) => Promise<SqlSession>
> = { postgres: openPostgres, mysql: openMysql };

/** How PostgreSQL, MySQL and MariaDB say that their own limit of time has ended a statement. */
const TOO_SLOW = new Set(['57014', 'ER_QUERY_TIMEOUT', 'ER_STATEMENT_TIMEOUT']);

/** A legacy user database in an SQL database. What a person types travels as a parameter, never in the text of a statement. */
export function sqlDirectory(deps: Deps, settings: SqlSettings, notStored: string[]): Directory {
  const { queries, dialect, timeoutMs, columns, passwordHash } = settings;
  const pool = createSqlPool(() => OPENERS[dialect](deps.egress, settings), {
    max: settings.maxConnections,
    timeoutMs,
  });
  const verifier = createVerifier(deps.clock);

  async function run(name: string, values: Values, isReading: boolean): Promise<SqlOutcome> {
    const query = queries[name];
    if (query === undefined) {
      return unavailable('missing-script', `The directory has no query ${name}.`);
    }
    const compiled = compileSql(query, dialect, Object.keys(values));
    if (compiled.kind === 'refused') return unavailable('failed', compiled.problem);
    const { text } = compiled.sql;
    return pool.run({ text, values: valuesFor(compiled.sql, values), isReading });
  }

  /** Two rows for one name are an error of the data: to take one of them would let one person in as another. */
  async function rowOf(name: string, identifier: string): Promise<Row | null | DirectoryFailure> {
    // PostgreSQL stores no such character, so nobody has the name.
    if (identifier.includes('\0')) return null;
    const outcome = await run(name, { identifier }, true);
    if (outcome.kind !== 'answered') return failed(outcome);
    const { rows } = outcome;
    if (rows.length > 1) {
      return unavailable(
        'invalid-profile',
        `The query ${name} found ${rows.length} rows for one name.`,
      );
    }
    return rows[0] ?? null;
  }

  async function change(name: string, values: Values): Promise<SqlOutcome> {
    return run(name, values, false);
  }
  const hashed = (password: string) =>
    settings.newHash === 'argon2id' ? hashPassword(password) : hashPasswordWithBcrypt(password);
  const has = (name: string) => queries[name] !== undefined;

  return {
    async login({ identifier, password }) {
      const row = await rowOf(has('login') ? 'login' : 'get_user', identifier);
      if (isFailure(row)) return row;
      const hash = row === null ? null : hashOfRow(row, passwordHash);
      const verdict = await verifier.verify(hash, password);
      if (verdict === 'busy') {
        return unavailable('busy', 'Too many passwords are being verified.');
      }
      if (row === null) return { kind: 'wrong', identifier: null, problem: null, isUnknown: true };
      if (verdict === 'unreadable') {
        return unavailable('invalid-profile', 'The password hash is in no form that is known.');
      }
      if (verdict === 'wrong') return { kind: 'wrong', identifier, problem: null };
      return found(profileOfRow(row, columns), notStored);
    },

    async getUser({ identifier }) {
      const row = await rowOf('get_user', identifier);
      if (isFailure(row)) return row;
      return row === null ? { kind: 'none' } : found(profileOfRow(row, columns), notStored);
    },

    ...(has('create') && {
      create: async ({ user }) =>
        changeOf(
          await change('create', {
            email: user.email,
            username: user.username,
            phone_number: user.phoneNumber,
            password_hash: await hashed(user.password),
            user_metadata: JSON.stringify(user.userMetadata),
            app_metadata: JSON.stringify(user.appMetadata),
          }),
        ),
    }),
    ...(has('change_password') && {
      changePassword: async ({ email, password }) =>
        changeOf(await change('change_password', { email, password_hash: await hashed(password) })),
    }),
    ...(has('verify') && {
      verify: async ({ email }) => changeOf(await change('verify', { email })),
    }),
    ...(has('change_email') && {
      changeEmail: async ({ email, newEmail, isVerified }) =>
        changeOf(
          await change('change_email', {
            email,
            new_email: newEmail,
            email_verified: isVerified,
          }),
        ),
    }),
    ...(has('delete') && {
      // Nobody left to delete is what was wanted.
      async remove({ id }) {
        const outcome = changeOf(await change('delete', { id }));
        return outcome.kind === 'declined' ? { kind: 'done' } : outcome;
      },
    }),
    ...(has('count') && {
      async count() {
        const outcome = await run('count', {}, true);
        const [row] = outcome.kind === 'answered' ? outcome.rows : [];
        const count = row === undefined ? null : Number(Object.values(row)[0]);
        return count !== null && Number.isSafeInteger(count) && count >= 0 ? count : null;
      },
    }),
  };
}

function valuesFor({ names }: CompiledSql, values: Values): unknown[] {
  return names.map((name) => values[name] ?? null);
}

function changeOf(outcome: SqlOutcome): DirectoryChange {
  if (outcome.kind === 'answered') return { kind: outcome.changed > 0 ? 'done' : 'declined' };
  if (outcome.kind === 'duplicate') {
    return { kind: 'refused', code: 'user_exists', message: 'The user already exists.' };
  }
  return failed(outcome);
}

function failed(outcome: Exclude<SqlOutcome, { kind: 'answered' }>): DirectoryFailure {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'duplicate') return unavailable('failed', 'A reading query wrote.');
  const { error } = outcome;
  if (error instanceof EgressError) return failureOf(error);
  // Messages of databases can quote what was sent to them. The code cannot.
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TOO_SLOW.has(code))
    return unavailable('timed-out', 'The database stopped the query in time.');
  return unavailable('failed', `The database refused the query${code && ` (${code})`}.`);
}

function isFailure(value: Row | null | DirectoryFailure): value is DirectoryFailure {
  return value !== null && value.kind === 'unavailable' && typeof value.why === 'string';
}
