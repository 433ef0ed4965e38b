import { type Static, Type } from 'typebox';
import { finishMigration } from '../../../flows/finish-migration/finish-migration.ts';
import { customDatabaseOf, findConnection } from '../../../records/connections/connections.ts';
import {
  migrationCounts,
  migrationFailures,
  notComeYet,
} from '../../../records/migrated-users/migrated-users.ts';
import {
  type DirectoryDeps,
  directoryFor,
  type GuardedDirectory,
} from '../../../steps/ask-directory/ask-directory.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  badRequest,
  closed,
  idParams,
  route,
} from '../route/route.ts';
import { missingConnection } from './write-connection.ts';

const tags = ['connections'];
const params = idParams('The id of the connection');
const MOST_LISTED = 50;
const DAY_MS = 24 * 3600 * 1000;

const whole = (description: string) => Type.Integer({ description });
const wholeOrNull = (description: string) =>
  Type.Union([Type.Integer(), Type.Null()], { description });
const textOrNull = (description: string) =>
  Type.Union([Type.String(), Type.Null()], { description });

const progress = Type.Object({
  connection_id: Type.String(),
  is_importing: Type.Boolean({ description: 'Whether first logins copy users (`import_mode`)' }),
  migrated: whole('Users whom first logins and resets of passwords have brought'),
  partial: whole('Users who have requested a new password and not chosen it yet'),
  imported: whole('Users whom imports have brought'),
  directory_users: wholeOrNull('Users of the legacy directory; `null` if it cannot count'),
  remaining: wholeOrNull('Users of the directory who are not here yet'),
  rate: Type.Object({
    last_hour: Type.Integer(),
    last_day: Type.Integer(),
    last_week: Type.Integer(),
  }),
  done_at: textOrNull('When nobody remains, at the rate of the last week; `null` if unknown'),
  failing: Type.Object({
    total: Type.Integer(),
    accounts: Type.Array(
      Type.Object({
        identifier: Type.String(),
        reason: Type.String(),
        problem: Type.String(),
        times: Type.Integer(),
        first_at: Type.String(),
        last_at: Type.String(),
      }),
      { description: 'The newest 50. Empty without the scope `read:users`.' },
    ),
  }),
  not_come_yet: Type.Object({
    total: whole('Imported users who have never logged in'),
    users: Type.Array(
      Type.Object({ user_id: Type.String(), email: Type.Union([Type.String(), Type.Null()]) }),
      { description: '50 of them, after `not_come_after`. Empty without `read:users`.' },
    ),
  }),
  directory: Type.Union(
    [
      Type.Object({
        state: Type.String({
          description: '`closed`: it is asked. `open`: it is not, for a while',
        }),
        retry_at: Type.Union([Type.String(), Type.Null()]),
        last_problem: Type.Union([Type.String(), Type.Null()]),
        failures_in_a_row: Type.Integer(),
        questions: Type.Integer(),
        failures: Type.Integer(),
        running: Type.Integer(),
        unknown_names: Type.Integer(),
        answered_from_memory: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'How the directory does, as the answering node sees it since its start' },
  ),
});

/** `/connections/{id}/migration`: how far a lazy migration has come, and its end. */
export function connectionMigrationRoutes(api: Api, deps: BaseDeps & DirectoryDeps): void {
  route(api, {
    method: 'GET',
    url: '/connections/:id/migration',
    scopes: ['read:connections'],
    summary: 'Get the progress of a migration',
    description:
      'Counts the users whom first logins and imports have brought, lists accounts that fail and imported users who have not come yet, ' +
      'and shows the state of the legacy directory.',
    tags,
    params,
    query: closed({
      not_come_after: Type.Optional(
        Type.String({ maxLength: 300, description: 'The last user_id of the previous answer' }),
      ),
    }),
    response: { 200: progress },
    handler: ({ params, query, caller }) =>
      show(deps, {
        id: params.id,
        afterId: query.not_come_after ?? null,
        showsUsers: caller.scopes.has('read:users'),
      }),
  });

  route(api, {
    method: 'POST',
    url: '/connections/:id/migration/finish',
    scopes: ['update:connections'],
    summary: 'Finish a migration',
    description:
      'From now on, nobody asks the legacy directory: the scripts know no user, and import mode stays on. With `import_job_id`, only if ' +
      'that import has brought all its users.',
    tags,
    params,
    body: closed({
      import_job_id: Type.Optional(
        Type.String({ maxLength: 100, description: 'The import of the remaining users' }),
      ),
    }),
    response: { 200: progress },
    async handler({ params, body, caller }) {
      const importJobId = body.import_job_id ?? null;
      const outcome = await finishMigration(deps, { connectionId: params.id, importJobId });
      if (outcome.kind === 'missing') throw missingConnection();
      if (outcome.kind === 'not-importing') {
        throw badRequest('The connection does not import users of a legacy directory.');
      }
      if (outcome.kind === 'not-imported') throw new ApiError(409, outcome.why);
      const showsUsers = caller.scopes.has('read:users');
      return show(deps, { id: params.id, afterId: null, showsUsers });
    },
  });
}

async function show(
  deps: BaseDeps & DirectoryDeps,
  asked: { id: string; afterId: string | null; showsUsers: boolean },
): Promise<Static<typeof progress>> {
  const { db, clock } = deps;
  const { id: connectionId, afterId, showsUsers } = asked;
  const connection = await findConnection(db, connectionId);
  if (connection === null) throw missingConnection();
  const now = clock.now();
  const directory = directoryFor(deps, connection);
  const counts = await migrationCounts(db, { connectionId, now });
  const limit = showsUsers ? MOST_LISTED : 0;
  const { failures, total } = await migrationFailures(db, { connectionId, limit });
  const absent = await notComeYet(db, { connectionId, afterId, limit });
  // Without an answer it is as if the directory could not count.
  const directoryUsers = (await directory?.count?.().catch(() => null)) ?? null;
  const here = counts.migrated + counts.imported;
  const remaining = directoryUsers === null ? null : Math.max(0, directoryUsers - here);
  return {
    connection_id: connectionId,
    is_importing: customDatabaseOf(connection)?.isImporting === true,
    migrated: counts.migrated,
    partial: counts.partial,
    imported: counts.imported,
    directory_users: directoryUsers,
    remaining,
    rate: {
      last_hour: counts.migratedInLastHour,
      last_day: counts.migratedInLastDay,
      last_week: counts.migratedInLastWeek,
    },
    done_at: doneAt(remaining, counts.migratedInLastWeek / 7, now),
    failing: {
      total,
      accounts: failures.map((each) => ({
        identifier: each.identifier,
        reason: each.reason,
        problem: each.problem,
        times: each.times,
        first_at: each.firstAt.toISOString(),
        last_at: each.lastAt.toISOString(),
      })),
    },
    not_come_yet: {
      total: counts.notComeYet,
      users: absent.map(({ id, email }) => ({ user_id: id, email })),
    },
    directory: directory && healthOf(directory),
  };
}

const MOST_DAYS = 100 * 365;

function doneAt(remaining: number | null, perDay: number, now: Date): string | null {
  if (remaining === null || perDay === 0) return null;
  const days = remaining / perDay;
  return days > MOST_DAYS ? null : new Date(now.getTime() + days * DAY_MS).toISOString();
}

function healthOf(directory: GuardedDirectory) {
  const health = directory.health();
  return {
    state: health.state,
    retry_at: health.retryAt?.toISOString() ?? null,
    last_problem: health.lastProblem,
    failures_in_a_row: health.failuresInARow,
    questions: health.questions,
    failures: health.failures,
    running: health.running,
    unknown_names: health.unknownNames,
    answered_from_memory: health.answeredFromMemory,
  };
}
