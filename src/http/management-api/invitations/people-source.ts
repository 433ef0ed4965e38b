import { type Static, Type } from 'typebox';
import type { ListedRow, Source } from '../../../flows/send-invitations/send-invitations.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  type Connection,
  DEFAULT_CONNECTION,
  findConnection,
  findConnectionByName,
  findConnections,
} from '../../../records/connections/connections.ts';
import { findJob } from '../../../records/jobs/jobs.ts';
import { prepareUserSearch } from '../../../records/users/users.ts';
import { badRequest, closed } from '../route/route.ts';
import { toRecipient } from './invitation-wire.ts';

/** How a request says which people it is about. */
export const sourceProperties = {
  recipients: Type.Optional(
    Type.Array(Type.Unknown(), {
      maxItems: 100_000,
      minItems: 1,
      description:
        'Email addresses, or objects with `email` or `user_id` and optionally `name`, `given_name`, `family_name`, ' +
        '`nickname`, `app_metadata`, `user_metadata`, `template_data` and `data`. An invalid entry is refused; the others are accepted.',
    }),
  ),
  job_id: Type.Optional(
    Type.String({ description: 'ID of a finished import. Selects all users that it imported.' }),
  ),
  search: Type.Optional(
    closed(
      {
        q: Type.Optional(
          Type.String({
            description:
              'Search for users. `*` selects all users of the connection. Otherwise a search as for `GET /users`, such as ' +
              '`email.domain:"example.com" AND NOT _exists_:logins_count`.',
          }),
        ),
      },
      { description: 'Selects users of the connection' },
    ),
  ),
  connection: Type.Optional(Type.String({ description: 'Name of the connection' })),
  connection_id: Type.Optional(
    Type.String({ pattern: '^con_[A-Za-z0-9]{16}$', description: 'ID of the connection' }),
  ),
};

const sourceSchema = closed(sourceProperties);
type WireSource = Static<typeof sourceSchema> & {
  /** The connections with which people can accept, and when they get an account: they decide where invited addresses belong. */
  connections?: string[] | undefined;
  create_user?: 'on_invite' | 'on_accept' | undefined;
};

/**
 * @throws ApiError 400 if the body does not select people in exactly one way, or if the connection or the job cannot be used
 */
export async function readSource(
  db: Db,
  wire: WireSource,
): Promise<{ connection: Connection; source: Source }> {
  const given = [wire.recipients, wire.job_id, wire.search].filter(
    (candidate) => candidate !== undefined,
  );
  if (given.length !== 1) {
    throw badRequest(
      "Payload validation error: 'Exactly one of recipients, job_id and search is required'.",
    );
  }
  if (wire.recipients === undefined && wire.create_user !== undefined) {
    throw badRequest("Payload validation error: 'create_user' requires 'recipients'.");
  }
  if (wire.job_id !== undefined) return readImport(db, wire.job_id, wire);
  const connection = await readConnection(db, wire);
  if (wire.recipients !== undefined) {
    const rows: ListedRow[] = wire.recipients.map(toRecipient);
    return { connection, source: { kind: 'list', rows } };
  }
  return { connection, source: readSearch(wire.search?.q ?? '*') };
}

function readSearch(q: string): Source {
  const text = q.trim() === '' ? '*' : q.trim();
  const prepared = prepareUserSearch(text);
  if (prepared.kind === 'ready') return { kind: 'search', q: text };
  const where = `at character ${prepared.at + 1}`;
  throw badRequest(
    `Payload validation error: '${prepared.message} (${where})' on property search.q.`,
  );
}

async function readImport(db: Db, jobId: string, wire: WireSource) {
  const job = await findJob(db, jobId);
  if (job?.type !== 'users_import') {
    throw badRequest('The job does not exist or is not an import of users.', 'inexistent_job');
  }
  if (job.status !== 'completed' && job.status !== 'failed') {
    throw badRequest('The job has not finished. Try again when it has.', 'job_not_finished');
  }
  const connection = await findConnection(db, job.connectionId ?? '');
  if (!connection) throw badRequest('The connection does not exist.', 'inexistent_connection');
  if (
    (wire.connection_id !== undefined && wire.connection_id !== connection.id) ||
    (wire.connection !== undefined && wire.connection !== connection.name)
  ) {
    throw badRequest('The job belongs to another connection.');
  }
  return { connection, source: { kind: 'import' as const, jobId } };
}

async function readConnection(db: Db, wire: WireSource): Promise<Connection> {
  const { connection: name, connection_id: id } = wire;
  if (name !== undefined && id !== undefined) {
    throw badRequest(
      "Payload validation error: 'connection' cannot be combined with 'connection_id'.",
    );
  }
  const found =
    id !== undefined
      ? await findConnection(db, id)
      : name !== undefined || wire.connections === undefined
        ? await findConnectionByName(db, name ?? DEFAULT_CONNECTION)
        : await firstOf(db, wire.connections);
  if (!found) throw badRequest('The connection does not exist.', 'inexistent_connection');
  // Users who are made up front set a password.
  if (found.strategy !== 'auth0' && wire.create_user !== 'on_accept') {
    throw badRequest(
      wire.connections === undefined || name !== undefined || id !== undefined
        ? 'Connection must be a database connection.'
        : "The 'connections' have no database, where users could be created up front. Set 'create_user' to 'on_accept'.",
    );
  }
  return found;
}

/** Returns the first database, or else the first connection. */
async function firstOf(db: Db, ids: string[]): Promise<Connection | undefined> {
  const found = await findConnections(db, ids);
  const all = ids.flatMap((id) => found.get(id) ?? []);
  return all.find(({ strategy }) => strategy === 'auth0') ?? all[0];
}
